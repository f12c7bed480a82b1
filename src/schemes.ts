// The library for bundles: the same functions, which take records in place of names, and the records. A bundle holds
// those that it names, and not the others.

import type { DefinedScheme, Secrets, SignedMessage, SignOptions, UnsignedRequest } from "./core/signing/options.ts";
import { readOwnScheme } from "./core/signing/own-scheme.ts";
import { preparedRecord } from "./core/signing/prepared-scheme.ts";
import type { VerifyResult } from "./core/signing/verdict.ts";
import type { VerifierOptions } from "./core/signing/verifier-options.ts";
import type { WebhookRequest } from "./core/signing/webhook-request.ts";
import { signNow, verifierOf, verifyNow, verifyNowAsync } from "./library/signing.ts";
import type { Verifier, VerifyOptions } from "./library/verifier.ts";

export { MemoryReplays } from "./core/signing/replays.ts";
export type * from "./library/contract.ts";
export * from "./records.ts";

/** As of "hooks-relay". @throws TypeError for a name, beside what it does. */
export function verify(
  scheme: DefinedScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions = {},
): VerifyResult {
  return verifyNow(preparedRecord(scheme), request, secrets, options);
}

/** As of "hooks-relay". @throws TypeError for a name, beside what it does. */
export async function verifyAsync(
  scheme: DefinedScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  return await verifyNowAsync(preparedRecord(scheme), request, secrets, options);
}

/** As of "hooks-relay". @throws TypeError for a name, beside what it does. */
export function createVerifier(scheme: DefinedScheme, secrets: Secrets, options: VerifierOptions = {}): Verifier {
  return verifierOf(preparedRecord(scheme), secrets, options);
}

/** As of "hooks-relay". @throws TypeError for a name, beside what it does. */
export function sign(
  scheme: DefinedScheme,
  request: UnsignedRequest,
  secret: Secrets,
  options: SignOptions = {},
): SignedMessage {
  return signNow(preparedRecord(scheme), request, secret, options);
}

/**
 * A scheme of your own. Its `extends` is a record, not a name.
 * @throws TypeError that names the field that is wrong.
 */
export function defineScheme(record: object): DefinedScheme {
  return readOwnScheme(record, () => undefined);
}
