import { describe, expect, it, onTestFinished } from "vitest";
import type { HooksError } from "../../src/core/errors.ts";
import type { Principal } from "../../src/core/key.ts";
import { KeyRates } from "../../src/receive/key-rates.ts";
import { KEYS, keyOf, sendRaw, startTestServer } from "./support/test-server.ts";

const KEY: Principal = { ...KEYS.publisher, keyId: "key_1" };

/** How each of these keys, used one after the other at these times, was answered. */
function used(rates: KeyRates, clock: { at: number }, uses: readonly [at: number, principal: Principal | undefined][]) {
  return uses.map(([at, principal]) => {
    clock.at = at;
    try {
      return rates.limiting(() => principal)("token")?.name ?? "unknown";
    } catch (error) {
      const { code, retryAfterMs, message } = error as HooksError;
      return `${code} ${retryAfterMs} ${message}`;
    }
  });
}

describe("the requests of a key", () => {
  it("are limited by its own limit, named, with the time when to come back", () => {
    const clock = { at: 0 };
    const rates = new KeyRates(undefined, () => clock.at);
    const key = { ...KEY, rateLimit: { count: 2, perMs: 60_000 } };
    const refused = (ms: number): string =>
      `rate_limited ${ms} the key shop may make 2/m requests, and these were made`;
    expect(
      used(rates, clock, [
        [0, key],
        [10_000, key],
        [20_000, key],
        [59_999, key],
        [60_000, key],
        [60_000, key],
        [70_000, key],
      ]),
    ).toEqual(["shop", "shop", refused(40_000), refused(1), "shop", refused(10_000), "shop"]);
  });

  it("are limited by the server's where a key has none; each key by itself, and who has none not at all", () => {
    const clock = { at: 0 };
    const rates = new KeyRates({ count: 1, perMs: 1_000 }, () => clock.at);
    const other = { ...KEY, keyId: "key_2", name: "other" };
    const more = { ...KEY, keyId: "key_3", name: "more", rateLimit: { count: 3, perMs: 1_000 } };
    const owner = { ...KEYS.admin };
    expect(
      used(
        rates,
        clock,
        [KEY, KEY, other, other, more, more, more, more, owner, owner, undefined].map((one) => [0, one]),
      ),
    ).toEqual([
      "shop",
      "rate_limited 1000 this server takes of a key 1/s requests, and these were made",
      "other",
      "rate_limited 1000 this server takes of a key 1/s requests, and these were made",
      "more",
      "more",
      "more",
      "rate_limited 1000 the key more may make 3/s requests, and these were made",
      "local token",
      "local token",
      "unknown",
    ]);
  });

  it("are counted anew when the key's limit was changed", () => {
    const clock = { at: 0 };
    const rates = new KeyRates(undefined, () => clock.at);
    const [slow, fast] = [1, 2].map((count) => ({ ...KEY, rateLimit: { count, perMs: 1_000 } }));
    expect(
      used(
        rates,
        clock,
        [slow, slow, fast, fast, fast].map((one) => [0, one]),
      ),
    ).toEqual([
      "shop",
      expect.stringContaining("rate_limited"),
      "shop",
      "shop",
      expect.stringContaining("rate_limited"),
    ]);
  });

  it("of a thousand keys that are used once are not remembered for ever", () => {
    const clock = { at: 0 };
    const rates = new KeyRates({ count: 1, perMs: 1_000 }, () => clock.at);
    for (let n = 0; n < 5_000; n++) {
      const key = { ...KEY, keyId: `key_${n}` };
      expect(used(rates, clock, [[n * 10, key]])).toEqual(["shop"]);
      expect(used(rates, clock, [[n * 10, key]])[0]).toContain("rate_limited");
    }
  });
});

describe("over HTTP", () => {
  const limited = async (options: object) => {
    const server = await startTestServer({
      authenticate: (token) => (token === keyOf("reader") ? KEY_READER : undefined),
      ...options,
    });
    onTestFinished(() => server.close());
    return server;
  };
  const KEY_READER: Principal = { ...KEYS.reader, keyId: "key_r" };

  it("too many are answered 429 with Retry-After, also for a WebSocket; routes without a key stay open", async () => {
    const server = await limited({ keyRate: { count: 2, perMs: 3_600_000 } });
    for (let n = 0; n < 2; n++) expect((await server.ask("GET", "/v1/events", { key: "reader" })).status).toBe(200);
    const refused = await server.ask("GET", "/v1/events", { key: "reader" });
    expect(refused).toMatchObject({
      status: 429,
      json: { error: { code: "rate_limited", message: expect.stringContaining("2/h"), field: "authorization" } },
    });
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(3_000);
    expect(seconds).toBeLessThanOrEqual(3_600);
    server.receive.app.server.on("upgrade", (request, socket) => {
      server.receive.admitUpgrade(request).catch((error: unknown) => server.receive.refuseUpgrade(socket, error));
    });
    const upgrade = [
      "Host: localhost",
      `Authorization: Bearer ${keyOf("reader")}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
    ];
    const answer = await sendRaw(server.port, `GET /v1/listen HTTP/1.1\r\n${upgrade.join("\r\n")}\r\n\r\n`);
    expect(answer).toMatchObject({ status: 429, json: { error: { code: "rate_limited" } } });
    expect((await server.ask("GET", "/healthz", { key: null })).status).toBe(200);
  });

  it("there is no limit without one", async () => {
    const server = await limited({});
    for (let n = 0; n < 20; n++) expect((await server.ask("GET", "/v1/events", { key: "reader" })).status).toBe(200);
  });

  it("a key's own limit holds from the moment it is made", async () => {
    const server = await startTestServer({ fromKeyTable: true });
    onTestFinished(() => server.close());
    const admin = server.local.adminFor({ role: "admin", tenant: "*", environment: "*", name: "local", from: "cli" });
    const { key } = await admin.createKey({
      name: "ci",
      role: "reader",
      environment: "development",
      rate_limit: "1/h",
    });
    const headers = { authorization: `Bearer ${key}` };
    expect((await server.ask("GET", "/v1/events", { key: null, headers })).status).toBe(200);
    const refused = await server.ask("GET", "/v1/events", { key: null, headers });
    expect(refused.json.error.message).toBe("the key ci may make 1/h requests, and these were made");
    expect(refused.status).toBe(429);
  });
});
