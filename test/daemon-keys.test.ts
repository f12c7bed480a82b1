import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { HooksError } from "../src/core/errors.ts";
import type { KeyWithSecret } from "../src/core/key.ts";
import type { Daemon, DaemonOptions } from "../src/daemon.ts";
import { ListenClient } from "../src/stream/listen-client.ts";
import { RawListener } from "./stream/support/tunnel.ts";
import { inAnotherProcess } from "./support/admin-process.ts";
import { startDaemonIn } from "./support/daemon-in.ts";

const WAIT = { timeout: 30_000, interval: 5 };
/** What the product promises of a revocation; on a machine that does something else meanwhile, once in so many tries. */
const REVOKED_WITHIN_MS = 1_000;
const TRIES = 5;
const BOOTSTRAP = `hk_${"0123456789abcdef".repeat(4)}`;
const SCOPE = { tenant: "default", environment: "development" };
const SUBSCRIPTION = { url: "https://example.com/hooks", events: ["order.*"] };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "hooks-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

async function start(options: Partial<DaemonOptions> = {}): Promise<Daemon> {
  const daemon = await startDaemonIn(folder, {
    env: {},
    ...options,
  });
  onTestFinished(() => daemon.stop({ drainMs: 0 }));
  return daemon;
}

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  json: any;
}

