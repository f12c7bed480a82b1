// The part of the contract in store.ts that is about alerts: which fire, and which did.

import type { AlertState, KeptRule } from "../core/alert.ts";
import type { Scope } from "../core/scope.ts";

export interface NewAlert {
  /** `alr_…` */
  id: string;
  scope: Scope;
  /** `sub_…`; undefined: of the whole environment. */
  subscription: string | undefined;
  rule: KeptRule;
  value: number;
  beganAt: number;
}

export interface StoredAlert extends NewAlert {
  rowId: number;
  endedAt: number | undefined;
}

export interface AlertStore {
  /**
   * From now on it fires, and whoever takes `hooks.alert.…` events is told, in one commit. Returns the subscriptions that
   * are; undefined: it fires already, or its subscription is not there (any more), and nothing was stored.
   */
  beginAlert(alert: NewAlert): Promise<number[] | undefined>;
  /** The same of its end. Undefined: it does not fire (any more). */
  endAlert(id: string, value: number, endedAt: number): Promise<number[] | undefined>;
  /** In every scope, oldest first. */
  loadFiring(): Promise<StoredAlert[]>;
  /** Newest first. */
  listAlerts(
    scope: Scope,
    state: AlertState | undefined,
    limit: number,
    beforeRowId: number | undefined,
  ): Promise<StoredAlert[]>;
}
