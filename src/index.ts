// The library: sign and check webhooks, publish events, manage a server from your own program. Needs Node and nothing
// else; what only one part needs is loaded with its first request.

import type {
  DefinedScheme,
  SchemeName,
  Secrets,
  SignedMessage,
  SignOptions,
  UnsignedRequest,
} from "./core/signing/options.ts";
import { schemeOf } from "./core/signing/registry.ts";
import { defineScheme as defineOwnScheme } from "./core/signing/scheme-file.ts";
import type { VerifyResult } from "./core/signing/verdict.ts";
import type { VerifierOptions } from "./core/signing/verifier-options.ts";
import type { WebhookRequest } from "./core/signing/webhook-request.ts";
import { signNow, verifierOf, verifyNow, verifyNowAsync } from "./library/signing.ts";
import type { Verifier, VerifyOptions } from "./library/verifier.ts";

export { type Client, type ClientEvent, type ClientEventDetail, createClient } from "./client/client.ts";
export type { ServerOptions } from "./client/library-options.ts";
export type { RetryOptions } from "./client/publish-retries.ts";
export type {
  AnyEvents,
  EventData,
  EventExtras,
  EventName,
  NoVersions,
  PublishOptions,
  PublishResult,
  TypedEvent,
  VersionName,
} from "./client/published-events.ts";
export { createPublisher, type Publisher, type PublisherOptions } from "./client/publisher.ts";
export { type ErrorCode, HooksError } from "./core/errors.ts";
export type { PublishReceipt } from "./core/event.ts";
export { MemoryReplays } from "./core/signing/replays.ts";
export type * from "./library/contract.ts";

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
  return verifyNow(schemeOf(scheme), request, secrets, options);
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
  return await verifyNowAsync(schemeOf(scheme), request, secrets, options);
}

/**
 * `verify` for many messages: the secrets are decoded once, and messages that came before can be refused.
 * @throws TypeError for an unknown scheme, and for one that cannot have a replay store.
 */
export function createVerifier(
  scheme: SchemeName | DefinedScheme,
  secrets: Secrets,
  options: VerifierOptions = {},
): Verifier {
  return verifierOf(schemeOf(scheme), secrets, options);
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
  return signNow(schemeOf(scheme), request, secret, options);
}

/**
 * A scheme of your own, to be given in place of a name: a record as docs/schemes.md describes it.
 * @throws TypeError that names the field that is wrong.
 */
export function defineScheme(record: object): DefinedScheme {
  return defineOwnScheme(record);
}
