// The part of the contract in store.ts that is about declarative set-up: which set a thing belongs to, and changes of many
// kinds in one transaction.

import type { Scope } from "../core/scope.ts";
import type { SetupKind } from "../core/setup/setup.ts";
import type { NewAuditEntry, NewKey, StoredKey } from "./admin-store.ts";
import type { EventTypeChange } from "./catalogue-store.ts";
import type { NewSource, SourceChange } from "./source-store.ts";
import type { NewSubscription, SecretRotation, SubscriptionChange } from "./store.ts";

/** That something belongs to a set. */
export interface SetupMember {
  kind: SetupKind;
  /** Its id; of what has none its name. */
  resource: string;
  set: string;
  /** Its secret fields, and the references that they were given by: `headers.authorization` → `env:TOKEN`. */
  references: Readonly<Record<string, string>>;
}

/** What may change of a key. */
export type KeyChange = Pick<StoredKey, "role" | "rateLimit" | "expiresAt">;

interface Change {
  audit?: NewAuditEntry | undefined;
}

/** Everything that one set-up changes. Each names what it was made of: when that is another by now, nothing is done. */
export interface SetupChanges {
  eventTypes: { changes: readonly EventTypeChange[]; audit: readonly NewAuditEntry[]; most: number };
  environment: (Change & { settings: string; ifUpdatedAt: number | undefined; audit: NewAuditEntry }) | undefined;
  newSubscriptions: readonly (Change & { subscription: NewSubscription; most: number })[];
  changedSubscriptions: readonly (Change & { rowId: number; change: SubscriptionChange; ifUpdatedAt: number })[];
  rotations: readonly (Change & { rotation: SecretRotation })[];
  deletedSubscriptions: readonly (Change & { rowId: number })[];
  newSources: readonly (Change & { source: NewSource; most: number })[];
  /** Another secret and other settings are one change, with an entry for each. */
  changedSources: readonly (SourceChange & { rowId: number; ifUpdatedAt: number; audit: readonly NewAuditEntry[] })[];
  deletedSources: readonly (Change & { rowId: number })[];
  newKeys: readonly (Change & { key: NewKey })[];
  changedKeys: readonly (Change & { rowId: number; change: KeyChange })[];
  revokedKeys: readonly (Change & { rowId: number })[];
  members: { put: readonly SetupMember[]; removed: readonly Pick<SetupMember, "kind" | "resource">[] };
}

export interface SetupStore {
  /** Of every set. */
  loadMembers(scope: Scope): Promise<SetupMember[]>;
  /** All of it in one transaction, or none: false when something is not as it was read. */
  applySetup(scope: Scope, changes: SetupChanges, now: number): Promise<boolean>;
}
