// The library for Workers, Deno and browsers: on Web Crypto, which answers promises. It imports nothing of Node's.

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
import type { VerifyOptions } from "./library/verifier.ts";
import { signNow, verifierOf, verifyNow, type WebVerifier } from "./library/web-signing.ts";

export { MemoryReplays } from "./core/signing/replays.ts";
export type * from "./library/contract.ts";
export type { WebVerifier } from "./library/web-signing.ts";

/**
 * Checks the signature and the age of a received webhook. Do not forget to await it: a promise is true. What it resolves
 * with is what `verify` of "hooks-relay" answers: the verdict says why.
 *
 *     const body = new Uint8Array(await request.arrayBuffer());
 *     const verdict = await verify("stripe", { headers: request.headers, body }, env.STRIPE_SECRET);
 *     if (!verdict.valid) return new Response(verdict.reason, { status: 400 });
 *
 * @param secrets one, or several of which any may have signed.
 * @throws TypeError for a caller's mistake, where there is no Web Crypto, and for an algorithm that it does not have
 * (Ed25519 in old browsers); what `resolveKey` throws.
 */
export async function verify(
  scheme: SchemeName | DefinedScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  return await verifyNow(schemeOf(scheme), request, secrets, options);
}

/**
 * `verify` for many messages: the secrets are decoded once, and messages that came before can be refused.
 * @throws TypeError for an unknown scheme, for one that cannot have a replay store, and where there is no Web Crypto.
 */
export function createVerifier(
  scheme: SchemeName | DefinedScheme,
  secrets: Secrets,
  options: VerifierOptions = {},
): WebVerifier {
  return verifierOf(schemeOf(scheme), secrets, options);
}

/**
 * Signs a webhook and returns the headers to send with it.
 * @param secret one, or during a rotation several: the header then holds a signature of each.
 * @param options id: default a new `msg_…`; timestamp: default now.
 * @throws TypeError for an unknown scheme, an unusable secret, or an id or time that the scheme cannot carry.
 */
export async function sign(
  scheme: SchemeName | DefinedScheme,
  request: UnsignedRequest,
  secret: Secrets,
  options: SignOptions = {},
): Promise<SignedMessage> {
  return await signNow(schemeOf(scheme), request, secret, options);
}

/**
 * A scheme of your own, to be given in place of a name: a record as docs/schemes.md describes it.
 * @throws TypeError that names the field that is wrong.
 */
export function defineScheme(record: object): DefinedScheme {
  return defineOwnScheme(record);
}
