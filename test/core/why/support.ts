import type { Attempt } from "../../../src/core/attempt.ts";
import type { DeliveryFacts, SubscriptionFacts, WhyFacts } from "../../../src/core/why/facts.ts";
import type { LaneFacts } from "../../../src/core/why/lane-facts.ts";

export const NOW = Date.UTC(2026, 0, 31, 12);
export const MINUTE = 60_000;

export const SUBSCRIPTION: SubscriptionFacts = {
  id: "sub_1",
  name: "shop",
  reference: "shop",
  url: "https://example.com/hook",
  transport: "http",
  events: ["order.*"],
  filter: undefined,
  eventVersion: undefined,
  handshake: undefined,
  enabled: true,
  disabledReason: undefined,
  disabledAt: undefined,
  paused: false,
  concurrency: 10,
  rateLimit: undefined,
  orderBy: undefined,
  batch: undefined,
  maxAttempts: 10,
  breaker: { openings: 0, openUntil: undefined },
  createdAt: NOW - 60 * MINUTE,
  updatedAt: NOW - 60 * MINUTE,
};

export const DELIVERY: DeliveryFacts = {
  id: "dlv_1",
  state: "pending",
  reason: undefined,
  attemptCount: 0,
  dueAt: NOW - 1_000,
  createdAt: NOW - 10 * MINUTE,
  completedAt: undefined,
};

export const LANE: LaneFacts = {
  inFlight: 0,
  concurrency: 10,
  ready: 0,
  breakerOpenUntil: undefined,
  isProbing: false,
  restsUntil: undefined,
  slowedTo: undefined,
  rateLimitedUntil: undefined,
  tenantLimitedUntil: undefined,
  processLimitedUntil: undefined,
  hostLimitedUntil: undefined,
  processInFlight: 0,
  processSlots: 256,
  gathering: undefined,
  room: Number.POSITIVE_INFINITY,
  isBehind: false,
};

export const ATTEMPT: Attempt = {
  number: 1,
  startedAt: NOW - 9 * MINUTE,
  durationMs: 40,
  outcome: "failure",
  status: 503,
  errorCode: undefined,
  errorMessage: undefined,
  phase: "done",
  remoteAddress: "192.0.2.1",
  bytesSent: 10,
  requestHeaders: [],
  responseHeaders: [],
  responseExcerpt: undefined,
  truncated: false,
  trigger: "auto",
  worker: "w",
};

/** An event of ten minutes ago that the subscription takes. */
export function factsOf(change: Partial<WhyFacts> = {}): WhyFacts {
  return {
    now: NOW,
    event: { id: "evt_1", type: "order.paid", createdAt: NOW - 10 * MINUTE },
    subscription: SUBSCRIPTION,
    subscriptionId: "sub_1",
    delivery: undefined,
    attempts: [],
    changes: [],
    switches: [],
    filter: undefined,
    filterThen: undefined,
    version: { kind: "as_published" },
    versionThen: { kind: "as_published" },
    sender: { kind: "lane", lane: LANE },
    ahead: undefined,
    deeds: [],
    ...change,
  };
}

export function waiting(lane: Partial<LaneFacts> = {}, change: Partial<WhyFacts> = {}): WhyFacts {
  return factsOf({ delivery: DELIVERY, sender: { kind: "lane", lane: { ...LANE, ...lane } }, ...change });
}
