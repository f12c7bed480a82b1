import type { Output } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { span } from "../src/cli/time-text.ts";
import { toHooksError } from "../src/core/errors.ts";
import { type CompiledScheme, signatureHeaders } from "../src/core/signing/compiled-scheme.ts";
import { neededParts } from "../src/core/signing/describe-scheme.ts";
import type { Hint } from "../src/core/signing/explain/hint.ts";
import { ageOf, parseTimestamp, type Tolerance } from "../src/core/signing/message-time.ts";
import type { VerifyResult } from "../src/core/signing/verdict.ts";
import type { ReceivedRequest } from "./verify-request.ts";

export interface VerdictFacts {
  scheme: CompiledScheme;
  request: ReceivedRequest;
  result: VerifyResult;
  hints: readonly Hint[];
  /** Unix seconds. */
  now: number;
  tolerance: Tolerance | undefined;
}

export interface ReportChoice {
  explain: boolean;
  github: boolean;
  /** For the annotation; undefined or "-": none. */
  bodyFile: string | undefined;
}

/**
 * The verdict on stdout, one line; what helps to understand it on stderr. Holds no secret and never the signature that
 * would have been right; a received one is shortened unless everything is asked for.
 */
export function reportVerdict(facts: VerdictFacts, choice: ReportChoice, out: Output): void {
  if (out.mode === "json") out.print(jsonLine(verdictJson(facts)));
  else out.print(verdictLine(facts, out));
  if (choice.github && !facts.result.valid && out.mode !== "json") out.print(annotation(facts, choice.bodyFile));
  if (facts.result.valid && facts.result.bodyUnsigned === true && out.mode !== "json") {
    out.note("note: this signature does not cover the body: anybody on the way may have changed it");
  }
  const assumed = assumedUrl(facts);
  if (assumed !== undefined && out.mode !== "json") {
    out.note(`note: checked for the URL ${escapeLine(assumed)}, by the request's own headers; --url names another`);
  }
  if (out.mode === "json" || (facts.result.valid && !choice.explain)) return;

  if (!facts.result.valid) {
    out.note(`${out.noteColors.red("✗")} webhook not valid: ${facts.result.reason}`);
    out.note("");
  }
  for (const [name, value] of details(facts, choice.explain)) {
    out.note(`  ${out.noteColors.dim(name.padEnd(11))}${escapeLine(value)}`);
  }
  for (const { text } of facts.hints) {
    out.note("");
    out.note(`  ${text}`);
  }
  if (!facts.result.valid) out.note("");
}

/** The URL that is signed and that nobody named. */
function assumedUrl({ scheme: { scheme }, request }: VerdictFacts): string | undefined {
  const isSigned = neededParts(scheme).includes("url") || scheme.name === "rfc9421";
  return isSigned && request.urlIsAssumed === true ? request.url : undefined;
}

function verdictLine({ scheme, result, now }: VerdictFacts, { colors }: Output): string {
  const name = scheme.scheme.name;
  if (!result.valid) return `${colors.red("invalid")}  reason=${result.reason} scheme=${name}`;
  const age = result.timestamp === undefined ? "" : ` age=${wholeAge(result.timestamp, now)}s`;
  return `${colors.green("valid")}  scheme=${name} secret=#${result.secretIndex + 1}${age}`;
}

function verdictJson(facts: VerdictFacts): object {
  const { scheme, result, hints, now } = facts;
  const name = scheme.scheme.name;
  const assumed = assumedUrl(facts);
  const url = assumed === undefined ? {} : { assumed_url: assumed };
  if (!result.valid) {
    const { reason, detail } = result;
    return { valid: false, scheme: name, reason, detail, hints: hints.map((hint) => hint.code), ...url };
  }
  const time =
    result.timestamp === undefined ? {} : { timestamp: result.timestamp, age: wholeAge(result.timestamp, now) };
  const unsigned = result.bodyUnsigned === true ? { body_unsigned: true } : {};
  return { valid: true, scheme: name, secret: result.secretIndex + 1, ...time, ...unsigned, ...url };
}

