// What `verify` does before and after the cryptography: the same for node:crypto and for Web Crypto.

import { decodeStrictly } from "./byte-text.ts";
import type { CompiledScheme } from "./compiled-scheme.ts";
import { type Message, readMessage } from "./message.ts";
import { judgeAge } from "./message-time.ts";
import type { VerifyOptions } from "./options.ts";
import { type Accepted, type Refusal, refuse } from "./verdict.ts";
import { checkBody, type WebhookRequest } from "./webhook-request.ts";

/** @throws TypeError for a caller's mistake. */
export function checkCall(request: WebhookRequest, now: number): void {
  if (typeof request !== "object" || request === null) throw new TypeError("request must be { headers, body }");
  if (!Number.isFinite(now)) throw new TypeError(`now must be a number of unix seconds, got ${String(now)}`);
  checkBody(request.body);
}

/** A message whose age is right; `now` in unix seconds. */
export function readTimely(
  compiled: CompiledScheme,
  request: WebhookRequest,
  now: number,
  { tolerance }: VerifyOptions,
): Message | Refusal {
  const message = readMessage(compiled, request);
  if ("reason" in message || message.sentAt === undefined) return message;
  return judgeAge(compiled.scheme.timestamp!, message.sentAt, now, tolerance) ?? message;
}

export function accept({ signsBody }: CompiledScheme, { sentAt }: Message, secretIndex: number): Accepted {
  const accepted: Accepted =
    sentAt === undefined ? { valid: true, secretIndex } : { valid: true, secretIndex, timestamp: sentAt };
  if (!signsBody) accepted.bodyUnsigned = true;
  return accepted;
}

/** Of which no signature is right. */
export function refuseSignatures(compiled: CompiledScheme, { signatures }: Message): Refusal {
  return signatures.some((signature) => isWellFormed(signature, compiled))
    ? refuse("signature_mismatch", "no signature matches this body with the given secret")
    : refuse("malformed_header", `no signature is ${compiled.scheme.encoding} of the right length`);
}

function isWellFormed(signature: string, { scheme, signatureBytes }: CompiledScheme): boolean {
  if (scheme.algorithm === "token") return true;
  const bytes = decodeStrictly(signature, scheme.encoding);
  return signatureBytes === undefined ? bytes !== undefined && bytes.length > 0 : bytes?.length === signatureBytes;
}
