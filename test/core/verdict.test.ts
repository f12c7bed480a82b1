import { describe, expect, it } from "vitest";
import type { AnsweredResult, ErrorResult, HeaderPairs, SendErrorCode } from "../../src/core/attempt.ts";
import type { RetryOn, Subscription } from "../../src/core/subscription.ts";
import { isSuccess, judge } from "../../src/core/verdict.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const facts = {
  startedAt: NOON - 50,
  durationMs: 50,
  phase: "done",
  remoteAddress: "127.0.0.1",
  bytesSent: 10,
} as const;

function answered(status: number, responseHeaders: HeaderPairs = []): AnsweredResult {
  return { kind: "answered", status, responseHeaders, responseBody: new Uint8Array(), truncated: false, ...facts };
}

function failed(code: SendErrorCode): ErrorResult {
  return { kind: "error", code, message: code, ...facts };
}

function verdictOn(
  result: AnsweredResult | ErrorResult,
  options: { retryOn?: RetryOn; on410?: Subscription["on410"]; roundAttempts?: number; delaysMs?: number[] } = {},
) {
  const { retryOn = "any", on410 = "disable", roundAttempts = 1, delaysMs = [1_000, 5_000] } = options;
  const subscription = { retry: { strategy: "list", delaysMs, jitter: 0.1 } as const, retryOn, on410 };
  return judge(result, { subscription, roundAttempts, endedAt: NOON, random: 0.5 });
}

describe("judge", () => {
  it("takes any 2xx, and nothing else, for success", () => {
    for (let status = 100; status <= 999; status++) {
      expect(isSuccess(answered(status))).toBe(status >= 200 && status <= 299);
    }
    expect(verdictOn(answered(204))).toEqual({ kind: "succeeded" });
    expect(isSuccess(failed("reset"))).toBe(false);
  });

  it("waits as the schedule says and then gives up", () => {
    expect(verdictOn(answered(500), { roundAttempts: 1 })).toEqual({ kind: "retry", at: NOON + 1_000 });
    expect(verdictOn(answered(500), { roundAttempts: 2 })).toEqual({ kind: "retry", at: NOON + 5_000 });
    expect(verdictOn(answered(500), { roundAttempts: 3 })).toEqual({ kind: "failed", reason: "exhausted" });
    expect(verdictOn(failed("dns_failed"), { delaysMs: [] })).toEqual({ kind: "failed", reason: "exhausted" });
  });

  it("lets Retry-After lengthen a wait, never shorten it", () => {
    const asking = (value: string) => verdictOn(answered(429, [["Retry-After", value]]));
    expect(asking("60")).toEqual({ kind: "retry", at: NOON + 60_000 });
    expect(asking("Thu, 01 Jan 2026 12:00:09 GMT")).toEqual({ kind: "retry", at: NOON + 9_000 });
    expect(asking("0")).toEqual({ kind: "retry", at: NOON + 1_000 });
    expect(asking("-5")).toEqual({ kind: "retry", at: NOON + 1_000 });
    expect(asking("999999")).toEqual({ kind: "retry", at: NOON + 86_400_000 });
    expect(verdictOn(answered(429, [["Retry-After", "60"]]), { roundAttempts: 3 })).toEqual({
      kind: "failed",
      reason: "exhausted",
    });
  });

  it("treats 410 as the subscription says", () => {
    expect(verdictOn(answered(410))).toEqual({ kind: "failed", reason: "gone", disableSubscription: "gone" });
    expect(verdictOn(answered(410), { on410: "fail" })).toEqual({ kind: "failed", reason: "gone" });
    expect(verdictOn(answered(410), { on410: "retry" })).toEqual({ kind: "retry", at: NOON + 1_000 });
  });

  it.each<[RetryOn, (string | number)[], (string | number)[]]>([
    ["any", [100, 301, 400, 404, 429, 500, 599, 999, "timeout", "tls_error"], []],
    ["server-errors", [500, 503, 599, "timeout", "refused"], [301, 400, 404, 429, 999]],
    [
      ["5xx", "network", "408", "429"],
      [500, 503, 408, 429, "reset"],
      [301, 400, 404, 999],
    ],
    [["503"], [503], [500, 429, "timeout"]],
    [["4xx"], [400, 404], [500, "timeout"]],
    [[], [], [404, 500, "timeout"]],
  ])("retry_on %j tries %j again and nothing of %j", (retryOn, again, final) => {
    const outcome = (what: string | number) =>
      verdictOn(typeof what === "number" ? answered(what) : failed(what as SendErrorCode), { retryOn });
    for (const what of again) expect(outcome(what)).toMatchObject({ kind: "retry" });
    for (const what of final) expect(outcome(what)).toEqual({ kind: "failed", reason: "final_status" });
  });
});
