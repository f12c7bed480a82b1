import { invalid } from "../errors.ts";
import type { Scheme } from "../signing/scheme.ts";
import { prepareKey } from "../signing/secret-key.ts";
import { readSigningKey } from "../signing/signing-key.ts";
import type { StatementKey } from "../signing/statement.ts";

const MAX_CHARS = 255;

/** How a new secret is written: the prefix, then random bytes. */
export interface SecretForm {
  prefix: string;
  encoding: "hex" | "base64" | "base64url";
  /** 16–32 */
  bytes: number;
}

export function writeSecret({ prefix, encoding, bytes }: SecretForm, random: Uint8Array): string {
  return prefix + Buffer.from(random.subarray(0, bytes)).toString(encoding);
}

/**
 * The key of a secret, as the scheme reads it. Where a scheme takes it as text, any text of 1 to 255 characters is one:
 * the systems that profiles stand for made them in their own ways.
 * @throws HooksError `invalid_request` (field `secret`), with nothing of the secret in it
 */
export function readSecretOf(scheme: Scheme, secret: string): StatementKey {
  if (secret === "") throw invalid("secret", "secret must not be empty", "leave it out, and one is made");
  if (MAX_CHARS < [...secret].length) throw invalid("secret", `secret must be at most ${MAX_CHARS} characters`);
  // A lone surrogate has no UTF-8: it would sign as another character.
  if (!secret.isWellFormed()) throw invalid("secret", "secret must be text that UTF-8 can write");
  const key = readSigningKey(scheme, secret);
  if (typeof key === "string") throw invalid("secret", `secret ${key}`, "leave it out, and one is made");
  // Schemes that put the secret itself into what is hashed or sent need its text.
  const needsText = scheme.algorithm === "token" || scheme.algorithm === "sha256";
  return "text" in key && !needsText ? prepareKey(key) : key;
}
