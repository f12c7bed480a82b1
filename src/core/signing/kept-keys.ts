// Keys of secrets that were used before, so that programs that give the text at each call (`verify`, `sign`) do not have
// it decoded at each call.

import type { CompiledScheme } from "./compiled-scheme.ts";
import type { Secrets } from "./options.ts";
import { prepareKey } from "./secret-key.ts";
import { readSigningKey } from "./signing-key.ts";
import type { StatementKey } from "./statement.ts";
import type { Refusal } from "./verdict.ts";
import { readVerifyingKey, readVerifyingKeys } from "./verifying-key.ts";

/**
 * Of one scheme, the one that came first leaves first. A bound on the memory, and on how many secrets stay in it after
 * their program has let go of them.
 */
const MOST_KEPT = 32;

const keptBy = new WeakMap<CompiledScheme, Map<string, StatementKey>>();

/** As `readVerifyingKeys`, for secrets that may have been used before. */
export function keptVerifyingKeys(compiled: CompiledScheme, secrets: Secrets): readonly StatementKey[] | Refusal {
  const only = typeof secrets === "string" ? keptKey(compiled, secrets) : undefined;
  if (only !== undefined) return [only];
  return readVerifyingKeys(compiled.scheme, secrets, (scheme, secret) =>
    keptOr(compiled, secret, () => readVerifyingKey(scheme, secret)),
  );
}

/** As `readSigningKey`, the same. Private keys are not kept: what is signed with them costs far more than reading them. */
export function keptSigningKey(compiled: CompiledScheme, secret: unknown): StatementKey | string {
  const read = () => readSigningKey(compiled.scheme, secret);
  return compiled.hash === undefined ? read() : keptOr(compiled, secret, read);
}

function keptOr(compiled: CompiledScheme, secret: unknown, read: () => StatementKey | string): StatementKey | string {
  if (typeof secret !== "string") return read();
  const kept = keptKey(compiled, secret);
  if (kept !== undefined) return kept;
  const key = read();
  if (typeof key !== "string") keep(compiled, secret, key);
  return key;
}

/** A key in the form that is quickest to use: right for one that is used more than once. */
export function quickKey({ hash, signsSecret }: CompiledScheme, key: StatementKey): StatementKey {
  return "text" in key && hash !== undefined && !signsSecret ? prepareKey(key) : key;
}

/** At its second use it is made quick: most secrets of a program that has many are not used again soon. */
function keptKey(compiled: CompiledScheme, secret: string): StatementKey | undefined {
  const keys = keptBy.get(compiled);
  const key = keys?.get(secret);
  if (keys === undefined || key === undefined || !("text" in key)) return key;
  const quick = quickKey(compiled, key);
  if (quick !== key) keys.set(secret, quick);
  return quick;
}

function keep(compiled: CompiledScheme, secret: string, key: StatementKey): void {
  let keys = keptBy.get(compiled);
  if (keys === undefined) {
    keys = new Map();
    keptBy.set(compiled, keys);
  }
  if (keys.size >= MOST_KEPT) keys.delete(keys.keys().next().value!);
  keys.set(secret, key);
}
