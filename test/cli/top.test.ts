import { describe, expect, it } from "vitest";
import { NO_COLORS } from "../../src/cli/color.ts";
import { displayWidth } from "../../src/cli/display-width.ts";
import { sparkline } from "../../src/cli/sparkline.ts";
import { type FrameOptions, topFrame } from "../../src/cli/top-frame.ts";
import { snapshotOf, type TopLook } from "../../src/cli/top-snapshot.ts";
import type { StatsGroup, StatsResource } from "../../src/core/statistics/statistics.ts";
import type { SubscriptionResource } from "../../src/core/subscription.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

/** An hour in which each of these numbers of attempts (half of them failed) was made in one of the last minutes. */
function lookAt(now: number, minutes: readonly number[], groups: readonly [string, readonly number[]][] = []): TopLook {
  const since = Math.floor((now - 60 * MINUTE) / MINUTE) * MINUTE;
  const steps = Math.floor((now - since) / MINUTE) + 1;
  const padded = (some: readonly number[]): number[] => [
    ...Array.from({ length: steps - some.length }, () => 0),
    ...some,
  ];
  const figures = (some: readonly number[]) => {
    const attempts = some.reduce((sum, one) => sum + one, 0);
    const failed = some.reduce((sum, one) => sum + Math.floor(one / 2), 0);
    const duration_ms = attempts === 0 ? null : { mean: 5, p50: 4, p95: 30, p99: 80 };
    const success_rate = attempts === 0 ? null : (attempts - failed) / attempts;
    return { attempts, failed, succeeded: attempts - failed, success_rate, deliveries: null, duration_ms };
  };
  const halves = (some: readonly number[]): number[] => padded(some).map((one) => Math.floor(one / 2));
  const stats: StatsResource = {
    period: "1h",
    since: new Date(since).toISOString(),
    until: new Date(now).toISOString(),
    recorded_since: new Date(0).toISOString(),
    step_ms: MINUTE,
    totals: figures(minutes),
    series: padded(minutes).map((attempts, step) => ({
      start: new Date(since + step * MINUTE).toISOString(),
      attempts,
      failed: Math.floor(attempts / 2),
      p95_ms: null,
    })),
    by: "subscription",
    groups: groups.map(([key, some]): StatsGroup => {
      return {
        key,
        name: `name of ${key}`,
        ...figures(some),
        series: { attempts: padded(some), failed: halves(some) },
      };
    }),
    left_out: 0,
    backlog: {
      waiting: 7,
      at_least: false,
      oldest_due_at: null,
      subscriptions: [{ id: "sub_waits", name: null, waiting: 7 }],
    },
  };
  return { stats, subscriptions: [] };
}

describe("a snapshot", () => {
  it("has what was attempted since the look before, also when a minute went out of the hour meanwhile", () => {
    const before = lookAt(NOON + 59_000, [100, 20], [["sub_a", [20]]]);
    const now = lookAt(NOON + 61_000, [100, 26, 4], [["sub_a", [22, 4]]]);
    const snapshot = snapshotOf(now, before);
    expect(snapshot.attempts_per_s).toBe(5);
    expect(snapshot.failed_per_s).toBe(2.5);
    expect(snapshot.subscriptions[0]).toMatchObject({
      id: "sub_a",
      attempts_per_s: 3,
      failed_per_s: 1.5,
      attempts: 26,
    });
  });

  it("has the rate of the last minutes at first, and nothing per second when nothing happened since", () => {
    const look = lookAt(NOON + 30_000, [600, 0, 0, 0, 54], [["sub_a", [54]]]);
    expect(snapshotOf(look, undefined).attempts_per_s).toBeCloseTo(654 / 270);
    const later = { ...look, stats: { ...look.stats, until: new Date(NOON + 32_000).toISOString() } };
    expect(snapshotOf(later, look)).toMatchObject({ attempts_per_s: 0, failed_per_s: 0, attempts: 654 });
  });

  it("has subscriptions for which something only waits, and the state of those that are known", () => {
    const look = lookAt(NOON, [4], [["sub_a", [4]]]);
    const known = { id: "sub_a", paused: true, health: { state: "unhealthy", consecutive_failures: 9 } };
    const { subscriptions } = snapshotOf({ ...look, subscriptions: [known as SubscriptionResource] }, undefined);
    expect(subscriptions).toMatchObject([
      { id: "sub_a", state: "unhealthy", paused: true, consecutive_failures: 9, waiting: 0 },
      { id: "sub_waits", state: null, attempts: 0, waiting: 7, p95_ms: null },
    ]);
  });
});

describe("the screen", () => {
  const options: FrameOptions = {
    where: "/var/lib/hooks/hooks.db",
    width: 120,
    height: 24,
    sort: "rate",
    scroll: 0,
    isPaused: false,
    trouble: undefined,
    colors: NO_COLORS,
    now: NOON,
  };
  const many = snapshotOf(
    lookAt(NOON, [900], [...Array.from({ length: 40 }, (_, n) => [`sub_${n}`, [n]] as [string, number[]])]),
    undefined,
  );

  it.each([
    [120, 24],
    [80, 24],
    [62, 20],
    [40, 12],
    [24, 5],
  ])("is nowhere wider than %i columns, nor higher than %i lines", (width, height) => {
    for (const frame of [
      topFrame(many, { ...options, width, height }),
      topFrame(undefined, { ...options, width, height, trouble: "nothing answers at http://localhost:4680".repeat(4) }),
    ]) {
      expect(frame.length).toBeLessThanOrEqual(height);
      if (40 <= width) for (const line of frame) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      expect(frame.at(-1)).toMatch(/^q quit/);
    }
  });

  it("sorts as it is asked to, and scrolls", () => {
    const names = (frame: string[]): string[] => frame.flatMap((line) => /name of (sub_\d+)/.exec(line)?.[1] ?? []);
    expect(names(topFrame(many, options))[0]).toBe("sub_39");
    expect(names(topFrame(many, { ...options, scroll: 5 }))[0]).toBe("sub_34");
    expect(topFrame(many, { ...options, sort: "waiting" })[5]).toContain("sub_waits");
    expect(topFrame(many, { ...options, sort: "slowest" }).join("\n")).toContain("s sort: slowest");
  });

  it("shows no escape sequence of a name, and says that it is paused or gets no answer", () => {
    const hostile = { ...many, subscriptions: [{ ...many.subscriptions[0]!, name: "\x1b[2J\x1b[31mred" }] };
    const text = topFrame(hostile, options).join("\n");
    expect(text).not.toContain("\x1b");
    expect(topFrame(many, { ...options, isPaused: true })[0]).toContain("paused");
    expect(
      topFrame(many, { ...options, trouble: "nothing answers" })
        .slice(0, 2)
        .join("\n"),
    ).toMatch(/no answer\nnothing/);
  });
});

describe("a sparkline", () => {
  it("is as tall as what it shows, blank for nothing, and never longer than it may be", () => {
    expect(sparkline([0, 1, 4, 8])).toBe(" ▂▅█");
    expect(sparkline([0, 0, 0])).toBe("   ");
    expect(sparkline([])).toBe("");
    expect(sparkline(Array.from({ length: 61 }, (_, n) => n))).toHaveLength(21);
    expect(sparkline([5, 1, 1, 1, 1], 2)).toBe("█▅");
  });
});
