// Verdicts on messages that a scheme's own code reads.

import {
  acceptedMessage,
  judgeMessageTime,
  readCoded,
  refuseAnswer,
  refuseStatements,
  refuseUnreadableAnswer,
} from "./coded-message.ts";
import type { CompiledScheme } from "./compiled-scheme.ts";
import type { VerifyOptions } from "./options.ts";
import { readResolvedKey } from "./public-key.ts";
import type { SignedContent } from "./replays.ts";
import type { ReadMessage } from "./scheme-code.ts";
import type { Content, Statement } from "./signed-content.ts";
import { isHashOf, type StatementKey, trueContent } from "./statement.ts";
import type { Refusal, VerifyResult } from "./verdict.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** @throws TypeError when `resolveKey` answers a promise, or the caller left out what is signed. */
export function judgeCoded(
  compiled: CompiledScheme,
  request: WebhookRequest,
  keys: readonly StatementKey[],
  now: number,
  options: VerifyOptions,
  signed: SignedContent | undefined,
): VerifyResult {
  return firstValid(readCoded(compiled, request), (message) => {
    const refusal = refuseUnchecked(compiled, request, message, now, options);
    if (refusal !== undefined) return refusal;
    if (options.resolveKey === undefined) return judgeStatements(message, keys, signed);
    const answer: unknown = message.keyName === undefined ? undefined : options.resolveKey(message.keyName);
    if (answer instanceof Promise) throw new TypeError("resolveKey answers a promise: call verifyAsync");
    return judgeResolved(message, answer, signed);
  });
}

/** As `judgeCoded`, after every key that the message names was asked for, each once. */
export async function judgeCodedAsync(
  compiled: CompiledScheme,
  request: WebhookRequest,
  now: number,
  options: VerifyOptions,
  signed: SignedContent | undefined,
): Promise<VerifyResult> {
  const messages = readCoded(compiled, request).map((message) =>
    "reason" in message ? message : (refuseUnchecked(compiled, request, message, now, options) ?? message),
  );
  const answers = new Map<string, unknown>();
  for (const message of messages) {
    if ("reason" in message || message.keyName === undefined || answers.has(message.keyName)) continue;
    answers.set(message.keyName, await options.resolveKey?.(message.keyName));
  }
  return firstValid(messages, (message) => judgeResolved(message, answers.get(message.keyName ?? ""), signed));
}

/** What is against a message before anybody looks at its signature. */
function refuseUnchecked(
  compiled: CompiledScheme,
  request: WebhookRequest,
  message: ReadMessage,
  now: number,
  options: VerifyOptions,
): Refusal | undefined {
  const wrong = message.bodyHashes?.find((hash) => !isHashOf(hash, request.body));
  return wrong?.otherwise ?? judgeMessageTime(compiled, message, now, options);
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
  return first!;
}

/** All statements by one and the same key. */
function judgeStatements(
  message: ReadMessage,
  keys: readonly StatementKey[],
  signed: SignedContent | undefined,
): VerifyResult {
  for (const [secretIndex, key] of keys.entries()) {
    const content = trueContents(message.statements, key);
    if (content === undefined) continue;
    if (signed !== undefined) signed.content = content;
    return acceptedMessage(message, secretIndex);
  }
  return refuseStatements();
}

/** What was signed, of all statements; undefined when one of them is not true. */
function trueContents(statements: readonly Statement[], key: StatementKey): Content | undefined {
  const signed: Content[] = [];
  for (const statement of statements) {
    const content = trueContent(statement, key);
    if (content === undefined) return undefined;
    signed.push(content);
  }
  return signed.flat();
}

function judgeResolved(message: ReadMessage, answer: unknown, signed: SignedContent | undefined): VerifyResult {
  const refusal = refuseAnswer(message, answer);
  if (refusal !== undefined) return refusal;
  const key = readResolvedKey(answer);
  return key === undefined ? refuseUnreadableAnswer() : judgeStatements(message, [key], signed);
}
