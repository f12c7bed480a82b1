import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, vi } from "vitest";
import type { EventPurge } from "../../src/core/purge.ts";
import { type Relay, SCOPE, startRelay } from "./support/relay.ts";

const WAIT = { timeout: 30_000, interval: 10 };
const SECRET = "a-secret-of-the-sender";
const MARK = "PERSONU1";

function headersOf(body: string, id: string, key = SECRET): [string, string][] {
  return [
    ["X-Hub-Signature-256", `sha256=${createHmac("sha256", key).update(body).digest("hex")}`],
    ["X-GitHub-Event", "push"],
    ["X-GitHub-Delivery", id],
    ["X-Person", MARK],
  ];
}

async function withGithub(): Promise<Relay> {
  const relay = await startRelay();
  await relay.service.createSource({ name: "github", scheme: "github", secret: SECRET });
  return relay;
}

const push = (relay: Relay, user: string, id: string, key?: string) => {
  const body = JSON.stringify({ user });
  return relay.send("/in/github", { headers: headersOf(body, id, key), body });
};

/** Those that are kept apart from events are written a moment later. */
async function kept({ service }: Relay, outcome: "repeated" | "refused" | "accepted", count: number) {
  return vi.waitFor(async () => {
    const { data } = await service.listSourceRequests("github", { outcome });
    expect(data).toHaveLength(count);
    return data;
  }, WAIT);
}

async function purged({ service }: Relay, purge: EventPurge) {
  const { id } = await service.purgeEvents(purge);
  return vi.waitFor(async () => {
    const job = await service.getPurge(id!);
    expect(job.status).toBe("completed");
    return job;
  }, WAIT);
}

function filesWith({ home }: Relay, text: string): string[] {
  return readdirSync(home)
    .filter((name) => name.startsWith("hooks.db"))
    .filter((name) => readFileSync(path.join(home, name)).includes(text));
}

function stored({ home }: Relay): { outcome: string; body: Buffer | null; event_id: number | null }[] {
  const connection = new Database(path.join(home, "hooks.db"), { readonly: true });
  try {
    return connection
      .prepare("SELECT outcome, body, event_id FROM inbound_requests ORDER BY request_id")
      .all() as never;
  } finally {
    connection.close();
  }
}

describe("what came to a source", () => {
  it("goes with a purge: with its event what repeated it, and what made none; nothing of it is taken again", async () => {
    const relay = await withGithub();
    const { headers } = await push(relay, MARK, "d-1");
    await push(relay, "u_2", "d-2");
    await push(relay, MARK, "d-1");
    await push(relay, MARK, "d-3", "wrong");
    const eventId = headers["hooks-event-id"];
    expect(await kept(relay, "repeated", 1)).toMatchObject([{ event_id: eventId }]);
    const [refused] = await kept(relay, "refused", 1);
    expect(await relay.service.getSourceRequest("github", refused!.id)).toMatchObject({
      body: JSON.stringify({ user: MARK }),
      headers: expect.arrayContaining([["X-Person", MARK]]),
    });
    expect(await purged(relay, { where: `data.user == "${MARK}"` })).toMatchObject({ erased: { events: 1 } });
    const { data } = await relay.service.listSourceRequests("github");
    expect(data.map(({ outcome }) => outcome)).toEqual(["accepted"]);
    expect(filesWith(relay, MARK)).toEqual([]);
    // Its sender tries once more: it is answered as what repeats something, and of what it says nothing is kept.
    expect(await push(relay, MARK, "d-1")).toMatchObject({ status: 200, headers: { "hooks-event-id": eventId } });
    const [again] = await kept(relay, "repeated", 1);
    expect(again).toMatchObject({ event_id: null, detail: expect.stringContaining("erased") });
    expect(await relay.service.getSourceRequest("github", again!.id)).toMatchObject({ headers: [], body: null });
    expect((await relay.service.listEvents()).data).toHaveLength(1);
    expect(filesWith(relay, MARK)).toEqual([]);
  });

  it("before or after the time that a purge is about stays", async () => {
    const relay = await withGithub();
    await push(relay, MARK, "d-1", "wrong");
    await kept(relay, "refused", 1);
    await purged(relay, { before: "1h" });
    await kept(relay, "refused", 1);
    await purged(relay, { types: ["nothing.*"] });
    await kept(relay, "refused", 0);
  });

  it("and made no event is sealed, as it may hold a secret; an event's own data is not", async () => {
    const relay = await withGithub();
    await push(relay, MARK, "d-1");
    await push(relay, MARK, "d-1");
    await push(relay, MARK, "d-2", "wrong");
    await kept(relay, "repeated", 1);
    await kept(relay, "refused", 1);
    const rows = stored(relay).filter(({ outcome }) => outcome !== "accepted");
    for (const { body } of rows) expect(body?.includes(MARK)).toBe(false);
    for (const { id } of (await relay.service.listSourceRequests("github")).data) {
      expect((await relay.service.getSourceRequest("github", id)).body).toBe(JSON.stringify({ user: MARK }));
    }
    // One that an earlier version stored.
    const direct = new Database(path.join(relay.home, "hooks.db"));
    direct
      .prepare("UPDATE inbound_requests SET body = ?, is_body_sealed = 0 WHERE outcome = 'refused'")
      .run(Buffer.from("old"));
    direct.close();
    const [old] = await kept(relay, "refused", 1);
    expect((await relay.service.getSourceRequest("github", old!.id)).body).toBe("old");
  });

  it("and made no event goes with its age, as events do", async () => {
    const relay = await withGithub();
    await push(relay, MARK, "d-1", "wrong");
    await kept(relay, "refused", 1);
    await relay.service.updateEnvironment({ retention: { events: "1s" } });
    await kept(relay, "refused", 0);
  });

  it("is gone from the files with its tenant and with its source, and so is all else of them", async () => {
    const relay = await startRelay();
    const acme = relay.daemon.serviceFor({ tenant: "acme", environment: "development" });
    await acme.createSource({ name: "github", scheme: "github", secret: SECRET });
    await relay.service.createSource({ name: "gitlab", scheme: "github", secret: SECRET });
    await acme.publish({ type: `order.${MARK}`, data: Buffer.from(JSON.stringify({ of: MARK.repeat(2_000) })) });
    await push(relay, MARK, "d-1");
    await push(relay, MARK, "d-1");
    const body = `{"n":1,"of":"${MARK}"}`;
    await relay.send("/in/gitlab", { headers: headersOf(body, "d-1", "wrong"), body });
    await vi.waitFor(() => expect(stored(relay)).toHaveLength(3), WAIT);
    expect(filesWith(relay, MARK)).not.toEqual([]);
    const ask = await fetch(`${relay.daemon.url}/v1/tenants/acme?force=true`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${relay.daemon.token}` },
    });
    expect(ask.status).toBe(204);
    await relay.daemon.serviceFor(SCOPE).deleteSource("gitlab");
    await vi.waitFor(() => expect(filesWith(relay, MARK)).toEqual([]), WAIT);
    expect(stored(relay)).toEqual([]);
  });
});
