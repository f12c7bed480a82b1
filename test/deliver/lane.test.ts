import { describe, expect, it } from "vitest";
import type { Subscription } from "../../src/core/subscription.ts";
import { planClaims } from "../../src/deliver/claim-plan.ts";
import type { Lane } from "../../src/deliver/lane.ts";
import type { Lanes } from "../../src/deliver/lanes.ts";
import { attemptOf, deliveryOf, lanesOf, NOON, subscriptionOf } from "./support/lanes.ts";

const MAX_READY = 4_096;
const SECOND = 1_000;

/** One lane that has been told that something is due. */
function oneLane(settings: Partial<Subscription> = {}, options: Parameters<typeof lanesOf>[1] = {}) {
  const lanes = lanesOf([subscriptionOf(settings)], options);
  const lane = lanes.get(1)!;
  lane.dueBy(0);
  return { lanes, lane };
}

/** Claims once, as the store would answer that `left` more are due. */
function claim(lanes: Lanes, lane: Lane, now: number): number {
  lanes.touch(lane, now);
  const { claims } = planClaims(lanes, MAX_READY, now);
  return claims[0]?.limit ?? 0;
}

function startOne(lanes: Lanes, lane: Lane, now: number) {
  lanes.addReady(lane, deliveryOf(lane), now + 25_000);
  return lanes.slots.next(now);
}

