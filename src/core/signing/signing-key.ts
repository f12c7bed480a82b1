import { readPrivateKey, readWritten } from "./public-key.ts";
import type { Scheme } from "./scheme.ts";
import { readSecret } from "./secret-key.ts";
import type { StatementKey } from "./statement.ts";
import { takesPublicKey } from "./verifying-key.ts";

/** The key that signs, or why the text is none. */
export function readSigningKey({ algorithm, secret: rule, code }: Scheme, secret: unknown): StatementKey | string {
  const mayBeWritten = code?.namesKey === true && typeof secret === "string" && /^\s*(-----BEGIN |\{)/.test(secret);
  if (!takesPublicKey(algorithm) && !mayBeWritten) return readSecret(rule, secret);
  if (secret === undefined || secret === null || secret === "") return "is empty or not set";
  if (typeof secret !== "string") throw new TypeError(`a secret must be a string, got ${typeof secret}`);
  if (mayBeWritten && isSecretJwk(secret)) return readWritten(secret)!;
  return readPrivateKey(rule, takesPublicKey(algorithm) ? algorithm : undefined, secret.trim());
}

function isSecretJwk(text: string): boolean {
  try {
    return readWritten(text)?.type === "secret";
  } catch {
    return false;
  }
}