async function ask(daemon: Daemon, method: string, target: string, key: string, json?: unknown): Promise<Answer> {
  const response = await fetch(`${daemon.url}${target}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

async function makeKey(daemon: Daemon, fields: object): Promise<KeyWithSecret> {
  const { status, json } = await ask(daemon, "POST", "/v1/keys", daemon.token, { name: "k", role: "admin", ...fields });
  expect(status).toBe(201);
  return json as KeyWithSecret;
}

describe("the local token", () => {
  it("is the owner of the store: of the default tenant, and of every tenant by its name", async () => {
    const daemon = await start();
    const { json } = await ask(daemon, "POST", "/v1/subscriptions", daemon.token, SUBSCRIPTION);
    expect(json).toMatchObject({ tenant: "default", environment: "development" });
    const named = { ...SUBSCRIPTION, tenant: "acme", environment: "staging" };
    expect((await ask(daemon, "POST", "/v1/subscriptions", daemon.token, named)).json).toMatchObject({
      tenant: "acme",
      environment: "staging",
    });
    expect((await ask(daemon, "POST", "/v1/tenants", daemon.token, { name: "other" })).status).toBe(201);
    expect(await makeKey(daemon, { tenant: "other" })).toMatchObject({ tenant: "other", environment: "production" });
    const audit = (await ask(daemon, "GET", "/v1/audit?limit=1", daemon.token)).json;
    expect(audit.data[0]).toMatchObject({ actor: { key: null, name: "local" }, from: "127.0.0.1" });
  });

  it("stays good beside keys while the daemon is bound to loopback, and is nothing where others can reach it", async () => {
    const first = await start();
    const { key } = await makeKey(first, { tenant: "*", environment: "*" });
    expect((await ask(first, "GET", "/v1/meta", first.token)).status).toBe(200);
    await first.stop();
    const open = await start({ host: "0.0.0.0" });
    expect((await ask(open, "GET", "/v1/meta", open.token)).status).toBe(401);
    expect((await ask(open, "GET", "/v1/meta", key)).status).toBe(200);
  });
});

describe("an address that others can reach", () => {
  it.each(["0.0.0.0", "::"])("is refused without a key that is good: %s", async (host) => {
    const refused = { code: "usage", field: "--host" };
    await expect(start({ host })).rejects.toMatchObject(refused);
    const [ended, expired] = [
      await inAnotherProcess(folder, "createKey", { name: "ended", role: "admin" }),
      await inAnotherProcess(folder, "createKey", { name: "expired", role: "admin", expires: "1ms" }),
    ];
    expect(expired.status).toMatch(/active|expired/);
    await inAnotherProcess(folder, "revokeKey", ended.id);
    await expect(start({ host })).rejects.toMatchObject(refused);
    const good = await inAnotherProcess(folder, "createKey", { name: "good", role: "reader" });
    const daemon = await start({ host });
    expect((await ask(daemon, "GET", "/v1/meta", good.key)).status).toBe(200);
  });
});

describe("a key", () => {
  it("that another process makes is good at once, and within a second of its revocation is not any more", async () => {
    const daemon = await start();
    const took: number[] = [];
    do took.push(await revokedByAnother(daemon));
    while (took.length < TRIES && REVOKED_WITHIN_MS <= took.at(-1)!);
    expect(Math.min(...took), took.join()).toBeLessThan(REVOKED_WITHIN_MS);
  });

  it("that is revoked over HTTP is refused from the next request on, with itself too", async () => {
    const daemon = await start();
    const { id, key } = await makeKey(daemon, { tenant: "*", environment: "*" });
    expect((await ask(daemon, "DELETE", `/v1/keys/${id}`, key)).status).toBe(204);
    expect((await ask(daemon, "GET", "/v1/meta", key)).status).toBe(401);
    const audit = (await ask(daemon, "GET", `/v1/audit?key=${id}`, daemon.token)).json;
    expect(audit.data).toMatchObject([{ action: "key.revoke", resource: { id }, actor: { key: id, name: "k" } }]);
  });

  it("that expires ends without anybody's doing", async () => {
    const daemon = await start();
    const { key } = await makeKey(daemon, { expires: "1s" });
    await vi.waitFor(async () => {
      const { status, json } = await ask(daemon, "GET", "/v1/meta", key);
      expect([status, json.error?.message]).toEqual([401, expect.stringContaining("expired at")]);
    }, WAIT);
  });

  it("is noted with its last use, which costs the request nothing", async () => {
    const daemon = await start();
    const { id, key } = await makeKey(daemon, {});
    const before = Date.now();
    await ask(daemon, "GET", "/v1/meta", key);
    await vi.waitFor(async () => {
      const { json } = await ask(daemon, "GET", `/v1/keys/${id}`, daemon.token);
      expect(Date.parse(json.last_used_at as string)).toBeGreaterThanOrEqual(before);
    }, WAIT);
  });

  it("is what the audit has of a listener that opens a session and has something sent again", async () => {
    const daemon = await start();
    const { id, key } = await makeKey(daemon, { role: "listener", environment: "development" });
    const hello = { session: "one", events: ["order.*"] };
    const listener = await RawListener.ready(daemon.url, hello, { authorization: `Bearer ${key}` });
    onTestFinished(() => listener.socket.terminate());
    const event = await daemon.serviceFor(SCOPE).publish({ type: "order.paid", data: Buffer.from("1") });
    // What is in flight is not sent again.
    listener.answer(await listener.frame("delivery"));
    await vi.waitFor(async () => {
      const { deliveries } = await daemon.serviceFor(SCOPE).getEvent(event.id);
      expect(deliveries[0]?.status).toBe("succeeded");
    }, WAIT);
    listener.send({ type: "replay", event_id: event.id });
    await vi.waitFor(async () => {
      const { json } = await ask(daemon, "GET", `/v1/audit?key=${id}`, daemon.token);
      expect(json.data).toMatchObject([
        { action: "event.replay", resource: { id: event.id }, from: "127.0.0.1", ...SCOPE },
        { action: "subscription.create", after: { transport: "tunnel", events: ["order.*"] } },
      ]);
    }, WAIT);
  });

  it.each([
    ["revoked", {}],
    ["expired", { expires: "3s" }],
  ])("that is %s takes its listeners along, who are told why", async (why, fields) => {
    const daemon = await start();
    const { id, key } = await makeKey(daemon, { role: "listener", environment: "development", ...fields });
    const other = await makeKey(daemon, { role: "listener", environment: "development" });
    const one = listen(daemon, key, "one");
    const two = listen(daemon, other.key, "two");
    // On a slow machine it may have expired before it came so far.
    await Promise.all([Promise.race([one.ready, one.ended]), two.ready]);
    if (why === "revoked") await ask(daemon, "DELETE", `/v1/keys/${id}`, daemon.token);
    const error = await one.ended;
    expect(error).toMatchObject({ code: "unauthenticated", message: expect.stringContaining(`(${id})`) });
    expect(error?.message).toContain(why);
    expect(two.isConnected()).toBe(true);
  });
});

/** Makes a key and revokes it, both in another process. Answers how many ms later the daemon refused it. */
async function revokedByAnother(daemon: Daemon): Promise<number> {
  const made = await inAnotherProcess(folder, "createKey", { name: "ci", role: "reader", environment: "*" });
  await vi.waitFor(async () => expect((await ask(daemon, "GET", "/v1/events", made.key)).status).toBe(200), WAIT);
  // The other process takes its time to start and to end; what counts is from the moment that it revokes.
  const revoking = inAnotherProcess(folder, "revokeKey", made.id);
  let answer: Answer;
  do answer = await ask(daemon, "GET", "/v1/events", made.key);
  while (answer.status === 200);
  const refusedAt = Date.now();
  await revoking;
  const { revoked_at: revokedAt } = (await ask(daemon, "GET", `/v1/keys/${made.id}`, daemon.token)).json;
  expect([answer.status, answer.json.error.code, answer.json.error.message]).toEqual([
    401,
    "unauthenticated",
    `this key (${made.id}) was revoked at ${revokedAt}`,
  ]);
  return refusedAt - Date.parse(revokedAt as string);
}

interface Listening {
  ready: Promise<unknown>;
  /** What it ended with. */
  ended: Promise<HooksError | undefined>;
  isConnected(): boolean;
}

function listen(daemon: Daemon, key: string, session: string): Listening {
  const client = new ListenClient({
    endpoint: () => ({ url: daemon.url, key }),
    hello: { session, events: ["order.*"], credit: 10 },
    answer: () => Promise.reject(new Error("nothing is delivered in this test")),
    now: Date.now,
    random: Math.random,
  });
  let connected = false;
  const ready = new Promise<void>((resolve) => {
    client.on("ready", () => {
      connected = true;
      resolve();
    });
  });
  client.on("disconnected", () => (connected = false));
  const ended = client.run().then(
    () => undefined,
    (error: HooksError) => error,
  );
  onTestFinished(() => client.stop());
  return { ready, ended, isConnected: () => connected };
}

describe("HOOKS_BOOTSTRAP_KEY", () => {
  const env = { HOOKS_BOOTSTRAP_KEY: BOOTSTRAP };

  it("is an admin key of everything, made once, with which a container may start at any address", async () => {
    const daemon = await start({ host: "0.0.0.0", env });
    const [found, ...more] = (await ask(daemon, "GET", "/v1/keys", BOOTSTRAP)).json.data;
    expect(found).toMatchObject({
      name: "bootstrap",
      role: "admin",
      tenant: "*",
      environment: "*",
      hint: "hk_0123…ef",
    });
    expect(more).toEqual([]);
    expect((await ask(daemon, "GET", "/v1/audit", BOOTSTRAP)).json.data).toMatchObject([
      { action: "key.create", actor: { key: null, name: "local" }, from: "HOOKS_BOOTSTRAP_KEY" },
    ]);
    await daemon.stop();
    const again = await start({ host: "0.0.0.0", env });
    expect((await ask(again, "GET", "/v1/keys", BOOTSTRAP)).json.data).toHaveLength(1);
    await again.stop();
    // Good without the variable, too.
    const without = await start();
    expect((await ask(without, "GET", "/v1/meta", BOOTSTRAP)).status).toBe(200);
  });

  it("that was revoked stays so", async () => {
    const lines: string[] = [];
    const log = { level: "info", format: "json", write: (line: string) => void lines.push(line) } as const;
    const daemon = await start({ env });
    const { id } = (await ask(daemon, "GET", "/v1/keys", BOOTSTRAP)).json.data[0];
    await ask(daemon, "DELETE", `/v1/keys/${id}`, daemon.token);
    await daemon.stop();
    const again = await start({ env, log });
    expect((await ask(again, "GET", "/v1/meta", BOOTSTRAP)).status).toBe(401);
    expect(lines.join("")).toContain("the bootstrap key was revoked, and stays so");
    expect(lines.join("")).not.toContain(BOOTSTRAP);
    await again.stop();
    await expect(start({ env, host: "0.0.0.0" })).rejects.toMatchObject({ field: "--host" });
  });

  it.each([
    ["without its beginning", BOOTSTRAP.slice(3)],
    ["too short", BOOTSTRAP.slice(0, 45)],
    ["too long", `hk_${"0123456789abcdef".repeat(9)}`],
    ["with other characters", `${BOOTSTRAP}!`],
    ["with a line break", `${BOOTSTRAP}\n`],
    ["that is easy to guess", `hk_${"changeme".repeat(8)}`],
    ["of one character", `hk_${"x".repeat(64)}`],
  ])("is refused %s, and not repeated", async (_, value) => {
    const error = await start({ env: { HOOKS_BOOTSTRAP_KEY: value } }).then(
      () => undefined,
      (caught: HooksError) => caught,
    );
    expect(error).toMatchObject({
      code: "usage",
      field: "HOOKS_BOOTSTRAP_KEY",
      hint: expect.stringContaining("openssl"),
    });
    expect(`${error?.message} ${error?.hint}`).not.toContain(value.trim());
  });

  it("may stand in a file, as container platforms hand over secrets", async () => {
    const file = path.join(folder, "bootstrap");
    const fromFile = { HOOKS_BOOTSTRAP_KEY_FILE: file };
    const refused = { code: "usage", field: "HOOKS_BOOTSTRAP_KEY_FILE" };
    await expect(start({ env: fromFile })).rejects.toMatchObject(refused);
    writeFileSync(file, "hk_short\n");
    await expect(start({ env: fromFile })).rejects.toMatchObject(refused);
    writeFileSync(file, `${BOOTSTRAP}\n`);
    await expect(start({ env: { ...env, ...fromFile } })).rejects.toMatchObject(refused);
    const daemon = await start({ env: fromFile });
    expect((await ask(daemon, "GET", "/v1/keys", BOOTSTRAP)).json.data).toHaveLength(1);
  });

  it("that is empty is none", async () => {
    const daemon = await start({ env: { HOOKS_BOOTSTRAP_KEY: "", HOOKS_BOOTSTRAP_KEY_FILE: "" } });
    expect((await ask(daemon, "GET", "/v1/keys", daemon.token)).json.data).toEqual([]);
  });
});

describe("a tenant that another process deletes", () => {
  it("is gone from the daemon too: its keys, its subscriptions, and its events under a name that is free again", async () => {
    const daemon = await start();
    const acme = { tenant: "acme", environment: "staging" };
    const { key } = await makeKey(daemon, acme);
    await ask(daemon, "POST", "/v1/subscriptions", key, SUBSCRIPTION);
    const event = { id: "evt-1", type: "order.paid", data: 1 };
    expect((await ask(daemon, "POST", "/v1/events", key, event)).json).toMatchObject({ deliveries: 1 });
    await inAnotherProcess(folder, "deleteTenant", "acme", { force: true });
    await vi.waitFor(async () => expect((await ask(daemon, "GET", "/v1/meta", key)).status).toBe(401), WAIT);
    const named = { ...event, ...acme };
    const published = await ask(daemon, "POST", "/v1/events", daemon.token, named);
    expect([published.status, published.json]).toEqual([202, { id: "evt-1", deliveries: 0 }]);
    expect((await daemon.serviceFor(acme).listEvents()).data).toHaveLength(1);
    expect((await daemon.serviceFor(acme).listSubscriptions()).data).toEqual([]);
  });
});
