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

const CANNOT_BUILD = "the request could not be built from the event and the subscription";
export const NOTHING_BUILT: ProfileRequest = { headers: [], body: new Uint8Array(0) };

/** Says what is to be recorded; undefined when nothing was sent, which uses up no attempt. */
export type Conclusion = () => RecordedAttempt | undefined;

/**
 * One attempt: build the request, send it, judge what came back. A fault of ours is recorded as a failed attempt, too.
 *
 * @param onEnd called once, after this has returned, by whoever read the answer: must not throw, not even what the
 *   conclusion throws.
 */
export function deliverOnce(
  delivery: ClaimedDelivery,
  subscription: Subscription,
  transport: DeliveryTransport,
  options: DeliverOnceOptions,
  onEnd: (conclude: Conclusion) => void,
): void {
  const startedAt = wallNow(options);
  const request = build(delivery, subscription, startedAt, options);
  const judged = (result: MadeAttempt): RecordedAttempt =>
    recordedOf(result, delivery, subscription, request ?? NOTHING_BUILT, options, options.now(), options.random());
  sendBuilt({ delivery, subscription, transport, options, startedAt, request, judged }, onEnd);
}

export interface BuiltAttempt {
  delivery: ClaimedDelivery;
  subscription: Subscription;
  transport: DeliveryTransport;
  options: DeliverOnceOptions;
  startedAt: number;
  /** Undefined: it could not be built. */
  request: ProfileRequest | undefined;
  judged(result: MadeAttempt): RecordedAttempt;
}

/** `onEnd`: as `deliverOnce` calls it. */
export function sendBuilt(
  { delivery, subscription, transport, options, startedAt, request, judged }: BuiltAttempt,
  onEnd: (conclude: Conclusion) => void,
): void {
  if (request === undefined) {
    queueMicrotask(() => onEnd(() => judged(ourFault(startedAt, CANNOT_BUILD))));
    return;
  }
  const attemptNumber = delivery.attemptCount + 1;
  const onFault = (error: unknown): void =>
    onEnd(() => {
      options.onFault?.(error, delivery);
      return judged(ourFault(startedAt, "internal error"));
    });
  try {
    transport.send(
      { subscription, delivery, request, attemptNumber },
      (result) => onEnd(() => (result.kind === "not_sent" ? undefined : judged(result))),
      onFault,
    );
  } catch (error) {
    queueMicrotask(() => onFault(error));
  }
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
function ourFault(startedAt: number, message: string): MadeAttempt {
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
