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

export interface WhyStore {
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
