import { type CompiledScheme, computeSignature } from "./compiled-scheme.ts";
import { readMessage } from "./message.ts";
import { checkTolerance, judgeAge, type Tolerance } from "./message-time.ts";
import type { Secrets, VerifyOptions } from "./options.ts";
import { schemeNamed } from "./registry.ts";
import type { SecretRule } from "./scheme.ts";
import { type HmacKey, prepareKey, readSecret, type TextKey } from "./secret-key.ts";
import { decodeStrictly } from "./strict-decode.ts";
import { type Refusal, refuse, type VerifyResult } from "./verdict.ts";
import { checkBody, type WebhookRequest } from "./webhook-request.ts";

/** Checks webhooks of one scheme with keys that are decoded once. */
export class Verifier {
  readonly #scheme: CompiledScheme;
  readonly #keys: readonly HmacKey[] | Refusal;
  readonly #tolerance: Tolerance | undefined;

  /** @throws TypeError for a tolerance that is none. A bad secret is a verdict of each `verify`. */
  constructor(scheme: CompiledScheme, secrets: Secrets, options: VerifyOptions = {}) {
    checkTolerance(options.tolerance);
    const keys = readSecrets(scheme.scheme.secret, secrets);
    this.#scheme = scheme;
    this.#keys = "reason" in keys ? keys : keys.map(prepareKey);
    this.#tolerance = options.tolerance;
  }

  /**
   * `now` in unix seconds. Never throws for what the sender or an attacker wrote.
   * @throws TypeError when the request is not in the form that WebhookRequest says.
   */
  verify(request: WebhookRequest, now: number): VerifyResult {
    return judge(this.#scheme, request, this.#keys, now, this.#tolerance);
  }
}

/**
 * Checks one webhook. `now` in unix seconds.
 * @throws TypeError for a caller's mistake only: an unknown scheme, a parsed body, a tolerance that is none.
 */
export function verify(
  schemeName: string,
  request: WebhookRequest,
  secrets: Secrets,
  { now, tolerance }: VerifyOptions & { now: number },
): VerifyResult {
  const scheme = schemeNamed(schemeName);
  checkTolerance(tolerance);
  return judge(scheme, request, readSecrets(scheme.scheme.secret, secrets), now, tolerance);
}

function judge(
  compiled: CompiledScheme,
  request: WebhookRequest,
  keys: readonly HmacKey[] | Refusal,
  now: number,
  tolerance: Tolerance | undefined,
): VerifyResult {
  if (typeof request !== "object" || request === null) throw new TypeError("request must be { headers, body }");
  if (!Number.isFinite(now)) throw new TypeError(`now must be a number of unix seconds, got ${String(now)}`);
  checkBody(request.body);
  if ("reason" in keys) return keys;
  const message = readMessage(compiled, request.headers);
  if ("reason" in message) return message;

  const { scheme } = compiled;
  const { timestamp, signatures } = message;
  if (scheme.timestamp !== undefined && timestamp !== undefined) {
    const refusal = judgeAge(scheme.timestamp, timestamp, Math.floor(now), tolerance);
    if (refusal !== undefined) return refusal;
  }

  const values = { id: message.id, timestamp: message.timestampText, method: request.method, url: request.url };
  for (let secretIndex = 0; secretIndex < keys.length; secretIndex++) {
    const expected = computeSignature(compiled, keys[secretIndex]!, values, request.body);
    let isSame = false;
    for (const signature of signatures) {
      // Equal to the one canonical spelling is the strictest form of "decodes to the same bytes". Hex has two.
      const text = scheme.encoding === "hex" ? signature.toLowerCase() : signature;
      isSame = compiled.comparer.isSame(expected, text) || isSame;
    }
    if (isSame) return timestamp === undefined ? { valid: true, secretIndex } : { valid: true, secretIndex, timestamp };
  }
  return signatures.some((signature) => isWellFormed(signature, compiled))
    ? refuse("signature_mismatch", "no signature matches this body with the given secret")
    : refuse("malformed_header", `no signature is ${scheme.encoding} of the right length`);
}

/** All of them must be usable: to go on with the others would hide a secret that got lost. */
function readSecrets(rule: SecretRule, secrets: Secrets): TextKey[] | Refusal {
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (list.length === 0) return refuse("secret_unusable", "no secret is given");
  const keys: TextKey[] = [];
  for (const [index, secret] of list.entries()) {
    const key = readSecret(rule, secret);
    if (typeof key === "string") return refuse("secret_unusable", `secret #${index + 1} ${key}`);
    keys.push(key);
  }
  return keys;
}

function isWellFormed(signature: string, { scheme, signatureBytes }: CompiledScheme): boolean {
  return decodeStrictly(signature, scheme.encoding)?.length === signatureBytes;
}
