import type { LaneClaim } from "../store/store.ts";
import type { Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import { FRESH, type Kind, RETRIES } from "./limits.ts";

/** Payload bytes that may wait in lanes; what is claimed beyond it would fill the memory, not the slots. */
const MAX_READY_BYTES = 32 * 1024 * 1024;
/** Lanes of one claim: each costs the writer some 15 µs, and everybody else's commit waits for it. */
const MAX_LANES = 500;
/** Of what may still be claimed ahead of the slots, one lane gets at most this part: those that come later find some. */
const AHEAD_PART = 0.25;
/**
 * … and at least so many, if it has the use for them: a lane costs the store as much as several deliveries. Those that
 * get nothing this time stand first in line for the next.
 */
const LEAST_AHEAD = 16;
/** Part of all that may wait which must be free before more is claimed ahead: many small claims would cost the most. */
const ROOM_PART = 0.25;
/** Deliveries that are claimed at a time for a lane that has them in batches: everybody else's commit waits for it. */
const MAX_BATCHED = 2_000;
/** While both wait, a lane with retries comes after so many with deliveries that were never tried. */
const FRESH_TURNS = 3;

export interface ClaimPlan {
  claims: LaneClaim[];
  /** Unix ms. */
  leaseEndsAt: number;
}

/** What is left to be given out in one plan. */
interface Budget {
  /** Slots that nothing at hand can use. */
  slots: number;
  /** Deliveries that may be claimed ahead of their slots. */
  ahead: number;
}

/**
 * What to claim now, over all lanes that want to: first of all as much as can start now, an equal part for each lane;
 * then a little ahead, so that slots do not wait for the store. The lanes count as claiming from here on.
 *
 * @param maxReady most deliveries that wait in all lanes together.
 */
export function planClaims(lanes: Lanes, maxReady: number, now: number): ClaimPlan {
  const { slots } = lanes;
  const plan: ClaimPlan = { claims: [], leaseEndsAt: 0 };
  const quota = slots.quota(now);
  // With a limit for the whole process, what is claimed ahead of it would only wait.
  const isAhead = quota === Number.POSITIVE_INFINITY && slots.readyBytes < MAX_READY_BYTES;
  const budget: Budget = {
    slots: Math.max(0, Math.min(slots.free - slots.reserved, quota)),
    ahead: isAhead && maxReady * ROOM_PART <= maxReady - slots.ready ? maxReady - slots.ready : 0,
  };
  const isRetryTime = slots.doubtfulMayStart;
  const hungry = lanes.hungry(FRESH) + (isRetryTime ? lanes.hungry(RETRIES) : 0);
  const share: Budget = {
    slots: Math.max(1, Math.floor(budget.slots / hungry)),
    ahead: Math.min(
      budget.ahead,
      Math.max(LEAST_AHEAD, Math.floor(Math.min(budget.ahead * AHEAD_PART, budget.ahead / hungry))),
    ),
  };
  for (let n = 0; n < MAX_LANES && (0 < budget.slots || 0 < Math.min(share.ahead, budget.ahead)); n++) {
    const first: Kind = isRetryTime && n % (FRESH_TURNS + 1) === FRESH_TURNS ? RETRIES : FRESH;
    const lane =
      lanes.nextHungry(first, now) ??
      (first === RETRIES || isRetryTime ? lanes.nextHungry(first === FRESH ? RETRIES : FRESH, now) : undefined);
    if (lane === undefined) break;
    const claim = claimOf(lane, lanes, budget, share, isRetryTime, now);
    if (claim === undefined) continue;
    plan.claims.push(claim);
    plan.leaseEndsAt = Math.max(plan.leaseEndsAt, lane.leaseEndsAt(now));
  }
  return plan;
}

/** Undefined: it cannot start anything, or its retries wait for their host's limit. It comes back by itself. */
function claimOf(
  lane: Lane,
  lanes: Lanes,
  budget: Budget,
  share: Budget,
  isRetryTime: boolean,
  now: number,
): LaneClaim | undefined {
  if (lane.isClaiming || !lane.takes) return undefined;
  const startable = lanes.slots.startable(lane, now);
  const isStuck = lane.isStuck(now);
  const wanted = Math.min(startable + (isStuck ? 0 : lane.prefetch), lane.tenant.quota(now));
  if (wanted <= 0) return undefined;
  const toStart = Math.min(Math.max(0, startable), wanted, share.slots, budget.slots);
  const granted = toStart + (isStuck ? 0 : Math.min(wanted - toStart, share.ahead, budget.ahead));
  const isFresh = lane.wants(FRESH, now);
  const most = isRetryTime && lane.wants(RETRIES, now) ? mostRetries(lane, lanes, granted, now) : 0;
  const limit = isFresh ? granted : most;
  if (limit <= 0) return undefined;
  budget.slots -= Math.min(toStart, limit);
  budget.ahead -= Math.max(0, limit - toStart);
  lanes.claimSent(lane, limit, most, now);
  const retries = isFresh && 0 < most ? Math.min(lane.retriesOf(limit), most) : most;
  const claim =
    most < limit
      ? { subscriptionRowId: lane.rowId, limit, retries, maxRetries: most }
      : { subscriptionRowId: lane.rowId, limit, retries };
  return lane.subscription.batch === undefined ? claim : inBatches(claim, lane.subscription.batch.maxEvents);
}

/** A claim of so many requests, as deliveries. */
function inBatches({ subscriptionRowId, limit, retries = 0, maxRetries = limit }: LaneClaim, size: number): LaneClaim {
  const asDeliveries = (requests: number): number => Math.min(requests * size, Math.max(size, MAX_BATCHED));
  return {
    subscriptionRowId,
    limit: asDeliveries(limit),
    retries: asDeliveries(retries),
    maxRetries: asDeliveries(maxRetries),
  };
}

/** Of a claim of `limit`: no more than its host's limit has tokens for, and an equal part where others wait for them. */
function mostRetries(lane: Lane, lanes: Lanes, limit: number, now: number): number {
  const { host } = lane;
  if (host === undefined || limit <= 0) return limit;
  if (lane.hostTurn.isWaiting) return 0;
  const quota = host.quota(now);
  if (quota <= 0) {
    lanes.waitForToken(lane, host, now);
    return 0;
  }
  return Math.min(limit, Math.max(1, Math.floor(quota / (1 + host.waiting.size))));
}
