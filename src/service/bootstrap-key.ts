import { HooksError } from "../core/errors.ts";
import { ANY, KEY_PREFIX, LOCAL_OWNER } from "../core/key.ts";
import { fileFault, readSmallFile } from "../small-file.ts";
import type { NewKey } from "../store/admin-store.ts";
import { auditEntry } from "./audit-trail.ts";
import type { KeyTable } from "./key-table.ts";
import { auditedKey, hashOf, hintOf } from "./keys.ts";
import type { ServiceParts } from "./service-parts.ts";

const VARIABLE = "HOOKS_BOOTSTRAP_KEY";
/** As container platforms hand over secrets. */
const FILE_VARIABLE = "HOOKS_BOOTSTRAP_KEY_FILE";
const FILE_MAX_BYTES = 4_096;
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
  env: Readonly<Record<string, string | undefined>>,
  parts: ServiceParts,
  table: KeyTable,
): Promise<"made" | "revoked" | undefined> {
  const given = readGiven(env);
  if (given === undefined) return undefined;
  const { text, variable } = given;
  checkForm(text, variable);
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
  const actor = { ...LOCAL_OWNER, from: variable };
  const audit = auditEntry(parts, actor, key, { action: "key.create", id: key.id, after: auditedKey(key) });
  const isNew = await parts.store.admin.insertKey(key, audit);
  await table.reload();
  if (isNew) return "made";
  return table.isUsable(text) ? undefined : "revoked";
}

/** Whether the environment names one; what it is worth is seen at the start. */
export function namesBootstrapKey(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env[VARIABLE] ?? "") !== "" || (env[FILE_VARIABLE] ?? "") !== "";
}

/** A variable that is set to nothing is not set. @throws HooksError `usage` for both, and for a file that cannot be read. */
function readGiven(env: Readonly<Record<string, string | undefined>>): { text: string; variable: string } | undefined {
  const { [VARIABLE]: text = "", [FILE_VARIABLE]: file = "" } = env;
  if (file === "") return text === "" ? undefined : { text, variable: VARIABLE };
  if (text !== "") {
    throw new HooksError("usage", `${VARIABLE} and ${FILE_VARIABLE} are both set`, { field: FILE_VARIABLE });
  }
  try {
    return { text: readSmallFile(file, FILE_MAX_BYTES, { isNamed: true }).text.trim(), variable: FILE_VARIABLE };
  } catch (error) {
    throw new HooksError("usage", `${FILE_VARIABLE}: ${file} cannot be read: ${fileFault(error)}`, {
      field: FILE_VARIABLE,
      cause: error,
    });
  }
}

/** What is wrong with a key that its owner made; undefined: nothing. */
export function faultOfKey(text: string): string | undefined {
  return FORM.test(text)
    ? new Set(text.slice(KEY_PREFIX.length)).size < LEAST_DIFFERENT
      ? "is too easy to guess"
      : undefined
    : `must be ${KEY_PREFIX} and 43 to 128 random letters, digits, "_" or "-"`;
}

function checkForm(text: string, variable: string): void {
  const wrong = faultOfKey(text);
  if (wrong !== undefined) throw new HooksError("usage", `${variable} ${wrong}`, { field: variable, hint: HINT });
}
