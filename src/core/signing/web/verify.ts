import {
  acceptedMessage,
  judgeMessageTime,
  readCoded,
  refuseAnswer,
  refuseStatements,
  refuseUnreadableAnswer,
} from "../coded-message.ts";
import { type CompiledScheme, contentOf } from "../compiled-scheme.ts";
import { accept, checkCall, readTimely, refuseSignatures } from "../judgement.ts";
import { checkTolerance } from "../message-time.ts";
import type { Secrets } from "../options.ts";
import { checkReplayScheme, judgeReplay, type SignedContent, secondsToRemember } from "../replays.ts";
import type { ReadMessage } from "../scheme-code.ts";
import type { Content, StatementAlgorithm } from "../signed-content.ts";
import { type Refusal, refuse, type VerifyResult } from "../verdict.ts";
import type { VerifierOptions } from "../verifier-options.ts";
import type { WebhookRequest } from "../webhook-request.ts";
import { readResolvedKey, readVerifyingKey } from "./read-key.ts";
import { contentKey, isHashOf, trueContent } from "./statement.ts";
import { subtle } from "./subtle.ts";
import type { WebKey } from "./web-key.ts";

/** Checks webhooks of one scheme by Web Crypto, with keys that are decoded once: the verdicts of the other `Verifier`. */
export class Verifier {
  readonly #scheme: CompiledScheme;
  readonly #secrets: Secrets;
  readonly #options: VerifierOptions;
  #keys: Promise<readonly WebKey[] | Refusal> | undefined;

  /** @throws TypeError as the other `Verifier`, and where there is no Web Crypto. */
  constructor(scheme: CompiledScheme, secrets: Secrets, options: VerifierOptions = {}) {
    checkTolerance(options.tolerance);
    if (options.replays !== undefined) checkReplayScheme(scheme.scheme);
    subtle();
    this.#scheme = scheme;
    this.#secrets = secrets;
    this.#options = options;
  }

  /** `now` in unix seconds. Rejects for a caller's mistake, and with what `resolveKey` and the replay store reject. */
  async verify(request: WebhookRequest, now: number): Promise<VerifyResult> {
    checkCall(request, now);
    const { replays, tolerance } = this.#options;
    const signed: SignedContent = {};
    const result = await this.#judge(request, now, signed);
    if (!result.valid || replays === undefined) return result;
    const key = await contentKey(this.#scheme.scheme.name, signed.content ?? []);
    const seconds = secondsToRemember(this.#scheme, result, now, tolerance);
    return judgeReplay(result, key, await replays.add(key, seconds, now));
  }

  async #judge(request: WebhookRequest, now: number, signed: SignedContent): Promise<VerifyResult> {
    const { scheme } = this.#scheme;
    const isResolved = this.#options.resolveKey !== undefined && scheme.code?.namesKey === true;
    this.#keys ??= isResolved ? Promise.resolve([]) : readKeys(this.#scheme, this.#secrets);
    const keys = await this.#keys;
    if ("reason" in keys) return keys;
    if (scheme.code !== undefined) return await this.#judgeCoded(request, keys, now, signed);

    const message = readTimely(this.#scheme, request, now, this.#options);
    if ("reason" in message) return message;
    const { signatures } = message;
    for (const [secretIndex, key] of keys.entries()) {
      const content = contentOf(this.#scheme, key, message, request.body);
      const algorithm = scheme.algorithm as StatementAlgorithm;
      const statement = { algorithm, encoding: scheme.encoding, signatures, contents: [content] };
      if ((await trueContent(statement, key)) === undefined) continue;
      signed.content = content;
      return accept(this.#scheme, message, secretIndex);
    }
    return refuseSignatures(this.#scheme, message);
  }

  /** The first way to read the message that is valid; else what is said against the first. */
  async #judgeCoded(
    request: WebhookRequest,
    keys: readonly WebKey[],
    now: number,
    signed: SignedContent,
  ): Promise<VerifyResult> {
    const answers = new Map<string, unknown>();
    let first: Refusal | undefined;
    for (const message of readCoded(this.#scheme, request)) {
      const result = "reason" in message ? message : await this.#judgeMessage(request, message, keys, now, answers);
      if ("accepted" in result) {
        signed.content = result.content;
        return result.accepted;
      }
      first ??= result;
    }
    return first!;
  }

  async #judgeMessage(
    request: WebhookRequest,
    message: ReadMessage,
    keys: readonly WebKey[],
    now: number,
    answers: Map<string, unknown>,
  ): Promise<Refusal | { accepted: VerifyResult & { valid: true }; content: Content }> {
    for (const hash of message.bodyHashes ?? []) if (!(await isHashOf(hash, request.body))) return hash.otherwise;
    const refusal = judgeMessageTime(this.#scheme, message, now, this.#options);
    if (refusal !== undefined) return refusal;
    const tried = await this.#keysOf(message, keys, answers);
    if ("reason" in tried) return tried;
    for (const [secretIndex, key] of tried.entries()) {
      const content = await trueContents(message, key);
      if (content === undefined) continue;
      return { accepted: acceptedMessage(message, secretIndex), content };
    }
    return refuseStatements();
  }

  /** Each key that the message names is asked for once. */
  async #keysOf(
    message: ReadMessage,
    keys: readonly WebKey[],
    answers: Map<string, unknown>,
  ): Promise<readonly WebKey[] | Refusal> {
    const { resolveKey } = this.#options;
    if (resolveKey === undefined || this.#scheme.scheme.code?.namesKey !== true) return keys;
    const { keyName } = message;
    if (keyName !== undefined && !answers.has(keyName)) answers.set(keyName, await resolveKey(keyName));
    const answer = keyName === undefined ? undefined : answers.get(keyName);
    const refusal = refuseAnswer(message, answer);
    if (refusal !== undefined) return refusal;
    const key = await readResolvedKey(answer);
    return key === undefined ? refuseUnreadableAnswer() : [key];
  }
}

/** What was signed, of all statements; undefined when one of them is not true. */
async function trueContents({ statements }: ReadMessage, key: WebKey): Promise<Content | undefined> {
  const signed: Content[] = [];
  for (const statement of statements) {
    const content = await trueContent(statement, key);
    if (content === undefined) return undefined;
    signed.push(content);
  }
  return signed.flat();
}

/** All must be usable: to go on with the others would hide a secret that got lost. */
async function readKeys({ scheme }: CompiledScheme, secrets: Secrets): Promise<readonly WebKey[] | Refusal> {
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (list.length === 0) return refuse("secret_unusable", "no secret is given");
  const keys: WebKey[] = [];
  for (const [index, secret] of list.entries()) {
    const key = await readVerifyingKey(scheme, secret);
    if (typeof key === "string") return refuse("secret_unusable", `secret #${index + 1} ${key}`);
    keys.push(key);
  }
  return keys;
}
