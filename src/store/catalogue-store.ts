// The part of the contract in store.ts that is about the catalogue of event types and the settings of environments. What
// stands in them is the service's: a store keeps JSON text.

import type { Scope } from "../core/scope.ts";
import type { NewAuditEntry } from "./admin-store.ts";

export interface StoredEventType {
  scope: Scope;
  name: string;
  /** JSON text (service/stored-event-type.ts). */
  content: string;
  createdAt: number;
  /** Moves on with every change, by 1 ms at least. */
  updatedAt: number;
}

export interface EventTypeChange {
  name: string;
  /** Undefined: it is removed. */
  content: string | undefined;
  /** As it was read; undefined: it was not there. */
  ifUpdatedAt: number | undefined;
}

export interface StoredEnvironment {
  scope: Scope;
  /** JSON text. */
  settings: string;
  updatedAt: number;
}

/** Whatever changes something here is noticed by other processes, as is a change of a subscription. */
export interface CatalogueStore {
  /** In alphabetical order; of every scope when `scope` is undefined. `name`: that one only. */
  loadEventTypes(scope?: Scope, name?: string): Promise<StoredEventType[]>;
  /**
   * All of the changes in one transaction, or none: false when one of them is not as it was read, or the scope would have
   * more than `most`.
   */
  changeEventTypes(
    scope: Scope,
    changes: readonly EventTypeChange[],
    now: number,
    most: number,
    audit: readonly NewAuditEntry[],
  ): Promise<boolean>;
  loadEnvironments(scope?: Scope): Promise<StoredEnvironment[]>;
  /** False when it was changed since `ifUpdatedAt` (undefined: it was not there). */
  changeEnvironment(
    scope: Scope,
    settings: string,
    now: number,
    ifUpdatedAt: number | undefined,
    audit: NewAuditEntry,
  ): Promise<boolean>;
}
