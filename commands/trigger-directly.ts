import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { asUsage, pair } from "../src/cli/flag-values.ts";
import { readProfileValue } from "../src/cli/own-profiles.ts";
import { readSecretValue } from "../src/cli/secret-value.ts";
import { targetUrl } from "../src/cli/target-url.ts";
import { span } from "../src/cli/time-text.ts";
import type { SendResult } from "../src/core/attempt.ts";
import { checkCustomHeaders } from "../src/core/custom-headers.ts";
import type { Refusal } from "../src/core/egress/policy.ts";
import type { TargetUrl } from "../src/core/egress/target-url.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import type { EventInput } from "../src/core/event.ts";
import { formatId } from "../src/core/ids.ts";
import type { RateLimit } from "../src/core/subscription.ts";
import { urlRefused } from "../src/core/subscription-url.ts";
import { VERSION } from "../src/core/version.ts";
import { printRequest, type RequestForm } from "./print-request.ts";

export interface DirectOptions {
  event: EventInput;
  to: string;
  secret?: string;
  header: string[];
  profile?: string;
  count?: number;
  limit: RateLimit | undefined;
  form: RequestForm | undefined;
}

/** `trigger --to`: signed and sent straight to a URL. Exits 1 unless every answer is a 2xx. */
export async function triggerDirectly(options: DirectOptions, context: CliContext): Promise<void> {
  const { url, timeoutMs, make } = await prepareDirect(options, context);
  await sendEach({ ...options, url, timeoutMs }, () => make(), context);
}

/** Where to send, and what makes the requests; `id`: of an event that was sent before. @throws HooksError `usage` */
export async function prepareDirect(
  options: Pick<DirectOptions, "event" | "to" | "secret" | "header" | "profile">,
  context: CliContext,
): Promise<{ url: TargetUrl; timeoutMs: number; make(id?: string): DirectRequest }> {
  const url = targetUrl(options.to, "--to");
  const profile = await readProfileValue(options.profile ?? "standard", "--profile", context);
  const secret = await readSecretValue(options.secret ?? "", "--secret", context);
  const key = asUsage("--secret", () => profile.decodeSecret(secret));
  const headers = ownHeaders(options.header, profile.reservedHeaders);
  const { type, data, metadata } = options.event;
  const make = (given?: string): DirectRequest => {
    const sentAt = context.now();
    const id = given ?? freshId("evt", sentAt);
    const request = profile.build({
      event: { id, type, timestamp: sentAt, data, metadata, version: undefined },
      deliveryId: freshId("dlv", sentAt),
      madeAt: sentAt,
      subscription: {
        id: freshId("sub", sentAt),
        name: "hooks trigger",
        url: url.href,
        scope: context.scope(),
        headers,
        secrets: [{ id: "", key, expiresAt: undefined }],
      },
      sentAt,
      userAgent: `hooks/${VERSION}`,
    });
    return { id, type, ...request };
  };
  return { url, timeoutMs: profile.timeoutMs, make };
}

/** A request to send straight to a URL. */
export interface DirectRequest {
  id: string;
  type: string;
  /** Name, value, name, value … */
  headers: string[];
  body: Uint8Array;
  /** What is wrong with an answer that is a 2xx: a handshake reads it. */
  faultOf?: (answer: string) => string | undefined;
  /** How long the sender that is simulated would have waited for the answer. */
  patienceMs?: number | undefined;
  /** More of it for --json. */
  more?: Readonly<Record<string, string>>;
}

export interface SendEachOptions {
  url: TargetUrl;
  timeoutMs: number;
  count?: number;
  limit: RateLimit | undefined;
  /** Given: it is printed in that form and nothing is sent. */
  form: RequestForm | undefined;
}

/**
 * Makes and sends `count` requests one after the other, and prints each result.
 * @throws HooksError `url_refused` before anything is sent, `failed` when an answer is no 2xx
 */
export async function sendEach(
  options: SendEachOptions,
  make: (number: number) => DirectRequest,
  context: CliContext,
): Promise<void> {
  const { url, timeoutMs, count = 1, limit, form } = options;
  if (form !== undefined) {
    for (let number = 0; number < count; number++) printRequest(make(number), url, form, context);
    return;
  }
  const rules = await directRules(url, context);
  let failures = 0;
  let last = "";
  for (let number = 0; number < count; number++) {
    if (limit !== undefined && 0 < number)
      await sleep(limit.perMs / limit.count, undefined, { signal: context.signal });
    const request = make(number);
    const { headers, body } = request;
    const result = await context.sendOnce({ url: url.href, headers, body, timeoutMs, rules });
    const fault = faultOf(result, request);
    if (fault !== undefined) {
      failures++;
      last = fault;
    }
    print({ request, url, result, fault }, context);
  }
  if (0 < failures) {
    const message = count === 1 ? `the request failed: ${escapeLine(last)}` : `${failures} of ${count} requests failed`;
    throw new HooksError("failed", message, { hint: hintOfAnswer(last, url) });
  }
}

