import { type KeyObject, timingSafeEqual } from "node:crypto";
import { type CompiledScheme, computeSignature } from "./compiled-scheme.ts";
import { type Message, readMessage } from "./message.ts";
import { checkTolerance, judgeAge, type Tolerance } from "./message-time.ts";
import { schemeNamed } from "./registry.ts";
import type { SecretRule, SignatureEncoding } from "./scheme.ts";
import { readSecret, type Secrets } from "./secret-key.ts";
import { decodeStrictly } from "./strict-decode.ts";
import { type Refusal, refuse, type VerifyResult } from "./verdict.ts";
import { checkBody, type WebhookRequest } from "./webhook-request.ts";

export interface VerifyOptions {
  /** Replaces the scheme's limits of age, in seconds; "none": the age is not judged. */
  tolerance?: Tolerance | undefined;
}

/** Checks webhooks of one scheme with keys that are decoded once. */
export class Verifier {
  readonly #scheme: CompiledScheme;
  readonly #keys: readonly KeyObject[] | Refusal;
  readonly #tolerance: Tolerance | undefined;

  /** @throws TypeError for an unknown scheme or a tolerance that is none. A bad secret is a verdict of each `verify`. */
  constructor(scheme: CompiledScheme, secrets: Secrets, options: VerifyOptions = {}) {
    checkTolerance(options.tolerance);
    this.#scheme = scheme;
    this.#keys = readSecrets(scheme.scheme.secret, secrets);
    this.#tolerance = options.tolerance;
  }

  /**
   * `now` in unix seconds. Never throws for what the sender or an attacker wrote.
   * @throws TypeError when the request is not in the form that WebhookRequest says.
   */
  verify(request: WebhookRequest, now: number): VerifyResult {
    if (typeof request !== "object" || request === null) throw new TypeError("request must be { headers, body }");
    if (!Number.isFinite(now)) throw new TypeError(`now must be a number of unix seconds, got ${String(now)}`);
    checkBody(request.body);
    if ("reason" in this.#keys) return this.#keys;
    const message = readMessage(this.#scheme, request.headers);
    if ("reason" in message) return message;
    return this.#judge(message, request, now, this.#keys);
  }

  #judge(message: Message, request: WebhookRequest, now: number, keys: readonly KeyObject[]): VerifyResult {
    const { scheme } = this.#scheme;
    const { timestamp, signatures } = message;
    if (scheme.timestamp !== undefined && timestamp !== undefined) {
      const refusal = judgeAge(scheme.timestamp, timestamp, Math.floor(now), this.#tolerance);
      if (refusal !== undefined) return refusal;
    }

    const values = { id: message.id, timestamp: message.timestampText, method: request.method, url: request.url };
    for (const [secretIndex, key] of keys.entries()) {
      const expected = Buffer.from(computeSignature(this.#scheme, key, values, request.body), "latin1");
      let isSame = false;
      for (const signature of signatures) isSame = isSameText(expected, signature, scheme.encoding) || isSame;
      if (isSame)
        return timestamp === undefined ? { valid: true, secretIndex } : { valid: true, secretIndex, timestamp };
    }
    return signatures.some((signature) => isWellFormed(signature, this.#scheme))
      ? refuse("signature_mismatch", "no signature matches this body with the given secret")
      : refuse("malformed_header", `no signature is ${scheme.encoding} of the right length`);
  }
}

/**
 * Checks one webhook. `now` in unix seconds.
 * @throws TypeError for a caller's mistake only: an unknown scheme, a parsed body, a tolerance that is none.
 */
export function verify(
  scheme: string,
  request: WebhookRequest,
  secrets: Secrets,
  options: VerifyOptions & { now: number },
): VerifyResult {
  return new Verifier(schemeNamed(scheme), secrets, options).verify(request, options.now);
}

/** All of them must be usable: to go on with the others would hide a secret that got lost. */
function readSecrets(rule: SecretRule, secrets: Secrets): KeyObject[] | Refusal {
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (list.length === 0) return refuse("secret_unusable", "no secret is given");
  const keys: KeyObject[] = [];
  for (const [index, secret] of list.entries()) {
    const key = readSecret(rule, secret);
    if (typeof key === "string") return refuse("secret_unusable", `secret #${index + 1} ${key}`);
    keys.push(key);
  }
  return keys;
}

/**
 * Compares as text: equal to the one canonical spelling is the strictest form of "decodes to the same bytes". Written
 * out as UTF-8, so that no other character can pass for an ASCII one; takes the same time wherever they differ.
 */
function isSameText(expected: Buffer, signature: string, encoding: SignatureEncoding): boolean {
  if (signature.length !== expected.length) return false;
  const bytes = Buffer.from(encoding === "hex" ? signature.toLowerCase() : signature);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

function isWellFormed(signature: string, { scheme }: CompiledScheme): boolean {
  return decodeStrictly(signature, scheme.encoding)?.length === SIGNATURE_BYTES[scheme.algorithm];
}

const SIGNATURE_BYTES = { "hmac-sha1": 20, "hmac-sha256": 32, "hmac-sha512": 64 } as const;
