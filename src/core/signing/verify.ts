import { type CompiledScheme, type ContentValues, computeSignature, contentOf } from "./compiled-scheme.ts";
import { judgeCoded, judgeCodedAsync } from "./judge-coded.ts";
import { readMessage } from "./message.ts";
import { checkTolerance, judgeAge } from "./message-time.ts";
import type { DefinedScheme, SchemeName, Secrets, VerifyOptions } from "./options.ts";
import { schemeOf } from "./registry.ts";
import { prepareKey } from "./secret-key.ts";
import { isTrue, type StatementAlgorithm, type StatementKey } from "./statement.ts";
import { decodeStrictly } from "./strict-decode.ts";
import { type Accepted, type Refusal, refuse, type VerifyResult } from "./verdict.ts";
import { readVerifyingKeys } from "./verifying-key.ts";
import { checkBody, type WebhookRequest } from "./webhook-request.ts";

/** Checks webhooks of one scheme with keys that are decoded once. */
export class Verifier {
  readonly #scheme: CompiledScheme;
  readonly #keys: readonly StatementKey[] | Refusal;
  readonly #options: VerifyOptions;

  /** @throws TypeError for a tolerance that is none. A bad secret is a verdict of each `verify`. */
  constructor(scheme: CompiledScheme, secrets: Secrets, options: VerifyOptions = {}) {
    checkTolerance(options.tolerance);
    const keys = keysFor(scheme, secrets, options);
    this.#scheme = scheme;
    this.#keys =
      "reason" in keys || scheme.hash === undefined ? keys : keys.map((key) => ("text" in key ? prepareKey(key) : key));
    this.#options = options;
  }

  /**
   * `now` in unix seconds. Never throws for what the sender or an attacker wrote.
   * @throws TypeError when the request is not in the form that WebhookRequest says.
   */
  verify(request: WebhookRequest, now: number): VerifyResult {
    return judge(this.#scheme, request, this.#keys, now, this.#options);
  }

  /** As `verify`, where `resolveKey` may answer a promise. It rejects when that does. */
  async verifyAsync(request: WebhookRequest, now: number): Promise<VerifyResult> {
    if (this.#options.resolveKey === undefined || this.#scheme.scheme.code?.namesKey !== true) {
      return this.verify(request, now);
    }
    checkCall(request, now);
    return await judgeCodedAsync(this.#scheme, request, now, this.#options);
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
  const scheme = schemeOf(schemeName);
  checkTolerance(options.tolerance);
  return judge(scheme, request, keysFor(scheme, secrets, options), options.now, options);
}

/** A scheme whose messages name their key needs no secret when something answers the keys. */
function keysFor(scheme: CompiledScheme, secrets: Secrets, options: VerifyOptions): StatementKey[] | Refusal {
  if (options.resolveKey !== undefined && scheme.scheme.code?.namesKey === true) return [];
  return readVerifyingKeys(scheme.scheme, secrets);
}

function judge(
  compiled: CompiledScheme,
  request: WebhookRequest,
  keys: readonly StatementKey[] | Refusal,
  now: number,
  options: VerifyOptions,
): VerifyResult {
  checkCall(request, now);
  if ("reason" in keys) return keys;
  if (compiled.scheme.code !== undefined) return judgeCoded(compiled, request, keys, now, options);
  const message = readMessage(compiled, request);
  if ("reason" in message) return message;

  const { scheme } = compiled;
  const { timestamp, signatures } = message;
  if (scheme.timestamp !== undefined && timestamp !== undefined) {
    const refusal = judgeAge(scheme.timestamp, timestamp, Math.floor(now), options.tolerance);
    if (refusal !== undefined) return refusal;
  }

  const values: ContentValues = {
    id: message.id,
    timestamp: message.timestampText,
    method: request.method,
    url: request.url,
    json: message.json,
  };
  for (let secretIndex = 0; secretIndex < keys.length; secretIndex++) {
    if (isSignedBy(compiled, keys[secretIndex]!, values, signatures, request.body)) {
      const accepted: Accepted = { valid: true, secretIndex };
      if (timestamp !== undefined) accepted.timestamp = timestamp;
      if (!signsBody(compiled)) accepted.bodyUnsigned = true;
      return accepted;
    }
  }
  return signatures.some((signature) => isWellFormed(signature, compiled))
    ? refuse("signature_mismatch", "no signature matches this body with the given secret")
    : refuse("malformed_header", `no signature is ${scheme.encoding} of the right length`);
}

function isSignedBy(
  compiled: CompiledScheme,
  key: StatementKey,
  values: ContentValues,
  signatures: readonly string[],
  body: WebhookRequest["body"],
): boolean {
  const { algorithm, encoding } = compiled.scheme;
  if (compiled.hash === undefined) {
    const contents = [contentOf(compiled, key, values, body)];
    return isTrue({ algorithm: algorithm as StatementAlgorithm, encoding, signatures, contents }, key);
  }
  const expected = computeSignature(compiled, key, values, body);
  let isSame = false;
  for (const signature of signatures) {
    // Equal to the one canonical spelling is the strictest form of "decodes to the same bytes". Hex has two.
    const text = encoding === "hex" ? signature.toLowerCase() : signature;
    isSame = compiled.comparer.isSame(expected, text) || isSame;
  }
  return isSame;
}

function checkCall(request: WebhookRequest, now: number): void {
  if (typeof request !== "object" || request === null) throw new TypeError("request must be { headers, body }");
  if (!Number.isFinite(now)) throw new TypeError(`now must be a number of unix seconds, got ${String(now)}`);
  checkBody(request.body);
}

function signsBody({ parts, scheme }: CompiledScheme): boolean {
  return scheme.code !== undefined || parts.some(({ field }) => field === "body");
}

function isWellFormed(signature: string, { scheme, signatureBytes }: CompiledScheme): boolean {
  if (scheme.algorithm === "token") return true;
  const bytes = decodeStrictly(signature, scheme.encoding);
  return signatureBytes === undefined ? bytes !== undefined && bytes.length > 0 : bytes?.length === signatureBytes;
}
