import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AlertBook, type DueAlert } from "../../src/core/alert-book.ts";
import { parseAlertRules } from "../../src/core/alert-rule.ts";
import { SlidingCounts } from "../../src/core/alert-state.ts";

const SCOPE = { tenant: "default", environment: "production" };
const OTHER = { tenant: "default", environment: "staging" };
const WINDOW = 60_000;

const book = (text: string) => new AlertBook(parseAlertRules(text, "alerts"));
/** As whoever stores them does. */
const settle = (of: AlertBook, due: readonly DueAlert[]) => {
  for (const { key, fires } of due) of.settled(key, fires);
  return due.map(({ fires, value, subscription }) => ({ fires, value, subscription }));
};
const fail = (of: AlertBook, times: number, at: number, subscription = "sub_1", scope = SCOPE) => {
  for (let n = 0; n < times; n++) of.attempt(scope, subscription, true, at);
};

describe("counts of a window", () => {
  it("are those of the window, and of at most a thirtieth of it more", () => {
    const anyAttempts = fc.array(fc.record({ after: fc.integer({ min: 0, max: 40_000 }), failed: fc.boolean() }));
    fc.assert(
      fc.property(anyAttempts, fc.integer({ min: 1_000, max: 100_000 }), (attempts, windowMs) => {
        const counts = new SlidingCounts(windowMs);
        const part = Math.ceil(windowMs / 30);
        const seen: { at: number; failed: boolean }[] = [];
        let at = 5;
        for (const { after, failed } of attempts) {
          at += after;
          seen.push({ at, failed });
          counts.add(failed, at);
          const read = counts.read(at);
          const within = (ms: number) => seen.filter((one) => at - ms < one.at);
          for (const [name, of] of [
            ["attempts", (list: typeof seen) => list.length],
            ["failures", (list: typeof seen) => list.filter((one) => one.failed).length],
          ] as const) {
            expect(read[name]).toBeGreaterThanOrEqual(of(within(windowMs)));
            expect(read[name]).toBeLessThanOrEqual(of(within(windowMs + 2 * part)));
          }
        }
        expect(counts.read(at + windowMs + 2 * part)).toEqual({ attempts: 0, failures: 0 });
      }),
    );
  });
});

describe("failure_count", () => {
  it("begins above its threshold, once, and ends at half of it", () => {
    const alerts = book("failure_count > 10 in 1m");
    fail(alerts, 10, 0);
    expect(alerts.look(0)).toEqual([]);
    fail(alerts, 1, 30_000);
    expect(settle(alerts, alerts.look(30_000))).toEqual([{ fires: true, value: 11, subscription: undefined }]);
    fail(alerts, 5, 31_000);
    expect(alerts.look(31_000)).toEqual([]);
    // The first ten are forgotten: six are left, which is more than half of ten.
    expect(alerts.look(WINDOW + 4_000)).toEqual([]);
    fail(alerts, 7, WINDOW + 5_000);
    expect(alerts.look(WINDOW + 5_000)).toEqual([]);
    expect(settle(alerts, alerts.look(3 * WINDOW))).toEqual([{ fires: false, value: 0, subscription: undefined }]);
    expect(alerts.look(4 * WINDOW)).toEqual([]);
    expect(alerts.isBusy).toBe(false);
  });

  it("counts each environment by itself, and each subscription where it is to", () => {
    const alerts = book("failure_count > 2 in 1m, failure_count > 1 in 1m per subscription");
    fail(alerts, 2, 0, "sub_1");
    fail(alerts, 1, 0, "sub_2");
    fail(alerts, 1, 0, "sub_3", OTHER);
    expect(alerts.look(0)).toMatchObject([
      { scope: SCOPE, subscription: undefined, value: 3 },
      { scope: SCOPE, subscription: "sub_1", value: 2 },
    ]);
  });

  it("is due until it is stored", () => {
    const alerts = book("failure_count > 0 in 1m");
    fail(alerts, 1, 0);
    expect(alerts.look(0)).toHaveLength(1);
    expect(alerts.look(1)).toHaveLength(1);
    expect(alerts.isBusy).toBe(true);
    settle(alerts, alerts.look(2));
    expect(alerts.look(3)).toEqual([]);
    // Its subscription is gone: nothing is left of it.
    const gone = book("failure_count > 0 in 1m");
    fail(gone, 1, 0);
    for (const { key } of gone.look(0)) gone.forget(key);
    expect(gone.look(1)).toEqual([]);
    expect(gone.isBusy).toBe(false);
  });
});

