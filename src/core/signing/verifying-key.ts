import type { Secrets } from "./options.ts";
import { readPublicKey } from "./public-key.ts";
import type { Scheme } from "./scheme.ts";
import { isWrittenKey, takesPublicKey } from "./scheme-keys.ts";
import { readSecret, unusableText } from "./secret-text.ts";
import type { StatementKey } from "./statement.ts";
import { type Refusal, refuse } from "./verdict.ts";

/** The keys that check signatures. All must be usable: to go on with the others would hide a secret that got lost. */
export function readVerifyingKeys(
  scheme: Scheme,
  secrets: Secrets,
  readKey: (scheme: Scheme, secret: unknown) => StatementKey | string = readVerifyingKey,
): StatementKey[] | Refusal {
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (list.length === 0) return refuse("secret_unusable", "no secret is given");
  const keys: StatementKey[] = [];
  for (const [index, secret] of list.entries()) {
    const key = readKey(scheme, secret);
    if (typeof key === "string") return refuse("secret_unusable", `secret #${index + 1} ${key}`);
    keys.push(key);
  }
  return keys;
}

/** Or why the text is none. @throws TypeError for what is no text. */
export function readVerifyingKey({ algorithm, secret: rule, code }: Scheme, secret: unknown): StatementKey | string {
  if (!takesPublicKey(algorithm) && !isWrittenKey(code, secret)) return readSecret(rule, secret);
  const unusable = unusableText(secret);
  if (unusable !== undefined) return unusable;
  return readPublicKey(rule, takesPublicKey(algorithm) ? algorithm : undefined, (secret as string).trim());
}
