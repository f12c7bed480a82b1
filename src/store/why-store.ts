// The part of the contract in store.ts that only explaining needs (core/why/) and looking back: nothing of it is asked for on the way of an
// event.

import type { Scope } from "../core/scope.ts";
import type { StoredDelivery, StoredSubscription } from "./store.ts";

/** An event in which hooks tells that a subscription was enabled or disabled. */
export interface StoredSwitch {
  at: number;
  type: string;
  /** JSON text (core/operational-event.ts). */
  data: Uint8Array;
}

/** A delivery, by the newest of its attempts that are meant. */
export interface LatestAttempt {
  deliveryRowId: number;
  /** When that attempt began. */
  at: number;
}

export interface LatestAttemptFilter {
  subscriptionRowId?: number | undefined;
  type?: string | undefined;
  typePrefix?: string | undefined;
  /** Undefined: either. */
  outcome?: "success" | "failure" | undefined;
}

export interface WhyStore {
  /**
   * The deliveries that were tried last, newest attempt first; only such as come after `before` in this order. It looks
   * at the newest 10,000 deliveries and as many later attempts: what is older is not listed.
   */
  listLatestAttempts(
    scope: Scope,
    filter: LatestAttemptFilter,
    limit: number,
    before: LatestAttempt | undefined,
  ): Promise<{ latest: LatestAttempt; delivery: StoredDelivery }[]>;
  /** Also a deleted one, as it was at its end, without what was secret. */
  findSubscription(rowId: number): Promise<StoredSubscription | undefined>;
  /**
   * Of the deliveries of the same subscription and order key that have not ended, the one that comes first; undefined:
   * it has no order key, or is the first itself.
   */
  findAhead(delivery: Pick<StoredDelivery, "rowId" | "scope">): Promise<StoredDelivery | undefined>;
  /** From `since` on, oldest first, at most `limit`. */
  listSwitches(scope: Scope, since: number, limit: number): Promise<StoredSwitch[]>;
}