describe("how many a lane claims", () => {
  it("as many as it has slots, and none while a claim is out, nothing is due, or it takes nothing", () => {
    const { lanes, lane } = oneLane();
    expect(claim(lanes, lane, NOON)).toBe(10);
    expect(claim(lanes, lane, NOON)).toBe(0); // one is out
    lanes.claimAnswered(lane, NOON + 1, undefined, NOON);
    expect(claim(lanes, lane, NOON)).toBe(0);
    startOne(lanes, lane, NOON);
    expect(claim(lanes, lane, NOON + 1)).toBe(9);
    lanes.claimAnswered(lane, 0, undefined, NOON + 1);
    lane.isShut = true;
    expect(claim(lanes, lane, NOON + 1)).toBe(0);
    for (const settings of [{ paused: true }, { enabled: false }]) {
      const closed = oneLane(settings);
      expect(claim(closed.lanes, closed.lane, NOON)).toBe(0);
    }
  });

  it("further ahead when it runs dry while more is due, and less far when a claim lasts long in its own slots", () => {
    const { lanes, lane } = oneLane();
    const claimAt = (at: number) => {
      const limit = claim(lanes, lane, at);
      lanes.claimAnswered(lane, 0, undefined, at);
      return limit;
    };
    expect([NOON, NOON + 10, NOON + 20, NOON + 30].map(claimAt)).toEqual([10, 10, 20, 30]);
    for (let n = 0; n < 20; n++) claimAt(NOON + 40 + n);
    expect(claimAt(NOON + 100)).toBe(1_034);
    for (let n = 1; n < 13; n++) claimAt(NOON + 5_000 * n);
    expect(claimAt(NOON + 70_000)).toBe(1_034); // others had the slots
    const started = Array.from({ length: 10 }, () => startOne(lanes, lane, NOON + 70_000)!);
    for (let n = 1; n < 13; n++) {
      const at = NOON + 70_000 + 5_000 * n;
      lanes.slots.ended(started.shift()!, attemptOf(200, at));
      started.push(startOne(lanes, lane, at)!);
      claimAt(at);
    }
    for (const leased of started) lanes.slots.ended(leased, attemptOf(200, NOON + 150_000));
    expect(claimAt(NOON + 150_000)).toBe(10);
  });

  it("as far ahead as ever when only the store takes long to answer", () => {
    const { lanes, lane } = oneLane();
    const limits: number[] = [];
    for (let at = NOON; limits.length < 6; at += 3_000) {
      limits.push(claim(lanes, lane, at));
      // Two seconds in the store; by then, what was at hand has been started and has ended.
      lanes.claimAnswered(lane, 0, undefined, at + 2_000);
      for (let leased = startOne(lanes, lane, at + 2_000); leased !== undefined; leased = undefined) {
        lanes.slots.ended(leased, attemptOf(200, at + 2_001));
      }
    }
    expect(limits).toEqual(limits.toSorted((one, other) => one - other));
    expect(limits.at(-1)).toBeGreaterThan(50);
  });

  it("never more than a tunnel has room for or a rate limit has tokens", () => {
    for (const room of [3, 0]) {
      const { lanes, lane } = oneLane({}, { room: () => room });
      expect(claim(lanes, lane, NOON)).toBe(room);
    }
    const { lanes, lane } = oneLane({ rateLimit: { count: 2, perMs: SECOND } });
    expect(claim(lanes, lane, NOON)).toBe(2);
    lanes.claimAnswered(lane, 0, undefined, NOON);
    startOne(lanes, lane, NOON);
    startOne(lanes, lane, NOON);
    expect(claim(lanes, lane, NOON)).toBe(0);
    expect(lanes.nextWakeAt(NOON)).toBe(NOON + SECOND);
    lanes.wake(NOON + SECOND);
    expect(claim(lanes, lane, NOON + SECOND)).toBe(2);
  });

  it("not for slots that fresh deliveries have reserved", () => {
    const { lanes, lane } = oneLane({ concurrency: 2 });
    expect(lanes.slots.hasRoom(lane, NOON)).toBe(false); // what waits in the store comes first
    expect(claim(lanes, lane, NOON)).toBe(2);
    lanes.claimAnswered(lane, NOON + 5_000, undefined, NOON);
    expect(lanes.slots.hasRoom(lane, NOON)).toBe(true);
    lane.reserve(NOON + 25_000);
    lane.reserve(NOON + 25_001);
    expect(lanes.slots.hasRoom(lane, NOON)).toBe(false);
    expect(claim(lanes, lane, NOON + 5_000)).toBe(0);
    expect(lane.unreserve()).toBe(NOON + 25_000);
    expect(claim(lanes, lane, NOON + 5_000)).toBe(1);
  });

  it("more wait in memory than it has slots while others have the slots, and none when its own are taken", () => {
    const roomWith = (started: number): boolean => {
      const { lanes, lane } = oneLane();
      lanes.claimSent(lane, 1, 0, NOON);
      lanes.claimAnswered(lane, undefined, undefined, NOON);
      lanes.slots.ended(startOne(lanes, lane, NOON)!, attemptOf(200, NOON));
      for (let n = 0; n < started; n++) startOne(lanes, lane, NOON);
      for (let n = started; n < 11; n++) lanes.addReady(lane, deliveryOf(lane), NOON + 25_000);
      return lanes.slots.hasRoom(lane, NOON, 500);
    };
    expect(roomWith(0)).toBe(true);
    expect(roomWith(10)).toBe(false);
  });

  it("retries get a quarter while others wait, and all of it when nothing else does", () => {
    const claimOf = (freshAt: number, retriesAt: number) => {
      const { lanes, lane } = oneLane({ concurrency: 8 });
      lane.claimSent(0, 0, NOON);
      lanes.claimAnswered(lane, freshAt, retriesAt, NOON);
      lanes.touch(lane, NOON);
      return planClaims(lanes, MAX_READY, NOON).claims[0];
    };
    const later = NOON + 1;
    expect(claimOf(NOON, NOON)).toEqual({ subscriptionRowId: 1, limit: 8, retries: 2 });
    expect(claimOf(NOON, later)).toEqual({ subscriptionRowId: 1, limit: 8, retries: 0, maxRetries: 0 });
    expect(claimOf(later, NOON)).toEqual({ subscriptionRowId: 1, limit: 8, retries: 8 });
    expect(claimOf(later, later)).toBeUndefined();
  });
});

