import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { readEventLines } from "../../src/cli/event-lines.ts";
import { resolveSettings } from "../../src/config.ts";
import { parseBatchRule } from "../../src/core/batch-rule.ts";
import { checkCustomHeaders } from "../../src/core/custom-headers.ts";
import { parseTrustedProxies } from "../../src/core/door-settings.ts";
import { HooksError } from "../../src/core/errors.ts";
import { handshakeHeaders, parseHandshake } from "../../src/core/handshake.ts";
import { orderKeyOf } from "../../src/core/order-key.ts";
import { retryAfterOf } from "../../src/core/retry-after.ts";
import { parseRetryOn } from "../../src/core/retry-on.ts";
import { parseRetry, toRetryResource } from "../../src/core/retry-policy.ts";
import { admit } from "../../src/receive/admission.ts";
import { bodyFormatOf, Doors } from "../../src/receive/doors.ts";
import { hostileBytes, hostileText, hostileValue, RUNS } from "./support/hostile-text.ts";

// What comes as a value and not as a text: parts of JSON, headers of a request, files.

function answers<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof HooksError)) throw error;
    expect(error.code).not.toBe("internal");
    return undefined;
  }
}

describe("parts of a subscription", () => {
  it("a retry policy is refused, or the same when it is read again", () => {
    const samples = [
      { strategy: "list", delays: ["5s", 1000, "24h"], jitter: 0.1 },
      { strategy: "exponential", first_delay: "5s", longest_delay: "1h", max_attempts: 10, jitter: 0 },
      "dotmac",
    ];
    fc.assert(
      fc.property(hostileValue(samples), (value) => {
        const policy = answers(() => parseRetry(value as never, "retry"));
        if (policy !== undefined) expect(parseRetry(toRetryResource(policy) as never, "retry")).toEqual(policy);
      }),
      { numRuns: RUNS },
    );
  });

  it("a handshake is refused, or asks in headers that HTTP allows", () => {
    fc.assert(
      fc.property(
        hostileValue([
          { origin: "events.example.com", rate: 120 },
          { origin: "a:80", rate: null },
        ]),
        (value) => {
          const asked = answers(() => parseHandshake(value, "handshake"));
          if (asked === undefined) return;
          expect(asked.origin.length).toBeLessThanOrEqual(260);
          for (const text of handshakeHeaders(asked, "hooks/1")) expect(text).toMatch(/^[\x21-\x7e]+$/);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("what is tried again is refused, or the same when it is read again", () => {
    fc.assert(
      fc.property(hostileValue(["any", "server-errors", ["5xx", "429", "network"]]), (value) => {
        const chosen = answers(() => parseRetryOn(value as never, "retry_on"));
        if (chosen !== undefined) expect(parseRetryOn(chosen, "retry_on")).toEqual(chosen);
      }),
      { numRuns: RUNS },
    );
  });

  it("a rule for batches is refused or within its bounds", () => {
    fc.assert(
      fc.property(hostileValue([{ max_events: 10, max_wait: "5s" }]), (value) => {
        const rule = answers(() =>
          value === null || value === undefined ? undefined : parseBatchRule(value as never, "batch"),
        );
        if (rule === undefined) return;
        expect(Number.isInteger(rule.maxEvents) && 2 <= rule.maxEvents && rule.maxEvents <= 1_000).toBe(true);
        expect(10 <= rule.maxWaitMs && rule.maxWaitMs <= 60_000).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("headers are refused, or nothing in them can end a line or name what belongs to the request", () => {
    const reserved = ["webhook-id", "webhook-signature"];
    const one = fc.tuple(
      hostileText(["x-team", "authorization", "Host", "webhook-id", "Content-Length", "Proxy-Authorization"]),
      fc.oneof(hostileText(["a", "Bearer x", "1\r\nx: y"]), hostileValue(["a"])),
    );
    const headers = fc.oneof(
      fc.array(one, { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs) as unknown),
      hostileValue([{ "x-a": "1" }]),
    );
    fc.assert(
      fc.property(headers, (value) => {
        const checked = answers(() => checkCustomHeaders(value, reserved, { "x-a": "kept" }));
        for (const [name, text] of Object.entries(checked ?? {})) {
          expect(name).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
          expect(text).toMatch(/^[\t\x20-\x7e\xa0-\xff]*$/);
          expect(["host", "content-length", "transfer-encoding", "connection", ...reserved]).not.toContain(name);
          expect(name.startsWith("proxy-")).toBe(false);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("an order's key is found in any data, or there is none", () => {
    fc.assert(
      fc.property(fc.json(), hostileText(["/a/b", "/0", "*", "/~1"]), (data, pointer) => {
        const text = pointer === "*" || pointer.startsWith("/") ? pointer : `/${pointer}`;
        const key = orderKeyOf(text, Buffer.from(data));
        expect(key === undefined || Number.isSafeInteger(key)).toBe(true);
        // The same data written in another way has the same key.
        expect(orderKeyOf(text, Buffer.from(JSON.stringify(JSON.parse(data), undefined, 1)))).toBe(key);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("headers of a request", () => {
  const names = [
    "Host",
    "Origin",
    "Sec-Fetch-Site",
    "Authorization",
    "Content-Type",
    "Content-Encoding",
    "Content-Length",
    "Transfer-Encoding",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
  ];
  const samples = [
    "127.0.0.1:4680",
    "localhost",
    "http://localhost:4680",
    "cross-site",
    "Bearer hk_1",
    "application/json; charset=utf-8",
    "identity",
    "12",
    "chunked",
    "203.0.113.9, 10.0.0.1",
    "for=203.0.113.9;host=evil;proto=https",
    "https",
  ];
  const request = fc.array(fc.tuple(fc.constantFrom(...names), hostileText(samples)), { maxLength: 8 }).map(
    (pairs) =>
      ({
        url: "/v1/events",
        rawHeaders: pairs.flat(),
        headers: Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value])),
        socket: { localAddress: "127.0.0.1", remoteAddress: "127.0.0.1", localPort: 4680 },
      }) as unknown as IncomingMessage,
  );

  const doors = new Doors({ allowedHosts: [] });
  const behindProxy = new Doors({ allowedHosts: [], trustedProxies: parseTrustedProxies("127.0.0.1", "x") });

  it("are admitted or refused, and never by a host that is another's", () => {
    fc.assert(
      fc.property(request, (asked) => {
        answers(() => admit(asked, "admin", () => undefined));
        const format = answers(() => bodyFormatOf(asked));
        expect([undefined, "json", "ndjson"]).toContain(format);
        answers(() => behindProxy.check(asked));
        answers(() => doors.checkUpgrade(asked));
        const passed = answers(() => {
          doors.check(asked);
          return true;
        });
        if (passed === true) {
          expect(asked.headers.host).toMatch(/^(localhost|127\.0\.0\.1|\[::1\])(:4680)?$/i);
          expect(String(asked.headers["sec-fetch-site"])).not.toMatch(/^(cross|same)-site$/);
        }
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it("Retry-After is a wait of at most a day, or nothing", () => {
    const values = hostileText(["120", "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "1e9"]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("Retry-After", "retry-after", "x"), values), { maxLength: 3 }),
        (pairs) => {
          const wait = retryAfterOf(pairs, Date.UTC(2026, 0, 31));
          expect(wait === undefined || (0 <= wait && wait <= 86_400_000)).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe("files", () => {
  it("of events give an event or an error for each line, however they are cut into pieces", async () => {
    const line = '{"type":"order.paid","data":{"n":1.10},"id":"evt_1"}';
    await fc.assert(
      fc.asyncProperty(hostileBytes([`${line}\n${line}\r\n\n`, `${line}\n{\n`]), fc.nat(50), async (bytes, size) => {
        const whole = await linesOf(bytes, bytes.length + 1);
        expect(await linesOf(bytes, size + 1)).toEqual(whole);
        for (const { event } of whole) if (event instanceof Error) expect(event).toBeInstanceOf(HooksError);
      }),
      { numRuns: RUNS },
    );
  });

  it("of settings are taken, or refused with their name", () => {
    const root = mkdtempSync(path.join(tmpdir(), "hooks-fuzz-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    mkdirSync(path.join(root, "home"));
    const samples = [
      '{"tenant":"acme","port":4680,"log_level":"debug"}',
      '{"server":"https://h","$schema":"x"}',
      '{"api_key":"hk_1"}',
    ];
    fc.assert(
      fc.property(hostileBytes(samples), fc.boolean(), (bytes, isProject) => {
        const file = path.join(root, isProject ? "hooks.config.json" : "home/config.json");
        writeFileSync(file, bytes);
        try {
          resolveSettings({ flags: {}, env: { HOOKS_HOME: path.join(root, "home") }, cwd: root });
        } catch (error) {
          expect(error).toBeInstanceOf(HooksError);
          expect(error).toMatchObject({ code: "usage" });
          // A key in the place of another value is shown as any wrong value is.
          const { message } = error as Error;
          if (message.includes("is not valid JSON")) expect(message).not.toContain("hk_1");
        } finally {
          rmSync(file);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

async function linesOf(bytes: Uint8Array, size: number): Promise<{ number: number; event: unknown }[]> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const lines: { number: number; event: unknown }[] = [];
  for await (const { number, event } of readEventLines(pieces(), "content")) lines.push({ number, event });
  return lines;
}
