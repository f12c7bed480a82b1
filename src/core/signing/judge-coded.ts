// Verdicts on messages that a scheme's own code reads.

import type { CompiledScheme } from "./compiled-scheme.ts";
import { judgeAge } from "./message-time.ts";
import type { VerifyOptions } from "./options.ts";
import { readResolvedKey } from "./public-key.ts";
import type { ReadMessage } from "./scheme-code.ts";
import { isTrue, type StatementAlgorithm, type StatementKey } from "./statement.ts";
import { type Accepted, type Refusal, refuse, type VerifyResult } from "./verdict.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** @throws TypeError when `resolveKey` answers a promise, or the caller left out what is signed. */
export function judgeCoded(
  compiled: CompiledScheme,
  request: WebhookRequest,
  keys: readonly StatementKey[],
  now: number,
  options: VerifyOptions,
): VerifyResult {
  return firstValid(readAll(compiled, request, now, options), (message) => {
    if (options.resolveKey === undefined) return judgeStatements(message, keys);
    const answer: unknown = message.keyName === undefined ? undefined : options.resolveKey(message.keyName);
    if (answer instanceof Promise) throw new TypeError("resolveKey answers a promise: call verifyAsync");
    return judgeResolved(message, answer);
  });
}

/** As `judgeCoded`, after every key that the message names was asked for, each once. */
export async function judgeCodedAsync(
  compiled: CompiledScheme,
  request: WebhookRequest,
  now: number,
  options: VerifyOptions,
): Promise<VerifyResult> {
  const messages = readAll(compiled, request, now, options);
  const answers = new Map<string, unknown>();
  for (const message of messages) {
    if ("reason" in message || message.keyName === undefined || answers.has(message.keyName)) continue;
    answers.set(message.keyName, await options.resolveKey?.(message.keyName));
  }
  return firstValid(messages, (message) => judgeResolved(message, answers.get(message.keyName ?? "")));
}

function readAll(
  { scheme, headers }: CompiledScheme,
  request: WebhookRequest,
  now: number,
  { tolerance }: VerifyOptions,
): (ReadMessage | Refusal)[] {
  return scheme.code!.read(request, headers.find(request.headers)).map((message) => {
    if ("reason" in message || scheme.timestamp === undefined || tolerance === "none") return message;
    if (message.timestamp === undefined) return refuse("timestamp_malformed", "the message says no time");
    if (message.expires !== undefined && message.expires < Math.floor(now)) {
      return refuse("timestamp_too_old", "the message says itself that it has expired");
    }
    return judgeAge(scheme.timestamp, message.timestamp, Math.floor(now), tolerance) ?? message;
  });
}

/** The first that is valid; else what is said against the first. */
function firstValid(
  messages: readonly (ReadMessage | Refusal)[],
  judge: (message: ReadMessage) => VerifyResult,
): VerifyResult {
  let first: Refusal | undefined;
  for (const message of messages) {
    const result = "reason" in message ? message : judge(message);
    if (result.valid) return result;
    first ??= result;
  }
  return first ?? refuse("malformed_header", "the message has no signature");
}

/** All statements by one and the same key. */
function judgeStatements(message: ReadMessage, keys: readonly StatementKey[]): VerifyResult {
  for (const [secretIndex, key] of keys.entries()) {
    if (!message.statements.every((statement) => isTrue(statement, key))) continue;
    const accepted: Accepted = { valid: true, secretIndex };
    if (message.timestamp !== undefined) accepted.timestamp = message.timestamp;
    if (message.bodyUnsigned === true) accepted.bodyUnsigned = true;
    return accepted;
  }
  return refuse("signature_mismatch", "the signature does not match this message with the given secret");
}

function judgeResolved(message: ReadMessage, answer: unknown): VerifyResult {
  if (answer === undefined || answer === null) {
    return refuse("signature_mismatch", "the key that the message names is not known");
  }
  const key = readResolvedKey(answer);
  if (key === undefined) return refuse("secret_unusable", "what resolveKey answered is not a key that can be read");
  const said = typeof answer === "object" && "alg" in answer ? answer.alg : undefined;
  if (typeof said === "string" && !message.statements.every(({ algorithm }) => isAlgorithm(said, algorithm))) {
    return refuse("signature_mismatch", "the key that the message names is for another algorithm");
  }
  return judgeStatements(message, [key]);
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
