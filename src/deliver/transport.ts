import type { SendResult } from "../core/attempt.ts";
import type { ClaimedDelivery } from "../core/delivery.ts";
import type { ProfileRequest } from "../core/profiles/profile.ts";
import type { Subscription } from "../core/subscription.ts";

/** A way for a request to reach its receiver: HTTP, or the tunnel of a listener. */
export interface DeliveryTransport {
  /** Resolves always: what goes wrong on the way is a value. Bounded by the subscription's time-out. */
  send(outgoing: Outgoing): Promise<SendResult>;
  /** How many more deliveries of this subscription could start now: Infinity for HTTP, the free credit of a tunnel, 0
   * while nobody listens. */
  room(subscription: Subscription): number;
  /**
   * Whether deliveries may be claimed before there is room for them: whoever takes them is there, and only busy. Left out:
   * where the room has no bound.
   */
  isThere?(subscription: Subscription): boolean;
}

export interface Outgoing {
  subscription: Subscription;
  delivery: ClaimedDelivery;
  request: ProfileRequest;
  /** 1-based. */
  attemptNumber: number;
}

/** The subscriptions as they are now; answers from memory. */
export interface SubscriptionLookup {
  get(rowId: number): Subscription | undefined;
  all(): Iterable<Subscription>;
}
