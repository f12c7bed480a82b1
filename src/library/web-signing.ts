// `sign` and `verify` of programs without node:crypto, for a scheme that was found.

import { formatId } from "../core/ids.ts";
import type { CompiledScheme } from "../core/signing/compiled-scheme.ts";
import type { Secrets, SignedMessage, SignOptions, UnsignedRequest } from "../core/signing/options.ts";
import type { Accepted, VerifyResult } from "../core/signing/verdict.ts";
import type { VerifierOptions } from "../core/signing/verifier-options.ts";
import { signMessage } from "../core/signing/web/sign.ts";
import { Verifier as SchemeVerifier } from "../core/signing/web/verify.ts";
import type { WebhookRequest } from "../core/signing/webhook-request.ts";
import { forget, unixSeconds, type VerifyOptions, type VerifyTime } from "./verifier.ts";

/** Checks many messages of one scheme: the secrets are decoded once. */
export interface WebVerifier {
  /** As the function `verify`. */
  verify(request: WebhookRequest, options?: VerifyTime): Promise<VerifyResult>;
  /** Makes the replay store forget a message that was accepted, for example because processing it failed. */
  forget(accepted: Accepted): Promise<void>;
}

export async function verifyNow(
  scheme: CompiledScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions,
): Promise<VerifyResult> {
  return await new SchemeVerifier(scheme, secrets, options).verify(request, options.now ?? unixSeconds());
}

export function verifierOf(scheme: CompiledScheme, secrets: Secrets, options: VerifierOptions): WebVerifier {
  const verifier = new SchemeVerifier(scheme, secrets, options);
  return {
    verify: (request, time) => verifier.verify(request, time?.now ?? unixSeconds()),
    forget: (accepted) => forget(accepted, options),
  };
}

export async function signNow(
  scheme: CompiledScheme,
  request: UnsignedRequest,
  secret: Secrets,
  { id, timestamp, keyId }: SignOptions,
): Promise<SignedMessage> {
  return await signMessage(scheme, request, secret, {
    id: id ?? formatId("msg", crypto.getRandomValues(new Uint8Array(16))),
    timestamp: timestamp ?? unixSeconds(),
    keyId,
  });
}
