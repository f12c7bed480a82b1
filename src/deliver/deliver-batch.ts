import { batchIdOf } from "../core/batch-id.ts";
import type { ClaimedDelivery, RecordedAttempt } from "../core/delivery.ts";
import type { ProfileRequest } from "../core/profiles/profile.ts";
import { BUILT_IN_PROFILES } from "../core/profiles/registry.ts";
import type { Subscription } from "../core/subscription.ts";
import type { MadeAttempt } from "../core/verdict.ts";
import { allOf } from "./batches.ts";
import {
  asWanted,
  type Conclusion,
  type DeliverOnceOptions,
  NOTHING_BUILT,
  recordedOf,
  sendBuilt,
  wallNow,
} from "./deliver-once.ts";
import type { DeliveryTransport } from "./transport.ts";

/**
 * One request with several deliveries. What came back is recorded as an attempt of each of them, and each goes on by its
 * own schedule.
 *
 * @param onEnd as `deliverOnce` calls it
 */
export function deliverBatch(
  delivery: ClaimedDelivery,
  subscription: Subscription,
  transport: DeliveryTransport,
  options: DeliverOnceOptions,
  onEnd: (conclude: Conclusion) => void,
): void {
  const deliveries = allOf(delivery);
  const startedAt = wallNow(options);
  const request = build(deliveries, subscription, startedAt, options);
  const judged = (result: MadeAttempt): RecordedAttempt => {
    const endedAt = options.now();
    // One for all: so that those with the same schedule are due together again.
    const random = options.random();
    const [first, ...others] = deliveries.map((one) =>
      recordedOf(result, one, subscription, request ?? NOTHING_BUILT, options, endedAt, random),
    );
    return { ...first!, with: others.map((one) => ({ ...one, isWithFirst: true })) };
  };
  sendBuilt({ delivery, subscription, transport, options, startedAt, request, judged }, onEnd);
}

/** Undefined when it cannot be built (see deliver-once.ts). */
function build(
  deliveries: readonly ClaimedDelivery[],
  subscription: Subscription,
  sentAt: number,
  { userAgent, onFault, convert, hopHeaders, profiles = BUILT_IN_PROFILES }: DeliverOnceOptions,
): ProfileRequest | undefined {
  try {
    const request = profiles.find(subscription.profile)?.buildBatch({
      id: batchIdOf(deliveries.map(({ id }) => id)),
      deliveries: deliveries.map(({ event, id, createdAt }) => ({
        event: asWanted(event, subscription, convert),
        deliveryId: id,
        madeAt: createdAt,
      })),
      subscription,
      sentAt,
      userAgent,
    });
    if (hopHeaders !== undefined) request?.headers.push(...hopHeaders(deliveries.map(({ event }) => event)));
    return request;
  } catch (error) {
    onFault?.(error, deliveries[0]!);
    return undefined;
  }
}
