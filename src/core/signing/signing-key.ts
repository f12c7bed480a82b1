import { readPrivateKey, readWritten } from "./public-key.ts";
import type { Scheme } from "./scheme.ts";
import { isWrittenKey, takesPublicKey } from "./scheme-keys.ts";
import { readSecret, unusableText } from "./secret-text.ts";
import type { StatementKey } from "./statement.ts";

/** The key that signs, or why the text is none. */
export function readSigningKey({ algorithm, secret: rule, code }: Scheme, secret: unknown): StatementKey | string {
  const isWritten = isWrittenKey(code, secret);
  if (!takesPublicKey(algorithm) && !isWritten) return readSecret(rule, secret);
  const unusable = unusableText(secret);
  if (unusable !== undefined) return unusable;
  const text = secret as string;
  if (isWritten && isSecretJwk(text)) return readWritten(text)!;
  return readPrivateKey(rule, takesPublicKey(algorithm) ? algorithm : undefined, text.trim());
}

function isSecretJwk(text: string): boolean {
  try {
    return readWritten(text)?.type === "secret";
  } catch {
    return false;
  }
}