function wholeAge(timestamp: number, now: number): number {
  return Math.floor(ageOf(timestamp, now));
}

function annotation({ result, hints }: VerdictFacts, bodyFile: string | undefined): string {
  if (result.valid) return "";
  const text = [`${result.reason}: ${result.detail}`, ...hints.map((hint) => hint.text)].join("\n");
  return workflowError("Webhook not valid", text, bodyFile);
}

/** Of a check that could not be made: nothing is known of the webhook. */
export function annotateUnchecked(error: unknown, bodyFile: string | undefined, out: Output): void {
  if (out.mode === "json") return;
  const { message, hint } = toHooksError(error);
  const text = hint === undefined ? message : `${message}\n${hint}`;
  out.print(workflowError("Webhook not checked", text, bodyFile));
}

/** A workflow command of GitHub Actions. */
function workflowError(title: string, text: string, bodyFile: string | undefined): string {
  const file = bodyFile === undefined || bodyFile === "-" ? "" : `file=${forProperty(bodyFile)},`;
  return `::error ${file}title=${title}::${forMessage(text)}`;
}

function forMessage(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function forProperty(text: string): string {
  return forMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** What was received, whether it could be read or not. */
function details({ scheme: compiled, request, now, tolerance }: VerdictFacts, explain: boolean): [string, string][] {
  const { scheme } = compiled;
  const find = compiled.headers.find(request.headers);
  const received = (names: readonly string[], show = (text: string): string => text): string => {
    const values = names.flatMap((name) => find(name) ?? []);
    return values.length === 0 ? `(no ${names[0]})` : values.map((value) => show(value || "(empty)")).join(" | ");
  };

  const lines: [string, string][] = [["scheme", scheme.title]];
  if (scheme.id !== undefined) lines.push(["message", received(scheme.id.headers)]);
  if (scheme.timestamp !== undefined && "headers" in scheme.timestamp) {
    const text = received(scheme.timestamp.headers);
    const timestamp = parseTimestamp(text, scheme.timestamp.unit);
    lines.push(["timestamp", timestamp === undefined ? text : timeText(timestamp, now, compiled, tolerance)]);
  }
  const place = signatureHeaders(scheme.signature);
  const atPath = "json" in scheme.signature ? `in the body, at ${scheme.signature.json}` : "";
  lines.push(["received", atPath || received(place, explain ? undefined : shortened)]);
  if (explain) {
    const bytes = typeof request.body === "string" ? Buffer.byteLength(request.body) : request.body.length;
    lines.push(["signed", scheme.content], ["body", `${bytes} bytes`]);
  }
  return lines;
}

function timeText(
  timestamp: number,
  now: number,
  { scheme }: CompiledScheme,
  tolerance: Tolerance | undefined,
): string {
  const age = ageOf(timestamp, now);
  const past = scheme.timestamp?.past === undefined ? undefined : (tolerance ?? scheme.timestamp.past);
  const future = scheme.timestamp?.future === undefined ? undefined : (tolerance ?? scheme.timestamp.future);
  const distance = `${span(Math.abs(age) * 1000)} ${age < 0 ? "ahead" : "ago"}`;
  const limit = age < 0 ? future : past;
  const verdict =
    limit === undefined || limit === "none"
      ? "not judged"
      : `${Math.abs(age) <= limit ? "inside" : "outside"} ±${limit} s`;
  const date = new Date(timestamp * 1000);
  const text = Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString().replace(".000Z", "Z");
  return `${text}   ${distance}, ${verdict}`;
}

/** First and last four characters: enough to compare with a log. */
function shortened(signature: string): string {
  return signature.replace(/[A-Za-z0-9+/_-]{12,}={0,2}/g, (text) => `${text.slice(0, 4)}…${text.slice(-4)}`);
}
