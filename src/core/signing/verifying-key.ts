import type { Secrets } from "./options.ts";
import { readPublicKey } from "./public-key.ts";
import type { PublicKeyAlgorithm, Scheme } from "./scheme.ts";
import { readSecret } from "./secret-key.ts";
import type { StatementKey } from "./statement.ts";
import { type Refusal, refuse } from "./verdict.ts";

/** The keys that check signatures. All must be usable: to go on with the others would hide a secret that got lost. */
export function readVerifyingKeys(scheme: Scheme, secrets: Secrets): StatementKey[] | Refusal {
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (list.length === 0) return refuse("secret_unusable", "no secret is given");
  const keys: StatementKey[] = [];
  for (const [index, secret] of list.entries()) {
    const key = readVerifyingKey(scheme, secret);
    if (typeof key === "string") return refuse("secret_unusable", `secret #${index + 1} ${key}`);
    keys.push(key);
  }
  return keys;
}

function readVerifyingKey({ algorithm, secret: rule, code }: Scheme, secret: unknown): StatementKey | string {
  // Where a message may be signed in several ways, a key says by its form what it is for.
  const mayBeWritten = code?.namesKey === true && typeof secret === "string" && /^\s*(-----BEGIN |\{)/.test(secret);
  if (!takesPublicKey(algorithm) && !mayBeWritten) return readSecret(rule, secret);
  if (secret === undefined || secret === null || secret === "") return "is empty or not set";
  if (typeof secret !== "string") throw new TypeError(`a secret must be a string, got ${typeof secret}`);
  return readPublicKey(rule, takesPublicKey(algorithm) ? algorithm : undefined, secret.trim());
}

export function takesPublicKey(algorithm: Scheme["algorithm"]): algorithm is PublicKeyAlgorithm {
  return algorithm === "ed25519" || algorithm === "ecdsa-p256-sha256" || algorithm === "rsa";
}
