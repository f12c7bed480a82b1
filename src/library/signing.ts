// `sign` and `verify` of programs, which have a clock and make ids, for a scheme that was found.

import { randomBytes } from "node:crypto";
import { formatId } from "../core/ids.ts";
import type { CompiledScheme } from "../core/signing/compiled-scheme.ts";
import type { Secrets, SignedMessage, SignOptions, UnsignedRequest } from "../core/signing/options.ts";
import { signMessage } from "../core/signing/sign.ts";
import type { VerifyResult } from "../core/signing/verdict.ts";
import type { VerifierOptions } from "../core/signing/verifier-options.ts";
import { Verifier as SchemeVerifier, verifyMessage } from "../core/signing/verify.ts";
import type { WebhookRequest } from "../core/signing/webhook-request.ts";
import { timed, unixSeconds, type Verifier, type VerifyOptions } from "./verifier.ts";

export function verifyNow(
  scheme: CompiledScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions,
): VerifyResult {
  return verifyMessage(scheme, request, secrets, options, options.now ?? unixSeconds());
}

export function verifyNowAsync(
  scheme: CompiledScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions,
): Promise<VerifyResult> {
  return new SchemeVerifier(scheme, secrets, options).verifyAsync(request, options.now ?? unixSeconds());
}

export function verifierOf(scheme: CompiledScheme, secrets: Secrets, options: VerifierOptions): Verifier {
  return timed(new SchemeVerifier(scheme, secrets, options), options);
}

export function signNow(
  scheme: CompiledScheme,
  request: UnsignedRequest,
  secret: Secrets,
  { id, timestamp, keyId }: SignOptions,
): SignedMessage {
  return signMessage(scheme, request, secret, {
    id: id ?? formatId("msg", randomBytes(16)),
    timestamp: timestamp ?? unixSeconds(),
    keyId,
  });
}
