import { ageOf, limitOf } from "../message-time.ts";
import type { Refusal } from "../verdict.ts";
import type { Hint } from "./hint.ts";
import { explainTimeAndId } from "./time-and-id.ts";
import type { JudgedBy, Match, Trials } from "./trials.ts";

/**
 * Of a message that was refused for its age, before anybody looked at its signature: whether that is right too.
 * @param explainSignature finds what makes a signature match that does not as it stands.
 */
export function explainAge(
  trials: Trials,
  refusal: Refusal,
  judgedBy: JudgedBy,
  explainSignature: (trials: Trials) => Hint[],
): Hint[] {
  if (trials.left <= 0) return [];
  // A time in another unit may be what was signed, and is still no age.
  const ofTime = explainTimeAndId(trials);
  const isOtherUnit = ofTime.some(({ code }) => code === "timestamp_milliseconds");
  if (isOtherUnit && trials.match === undefined) return ofTime;
  if (isOtherUnit) return [...ofTime, outside("Besides,", refusal)];
  if (ofTime.length === 0 && trials.matches({})) {
    return [outside("The signature itself matches, only", refusal, judgedBy, trials.match)];
  }
  const causes = ofTime.length > 0 ? ofTime : explainSignature(trials);
  if (causes.length === 0) return [wrongToo(refusal)];
  const isOtherTime = causes.some(({ code }) => code === "other_attempt");
  if (isOtherTime || trials.match === undefined) return [...causes, outside("Besides,", refusal)];
  return withAge(trials, causes, judgedBy);
}

/** What a signature matches by, and the age of the message that is meant then, if that is wrong. */
export function withAge({ match }: Trials, causes: Hint[], judgedBy: JudgedBy): Hint[] {
  // The time that another attempt was signed with is not the one that this message says.
  const isItsTime = causes.every(({ code }) => code !== "other_attempt" && code !== "timestamp_milliseconds");
  const result = isItsTime ? match?.judge(judgedBy) : undefined;
  if (result === undefined || result.valid) return causes;
  return [...causes, outside("Besides,", result, judgedBy, match)];
}

function outside(begin: string, { detail }: Refusal, judgedBy?: JudgedBy, match?: Match): Hint {
  const by = judgedBy === undefined || match === undefined ? "" : excess(match, judgedBy);
  return {
    code: "outside_tolerance",
    text: `${begin} its time is outside the limits${by}: ${detail}. It is an old request, or a clock is wrong. --tolerance none leaves the time out.`,
  };
}

/** How far outside. */
function excess({ scheme: { timestamp: rule }, accepted }: Match, { now, tolerance }: JudgedBy): string {
  if (rule === undefined || accepted.timestamp === undefined) return "";
  const age = ageOf(accepted.timestamp, now);
  const limit = limitOf(age < 0 ? rule.future : rule.past, tolerance);
  if (limit === undefined || Math.abs(age) <= limit) return "";
  return ` by ${Math.round((Math.abs(age) - limit) * 1000) / 1000} s`;
}

function wrongToo({ reason }: Refusal): Hint {
  const time = reason === "timestamp_too_old" ? "too old" : "dated ahead";
  return {
    code: "signature_wrong_too",
    text: `It is not only ${time}: the signature does not match either, and nothing that was tried makes it match. It was probably signed with another secret, or the body was changed on the way.`,
  };
}
