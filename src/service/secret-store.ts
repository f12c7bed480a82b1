import type { Sealed } from "../store/store.ts";

/**
 * Keeps the texts that are secret: signing secrets, custom headers, whole URLs. The embedded one (vault.ts) seals them
 * into their rows; another one keeps them elsewhere, and the row gets their name. One suite tests both.
 *
 * `ownerId` is what a text belongs to, and is as much part of it as its key: what was put for one owner opens for no
 * other.
 */
export interface SecretStore {
  /** What its key ids are, for people: a fingerprint, or `aws:eu-central-1/hooks`. */
  keeps(sealed: Sealed): boolean;
  /** Resolves once it is safe. @throws HooksError `unavailable`: try again */
  put(text: string, ownerId: string): Promise<Sealed>;
  /** What is at hand without asking anybody; undefined: `get` has to. @throws HooksError like `get` */
  peek(sealed: Sealed, ownerId: string): string | undefined;
  /** @throws HooksError `unavailable`: try again; `store_unusable`: it is damaged, gone, or was put for another owner */
  get(sealed: Sealed, ownerId: string): Promise<string>;
  /** No row names it any more. Resolves also when it is gone already. @throws HooksError `unavailable` */
  drop(sealed: Sealed, ownerId: string): Promise<void>;
}

/** Of a subscription's headers the owner is its id; of its URL this. A value that is moved from one to the other opens for neither. */
export function urlOwner(subscriptionId: string): string {
  return `${subscriptionId}/url`;
}
