import { describe, expect, it } from "vitest";
import type { ClaimedDelivery } from "../../src/core/delivery.ts";
import type { Subscription } from "../../src/core/subscription.ts";
import { Lane } from "../../src/deliver/lane.ts";
import { Lanes } from "../../src/deliver/lanes.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

function subscriptionOf(settings: Partial<Subscription> = {}): Subscription {
  const defaults = {
    rowId: 1,
    transport: "http",
    enabled: true,
    paused: false,
    concurrency: 10,
    timeoutMs: 10_000,
    rateLimit: undefined,
  };
  return { ...defaults, ...settings } as Subscription;
}

function laneOf(settings: Partial<Subscription> = {}, room = Number.POSITIVE_INFINITY): Lane {
  const lane = new Lane(subscriptionOf(settings), {
    send: () => Promise.reject(new Error("unused")),
    room: () => room,
  });
  lane.dueAt = 0;
  return lane;
}

const delivery = { event: { data: new Uint8Array(3) } } as ClaimedDelivery;

describe("how many a lane claims", () => {
  it("as many as it has slots, and none while a claim is out, nothing is due, or it takes nothing", () => {
    const lane = laneOf();
    expect(lane.claimLimit(NOON)).toBe(10);
    lane.start(NOON);
    expect(lane.claimLimit(NOON)).toBe(9);
    lane.claimSent();
    expect(lane.claimLimit(NOON)).toBe(0);
    lane.claimAnswered(NOON + 1, NOON);
    expect(lane.claimLimit(NOON)).toBe(0);
    expect(lane.claimLimit(NOON + 1)).toBe(9);
    lane.isShut = true;
    expect(lane.claimLimit(NOON + 1)).toBe(0);
    expect(laneOf({ paused: true }).claimLimit(NOON)).toBe(0);
    expect(laneOf({ enabled: false }).claimLimit(NOON)).toBe(0);
  });

  it("further ahead when it runs dry while more is due, and less far when a claim lasts long", () => {
    const lane = laneOf();
    const claimAt = (at: number) => {
      const limit = lane.claimLimit(at);
      lane.claimSent();
      lane.claimAnswered(0, at);
      return limit;
    };
    expect([NOON, NOON + 10, NOON + 20, NOON + 30].map(claimAt)).toEqual([10, 10, 20, 30]);
    for (let n = 0; n < 20; n++) claimAt(NOON + 40 + n);
    expect(lane.claimLimit(NOON + 100)).toBe(1_034);
    for (let n = 1; n < 12; n++) claimAt(NOON + 5_000 * n);
    expect(lane.claimLimit(NOON + 100_000)).toBe(10);
  });

  it("never more than a tunnel has room for or a rate limit has tokens", () => {
    expect(laneOf({}, 3).claimLimit(NOON)).toBe(3);
    expect(laneOf({}, 0).claimLimit(NOON)).toBe(0);
    const limited = laneOf({ rateLimit: { count: 2, perMs: 1_000 } });
    expect(limited.claimLimit(NOON)).toBe(2);
    limited.start(NOON);
    limited.start(NOON);
    expect(limited.claimLimit(NOON)).toBe(0);
    expect(limited.canStart(NOON)).toBe(false);
    expect(limited.wakeAt(NOON)).toBe(NOON + 1_000);
    expect(limited.canStart(NOON + 1_000)).toBe(true);
  });

  it("not for slots that fresh deliveries have reserved", () => {
    const lane = laneOf({ concurrency: 2 });
    expect(lane.hasRoom(NOON)).toBe(false); // what waits in the store comes first
    lane.dueAt = NOON + 5_000;
    expect(lane.hasRoom(NOON)).toBe(true);
    lane.reserve(NOON + 25_000);
    lane.reserve(NOON + 25_001);
    expect(lane.hasRoom(NOON)).toBe(false);
    lane.dueAt = 0;
    expect(lane.claimLimit(NOON)).toBe(0);
    expect(lane.unreserve()).toBe(NOON + 25_000);
    expect(lane.claimLimit(NOON)).toBe(1);
  });
});

describe("whose turn it is", () => {
  function lanesOf(...subscriptions: Subscription[]): Lanes {
    const transport = { send: () => Promise.reject(new Error("unused")), room: () => Number.POSITIVE_INFINITY };
    const lanes = new Lanes({ http: transport, tunnel: transport }, 1_024);
    lanes.update({ get: () => undefined, all: () => subscriptions });
    return lanes;
  }

  it("goes around, one delivery each", () => {
    const lanes = lanesOf(
      subscriptionOf({ rowId: 1 }),
      subscriptionOf({ rowId: 2 }),
      subscriptionOf({ rowId: 3, concurrency: 1 }),
    );
    for (const [rowId, count] of [
      [1, 4],
      [2, 2],
      [3, 2],
    ] as const) {
      for (let n = 0; n < count; n++) lanes.addReady(lanes.get(rowId)!, { delivery, leaseEndsAt: NOON + 25_000 });
    }
    const turns: number[] = [];
    for (let next = lanes.next(NOON); next !== undefined; next = lanes.next(NOON)) {
      next.lane.start(NOON);
      turns.push(next.lane.rowId);
    }
    expect(turns).toEqual([1, 2, 3, 1, 2, 1, 1]);
    expect(lanes.ready).toBe(1);
    lanes.get(3)!.inFlight -= 1;
    lanes.touch(lanes.get(3)!);
    expect(lanes.next(NOON)?.lane.rowId).toBe(3);
  });

  it("shares what may be claimed among many lanes", () => {
    const many = Array.from({ length: 512 }, (_, n) => subscriptionOf({ rowId: n + 1, concurrency: 100 }));
    const lanes = lanesOf(...many);
    for (const lane of lanes.all()) {
      lane.dueAt = 0;
      lanes.touch(lane);
    }
    const { claims, leaseEndsAt } = lanes.claims(NOON);
    expect(claims).toHaveLength(512);
    expect(new Set(claims.map(({ limit }) => limit))).toEqual(new Set([2]));
    expect(leaseEndsAt).toBe(NOON + 25_000);
    expect(lanes.claims(NOON).claims).toEqual([]);
  });

  it("tells which lanes opened, closed with work at hand, and are gone", () => {
    const first = subscriptionOf({ rowId: 1 });
    const lanes = lanesOf(first, subscriptionOf({ rowId: 2 }));
    lanes.addReady(lanes.get(1)!, { delivery, leaseEndsAt: NOON });
    const changes = lanes.update({
      get: () => undefined,
      all: () => [{ ...first, paused: true }, subscriptionOf({ rowId: 3 }), subscriptionOf({ rowId: 4, paused: true })],
    });
    expect(changes.opened.map(({ rowId }) => rowId)).toEqual([3]);
    expect(changes.closed.map(({ rowId }) => rowId)).toEqual([1]);
    expect(changes.removed.map(({ rowId }) => rowId)).toEqual([2]);
    expect(lanes.update({ get: () => undefined, all: () => [first] }).opened.map(({ rowId }) => rowId)).toEqual([1]);
  });
});