describe("a lane whose receiver fails", () => {
  const withBreaker = (settings: Partial<Subscription> = {}) => oneLane({ hasBreaker: true, ...settings });

  function failFive(lanes: Lanes, lane: Lane): void {
    for (let n = 0; n < 5; n++) lanes.slots.ended(startOne(lanes, lane, NOON)!, attemptOf(500, NOON));
  }

  it("starts nothing for 30 s, then one, and goes on when that succeeds", () => {
    const { lanes, lane } = withBreaker();
    failFive(lanes, lane);
    expect(lane.rests(NOON)).toBe(true);
    expect(claim(lanes, lane, NOON + 29_999)).toBe(0);
    expect(lanes.nextWakeAt(NOON)).toBe(NOON + 30_000);
    expect(lanes.slots.hasRoom(lane, NOON + 30_000)).toBe(false);
    lanes.wake(NOON + 30_000);
    expect(claim(lanes, lane, NOON + 30_000)).toBe(1);
    lanes.claimAnswered(lane, 0, undefined, NOON + 30_000);
    const probe = startOne(lanes, lane, NOON + 30_000);
    expect(probe).toBeDefined();
    expect(claim(lanes, lane, NOON + 30_000)).toBe(0);
    expect(startOne(lanes, lane, NOON + 30_000)).toBeUndefined();
    const recorded = attemptOf(204, NOON + 31_000);
    lanes.slots.ended(probe!, recorded);
    expect(recorded.breaker).toEqual({ openings: 0, openUntil: undefined });
    expect(lane.rests(NOON + 31_000)).toBe(false);
    lanes.touch(lane, NOON + 31_000);
    expect(lanes.slots.next(NOON + 31_000)).toBeDefined();
  });

  it("goes on without a breaker, however often it fails, and a tunnel has none", () => {
    for (const settings of [{ hasBreaker: false }, { hasBreaker: true, transport: "tunnel" as const }]) {
      const { lanes, lane } = withBreaker(settings);
      failFive(lanes, lane);
      failFive(lanes, lane);
      expect(lane.rests(NOON)).toBe(false);
      expect(claim(lanes, lane, NOON)).toBe(10);
    }
  });

  it("keeps what it saw over a change of its settings, and begins anew for another URL or when it is enabled", () => {
    const changes: [Partial<Subscription>, boolean][] = [
      [{ name: "other", breaker: { openings: 0, openUntil: undefined } }, true],
      [{ paused: true }, true],
      [{ url: "http://127.0.0.1:2/" }, false],
      [{ hasBreaker: false }, false],
    ];
    for (const [change, rests] of changes) {
      const { lanes, lane } = withBreaker();
      failFive(lanes, lane);
      lane.update({ ...lane.subscription, ...change });
      expect(lane.rests(NOON)).toBe(rests);
    }
    const { lanes, lane } = withBreaker();
    failFive(lanes, lane);
    lane.update({ ...lane.subscription, enabled: false });
    expect(lane.rests(NOON)).toBe(true);
    lane.update({ ...lane.subscription, enabled: true });
    expect(lane.rests(NOON)).toBe(false);
    // The store hears of it with the next attempt.
    const recorded = attemptOf(204, NOON);
    lanes.slots.ended(startOne(lanes, lane, NOON)!, recorded);
    expect(recorded.breaker).toEqual({ openings: 0, openUntil: undefined });
  });

  it("begins with what was kept of it", () => {
    const { lanes, lane } = withBreaker({ breaker: { openings: 2, openUntil: NOON + 5_000 } });
    expect(claim(lanes, lane, NOON)).toBe(0);
    expect(lanes.nextWakeAt(NOON)).toBe(NOON + 5_000);
    expect(claim(lanes, lane, NOON + 5_000)).toBe(1);
  });
});

