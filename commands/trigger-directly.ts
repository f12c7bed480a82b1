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
import type { Profile } from "../src/core/profiles/profile.ts";
import type { RateLimit } from "../src/core/subscription.ts";
import { urlRefused } from "../src/core/subscription-url.ts";
import { VERSION } from "../src/core/version.ts";

export interface DirectOptions {
  event: EventInput;
  to: string;
  secret?: string;
  header: string[];
  profile?: string;
  count?: number;
  limit: RateLimit | undefined;
}

/** `trigger --to`: signed and sent straight to a URL. Exits 1 unless every answer is a 2xx. */
export async function triggerDirectly(options: DirectOptions, context: CliContext): Promise<void> {
  const url = targetUrl(options.to, "--to");
  const rules = { environment: context.scope().environment, allow: [], deny: [] };
  const refusal = (await context.egress("direct")).rules.policyFor(rules).refusalOfUrl(url);
  if (refusal !== undefined) throw urlRefused({ ...refusal, hint: hintAt(refusal, url) }, "--to");
  const profile = await readProfileValue(options.profile ?? "standard", "--profile", context);
  const secret = await readSecretValue(options.secret ?? "", "--secret", context);
  const key = asUsage("--secret", () => profile.decodeSecret(secret));
  const headers = headersOf(options.header, profile);
  const count = options.count ?? 1;
  let failures = 0;
  let last = "";
  for (let sent = 0; sent < count; sent++) {
    if (options.limit !== undefined && 0 < sent)
      await sleep(options.limit.perMs / options.limit.count, undefined, { signal: context.signal });
    const sentAt = context.now();
    const id = freshId("evt", sentAt);
    const { type, data, metadata } = options.event;
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
    const result = await context.sendOnce({ url: url.href, ...request, timeoutMs: profile.timeoutMs, rules });
    const succeeded = result.kind === "answered" && 200 <= result.status && result.status < 300;
    if (!succeeded) failures++;
    last = answerOf(result);
    print({ id, type, url, result, succeeded }, context);
  }
  if (0 < failures) {
    const message = count === 1 ? `the request failed: ${escapeLine(last)}` : `${failures} of ${count} requests failed`;
    const isBlocked = last.startsWith("egress_blocked");
    const hint = isBlocked ? `if it is meant so: --allow-net ${url.host}` : `does something listen at ${url.origin}?`;
    throw new HooksError("failed", message, { hint });
  }
}

/** At one's own machine nobody else has to be asked. */
function hintAt({ rule, hint }: Refusal, { host }: TargetUrl): string | undefined {
  return rule === "address" || rule === "name" ? `if it is meant so: --allow-net ${host}` : hint;
}

interface Sent {
  id: string;
  type: string;
  url: TargetUrl;
  result: SendResult;
  succeeded: boolean;
}

function print({ id, type, url, result, succeeded }: Sent, { out }: CliContext): void {
  const answer = answerOf(result);
  const took = result.kind === "not_sent" ? 0 : result.durationMs;
  const response =
    result.kind === "answered" ? Buffer.from(result.responseBody).toString("utf8").slice(0, 1_000) : null;
  if (out.mode === "json") {
    const status = result.kind === "answered" ? result.status : null;
    const error = result.kind === "answered" ? null : answer;
    out.print(jsonLine({ id, type, url: url.href, success: succeeded, status, error, duration_ms: took, response }));
  } else if (out.mode === "quiet") out.print(id);
  else if (out.mode === "plain") out.print([id, type, escapeLine(answer), String(took)].join("\t"));
  else {
    const mark = succeeded ? out.colors.green("✓") : out.colors.red("✗");
    out.print(
      `${mark} ${out.colors.bold(type)}  ${id}  ${escapeLine(answer)}   ${span(took)}   ${escapeLine(url.href)}`,
    );
  }
}

function answerOf(result: SendResult): string {
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

function headersOf(texts: readonly string[], profile: Profile): Record<string, string> {
  const headers = Object.fromEntries(texts.map((text) => pair("--header", text, ":")));
  try {
    return checkCustomHeaders(headers, profile.reservedHeaders);
  } catch (error) {
    if (!isHooksError(error)) throw error;
    const message = error.message.replace(/^headers\.?/, "--header ").replace(/^--header {2}/, "--header ");
    throw new HooksError("usage", message, { field: "--header", hint: error.hint });
  }
}
