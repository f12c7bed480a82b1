import type { AnsweredResult, Attempt, AttemptTrigger, HeaderPairs } from "./attempt.ts";
import type { Subscription } from "./subscription.ts";
import { isSuccess, type MadeAttempt } from "./verdict.ts";

const MAX_RESPONSE_HEADERS = 32;
const MAX_VALUE_CHARS = 512;
const NO_HEADERS: HeaderPairs = [];
/** Invalid UTF-8 becomes U+FFFD: an excerpt is for reading. A byte order mark stays what it is. */
const UTF_8 = new TextDecoder("utf-8", { ignoreBOM: true });

export interface AttemptContext {
  subscription: Pick<Subscription, "headers" | "excerptChars">;
  number: number;
  trigger: AttemptTrigger;
  worker: string;
  /** As sent: name, value, name, value … */
  requestHeaders: readonly string[];
}

/** The row of one attempt: everything that may be kept of it, cut to its limits, custom header values masked. */
export function recordOf(result: MadeAttempt, context: AttemptContext): Attempt {
  const answered = result.kind === "answered" ? result : undefined;
  const excerpt = answered === undefined ? undefined : excerptOf(bodyOf(answered), context.subscription.excerptChars);
  return {
    number: context.number,
    startedAt: result.startedAt,
    durationMs: result.durationMs,
    outcome: isSuccess(result) ? "success" : "failure",
    status: answered?.status,
    errorCode: result.kind === "error" ? result.code : undefined,
    errorMessage: result.kind === "error" ? result.message : redirectMessage(result.status, result.responseHeaders),
    phase: result.phase,
    remoteAddress: result.remoteAddress,
    bytesSent: result.bytesSent,
    requestHeaders: maskedHeaders(context.requestHeaders, context.subscription.headers),
    responseHeaders: answered === undefined ? NO_HEADERS : cutHeaders(answered.responseHeaders),
    responseExcerpt: excerpt?.text,
    truncated: answered?.truncated === true || excerpt?.isCut === true,
    trigger: context.trigger,
    worker: context.worker,
  };
}

/**
 * The first `chars` characters (code points, so that none is cut in half); undefined when nothing was read or `chars`
 * is 0.
 */
export function excerptOf(body: Uint8Array, chars: number): { text: string; isCut: boolean } | undefined {
  if (body.length === 0 || chars === 0) return undefined;
  // A character has at most 4 bytes, so these hold one more than is kept; what is cut at the end is dropped below.
  const text = UTF_8.decode(body.length <= 4 * chars + 4 ? body : body.subarray(0, 4 * chars + 4));
  if (text.length <= chars) return { text, isCut: false };
  let end = 0;
  for (let kept = 0; kept < chars && end < text.length; kept++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return { text: text.slice(0, end), isCut: end < text.length };
}

/** A body that was cut may end inside a character, which is left out then: it says nothing and was not sent so. */
function bodyOf(answered: AnsweredResult): Uint8Array {
  const body = answered.responseBody;
  if (!answered.truncated) return body;
  for (let back = 1; back <= 3 && back <= body.length; back++) {
    const byte = body[body.length - back]!;
    if (byte < 0x80) return body;
    if (byte < 0xc0) continue; // a continuation byte: the first one of its character stands before it
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return back < length ? body.subarray(0, body.length - back) : body;
  }
  return body;
}

/** The subscription's own headers may hold credentials: their names are recorded, their values are not. */
function maskedHeaders(flat: readonly string[], own: Readonly<Record<string, string>>): HeaderPairs {
  const pairs: HeaderPairs = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at]!;
    pairs.push([name, Object.hasOwn(own, name) ? "***" : flat[at + 1]!]);
  }
  return pairs;
}

function cutHeaders(headers: HeaderPairs): HeaderPairs {
  const kept = headers.length <= MAX_RESPONSE_HEADERS ? headers : headers.slice(0, MAX_RESPONSE_HEADERS);
  return kept.every(([name, value]) => name.length + value.length <= MAX_VALUE_CHARS)
    ? kept
    : kept.map(([name, value]) => [name.slice(0, MAX_VALUE_CHARS), value.slice(0, MAX_VALUE_CHARS)]);
}

function redirectMessage(status: number, headers: HeaderPairs): string | undefined {
  if (status < 300 || 399 < status) return undefined;
  const location = headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (location === undefined) return "redirects are not followed";
  return `redirects are not followed: it pointed to ${location.slice(0, MAX_VALUE_CHARS)}`;
}