describe("a lane whose receiver has too much to do", () => {
  it("rests as a whole as long as it was asked to, then starts one at a time, and speeds up", () => {
    const { lanes, lane } = oneLane();
    lanes.slots.ended(startOne(lanes, lane, NOON)!, attemptOf(503, NOON, { retryAfter: "60" }));
    expect(lane.rests(NOON)).toBe(true);
    expect(claim(lanes, lane, NOON)).toBe(0);
    expect(lanes.nextWakeAt(NOON)).toBe(NOON + 60_000);
    expect(claim(lanes, lane, NOON + 60_000)).toBe(1);
    lanes.claimAnswered(lane, 0, undefined, NOON + 60_000);
    const first = startOne(lanes, lane, NOON + 60_000)!;
    expect(startOne(lanes, lane, NOON + 60_000)).toBeUndefined();
    lanes.slots.ended(first, attemptOf(200, NOON + 60_100));
    lanes.touch(lane, NOON + 60_100);
    expect(lanes.slots.next(NOON + 60_100)).toBeDefined();
    expect(startOne(lanes, lane, NOON + 60_100)).toBeDefined();
    expect(startOne(lanes, lane, NOON + 60_100)).toBeUndefined();
  });

  it("has half as many in flight after a 503, and as many as before after a 500; a tunnel's listener says so itself", () => {
    for (const [status, transport, then] of [
      [503, "http", 5],
      [500, "http", 10],
      [503, "tunnel", 10],
    ] as const) {
      const { lanes, lane } = oneLane({ transport });
      const inFlight = Array.from({ length: 10 }, () => startOne(lanes, lane, NOON)!);
      for (const leased of inFlight) {
        lanes.slots.ended(leased, attemptOf(status, NOON + 10, { startedAt: NOON }));
      }
      expect(claim(lanes, lane, NOON + 10)).toBe(then);
    }
  });
});

it("what a lane asked for of its tenant's limit and did not get is for the tenant's others", () => {
  const rates = { process: undefined, tenant: { count: 4, perMs: SECOND }, hostRetries: undefined };
  const lanes = lanesOf([subscriptionOf(), subscriptionOf({ rowId: 2 })], { rates });
  const [one, other] = [lanes.get(1)!, lanes.get(2)!];
  for (const lane of [one, other]) {
    lane.dueBy(0);
    lanes.touch(lane, NOON);
  }
  const limits = () => planClaims(lanes, MAX_READY, NOON).claims.map((each) => [each.subscriptionRowId, each.limit]);
  expect(limits()).toEqual([[1, 4]]);
  expect(limits()).toEqual([]);
  lanes.claimAnswered(one, undefined, undefined, NOON);
  lanes.addReady(one, deliveryOf(one), NOON + 25_000);
  expect(limits()).toEqual([[2, 3]]);
});

it("a retry that is at hand and waits for its host's token is started with the next one, which is its own", () => {
  const rates = { process: undefined, tenant: undefined, hostRetries: { count: 1, perMs: SECOND } };
  const lanes = lanesOf([subscriptionOf(), subscriptionOf({ rowId: 2 })], { rates });
  for (const rowId of [1, 2]) lanes.addReady(lanes.get(rowId)!, deliveryOf(lanes.get(rowId)!, 1), NOON + 25_000);
  const started = (now: number) => lanes.slots.next(now)?.lane.rowId;
  expect([started(NOON), started(NOON)]).toEqual([1, undefined]);
  lanes.wake(NOON + SECOND - 1);
  expect(started(NOON + SECOND - 1)).toBeUndefined();
  lanes.wake(NOON + SECOND);
  expect(started(NOON + SECOND)).toBe(2);
});

it("a lane that found its tenant's limit promised to others claims when that limit has tokens again", () => {
  const rates = { process: undefined, tenant: { count: 1, perMs: SECOND }, hostRetries: undefined };
  const lanes = lanesOf([subscriptionOf(), subscriptionOf({ rowId: 2 })], { rates });
  const [one, other] = [lanes.get(1)!, lanes.get(2)!];
  for (const lane of [one, other]) {
    lane.dueBy(0);
    lanes.touch(lane, NOON);
  }
  const claimed = (now: number) => planClaims(lanes, MAX_READY, now).claims.map((each) => each.subscriptionRowId);
  expect(claimed(NOON)).toEqual([1]);
  lanes.claimAnswered(one, undefined, undefined, NOON);
  lanes.addReady(one, deliveryOf(one), NOON + 25_000);
  expect(claimed(NOON)).toEqual([]);
  lanes.slots.next(NOON);
  expect(lanes.nextWakeAt(NOON)).toBe(NOON + SECOND);
  lanes.wake(NOON + SECOND);
  expect(claimed(NOON + SECOND)).toEqual([2]);
});

