import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ClaimedDelivery } from "../../src/core/delivery.ts";
import type { BatchRule } from "../../src/core/subscription.ts";
import { allOf, Batches } from "../../src/deliver/batches.ts";
import { SCOPE } from "../support/sending.ts";

const RULE: BatchRule = { maxEvents: 3, maxWaitMs: 1_000 };
const MIB = 1024 * 1024;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function delivery(rowId: number, { bytes = 2, roundAttempts = 0 } = {}): ClaimedDelivery {
  const data = Buffer.alloc(bytes, " ");
  const event = { id: `evt_${rowId}`, type: "a", timestamp: 0, data, metadata: undefined, version: undefined };
  const counts = { attemptCount: roundAttempts, roundAttempts };
  return {
    rowId,
    id: `dlv_${rowId}`,
    subscriptionRowId: 1,
    scope: SCOPE,
    event,
    ...counts,
    createdAt: 0,
    trigger: "auto",
  };
}

interface Sent {
  owner: string;
  rowIds: number[];
  leaseEndsAt: number;
  at: number;
}

function open() {
  const sent: Sent[] = [];
  const batches = new Batches<string>({
    now: () => Date.now(),
    onRipe: (owner, first, leaseEndsAt) => {
      sent.push({ owner, rowIds: allOf(first).map(({ rowId }) => rowId), leaseEndsAt, at: Date.now() });
    },
  });
  return { batches, sent, rowIds: () => sent.map((one) => one.rowIds) };
}

describe("batches", () => {
  it("have a delivery once, though it was claimed again because its lease was lost", () => {
    const { batches, rowIds } = open();
    for (const rowId of [1, 2, 1, 3]) batches.add("shop", RULE, delivery(rowId), Date.now() + 60_000);
    expect(rowIds()).toEqual([[1, 2, 3]]);
  });

  it("go out when they are full, at once and in order, and the rest when its first has waited long enough", () => {
    const { batches, sent, rowIds } = open();
    const start = Date.now();
    for (let n = 1; n <= 4; n++) batches.add("shop", RULE, delivery(n), start + 60_000 - n);
    expect(rowIds()).toEqual([[1, 2, 3]]);
    vi.advanceTimersByTime(600);
    batches.add("shop", RULE, delivery(5), start + 70_000);
    vi.advanceTimersByTime(399);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sent.slice(1)).toEqual([
      { owner: "shop", rowIds: [4, 5], leaseEndsAt: start + 60_000 - 4, at: start + 1_000 },
    ]);
    vi.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(2);
  });

  it("are never larger than a mebibyte, but for one event that is", () => {
    const { batches, rowIds } = open();
    batches.add("shop", RULE, delivery(1, { bytes: MIB / 2 }), 0);
    batches.add("shop", RULE, delivery(2, { bytes: MIB / 2 + 1 }), 0);
    expect(rowIds()).toEqual([[1]]);
    batches.add("shop", RULE, delivery(3, { bytes: 2 * MIB }), 0);
    expect(rowIds()).toEqual([[1], [2], [3]]);
    batches.add("shop", RULE, delivery(4, { bytes: MIB }), 0);
    expect(rowIds()).toEqual([[1], [2], [3], [4]]);
  });

  it("are of one subscription, and of first attempts or of retries", () => {
    const { batches, rowIds } = open();
    batches.add("shop", RULE, delivery(1), 0);
    batches.add("mail", RULE, delivery(2), 0);
    batches.add("shop", RULE, delivery(3, { roundAttempts: 1 }), 0);
    batches.add("shop", RULE, delivery(4), 0);
    batches.add("shop", RULE, delivery(5, { roundAttempts: 4 }), 0);
    vi.advanceTimersByTime(1_000);
    expect(new Set(rowIds().map(String))).toEqual(new Set(["1,4", "2", "3,5"]));
  });

  it("that are taken back go out no more; others do", () => {
    const { batches, rowIds } = open();
    batches.add("shop", RULE, delivery(1), 0);
    batches.add("shop", RULE, delivery(2, { roundAttempts: 1 }), 0);
    batches.add("mail", RULE, delivery(3), 0);
    expect(batches.take("shop").map(({ rowId }) => rowId)).toEqual([1, 2]);
    expect(batches.take("shop")).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(rowIds()).toEqual([[3]]);
    batches.add("mail", RULE, delivery(4), 0);
    batches.stop();
    vi.advanceTimersByTime(60_000);
    expect(rowIds()).toEqual([[3]]);
  });

  it("hold everything once, in order, neither too much nor too long, whatever comes when", () => {
    const step = fc.record({
      owner: fc.constantFrom("shop", "mail"),
      bytes: fc.constantFrom(2, 2, 2, MIB / 3, MIB),
      roundAttempts: fc.constantFrom(0, 1),
      waitMs: fc.constantFrom(0, 0, 0, 1, 50, 500, 2_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 2, max: 5 }), (steps, maxEvents) => {
        const { batches, sent } = open();
        const rule = { maxEvents, maxWaitMs: 500 };
        const added = steps.map(({ owner, waitMs, ...rest }, index) => {
          const one = delivery(index, rest);
          const at = Date.now();
          batches.add(owner, rule, one, at);
          vi.advanceTimersByTime(waitMs);
          return { owner, one, at };
        });
        vi.advanceTimersByTime(505);
        for (const owner of ["shop", "mail"]) {
          for (const kind of [0, 1]) {
            const mine = added.filter((add) => add.owner === owner && add.one.roundAttempts === kind);
            const went = sent.filter((one) => one.owner === owner && added[one.rowIds[0]!]!.one.roundAttempts === kind);
            expect(went.flatMap(({ rowIds }) => rowIds)).toEqual(mine.map(({ one }) => one.rowId));
          }
        }
        for (const { rowIds, at, leaseEndsAt } of sent) {
          const inIt = rowIds.map((rowId) => added[rowId]!);
          expect(rowIds.length).toBeLessThanOrEqual(maxEvents);
          const bytes = inIt.reduce((sum, { one }) => sum + one.event.data.length, 0);
          expect(rowIds.length === 1 || bytes <= MIB).toBe(true);
          // A timer that would sleep for less than 5 ms sleeps for 5.
          expect(at - inIt[0]!.at).toBeLessThanOrEqual(505);
          expect(leaseEndsAt).toBe(Math.min(...inIt.map((add) => add.at)));
        }
      }),
      { numRuns: 200 },
    );
  });
});
