import type { SendResult } from "../core/attempt.ts";
import type { ClaimedDelivery } from "../core/delivery.ts";
import type { ProfileRequest } from "../core/profiles/profile.ts";
import type { Subscription } from "../core/subscription.ts";

/** A way for a request to reach its receiver: HTTP, or the tunnel of a listener. */
export interface DeliveryTransport {
  /**
   * Calls one of them, once, after it has returned; within the subscription's time-out. Not a promise: what is called
   * while the answer is still being read can send the next request over the same connection before that is idle, which
   * saves undici from waking it again: about a tenth of what the sending thread does for a delivery.
   *
   * @param onEnd what came of it: what goes wrong on the way is a value, too. Must not throw.
   * @param onFault a fault of ours. Must not throw.
   */
  send(outgoing: Outgoing, onEnd: (result: SendResult) => void, onFault: (error: unknown) => void): void;
  /** How many more deliveries of this subscription could start now: Infinity for HTTP, the free credit of a tunnel, 0
   * while nobody listens. */
  room(subscription: Subscription): number;
  /**
   * Whether deliveries may be claimed before there is room for them: whoever takes them is there, and only busy. Left out:
   * where the room has no bound.
   */
  isThere?(subscription: Subscription): boolean;
}

/** `send` of a way that answers by a promise. */
export function calledBack(send: (outgoing: Outgoing) => Promise<SendResult>): DeliveryTransport["send"] {
  return (outgoing, onEnd, onFault) => void send(outgoing).then(onEnd, onFault);
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
