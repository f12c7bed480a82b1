import type { Profile } from "../core/profiles/profile.ts";
import type { StoredSecret } from "../store/store.ts";
import type { ServiceParts } from "./service-parts.ts";

const SECRET_BYTES = 32;

/** @throws HooksError `invalid_request` (field `secret`) when the given one is not in the profile's form. */
export function newSecret(profile: Profile, given: string | undefined, random: (size: number) => Uint8Array): string {
  if (given === undefined) return profile.formatSecret(random(SECRET_BYTES));
  profile.decodeSecret(given);
  return given;
}

/**
 * To be called before something is sealed: a store has one master key, and a secret that a second one sealed would open
 * for nobody who has the first.
 * @throws HooksError `store_unusable`
 */
export async function checkSealingKey({ store, vault }: Pick<ServiceParts, "store" | "vault">): Promise<void> {
  // Once is enough: neither the store's key nor ours changes while a process runs.
  if (vault.isProven) return;
  for (const { secrets } of await store.loadSubscriptions()) {
    const [first] = secrets;
    if (first === undefined) continue;
    vault.checkKey(first.sealed.keyId);
    return;
  }
}

export function sealSecret(text: string, at: number, parts: Pick<ServiceParts, "newId" | "vault">): StoredSecret {
  const id = parts.newId("sec");
  return { id, sealed: parts.vault.seal(text, id), hint: hintOf(text), createdAt: at, expiresAt: undefined };
}

/** What may be shown of a secret: its prefix and its last two characters. */
function hintOf(secret: string): string {
  const prefix = /^wh[a-z]+_/.exec(secret)?.[0] ?? "";
  return `${prefix}…${secret.replace(/=+$/, "").slice(-2)}`;
}
