import type { HeaderPairs, SendErrorCode } from "../../src/core/attempt.ts";
import type { ReceiverMode } from "./plan.ts";
import type { Random } from "./random.ts";

/** What a request comes to. Times in ms from its start. */
export interface Answer {
  /** When it is at the receiver; undefined: never. */
  seenAfterMs: number | undefined;
  /** What the receiver answers, whether that arrives or not. */
  receiverStatus: number | undefined;
  /** When the sender knows; never later than its time-out. */
  knownAfterMs: number;
  /** What the sender gets: a status … */
  status: number | undefined;
  headers: HeaderPairs;
  /** … or an error … */
  code: SendErrorCode | undefined;
  /** … or a fault of the sender's own: an exception. */
  isPoison: boolean;
  /** What `Retry-After` asks for; undefined when it is not there, or not what RFC 9110 allows. */
  asks: { afterMs: number } | { at: number } | undefined;
}

const NOTHING: Answer = {
  seenAfterMs: undefined,
  receiverStatus: undefined,
  knownAfterMs: 0,
  status: undefined,
  headers: [],
  code: undefined,
  isPoison: false,
  asks: undefined,
};

export const SUCCESSES = [200, 200, 200, 201, 202, 204, 299];
const FAILURES = [301, 302, 307, 400, 401, 404, 422, 500, 500, 502, 504];

/** What a receiver in this mode does with a request. `wall`: unix ms; `longestAskMs`: of a valid Retry-After. */
export function drawAnswer(
  random: Random,
  mode: ReceiverMode,
  timeoutMs: number,
  wall: number,
  longestAskMs: number,
): Answer {
  switch (mode) {
    case "healthy":
      return answered(random.pick(SUCCESSES), random.magnitude(1, 60));
    case "slow":
      return within(timeoutMs, answered(random.pick(SUCCESSES), random.magnitude(300, 12_000)));
    case "failing":
      return answered(random.pick(FAILURES), random.magnitude(1, 500));
    case "throttling": {
      const { text, asks } = drawRetryAfter(random, wall, longestAskMs);
      return {
        ...answered(random.pick([429, 503, 503, 500]), random.magnitude(1, 100)),
        headers: text.map((value) => ["Retry-After", value]),
        asks,
      };
    }
    case "refusing":
      return refused(random);
    case "hanging":
      return { ...NOTHING, seenAfterMs: 1, knownAfterMs: timeoutMs, code: "timeout" };
    case "late":
      return { ...NOTHING, seenAfterMs: 1, receiverStatus: 200, knownAfterMs: timeoutMs, code: "timeout" };
    case "resetting":
      return {
        ...NOTHING,
        seenAfterMs: random.chance(0.6) ? 2 : undefined,
        receiverStatus: random.pick([200, 500]),
        knownAfterMs: random.magnitude(3, 800),
        code: random.pick(["reset", "protocol_error", "headers_too_large"]),
      };
    case "flapping":
      return answered(random.chance(0.5) ? 200 : 503, random.magnitude(1, 200));
    case "gone":
      return answered(410, random.magnitude(1, 50));
  }
}

/** A sender whose own program fails on this event, each time. */
export const POISON: Answer = { ...NOTHING, knownAfterMs: 1, isPoison: true };

/** The connection is gone, whatever the receiver did. */
export function broken(answer: Answer): Answer {
  return { ...answer, status: undefined, headers: [], asks: undefined, code: "reset" };
}

function answered(status: number, afterMs: number): Answer {
  return {
    ...NOTHING,
    seenAfterMs: Math.ceil(afterMs / 2),
    receiverStatus: status,
    knownAfterMs: afterMs,
    status,
  };
}

function refused(random: Random): Answer {
  const code = random.pick(["refused", "dns_failed", "unreachable", "tls_error", "egress_blocked"] as const);
  return { ...NOTHING, knownAfterMs: code === "dns_failed" ? random.magnitude(1, 2_000) : random.int(1, 5), code };
}

function within(timeoutMs: number, answer: Answer): Answer {
  if (answer.knownAfterMs < timeoutMs) return answer;
  return { ...broken(answer), knownAfterMs: timeoutMs, code: "timeout" };
}

/** All forms: seconds, dates, and what is neither. */
function drawRetryAfter(random: Random, wall: number, longestMs: number): Pick<Answer, "asks"> & { text: string[] } {
  const seconds = random.magnitude(1, Math.floor(longestMs / 1_000));
  const date = (at: number) => ({ text: [new Date(at).toUTCString()], asks: { at: Math.floor(at / 1_000) * 1_000 } });
  const hostile = (...text: string[]) => ({ text, asks: undefined });
  switch (random.weighted({ none: 2, seconds: 5, date: 3, past: 1, zero: 1, endless: 1, hostile: 4 })) {
    case "none":
      return hostile();
    case "seconds":
      return { text: [String(seconds)], asks: { afterMs: seconds * 1_000 } };
    case "date":
      return date(wall + seconds * 1_000);
    case "past":
      return date(wall - seconds * 1_000);
    case "zero":
      return { text: ["0"], asks: { afterMs: 0 } };
    case "endless":
      // The clamp is a day: too long for a run that must end.
      if (longestMs < 86_400_000) return hostile("1e9");
      return { text: ["1000000000"], asks: { afterMs: 1e12 } };
    case "hostile":
      return random.pick([
        hostile("-5"),
        hostile("1e9"),
        hostile("0x10"),
        hostile("soon"),
        hostile("120, 240"),
        hostile("120", "240"),
        hostile("Thursday, 15-Jan-26 12:00:00 GMT"),
        hostile("Thu, 31 Feb 2026 12:00:00 GMT"),
        hostile(""),
        hostile("1.5"),
      ]);
  }
}
