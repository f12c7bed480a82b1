import type { SendResult } from "../../src/core/attempt.ts";
import type { RecordedAttempt } from "../../src/core/delivery.ts";
import type { RetryPolicy, Subscription } from "../../src/core/subscription.ts";
import type { DispatcherOptions } from "../../src/deliver/dispatcher.ts";
import type { DeliveryTransport, Outgoing } from "../../src/deliver/transport.ts";
import type { RetentionStore } from "../../src/store/retention-store.ts";
import type { Store } from "../../src/store/store.ts";

// What the mistakes of mutants.ts are made of.

export function withMethods(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(Object.hasOwn(methods, name) ? methods : target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** The store's part that deletes. */
export function withRetention(retention: RetentionStore, methods: Partial<RetentionStore>): RetentionStore {
  return new Proxy(retention, {
    get: (target, name) => {
      const member: unknown = Reflect.get(Object.hasOwn(methods, name) ? methods : target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

export function withSend(options: DispatcherOptions, change: (outgoing: Outgoing) => Outgoing): DispatcherOptions {
  const { http } = options.transports;
  const send: DeliveryTransport["send"] = (outgoing, ...ends) => http.send(change(outgoing), ...ends);
  return { ...options, transports: { ...options.transports, http: { room: http.room, send } } };
}

/** What came back, changed on its way. */
export function withResult(
  transport: DeliveryTransport,
  change: (result: SendResult) => SendResult,
): DeliveryTransport["send"] {
  return (outgoing, onEnd, onFault) => transport.send(outgoing, (result) => onEnd(change(result)), onFault);
}

export function withSubscriptions(
  options: DispatcherOptions,
  change: (subscription: Subscription) => Subscription,
): DispatcherOptions {
  const { subscriptions } = options;
  // One object for one: the lanes compare them.
  const changed = new WeakMap<Subscription, Subscription>();
  const of = (one: Subscription): Subscription => {
    const known = changed.get(one) ?? change(one);
    changed.set(one, known);
    return known;
  };
  return {
    ...options,
    subscriptions: {
      get: (rowId) => {
        const one = subscriptions.get(rowId);
        return one === undefined ? undefined : of(one);
      },
      all: function* () {
        for (const one of subscriptions.all()) yield of(one);
      },
    },
  };
}

export function halved(retry: RetryPolicy): RetryPolicy {
  return retry.strategy === "list"
    ? { ...retry, delaysMs: retry.delaysMs.map((ms) => ms / 3) }
    : { ...retry, firstDelayMs: retry.firstDelayMs / 3 };
}

export function longer(retry: RetryPolicy): RetryPolicy {
  return retry.strategy === "list"
    ? { ...retry, delaysMs: [...retry.delaysMs, 1_000] }
    : { ...retry, maxAttempts: retry.maxAttempts + 1 };
}

export function isThird(attempt: RecordedAttempt): boolean {
  return attempt.deliveryRowId % 3 === 0;
}

export function nextSecond(value: string, index: number, headers: readonly string[]): string {
  return headers[index - 1] === "webhook-timestamp" ? String(Number(value) + 3) : value;
}
