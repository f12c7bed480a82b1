import { isHooksError } from "../core/errors.ts";
import type { Profile } from "../core/profiles/profile.ts";
import type { Sealed, StoredSecret, StoredSubscription } from "../store/store.ts";
import { sealedTexts } from "./opened-subscription.ts";
import type { SecretStores } from "./secret-stores.ts";
import type { ServiceParts } from "./service-parts.ts";

const SECRET_BYTES = 32;
/** A change of the master key takes the store from one key to one other: the third time there is something else. */
const SEAL_TRIES = 3;

/** @throws HooksError `invalid_request` (field `secret`) when the given one is not in the profile's form. */
export function newSecret(profile: Profile, given: string | undefined, random: (size: number) => Uint8Array): string {
  if (given === undefined) return profile.formatSecret(random(SECRET_BYTES));
  profile.decodeSecret(given);
  return given;
}

/**
 * Puts secret texts and writes what names them. Once more when the store's master key was changed in between: what the
 * old one sealed, the store refuses. What is kept elsewhere and then not written (`write` throws or answers false) is
 * dropped there.
 *
 * @throws HooksError what `write` throws; `store_unusable` without the store's master key; `unavailable` without its
 *   secret store
 */
export async function sealed<T>(
  secrets: SecretStores,
  write: (put: (text: string, ownerId: string) => Promise<Sealed>) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const written: { sealed: Sealed; ownerId: string }[] = [];
    try {
      const result = await write(async (text, ownerId) => {
        const put = await secrets.put(text, ownerId);
        written.push({ sealed: put, ownerId });
        return put;
      });
      if (result === false) await dropAll(secrets, written);
      return result;
    } catch (error) {
      if (isRefusal(error)) await dropAll(secrets, written);
      if (tries === SEAL_TRIES || !isOtherKey(error)) throw error;
      await secrets.refresh();
    }
  }
}

export async function putSecret(
  text: string,
  id: string,
  at: number,
  put: (text: string, ownerId: string) => Promise<Sealed>,
): Promise<StoredSecret> {
  return { id, sealed: await put(text, id), hint: hintOf(text), createdAt: at, expiresAt: undefined };
}

/** What no row names any more. What cannot be dropped now stays where it is: it is of no use to anybody. */
export async function dropAll(
  secrets: Pick<SecretStores, "drop">,
  texts: readonly { sealed: Sealed; ownerId: string }[],
): Promise<void> {
  await Promise.allSettled(texts.map(({ sealed: one, ownerId }) => secrets.drop(one, ownerId)));
}

/** The secrets of a subscription that had ended before `now`: the next rotation removes them. */
export function endedSecrets(stored: StoredSubscription, now: number): ReturnType<typeof sealedTexts> {
  const secrets = stored.secrets.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt < now);
  return sealedTexts({ ...stored, urlSealed: undefined, headers: undefined, secrets });
}

/** The secrets that sign now, newest first. */
export async function signingSecrets(
  stored: StoredSubscription,
  { secrets, now }: Pick<ServiceParts, "secrets" | "now">,
): Promise<string[]> {
  const at = now();
  const signing = stored.secrets
    .filter((secret) => secret.expiresAt === undefined || at < secret.expiresAt)
    .toSorted((one, other) => other.createdAt - one.createdAt);
  return Promise.all(signing.map((secret) => secrets.get(secret.sealed, secret.id)));
}

/** Nothing was written. After any other failure nobody knows: what a row may name is kept. */
function isRefusal(error: unknown): boolean {
  return isHooksError(error) && REFUSALS.has(error.code);
}

const REFUSALS: ReadonlySet<string> = new Set(["conflict", "not_found", "invalid_request", "store_busy", "store_full"]);

function isOtherKey(error: unknown): boolean {
  return isHooksError(error) && error.code === "conflict" && error.field === "master_key";
}

/** Of a shorter one two characters would say too much. */
const SHORTEST_SHOWN = 16;

/** What may be shown of a secret: its prefix and its last two characters. */
export function hintOf(secret: string): string {
  const prefix = /^wh[a-z]+_/.exec(secret)?.[0] ?? "";
  const rest = [...secret.slice(prefix.length).replace(/=+$/, "")];
  return `${prefix}…${rest.length < SHORTEST_SHOWN ? "" : rest.slice(-2).join("")}`;
}
