// Verdicts on messages that a scheme's own code reads: what needs no cryptography.

import type { CompiledScheme } from "./compiled-scheme.ts";
import { judgeAge } from "./message-time.ts";
import type { VerifyOptions } from "./options.ts";
import type { ReadMessage } from "./scheme-code.ts";
import type { StatementAlgorithm } from "./signed-content.ts";
import { type Accepted, type Refusal, refuse } from "./verdict.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** The ways to read a message; at least one. */
export function readCoded(
  { scheme, headers }: CompiledScheme,
  request: WebhookRequest,
): readonly (ReadMessage | Refusal)[] {
  const messages = scheme.code!.read(request, headers.find(request.headers));
  return messages.length > 0 ? messages : [refuse("malformed_header", "the message has no signature")];
}

/** `now` in unix seconds. */
export function judgeMessageTime(
  { scheme }: CompiledScheme,
  message: ReadMessage,
  now: number,
  { tolerance }: VerifyOptions,
): Refusal | undefined {
  if (scheme.timestamp === undefined || tolerance === "none") return undefined;
  if (message.timestamp === undefined) return refuse("timestamp_malformed", "the message says no time");
  if (message.expires !== undefined && message.expires < Math.floor(now)) {
    return refuse("timestamp_too_old", "the message says itself that it has expired");
  }
  return judgeAge(scheme.timestamp, message.timestamp, now, tolerance);
}

export function acceptedMessage(message: ReadMessage, secretIndex: number): Accepted {
  const accepted: Accepted = { valid: true, secretIndex };
  if (message.timestamp !== undefined) accepted.timestamp = message.timestamp;
  if (message.bodyUnsigned === true) accepted.bodyUnsigned = true;
  return accepted;
}

export function refuseStatements(): Refusal {
  return refuse("signature_mismatch", "the signature does not match this message with the given secret");
}

/** Why what `resolveKey` answered cannot check a message, whatever its signature is. */
export function refuseAnswer(message: ReadMessage, answer: unknown): Refusal | undefined {
  if (answer === undefined || answer === null) {
    return refuse("signature_mismatch", "the key that the message names is not known");
  }
  const said = typeof answer === "object" && "alg" in answer ? answer.alg : undefined;
  if (typeof said === "string" && !message.statements.every(({ algorithm }) => isAlgorithm(said, algorithm))) {
    return refuse("signature_mismatch", "the key that the message names is for another algorithm");
  }
  return undefined;
}

export function refuseUnreadableAnswer(): Refusal {
  return refuse("secret_unusable", "what resolveKey answered is not a key that can be read");
}

/** Names of RFC 9421 and of JOSE that are not ours. */
const ALGORITHM_NAMES: Partial<Record<string, StatementAlgorithm>> = {
  ES256: "ecdsa-p256-sha256-raw",
  ES384: "ecdsa-p384-sha384-raw",
  EdDSA: "ed25519",
  Ed25519: "ed25519",
  HS256: "hmac-sha256",
  HS512: "hmac-sha512",
  RS256: "rsa-sha256",
  "ecdsa-p256-sha256": "ecdsa-p256-sha256-raw",
  "ecdsa-p384-sha384": "ecdsa-p384-sha384-raw",
  "rsa-v1_5-sha256": "rsa-sha256",
};

function isAlgorithm(said: string, algorithm: StatementAlgorithm): boolean {
  return said === algorithm || ALGORITHM_NAMES[said] === algorithm;
}