/** What to look at after an answer (`answerOf`) that was no success. */
export function hintOfAnswer(answer: string, url: TargetUrl): string {
  if (answer.startsWith("egress_blocked")) return `if it is meant so: --allow-net ${url.host}`;
  if (answer === "401" || answer === "403")
    return "does it know the secret? --secret signs with it, and hooks verify says what is wrong with a signature";
  const isAnswer = /^\d{3}$/.test(answer);
  return isAnswer ? `${url.origin} answered: its own log says why` : `does something listen at ${url.origin}?`;
}

type DirectRules = Parameters<CliContext["sendOnce"]>[0]["rules"];

/** Under which such requests go. @throws HooksError `url_refused` naming the flag that gave the URL */
export async function directRules(url: TargetUrl, context: CliContext, flag = "--to"): Promise<DirectRules> {
  const rules = { environment: context.scope().environment, allow: [], deny: [] };
  const refusal = (await context.egress("direct")).rules.policyFor(rules).refusalOfUrl(url);
  if (refusal !== undefined) throw urlRefused({ ...refusal, hint: hintAt(refusal, url) }, flag);
  return rules;
}

/** At one's own machine nobody else has to be asked. */
function hintAt({ rule, hint }: Refusal, { host }: TargetUrl): string | undefined {
  return rule === "address" || rule === "name" ? `if it is meant so: --allow-net ${host}` : hint;
}

interface Sent {
  request: DirectRequest;
  url: TargetUrl;
  result: SendResult;
  fault: string | undefined;
}

/** Undefined when it succeeded. */
function faultOf(result: SendResult, { faultOf }: DirectRequest): string | undefined {
  if (result.kind !== "answered" || result.status < 200 || 300 <= result.status) return answerOf(result);
  return faultOf?.(Buffer.from(result.responseBody).toString("utf8"));
}

function print({ request, url, result, fault }: Sent, { out }: CliContext): void {
  const { id, type, patienceMs, more } = request;
  const answer = answerOf(result);
  const took = result.kind === "not_sent" ? 0 : result.durationMs;
  const response =
    result.kind === "answered" ? Buffer.from(result.responseBody).toString("utf8").slice(0, 1_000) : null;
  const why = fault === undefined || fault === answer ? "" : `: ${fault}`;
  if (out.mode === "json") {
    const status = result.kind === "answered" ? result.status : null;
    const error = result.kind === "answered" ? (why === "" ? null : (fault ?? null)) : answer;
    const success = fault === undefined;
    out.print(jsonLine({ id, type, url: url.href, success, status, error, duration_ms: took, response, ...more }));
  } else if (out.mode === "quiet") out.print(escapeLine(id));
  else if (out.mode === "plain") out.print([escapeLine(id), type, escapeLine(answer + why), String(took)].join("\t"));
  else {
    const mark = fault === undefined ? out.colors.green("✓") : out.colors.red("✗");
    const [name, said] = [out.colors.bold(type), escapeLine(answer + why)];
    const excerpt = fault === undefined || response === null ? "" : excerptOf(response);
    out.print(`${mark} ${name}  ${escapeLine(id)}  ${said}   ${span(took)}   ${escapeLine(url.href)}${excerpt}`);
  }
  if (patienceMs !== undefined && patienceMs < took)
    out.note(`the answer took ${span(took)}: the provider waits ${span(patienceMs)}, and would have sent it again`);
}

/** The beginning of what a receiver said when it refused. */
function excerptOf(response: string): string {
  const text = response.trim().slice(0, 60);
  return text === "" ? "" : `   ${escapeLine(JSON.stringify(text))}`;
}

/** A status, or why there is none. */
export function answerOf(result: SendResult): string {
  if (result.kind === "answered") return String(result.status);
  return result.kind === "error" ? `${result.code}: ${result.message}` : "not sent";
}

/** As ids of the store are made: of the time and random bits (RFC 9562, 5.7). */
function freshId(prefix: "evt" | "dlv" | "sub", at: number): string {
  const uuid = randomBytes(16);
  uuid.writeUIntBE(at, 0, 6);
  uuid[6] = 0x70 | (uuid[6]! & 0x0f);
  uuid[8] = 0x80 | (uuid[8]! & 0x3f);
  return formatId(prefix, uuid);
}

/** What --header gives, names in lower case. `reserved`: names that belong to the request itself. */
export function ownHeaders(texts: readonly string[], reserved: readonly string[]): Record<string, string> {
  const headers = Object.fromEntries(texts.map((text) => pair("--header", text, ":")));
  try {
    return checkCustomHeaders(headers, reserved);
  } catch (error) {
    if (!isHooksError(error)) throw error;
    const message = error.message.replace(/^headers\.?/, "--header ").replace(/^--header {2}/, "--header ");
    throw new HooksError("usage", message, { field: "--header", hint: error.hint });
  }
}
