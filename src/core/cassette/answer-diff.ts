// How an answer differs from the recorded one: by what a sender of webhooks or a reader of the answer would notice.

import type { HeaderPairs } from "../attempt.ts";
import { isExactNumber, parseExact } from "../exact-json.ts";
import { canonicalJson, isJsonObject, jsonPath } from "../json-value.ts";
import type { RecordedAnswer } from "./exchange.ts";
import { REDACTED } from "./json-redaction.ts";
import { covers, type Place } from "./place.ts";

/** `recorded` and `now` are undefined where there is nothing. */
export interface Difference {
  /** `status`, `header content-type`, `body.total`, `body` */
  where: string;
  recorded: string | undefined;
  now: string | undefined;
}

/** The others change with each answer (date), or with the connection. */
const COMPARED_HEADERS = ["content-type", "content-encoding", "location", "retry-after", "allow", "www-authenticate"];
const MOST_DIFFERENCES = 50;
const MOST_CHARS = 120;
/** What every double keeps. */
const DOUBLE_DIGITS = 15;
/** Deeper JSON is compared as text. */
const MOST_LEVELS = 100;

export function compareAnswers(
  recorded: RecordedAnswer,
  now: RecordedAnswer,
  ignored: readonly Place[] = [],
): Difference[] {
  const found: Difference[] = [];
  if (recorded.status !== now.status) {
    found.push({ where: "status", recorded: String(recorded.status), now: String(now.status) });
  }
  const skipped = new Set(ignored.flatMap((place) => (place.kind === "header" ? [place.name] : [])));
  for (const name of COMPARED_HEADERS) {
    const [before, after] = [headerOf(recorded.headers, name), headerOf(now.headers, name)];
    if (skipped.has(name) || before === REDACTED || sameHeader(before, after)) continue;
    found.push({ where: `header ${name}`, recorded: shown(before), now: shown(after) });
  }
  const paths = ignored.flatMap((place) => (place.kind === "json" ? [place.steps] : []));
  found.push(...compareBodies(recorded, now, paths));
  return found.slice(0, MOST_DIFFERENCES);
}

function headerOf(headers: HeaderPairs, name: string): string | undefined {
  const values = headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

/** `application/json;charset=UTF-8` is `application/json; charset=utf-8`. */
function sameHeader(one: string | undefined, other: string | undefined): boolean {
  const plain = (text: string | undefined) => text?.replace(/\s+/g, "").toLowerCase();
  return one === other || plain(one) === plain(other);
}

function compareBodies(
  recorded: RecordedAnswer,
  now: RecordedAnswer,
  paths: readonly (readonly string[])[],
): Difference[] {
  const [before, after] = [Buffer.from(recorded.body), Buffer.from(now.body)];
  if (before.equals(after) && recorded.truncated === now.truncated) return [];
  const [one, other] = [jsonOf(before), jsonOf(after)];
  if (one !== undefined && other !== undefined && !recorded.truncated && !now.truncated) {
    const found: Difference[] = [];
    compareJson(one.value, other.value, [], paths, found);
    return found;
  }
  if (before.toString("utf8") === REDACTED) return [];
  // Both were read as far as answers are read: what they have in common is all that can be said.
  if (recorded.truncated && now.truncated && before.equals(after)) return [];
  return [{ where: "body", recorded: bodyInWords(recorded, before), now: bodyInWords(now, after) }];
}

function compareJson(
  before: unknown,
  after: unknown,
  steps: readonly (string | number)[],
  ignored: readonly (readonly string[])[],
  found: Difference[],
): void {
  if (MOST_DIFFERENCES <= found.length || before === REDACTED) return;
  if (0 < steps.length && ignored.some((rule) => covers(rule, steps))) return;
  const goesOn = steps.length < MOST_LEVELS;
  if (goesOn && isPlainObject(before) && isPlainObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compareJson(memberOf(before, name), memberOf(after, name), [...steps, name], ignored, found);
    }
  } else if (goesOn && Array.isArray(before) && Array.isArray(after)) {
    for (let at = 0; at < Math.max(before.length, after.length); at++) {
      if (MOST_DIFFERENCES <= found.length) return;
      compareJson(before[at], after[at], [...steps, at], ignored, found);
    }
  } else if (!isSame(before, after)) {
    found.push({ where: jsonPath("body", steps), recorded: jsonText(before), now: jsonText(after) });
  }
}

/** Not the wrapper of a number that keeps its digits. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isJsonObject(value) && !isExactNumber(value);
}

function memberOf(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isSame(before: unknown, after: unknown): boolean {
  if (before === undefined || after === undefined) return before === after;
  if (isExactNumber(before) || isExactNumber(after)) return isSameNumber(JSON.stringify(before), JSON.stringify(after));
  return canonicalJson(before) === canonicalJson(after);
}

/** Two digits apart, two long numbers are one to a double. */
function isSameNumber(before: string, after: string): boolean {
  const isLong = (text: string): boolean => DOUBLE_DIGITS < text.replace(/e.*|\D/gi, "").length;
  return before === after || (Number(before) === Number(after) && !isLong(before) && !isLong(after));
}

function jsonText(value: unknown): string | undefined {
  return value === undefined ? undefined : cut(JSON.stringify(value));
}

function shown(text: string | undefined): string | undefined {
  return text === undefined ? undefined : cut(text);
}

const decoder = new TextDecoder("utf-8", { fatal: true });
/** JSON that is nested deeper overflows the stack of what prints it. */
const MOST_BRACKETS = 2_000;

function jsonOf(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    const text = decoder.decode(bytes);
    let open = 0;
    for (const [bracket] of text.matchAll(/[[{\]}]/g)) {
      open += bracket === "[" || bracket === "{" ? 1 : -1;
      if (MOST_BRACKETS < open) return undefined;
    }
    return { value: parseExact(text) };
  } catch {
    return undefined;
  }
}

function bodyInWords({ truncated }: RecordedAnswer, bytes: Buffer): string {
  if (bytes.length === 0) return "empty";
  const size = `${bytes.length}${truncated ? " and more" : ""} bytes`;
  try {
    return `${size}: ${cut(JSON.stringify(decoder.decode(bytes)))}`;
  } catch {
    return `${size}, binary`;
  }
}

function cut(text: string): string {
  return MOST_CHARS < text.length ? `${text.slice(0, MOST_CHARS)}…` : text;
}
