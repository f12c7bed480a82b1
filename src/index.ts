// The library: sign and check webhooks in your own program. Needs node:crypto and nothing else.

import { randomBytes } from "node:crypto";
import { formatId } from "./core/ids.ts";
import type {
  DefinedScheme,
  SchemeName,
  Secrets,
  SignedMessage,
  SignOptions,
  UnsignedRequest,
  VerifyOptions as VerifyRules,
} from "./core/signing/options.ts";
import { schemeOf } from "./core/signing/registry.ts";
import { defineScheme as defineOwnScheme } from "./core/signing/scheme-file.ts";
import { signMessage } from "./core/signing/sign.ts";
import type { VerifyResult } from "./core/signing/verdict.ts";
import { Verifier as SchemeVerifier, verify as verifyAt } from "./core/signing/verify.ts";
import type { WebhookRequest } from "./core/signing/webhook-request.ts";

export type { Tolerance } from "./core/signing/message-time.ts";
export type {
  DefinedScheme,
  ResolvedKey,
  ResolveKey,
  SchemeName,
  Secrets,
  SignedMessage,
  SignOptions,
  UnsignedRequest,
} from "./core/signing/options.ts";
export type { Accepted, Refusal, VerifyReason, VerifyResult } from "./core/signing/verdict.ts";
export type { HeadersInput, WebhookRequest } from "./core/signing/webhook-request.ts";

export interface VerifyOptions extends VerifyRules {
  /** The verifier's clock, unix seconds. Default: the system's. */
  now?: number | undefined;
}

export interface Verifier {
  /** As the function `verify`. */
  verify(request: WebhookRequest, options?: Pick<VerifyOptions, "now">): VerifyResult;
}

/**
 * Checks the signature and the age of a received webhook. Never throws for a bad message: the verdict says why.
 *
 *     const verdict = verify("standard-webhooks", { headers: request.headers, body }, process.env.WEBHOOK_SECRET ?? "");
 *     if (!verdict.valid) return response.writeHead(400).end(verdict.reason);
 *
 * A missing or undecodable secret is a verdict too (`secret_unusable`), so that a lost one cannot let messages in.
 * @param secrets one, or several of which any may have signed.
 * @throws TypeError for a caller's mistake: an unknown scheme, a body that was parsed, a negative tolerance.
 */
export function verify(
  scheme: SchemeName | DefinedScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions = {},
): VerifyResult {
  return verifyAt(scheme, request, secrets, { ...options, now: options.now ?? unixSeconds() });
}

/**
 * `verify` for schemes whose messages name their key (SNS, Plaid, RFC 9421), where `resolveKey` has to fetch it. For all
 * others it answers what `verify` does. Do not forget to await it: a promise is true.
 * @throws what `resolveKey` throws, beside what `verify` does.
 */
export async function verifyAsync(
  scheme: SchemeName | DefinedScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  const verifier = new SchemeVerifier(schemeOf(scheme), secrets, options);
  return await verifier.verifyAsync(request, options.now ?? unixSeconds());
}

/** `verify` for many messages: the secrets are decoded once. */
export function createVerifier(
  scheme: SchemeName | DefinedScheme,
  secrets: Secrets,
  options: VerifyRules = {},
): Verifier {
  const verifier = new SchemeVerifier(schemeOf(scheme), secrets, options);
  return { verify: (request, { now } = {}) => verifier.verify(request, now ?? unixSeconds()) };
}

/**
 * Signs a webhook and returns the headers to send with it.
 * @param secret one, or during a rotation several: the header then holds a signature of each.
 * @param options id: default a new `msg_…`; timestamp: default now.
 * @throws TypeError for an unknown scheme, an unusable secret, or an id or time that the scheme cannot carry.
 */
export function sign(
  scheme: SchemeName | DefinedScheme,
  request: UnsignedRequest,
  secret: Secrets,
  options: SignOptions = {},
): SignedMessage {
  return signMessage(schemeOf(scheme), request, secret, {
    ...options,
    id: options.id ?? formatId("msg", randomBytes(16)),
    timestamp: options.timestamp ?? unixSeconds(),
  });
}

/**
 * A scheme of your own, to be given in place of a name: a record as docs/schemes.md describes it.
 * @throws TypeError that names the field that is wrong.
 */
export function defineScheme(record: object): DefinedScheme {
  return defineOwnScheme(record);
}

function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
