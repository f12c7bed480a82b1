import type { ClaimedDelivery, RecordedAttempt } from "../../../src/core/delivery.ts";
import type { Subscription } from "../../../src/core/subscription.ts";
import type { Lane } from "../../../src/deliver/lane.ts";
import { Lanes, type LanesOptions } from "../../../src/deliver/lanes.ts";

export const NOON = Date.UTC(2026, 0, 1, 12);

/** What the lanes look at of a subscription. */
export function subscriptionOf(settings: Partial<Subscription> = {}): Subscription {
  const defaults = {
    rowId: 1,
    scope: { tenant: "default", environment: "development" },
    transport: "http",
    url: "http://127.0.0.1:1/hook",
    enabled: true,
    paused: false,
    concurrency: 10,
    timeoutMs: 10_000,
    rateLimit: undefined,
    hasBreaker: false,
    breaker: { openings: 0, openUntil: undefined },
  };
  return { ...defaults, ...settings } as Subscription;
}

/** Lanes of these subscriptions, over transports that are never used. `room`: of every transport. A tunnel's listeners are there. */
export function lanesOf(
  subscriptions: readonly Subscription[],
  { room = () => Number.POSITIVE_INFINITY, ...options }: Partial<LanesOptions> & { room?: () => number } = {},
): Lanes {
  const http = {
    send: () => {
      throw new Error("unused");
    },
    room,
  };
  const lanes = new Lanes({ transports: { http, tunnel: { ...http, isThere: () => true } }, slots: 256, ...options });
  lanes.update({ get: () => undefined, all: () => subscriptions }, NOON);
  return lanes;
}

let made = 0;

export function deliveryOf(lane: Lane, roundAttempts = 0): ClaimedDelivery {
  made += 1;
  return {
    rowId: made,
    subscriptionRowId: lane.rowId,
    roundAttempts,
    attemptCount: roundAttempts,
    event: { data: new Uint8Array(3) },
  } as ClaimedDelivery;
}

/** An attempt as far as a lane looks at it. */
export function attemptOf(
  status: number,
  at: number,
  { retryAfter, startedAt = at }: { retryAfter?: string; startedAt?: number } = {},
): RecordedAttempt {
  return {
    attempt: {
      outcome: status < 300 ? "success" : "failure",
      status,
      startedAt,
      durationMs: at - startedAt,
      responseHeaders: retryAfter === undefined ? [] : [["retry-after", retryAfter]],
    },
    endedAt: at,
  } as unknown as RecordedAttempt;
}
