import { describe, expect, it } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import { allowedLimit, handshakeHeaders, judgeHandshake, parseHandshake } from "../../src/core/handshake.ts";

import { answered as answer } from "../support/attempts.ts";

const ORIGIN = "eventemitter.example.com";
const AT = 1_760_000_000_000;

function answered(status: number, headers: Record<string, string> | [string, string][] = {}): SendResult {
  return answer(status, { responseHeaders: Array.isArray(headers) ? headers : Object.entries(headers) });
}

const ERROR: SendResult = {
  kind: "error",
  code: "refused",
  message: "nobody listens there",
  startedAt: 0,
  durationMs: 1,
  phase: "connect",
  remoteAddress: undefined,
  bytesSent: 0,
};

describe("what is asked", () => {
  it("names the sender, and a rate only when there is one", () => {
    const agent = ["user-agent", "hooks/1"];
    expect(handshakeHeaders({ origin: ORIGIN }, "hooks/1")).toEqual([...agent, "webhook-request-origin", ORIGIN]);
    expect(handshakeHeaders({ origin: ORIGIN, rate: 120 }, "hooks/1").slice(4)).toEqual([
      "webhook-request-rate",
      "120",
    ]);
  });

  it.each([
    [{ origin: ORIGIN }, { origin: ORIGIN }],
    [{ origin: "Events.Example.COM", rate: null }, { origin: "events.example.com" }],
    [
      { origin: "localhost", rate: 1 },
      { origin: "localhost", rate: 1 },
    ],
    [
      { origin: "a.example:8443", rate: 100_000, state: "allowed" },
      { origin: "a.example:8443", rate: 100_000 },
    ],
  ])("takes %j", (given, parsed) => {
    expect(parseHandshake(given, "handshake")).toEqual(parsed);
  });

  it.each([
    [null, "handshake"],
    ["events.example.com", "handshake"],
    [[], "handshake"],
    [{}, "handshake.origin"],
    [{ origin: "" }, "handshake.origin"],
    [{ origin: "https://example.com" }, "handshake.origin"],
    [{ origin: "a b" }, "handshake.origin"],
    [{ origin: "a\r\nx: y" }, "handshake.origin"],
    [{ origin: `${"a".repeat(64)}.example` }, "handshake.origin"],
    [{ origin: `${"a.".repeat(127)}aa` }, "handshake.origin"],
    [{ origin: "-a.example" }, "handshake.origin"],
    [{ origin: ORIGIN, rate: 0 }, "handshake.rate"],
    [{ origin: ORIGIN, rate: 1.5 }, "handshake.rate"],
    [{ origin: ORIGIN, rate: "5" }, "handshake.rate"],
    [{ origin: ORIGIN, rate: 100_001 }, "handshake.rate"],
  ])("refuses %j", (given, field) => {
    expect(() => parseHandshake(given, "handshake")).toThrow(
      expect.objectContaining({ code: "invalid_request", field }),
    );
  });
});

describe("what an answer allows", () => {
  const allow = (origin: string, rate?: string) => ({
    "WebHook-Allowed-Origin": origin,
    ...(rate === undefined ? {} : { "WebHook-Allowed-Rate": rate }),
  });

  it.each([
    [undefined, answered(200, allow(ORIGIN, "120")), "allowed", 120],
    [120, answered(200, allow(ORIGIN, "100")), "allowed", 100],
    [120, answered(200, allow("*", "*")), "allowed", undefined],
    [undefined, answered(204, allow(ORIGIN.toUpperCase(), "*")), "allowed", undefined],
    // The status says nothing.
    [undefined, answered(404, allow("*", "5")), "allowed", 5],
    [undefined, answered(200, allow("*")), "allowed", undefined],
    [120, answered(200, allow("*")), "allowed", 120],
    [undefined, answered(200), "refused", undefined],
    [undefined, answered(405), "refused", undefined],
    [undefined, answered(200, { "WebHook-Allowed-Rate": "120" }), "refused", undefined],
    [undefined, answered(200, allow("evil.example", "*")), "refused", undefined],
    [undefined, answered(200, allow("", "*")), "refused", undefined],
    [undefined, answered(200, allow(`*.example.com`, "*")), "refused", undefined],
    [
      undefined,
      answered(200, [
        ["WebHook-Allowed-Origin", "*"],
        ["webhook-allowed-origin", "evil.example"],
      ]),
      "refused",
      undefined,
    ],
    [undefined, answered(200, allow("*", "0")), "refused", undefined],
    [undefined, answered(200, allow("*", "-5")), "refused", undefined],
    [undefined, answered(200, allow("*", "many")), "refused", undefined],
    [undefined, answered(302, { location: "https://elsewhere.example" }), "refused", undefined],
    [undefined, answered(503), "failed", undefined],
    [undefined, answered(429), "failed", undefined],
    [undefined, ERROR, "failed", undefined],
  ])("asked for %j: %j is %s", (rate, result, state, allowedRate) => {
    const asked = rate === undefined ? { origin: ORIGIN } : { origin: ORIGIN, rate };
    const judged = judgeHandshake(asked, result, AT);
    expect(judged).toMatchObject({ ...asked, state, checkedAt: AT });
    expect(judged?.allowedRate).toBe(allowedRate);
    expect(judged?.why === undefined).toBe(state === "allowed");
  });

  it("is nothing when nothing was sent", () => {
    expect(judgeHandshake({ origin: ORIGIN }, { kind: "not_sent" }, AT)).toBeUndefined();
  });

  it("limits a subscription beside its own limit: the stricter counts", () => {
    const handshake = { origin: ORIGIN, state: "allowed" as const, allowedRate: 60 };
    const perSecond = (count: number) => ({ count, perMs: 1_000 });
    expect(allowedLimit(undefined, undefined)).toBeUndefined();
    expect(allowedLimit(perSecond(5), undefined)).toEqual(perSecond(5));
    expect(allowedLimit(undefined, handshake)).toEqual({ count: 60, perMs: 60_000 });
    expect(allowedLimit(perSecond(2), handshake)).toEqual({ count: 60, perMs: 60_000 });
    expect(allowedLimit({ count: 30, perMs: 60_000 }, handshake)).toEqual({ count: 30, perMs: 60_000 });
  });
});