it("a lane whose last attempt failed claims nothing for slots that it may not have", () => {
  const { lanes, lane } = oneLane({}, { slots: 4 });
  const failed = startOne(lanes, lane, NOON)!;
  lanes.slots.ended(failed, attemptOf(500, NOON));
  const hanging = [1, 2, 3].map(() => startOne(lanes, lane, NOON)!);
  expect(lanes.slots.free).toBe(1);
  expect(claim(lanes, lane, NOON + 2 * SECOND)).toBe(0);
  lanes.slots.ended(hanging[0]!, attemptOf(500, NOON + 2 * SECOND));
  expect(claim(lanes, lane, NOON + 2 * SECOND)).toBeGreaterThan(0);
});

describe("what is at hand for too long", () => {
  it("is given back when nothing of its lane has moved for a second, and not when something has", () => {
    const { lanes, lane } = oneLane({ concurrency: 1 });
    const delivery = startOne(lanes, lane, NOON)!;
    lanes.addReady(lane, deliveryOf(lane), NOON + 25_000);
    lanes.touch(lane, NOON);
    expect(lanes.nextWakeAt(NOON)).toBe(NOON + SECOND);
    lanes.slots.ended(delivery, attemptOf(204, NOON + 600));
    lanes.slots.next(NOON + 600);
    lanes.addReady(lane, deliveryOf(lane), NOON + 25_000);
    expect(lanes.wake(NOON + SECOND)).toEqual([]);
    expect(lanes.nextWakeAt(NOON + SECOND)).toBe(NOON + 1_600);
    expect(lanes.wake(NOON + 1_600)).toHaveLength(1);
    expect(lanes.slots.ready).toBe(0);
  });

  it("is given back when its lease would end before the attempt could", () => {
    const { lanes, lane } = oneLane();
    lanes.addReady(lane, deliveryOf(lane), NOON + 25_000);
    expect(lanes.slots.next(NOON + 15_001)).toBeUndefined();
    expect(lanes.slots.takeStale()).toHaveLength(1);
    expect(lanes.slots.takeStale()).toHaveLength(0);
    expect(lanes.slots.ready).toBe(0);
  });

  describe("when the first one's lease ends sooner than a later one's", () => {
    /** Nothing moves; two are at hand, and at `NOON + 16 s` only the second still fits into its lease. */
    function twoAtHand(transport: "http" | "tunnel") {
      const { lanes, lane } = oneLane({ transport });
      const [first, second] = [deliveryOf(lane), deliveryOf(lane)];
      lanes.addReady(lane, first, NOON + 25_000);
      lanes.addReady(lane, second, NOON + 40_000);
      lanes.touch(lane, NOON);
      return { lanes, first, second, at: NOON + 16 * SECOND };
    }
    const deliveriesOf = (some: readonly { delivery: unknown }[]) => some.map(({ delivery }) => delivery);

    it("a tunnel gives both back, so that none overtakes the other, whoever notices", () => {
      const one = twoAtHand("tunnel");
      expect(one.lanes.slots.next(one.at)).toBeUndefined();
      expect(deliveriesOf(one.lanes.takeStale(one.at))).toEqual([one.first, one.second]);
      expect(one.lanes.slots.ready).toBe(0);
      const other = twoAtHand("tunnel");
      expect(deliveriesOf(other.lanes.wake(other.at))).toEqual([other.first, other.second]);
      expect(other.lanes.slots.ready).toBe(0);
    });

    it("anybody else gets the second at once", () => {
      const one = twoAtHand("http");
      expect(one.lanes.slots.next(one.at)?.delivery).toBe(one.second);
      expect(deliveriesOf(one.lanes.takeStale(one.at))).toEqual([one.first]);
      const other = twoAtHand("http");
      expect(deliveriesOf(other.lanes.wake(other.at))).toEqual([other.first]);
      expect(other.lanes.slots.next(other.at)?.delivery).toBe(other.second);
    });
  });
});
