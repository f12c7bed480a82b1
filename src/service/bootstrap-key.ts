import { HooksError } from "../core/errors.ts";
import { ANY, KEY_PREFIX, LOCAL_OWNER } from "../core/key.ts";
import type { NewKey } from "../store/admin-store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { KeyTable } from "./key-table.ts";
import { auditedKey, hashOf, hintOf } from "./keys.ts";
import type { ServiceParts } from "./service-parts.ts";

const VARIABLE = "HOOKS_BOOTSTRAP_KEY";
const HINT = `${VARIABLE}=${KEY_PREFIX}$(openssl rand -hex 32)`;
/** As many digits of base64 as 256 bits have; hexadecimal takes 64. */
const FORM = /^hk_[A-Za-z0-9_-]{43,128}$/;
/** Of 43 random digits of any kind there are more; of a word that was typed again and again there are not. */
const LEAST_DIFFERENT = 10;

/**
 * The first admin key of everything, from the environment, so that a container can start with a key that its owner
 * knows. Made once: one that was revoked since stays so.
 * @throws HooksError `usage` for a value that has not the form or the length of a key. It is not repeated.
 */
export async function ensureBootstrapKey(
  text: string | undefined,
  parts: ServiceParts,
  table: KeyTable,
): Promise<"made" | "revoked" | undefined> {
  if (text === undefined || text === "") return undefined;
  checkForm(text);
  const at = parts.now();
  const key: NewKey = {
    id: parts.newId("key"),
    tenant: ANY,
    environment: ANY,
    name: "bootstrap",
    role: "admin",
    hash: hashOf(text),
    hint: hintOf(text),
    rateLimit: undefined,
    createdAt: at,
    expiresAt: undefined,
  };
  const actor = { ...LOCAL_OWNER, from: VARIABLE };
  const audit = auditEntry(parts, actor, key, { action: "key.create", id: key.id, after: auditedKey(key) });
  const isNew = await parts.store.admin.insertKey(key, audit);
  await table.reload();
  if (isNew) return "made";
  return table.isUsable(text) ? undefined : "revoked";
}

function checkForm(text: string): void {
  const wrong = FORM.test(text)
    ? new Set(text.slice(KEY_PREFIX.length)).size < LEAST_DIFFERENT
      ? "is too easy to guess"
      : undefined
    : `must be ${KEY_PREFIX} and 43 to 128 random letters, digits, "_" or "-"`;
  if (wrong !== undefined) throw new HooksError("usage", `${VARIABLE} ${wrong}`, { field: VARIABLE, hint: HINT });
}
