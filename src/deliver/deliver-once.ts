import { recordOf } from "../core/attempt-record.ts";
import type { ClaimedDelivery, ClaimedEvent, RecordedAttempt } from "../core/delivery.ts";
import type { ProfileRequest } from "../core/profiles/profile.ts";
import { BUILT_IN_PROFILES, type Profiles } from "../core/profiles/registry.ts";
import type { Subscription } from "../core/subscription.ts";
import { judge, type MadeAttempt } from "../core/verdict.ts";
import type { DeliveryTransport } from "./transport.ts";

export interface DeliverOnceOptions {
  worker: string;
  userAgent: string;
  /** Unix ms, of the clock that schedules (steady-clock.ts). */
  now(): number;
  /** Unix ms, of the wall clock: what receivers compare with theirs. Left out: `now`. */
  wallNow?: (() => number) | undefined;
  /** Uniform in [0, 1). */
  random(): number;
  /** Brings an event to the version that its subscription wants. Left out: what was published goes out. */
  convert?: ((event: ClaimedEvent, subscription: Subscription) => ClaimedEvent) | undefined;
  /** A fault of ours: no receiver did it. The attempt is recorded as failed all the same. */
  onFault?: ((error: unknown, delivery: ClaimedDelivery) => void) | undefined;
  /** Left out: those that the program has. */
  profiles?: Profiles | undefined;
  /** What goes with these events from hop to hop, name, value …: trace and loop mark. Left out: nothing. */
  hopHeaders?: ((events: readonly ClaimedEvent[]) => readonly string[]) | undefined;
}

export const CANNOT_BUILD = "the request could not be built from the event and the subscription";
export const NOTHING_BUILT: ProfileRequest = { headers: [], body: new Uint8Array(0) };

/**
 * One attempt: build the request, send it, judge what came back. Resolves to what is to be recorded; undefined when
 * nothing was sent, which uses up no attempt. A fault of ours is recorded as a failed attempt, too.
 */
export function deliverOnce(
  delivery: ClaimedDelivery,
  subscription: Subscription,
  transport: DeliveryTransport,
  options: DeliverOnceOptions,
): Promise<RecordedAttempt | undefined> {
  const attemptNumber = delivery.attemptCount + 1;
  const startedAt = wallNow(options);
  const request = build(delivery, subscription, startedAt, options);
  if (request === undefined) {
    return Promise.resolve(conclude(ourFault(startedAt, CANNOT_BUILD), delivery, subscription, NOTHING_BUILT, options));
  }
  return transport.send({ subscription, delivery, request, attemptNumber }).then(
    (result) => (result.kind === "not_sent" ? undefined : conclude(result, delivery, subscription, request, options)),
    (error: unknown) => {
      options.onFault?.(error, delivery);
      return conclude(ourFault(startedAt, "internal error"), delivery, subscription, request, options);
    },
  );
}

/** Undefined when it cannot be built: that is our fault or an unknown profile's, and must not stop the lane. */
function build(
  delivery: ClaimedDelivery,
  subscription: Subscription,
  sentAt: number,
  { userAgent, onFault, convert, hopHeaders, profiles = BUILT_IN_PROFILES }: DeliverOnceOptions,
): ProfileRequest | undefined {
  try {
    const { id: deliveryId, createdAt: madeAt } = delivery;
    const event = asWanted(delivery.event, subscription, convert);
    const profile = profiles.find(subscription.profile);
    const request = profile?.build({ event, deliveryId, madeAt, subscription, sentAt, userAgent });
    if (hopHeaders !== undefined) request?.headers.push(...hopHeaders([delivery.event]));
    return request;
  } catch (error) {
    onFault?.(error, delivery);
    return undefined;
  }
}

/** Most subscriptions want what comes: for those nothing is looked up. @throws HooksError when there is no way */
export function asWanted(
  event: ClaimedEvent,
  subscription: Subscription,
  convert: DeliverOnceOptions["convert"],
): ClaimedEvent {
  return subscription.eventVersion === undefined || convert === undefined ? event : convert(event, subscription);
}

function conclude(
  result: MadeAttempt,
  delivery: ClaimedDelivery,
  subscription: Subscription,
  request: ProfileRequest,
  options: DeliverOnceOptions,
): RecordedAttempt {
  return recordedOf(result, delivery, subscription, request, options, options.now(), options.random());
}

/** Of the wall clock. */
export function wallNow({ now, wallNow: wall = now }: DeliverOnceOptions): number {
  return wall();
}

/** What is to be recorded of one delivery. `random`: uniform in [0, 1). */
export function recordedOf(
  result: MadeAttempt,
  delivery: ClaimedDelivery,
  subscription: Subscription,
  request: ProfileRequest,
  options: DeliverOnceOptions,
  endedAt: number,
  random: number,
): RecordedAttempt {
  return {
    deliveryRowId: delivery.rowId,
    subscriptionRowId: delivery.subscriptionRowId,
    eventType: delivery.event.type,
    attempt: recordOf(result, {
      subscription,
      number: delivery.attemptCount + 1,
      trigger: delivery.trigger,
      worker: options.worker,
      requestHeaders: request.headers,
    }),
    verdict: judge(result, {
      subscription,
      roundAttempts: delivery.roundAttempts + 1,
      endedAt,
      receivedAt: wallNow(options),
      random,
    }),
    endedAt,
  };
}

/** Counts as a failed attempt, so that it ends some day: one poisonous event must neither spin nor stop the process. */
export function ourFault(startedAt: number, message: string): MadeAttempt {
  return {
    kind: "error",
    code: "local_error",
    message,
    startedAt,
    durationMs: 0,
    phase: "write",
    remoteAddress: undefined,
    bytesSent: 0,
  };
}
