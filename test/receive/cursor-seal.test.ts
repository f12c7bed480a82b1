import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { startDaemon } from "../../src/daemon.ts";
import { CursorSeal } from "../../src/receive/cursor-seal.ts";

const EVENTS = 5;

interface Answer {
  data: { id: string }[];
  next_cursor: string | null;
}

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "hooks-cursors-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A daemon on this folder, and its API. */
async function daemonIn(home: string) {
  const storePath = path.join(home, "hooks.db");
  const daemon = await startDaemon({ storePath, dataDirectory: home, host: "127.0.0.1", port: 0, env: {} });
  onTestFinished(() => daemon.stop({ drainMs: 0 }));
  const api = async (method: string, route: string, body?: object) => {
    const answer = await fetch(daemon.url + route, {
      method,
      headers: { authorization: `Bearer ${daemon.token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer };
  };
  return { daemon, api };
}

function rawCursor(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function readRaw(cursor: string): string {
  return Buffer.from(cursor, "base64url").toString("latin1");
}

it("over HTTP a cursor shows nothing, and only what the same list gave out is taken, also after a restart", async () => {
  const home = folder();
  const { daemon, api } = await daemonIn(home);
  for (let n = 0; n < EVENTS; n++) await api("POST", "/v1/events", { type: "order.paid", data: n });
  const first = await api("GET", "/v1/events?limit=2");
  const cursor = first.body.next_cursor!;
  // The same place each time, sealed anew. One alone may look like it by chance.
  const cursors = [cursor];
  for (let n = 1; n < 8; n++) cursors.push((await api("GET", "/v1/events?limit=2")).body.next_cursor!);
  expect(new Set(cursors).size).toBe(8);
  expect(/r\d/.test(readRaw(rawCursor("r4")))).toBe(true);
  expect(cursors.every((one) => /r\d/.test(readRaw(one)))).toBe(false);

  const refusal = { error: { code: "invalid_request", field: "cursor" } };
  const bytes = Buffer.from(cursor, "base64url");
  bytes[14]! ^= 1;
  for (const made of [
    rawCursor("r5"),
    rawCursor("r5000"),
    bytes.toString("base64url"),
    `${cursor}A`,
    cursor.slice(4),
  ]) {
    const { status, body } = await api("GET", `/v1/events?cursor=${made}`);
    expect(status, made).toBe(400);
    expect(body).toMatchObject(refusal);
  }
  expect((await api("GET", `/v1/deliveries?cursor=${cursor}`)).status).toBe(400);
  expect((await api("POST", "/v1/purges", { filter: {}, dry_run: true, cursor: rawCursor("c0.5.1") })).status).toBe(
    400,
  );

  await daemon.stop({ drainMs: 0 });
  const again = await daemonIn(home);
  const seen = first.body.data.map(({ id }) => id);
  for (let next: string | null = cursor; next !== null; ) {
    const page = await again.api("GET", `/v1/events?limit=2&cursor=${next}`);
    expect(page.status).toBe(200);
    seen.push(...page.body.data.map(({ id }) => id));
    next = page.body.next_cursor;
  }
  expect(new Set(seen).size).toBe(EVENTS);
  expect(seen).toHaveLength(EVENTS);
});

it("opens what it sealed for this list, and nothing else", () => {
  const seal = new CursorSeal("a secret");
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 300 }), fc.string(), (text, list) => {
      expect(new CursorSeal("a secret").open(seal.seal(text, list), list)).toBe(text);
      expect(() => seal.open(seal.seal(text, list), `${list}x`)).toThrow("next_cursor");
      expect(() => new CursorSeal("another").open(seal.seal(text, list), list)).toThrow("next_cursor");
      expect(() => seal.open(text, list)).toThrow("next_cursor");
    }),
  );
});