describe("failure_rate", () => {
  const RULE = "failure_rate > 50% in 1m min 4";

  it("needs so many attempts, and ends when fewer fail or none comes any more", () => {
    const alerts = book(RULE);
    fail(alerts, 3, 0);
    expect(alerts.look(0)).toEqual([]);
    fail(alerts, 1, 1);
    expect(settle(alerts, alerts.look(1))).toEqual([{ fires: true, value: 1, subscription: undefined }]);
    for (let n = 0; n < 12; n++) alerts.attempt(SCOPE, "sub_1", false, 2);
    expect(settle(alerts, alerts.look(2))).toEqual([{ fires: false, value: 0.25, subscription: undefined }]);

    const silent = book(RULE);
    fail(silent, 4, 0);
    settle(silent, silent.look(0));
    expect(silent.look(WINDOW / 2)).toEqual([]);
    expect(settle(silent, silent.look(2 * WINDOW))).toEqual([{ fires: false, value: 0, subscription: undefined }]);
  });
});

describe("what waits", () => {
  const of = (waiting: number, ageMs: number, subscription?: string) => ({
    scope: SCOPE,
    subscription,
    waiting,
    ageMs,
  });

  it("begins and ends with what is seen of it", () => {
    const alerts = book("backlog > 100, backlog_age > 1m per subscription");
    expect(alerts.watchesBacklog).toBe(true);
    expect(alerts.lookAtBacklog([of(1, 60_000, "sub_1")], [of(100, 0)], 0)).toEqual([]);
    expect(settle(alerts, alerts.lookAtBacklog([of(1, 60_001, "sub_1")], [of(101, 0)], 1))).toEqual([
      { fires: true, value: 101, subscription: undefined },
      { fires: true, value: 60_001, subscription: "sub_1" },
    ]);
    expect(alerts.lookAtBacklog([of(1, 30_001, "sub_1")], [of(51, 0)], 2)).toEqual([]);
    // A subscription of which nothing waits is not in the list any more.
    expect(settle(alerts, alerts.lookAtBacklog([], [of(50, 0)], 3))).toEqual([
      { fires: false, value: 50, subscription: undefined },
      { fires: false, value: 0, subscription: "sub_1" },
    ]);
  });
});

describe("after a restart", () => {
  it("goes on with what fires, for a whole window at least, and names what no rule asks for", () => {
    const alerts = book("failure_count > 0 in 1m, backlog > 5");
    const firing = "failure_count > 0 in 1m";
    const waits = "backlog > 5";
    const target = { scope: SCOPE, subscription: undefined };
    expect(alerts.restore(firing, target, 1_000)).toBe(true);
    expect(alerts.restore(waits, target, 1_000)).toBe(true);
    expect(alerts.restore("failure_count > 99 in 1m", target, 1_000)).toBe(false);
    fail(alerts, 3, 2_000);
    expect(alerts.look(2_000)).toEqual([]);
    expect(alerts.look(WINDOW)).toEqual([]);
    expect(alerts.look(3 * WINDOW)).toMatchObject([{ fires: false, rule: { text: firing } }]);
    expect(alerts.lookAtBacklog([], [], 3 * WINDOW)).toMatchObject([{ fires: false, rule: { text: waits } }]);
  });
});

it("alternates for each target, begins above the threshold only, and always ends by itself", () => {
  const anyStep = fc.record({
    after: fc.integer({ min: 0, max: 30_000 }),
    subscription: fc.constantFrom("sub_1", "sub_2"),
    failed: fc.boolean(),
    times: fc.integer({ min: 1, max: 8 }),
  });
  const rules = "failure_count > 5 in 1m per subscription, failure_rate > 40% in 30s min 3, failure_count > 0 in 10s";
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      const alerts = book(rules);
      const state = new Map<string, boolean>();
      let at = 0;
      const look = () => {
        for (const { key, fires, value, rule } of alerts.look(at)) {
          expect(state.get(key) ?? false).toBe(!fires);
          if (fires) expect(value).toBeGreaterThan(rule.threshold);
          state.set(key, fires);
          alerts.settled(key, fires);
        }
        expect(alerts.look(at)).toEqual([]);
      };
      for (const { after, subscription, failed, times } of steps) {
        at += after;
        for (let n = 0; n < times; n++) alerts.attempt(SCOPE, subscription, failed, at);
        look();
      }
      at += 3 * WINDOW;
      look();
      expect([...state.values()]).not.toContain(true);
      expect(alerts.isBusy).toBe(false);
      alerts.tidy(at);
    }),
  );
});

it("remembers nothing of what has been quiet for long", () => {
  const alerts = book("failure_count > 5 in 10s per subscription");
  for (let n = 0; n < 30_000; n++) {
    if (n % 9_000 === 0) {
      alerts.look(n * 100);
      alerts.tidy(n * 100);
    }
    fail(alerts, 1, n * 100, `sub_${n}`);
  }
  // With room for 10,000 at a time all of them were counted, the last one as well.
  fail(alerts, 6, 3_000_000, "sub_29999");
  expect(alerts.look(3_000_000)).toMatchObject([{ subscription: "sub_29999" }]);
});
