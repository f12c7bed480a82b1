import type { AnsweredResult, ErrorResult } from "./attempt.ts";
import type { Verdict } from "./delivery.ts";
import { retryAfterOf } from "./retry-after.ts";
import { nextDelayMs } from "./retry-policy.ts";
import type { RetryOn, Subscription } from "./subscription.ts";

/** An attempt that was made (one that was not sent is no attempt and gets no verdict). */
export type MadeAttempt = AnsweredResult | ErrorResult;

export interface VerdictContext {
  subscription: Pick<Subscription, "retry" | "retryOn" | "on410">;
  /** Attempts of this round, the one judged here included: 1 for the first. */
  roundAttempts: number;
  /** When the attempt ended, unix ms: what the next one is counted from. */
  endedAt: number;
  /** The same by the wall clock, which a date in `Retry-After` means. Left out: `endedAt`. */
  receivedAt?: number;
  /** Uniform in [0, 1). */
  random: number;
}

/** Any 2xx; nothing else, and a redirect least of all. */
export function isSuccess(result: MadeAttempt): boolean {
  return result.kind === "answered" && 200 <= result.status && result.status <= 299;
}

/** What becomes of a delivery after an attempt (delivery.md, "Delivery semantics"). */
export function judge(result: MadeAttempt, context: VerdictContext): Verdict {
  if (isSuccess(result)) return { kind: "succeeded" };
  const { retry, retryOn, on410 } = context.subscription;
  if (result.kind === "answered" && result.status === 410 && on410 !== "retry") {
    return on410 === "disable"
      ? { kind: "failed", reason: "gone", disableSubscription: "gone" }
      : { kind: "failed", reason: "gone" };
  }
  if (!isTriedAgain(retryOn, result)) return { kind: "failed", reason: "final_status" };

  const delayMs = nextDelayMs(retry, context.roundAttempts, context.random);
  if (delayMs === undefined) return { kind: "failed", reason: "exhausted" };
  const askedMs =
    result.kind === "answered"
      ? retryAfterOf(result.responseHeaders, context.receivedAt ?? context.endedAt)
      : undefined;
  // The receiver may ask for more patience, never for less: "Retry-After: 0" must not make a busy loop.
  return { kind: "retry", at: context.endedAt + Math.max(delayMs, askedMs ?? 0) };
}

function isTriedAgain(retryOn: RetryOn, result: MadeAttempt): boolean {
  if (retryOn === "any") return true;
  if (result.kind === "error") return retryOn === "server-errors" || retryOn.includes("network");
  const family = `${Math.floor(result.status / 100)}xx`;
  return retryOn === "server-errors"
    ? family === "5xx"
    : retryOn.includes(family) || retryOn.includes(`${result.status}`);
}
