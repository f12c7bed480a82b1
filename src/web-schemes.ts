// The library for bundles of Workers, Deno and browsers: as schemes.ts, on Web Crypto.

import type { DefinedScheme, Secrets, SignedMessage, SignOptions, UnsignedRequest } from "./core/signing/options.ts";
import { readOwnScheme } from "./core/signing/own-scheme.ts";
import { preparedRecord } from "./core/signing/prepared-scheme.ts";
import type { VerifyResult } from "./core/signing/verdict.ts";
import type { VerifierOptions } from "./core/signing/verifier-options.ts";
import type { WebhookRequest } from "./core/signing/webhook-request.ts";
import type { VerifyOptions } from "./library/verifier.ts";
import { signNow, verifierOf, verifyNow, type WebVerifier } from "./library/web-signing.ts";

export { MemoryReplays } from "./core/signing/replays.ts";
export type * from "./library/contract.ts";
export type { WebVerifier } from "./library/web-signing.ts";
export * from "./records.ts";

/** As of "hooks-relay/web". @throws TypeError for a name, beside what it does. */
export async function verify(
  scheme: DefinedScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  return await verifyNow(preparedRecord(scheme), request, secrets, options);
}

/** As of "hooks-relay/web". @throws TypeError for a name, beside what it does. */
export function createVerifier(scheme: DefinedScheme, secrets: Secrets, options: VerifierOptions = {}): WebVerifier {
  return verifierOf(preparedRecord(scheme), secrets, options);
}

/** As of "hooks-relay/web". @throws TypeError for a name, beside what it does. */
export async function sign(
  scheme: DefinedScheme,
  request: UnsignedRequest,
  secret: Secrets,
  options: SignOptions = {},
): Promise<SignedMessage> {
  return await signNow(preparedRecord(scheme), request, secret, options);
}

/**
 * A scheme of your own. Its `extends` is a record, not a name.
 * @throws TypeError that names the field that is wrong.
 */
export function defineScheme(record: object): DefinedScheme {
  return readOwnScheme(record, () => undefined);
}
