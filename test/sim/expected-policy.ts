import type { RetryInput, SubscriptionInput } from "../../src/core/subscription.ts";
import type { Answer } from "./answers.ts";

// The rules of delivery.md once more, written down apart from the sources that are tested.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface ExpectedPolicy {
  /** Waits after failed attempt 1, 2 …, ms, before jitter. */
  waits: number[];
  jitter: number;
  retryOn: "any" | "server-errors" | readonly string[];
  on410: "disable" | "retry" | "fail";
}

/** What must become of a delivery. */
export type ExpectedVerdict =
  | { kind: "succeeded" }
  | { kind: "failed"; reason: string; disables: boolean }
  /** Waits in ms, both included. `isAsked`: the receiver asked for the shorter one. */
  | { kind: "retry"; shortest: number; longest: number; isAsked: boolean };

const PRESETS: Readonly<Record<string, { waits: number[]; jitter: number }>> = {
  standard: {
    waits: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, DAY],
    jitter: 0.1,
  },
  aegisx: { waits: [1 * SECOND, 2 * SECOND], jitter: 0 },
  dotmac: { waits: [5 * MINUTE, HOUR, 6 * HOUR], jitter: 0 },
  securebase: { waits: [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR], jitter: 0 },
};

export function expectedPolicy(input: Pick<SubscriptionInput, "retry" | "retry_on" | "on_410">): ExpectedPolicy {
  const { retry = "standard" } = input;
  const { waits, jitter } = typeof retry === "string" ? PRESETS[retry]! : expectedWaits(retry ?? {});
  return { waits, jitter, retryOn: input.retry_on ?? "any", on410: input.on_410 ?? "disable" };
}

function expectedWaits(retry: RetryInput): { waits: number[]; jitter: number } {
  const jitter = retry.jitter ?? 0.1;
  if (retry.delays !== undefined) return { waits: retry.delays.map(Number), jitter };
  const first = Number(retry.first_delay);
  const count = retry.max_attempts! - 1;
  const growth = (n: number) => (retry.strategy === "linear" ? n + 1 : 2 ** n);
  return {
    waits: Array.from({ length: count }, (_, n) => Math.min(first * growth(n), Number(retry.longest_delay))),
    jitter,
  };
}

/** `roundAttempts`: 1 for the first of its round. `endedAt`: unix ms of the wall clock. */
export function expectedVerdict(
  answer: Answer,
  policy: ExpectedPolicy,
  roundAttempts: number,
  endedAt: number,
): ExpectedVerdict {
  const { status } = answer;
  if (status !== undefined && 200 <= status && status <= 299) return { kind: "succeeded" };
  if (status === 410 && policy.on410 !== "retry") {
    return { kind: "failed", reason: "gone", disables: policy.on410 === "disable" };
  }
  if (!isTriedAgain(policy.retryOn, status)) return { kind: "failed", reason: "final_status", disables: false };
  const wait = policy.waits[roundAttempts - 1];
  if (wait === undefined) return { kind: "failed", reason: "exhausted", disables: false };
  const asked = askedMs(answer, endedAt);
  // One millisecond for rounding.
  const shortest = wait * (1 - policy.jitter) - 1;
  const longest = wait * (1 + policy.jitter) + 1;
  return {
    kind: "retry",
    shortest: Math.max(shortest, asked),
    longest: Math.max(longest, asked),
    isAsked: shortest < asked,
  };
}

function isTriedAgain(retryOn: ExpectedPolicy["retryOn"], status: number | undefined): boolean {
  if (retryOn === "any") return true;
  if (retryOn === "server-errors") return status === undefined || 500 <= status;
  if (status === undefined) return retryOn.includes("network");
  return retryOn.includes(String(status)) || retryOn.includes(`${String(status)[0]}xx`);
}

/** The receiver may ask for patience up to a day; 0: it asks for none. */
function askedMs({ asks }: Answer, endedAt: number): number {
  if (asks === undefined) return 0;
  const ms = "afterMs" in asks ? asks.afterMs : asks.at - endedAt;
  return Math.min(Math.max(ms, 0), DAY);
}
