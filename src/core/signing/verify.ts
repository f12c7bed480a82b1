import { type CompiledScheme, contentOf } from "./compiled-scheme.ts";
import { computeSignature } from "./hmac-signature.ts";
import { judgeCoded, judgeCodedAsync } from "./judge-coded.ts";
import { accept, checkCall, readTimely, refuseSignatures } from "./judgement.ts";
import { keptVerifyingKeys, quickKey } from "./kept-keys.ts";
import type { Message } from "./message.ts";
import { checkTolerance } from "./message-time.ts";
import type { DefinedScheme, SchemeName, Secrets, VerifyOptions } from "./options.ts";
import { schemeOf } from "./registry.ts";
import { checkReplayScheme, judgeReplay, type SignedContent, secondsToRemember } from "./replays.ts";
import type { StatementAlgorithm } from "./signed-content.ts";
import { contentKey, type StatementKey, trueContent } from "./statement.ts";
import { comparerOf } from "./text-comparer.ts";
import type { Accepted, Refusal, VerifyResult } from "./verdict.ts";
import type { VerifierOptions } from "./verifier-options.ts";
import { readVerifyingKeys } from "./verifying-key.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** Checks webhooks of one scheme with keys that are decoded once. */
export class Verifier {
  readonly #scheme: CompiledScheme;
  readonly #keys: readonly StatementKey[] | Refusal;
  readonly #options: VerifierOptions;

  /**
   * A bad secret is a verdict of each `verify`.
   * @throws TypeError for a tolerance that is none, and for a scheme that cannot have a replay store.
   */
  constructor(scheme: CompiledScheme, secrets: Secrets, options: VerifierOptions = {}) {
    checkTolerance(options.tolerance);
    if (options.replays !== undefined) checkReplayScheme(scheme.scheme);
    const keys = namesKey(scheme, options) ? [] : readVerifyingKeys(scheme.scheme, secrets);
    this.#scheme = scheme;
    this.#keys = "reason" in keys ? keys : keys.map((key) => quickKey(scheme, key));
    this.#options = options;
  }

  /**
   * `now` in unix seconds. Never throws for what the sender or an attacker wrote.
   * @throws TypeError when the request is not in the form that WebhookRequest says.
   */
  verify(request: WebhookRequest, now: number): VerifyResult {
    const { replays } = this.#options;
    const signed: SignedContent | undefined = replays && {};
    const result = judge(this.#scheme, request, this.#keys, now, this.#options, signed);
    if (!result.valid || signed === undefined) return result;
    const key = this.#replayKey(signed);
    const isNew = this.#remember(result, key, now);
    if (typeof isNew !== "boolean") throw new TypeError("the replay store answers a promise: call verifyAsync");
    return judgeReplay(result, key, isNew);
  }

  /** As `verify`, where `resolveKey` or the replay store may answer a promise. It rejects when they do. */
  async verifyAsync(request: WebhookRequest, now: number): Promise<VerifyResult> {
    const signed: SignedContent = {};
    let result: VerifyResult;
    if (!namesKey(this.#scheme, this.#options)) {
      result = judge(this.#scheme, request, this.#keys, now, this.#options, signed);
    } else {
      checkCall(request, now);
      result = await judgeCodedAsync(this.#scheme, request, now, this.#options, signed);
    }
    if (!result.valid || this.#options.replays === undefined) return result;
    const key = this.#replayKey(signed);
    return judgeReplay(result, key, await this.#remember(result, key, now));
  }

  #replayKey({ content = [] }: SignedContent): string {
    return contentKey(this.#scheme.scheme.name, content);
  }

  #remember(accepted: Accepted, key: string, now: number): boolean | Promise<boolean> {
    const { replays, tolerance } = this.#options;
    return replays!.add(key, secondsToRemember(this.#scheme, accepted, now, tolerance), now);
  }
}

/**
 * Checks one webhook. `now` in unix seconds.
 * @throws TypeError for a caller's mistake only: an unknown scheme, a parsed body, a tolerance that is none.
 */
export function verify(
  schemeName: SchemeName | DefinedScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions & { now: number },
): VerifyResult {
  return verifyMessage(schemeOf(schemeName), request, secrets, options, options.now);
}

/** As `verify`, with the scheme itself. */
export function verifyMessage(
  scheme: CompiledScheme,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions,
  now: number,
): VerifyResult {
  checkTolerance(options.tolerance);
  const keys = namesKey(scheme, options) ? [] : keptVerifyingKeys(scheme, secrets);
  return judge(scheme, request, keys, now, options, undefined);
}

/** Then something answers the keys, and no secret is needed. */
function namesKey({ scheme }: CompiledScheme, { resolveKey }: VerifyOptions): boolean {
  return resolveKey !== undefined && scheme.code?.namesKey === true;
}

function judge(
  compiled: CompiledScheme,
  request: WebhookRequest,
  keys: readonly StatementKey[] | Refusal,
  now: number,
  options: VerifyOptions,
  signed: SignedContent | undefined,
): VerifyResult {
  checkCall(request, now);
  if ("reason" in keys) return keys;
  if (compiled.scheme.code !== undefined) return judgeCoded(compiled, request, keys, now, options, signed);
  const message = readTimely(compiled, request, now, options);
  if ("reason" in message) return message;

  for (let secretIndex = 0; secretIndex < keys.length; secretIndex++) {
    const key = keys[secretIndex]!;
    if (!isSignedBy(compiled, key, message, request.body)) continue;
    if (signed !== undefined) signed.content = contentOf(compiled, key, message, request.body);
    return accept(compiled, message, secretIndex);
  }
  return refuseSignatures(compiled, message);
}

function isSignedBy(
  compiled: CompiledScheme,
  key: StatementKey,
  message: Message,
  body: WebhookRequest["body"],
): boolean {
  const { algorithm, encoding } = compiled.scheme;
  const { signatures } = message;
  if (compiled.hash === undefined) {
    const contents = [contentOf(compiled, key, message, body)];
    const statement = { algorithm: algorithm as StatementAlgorithm, encoding, signatures, contents };
    return trueContent(statement, key) !== undefined;
  }
  const expected = computeSignature(compiled, key, message, body);
  const comparer = comparerOf(expected.length);
  let isSame = false;
  for (const signature of signatures) {
    // Equal to the one canonical spelling is the strictest form of "decodes to the same bytes". Hex has two.
    const text = encoding === "hex" ? signature.toLowerCase() : signature;
    isSame = comparer.isSame(expected, text) || isSame;
  }
  return isSame;
}
