import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextDelayMs, STANDARD_RETRY } from "../../src/core/retry-policy.ts";
import type { Subscription } from "../../src/core/subscription.ts";
import { NOON, subscriptionOf } from "./support/lanes.ts";
import { quantile, Simulation, type SimulationOptions, type Start } from "./support/simulated-slots.ts";

// The lanes alone, in virtual time: thousands of attempts in a moment, and every figure exact. The same over sockets:
// dispatcher.test.ts and test/e2e/fairness.test.ts.

const SECOND = 1_000;
const HANGS = { afterMs: 10 * SECOND, status: 500 };

/** Uniform in [0, 1), the same sequence each time (Park and Miller). */
function seeded(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function subscriptions(count: number, settings: (n: number) => Partial<Subscription> = () => ({})): Subscription[] {
  return Array.from({ length: count }, (_, n) =>
    subscriptionOf({ rowId: n + 1, url: `http://receiver-${n + 1}.example/`, ...settings(n + 1) }),
  );
}

const waitsOf = (starts: readonly Start[]): number[] => starts.map(({ waitedMs }) => waitedMs);

/** The most that started within any span of so many ms. */
function peak(starts: readonly Start[], spanMs: number): number {
  let most = 0;
  for (let last = 0, first = 0; last < starts.length; last++) {
    while (starts[first]!.at + spanMs <= starts[last]!.at) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe("subscriptions that hang", () => {
  /** Ten events a second to each of them for 30 s; of so many, the first `hanging` hang. */
  function run(count: number, hanging: number, options: Partial<SimulationOptions> = {}) {
    const random = seeded();
    const simulation = new Simulation({
      subscriptions: subscriptions(count),
      answer: (rowId) => (rowId <= hanging ? HANGS : { afterMs: 1 + Math.floor(20 * random()), status: 204 }),
      retryMs: (attempts) => nextDelayMs(STANDARD_RETRY, attempts, random()),
      ...options,
    });
    for (let rowId = 1; rowId <= count; rowId++) {
      for (let n = 0; n < 300; n++) simulation.publish(rowId, NOON + Math.floor(30 * SECOND * random()));
    }
    simulation.run(NOON + 31 * SECOND);
    const well = simulation.starts.filter(({ rowId }) => hanging < rowId);
    return { p99: quantile(waitsOf(well), 0.99), delivered: well.length / (300 * (count - hanging)) };
  }

  it.each([
    [10, 1],
    [100, 20],
    [100, 50],
  ])("of %i subscriptions, %i: the others' p99 is at most 50 ms more, and all of theirs is sent", (count, hanging) => {
    const alone = run(count, 0);
    const beside = run(count, hanging);
    expect(beside.delivered).toBe(1);
    expect(beside.p99).toBeLessThanOrEqual(alone.p99 + 50);
  });

  it("make the others wait when there are more of them than slots, until each was found out once", () => {
    const random = seeded();
    const simulation = new Simulation({
      subscriptions: subscriptions(150),
      slots: 64,
      answer: (rowId) => (rowId <= 100 ? HANGS : { afterMs: 1 + Math.floor(20 * random()), status: 204 }),
    });
    for (let rowId = 1; rowId <= 150; rowId++) {
      for (let n = 0; n < 120; n++) simulation.publish(rowId, NOON + Math.floor(60 * SECOND * random()));
    }
    simulation.run(NOON + 61 * SECOND);
    const well = simulation.starts.filter(({ rowId }) => 100 < rowId);
    expect(well).toHaveLength(50 * 120);
    const late = well.filter(({ at }) => NOON + 31 * SECOND < at);
    expect(quantile(waitsOf(well), 0.99)).toBeGreaterThan(SECOND);
    expect(quantile(waitsOf(late), 0.99)).toBeLessThan(100);
  });

  it("do not keep one tenant's slots from another", () => {
    const tenantOf = (rowId: number) => ({ scope: { tenant: rowId <= 60 ? "a" : "b", environment: "test" } });
    const alone = run(62, 0, { subscriptions: subscriptions(62, tenantOf) });
    const beside = run(62, 60, { subscriptions: subscriptions(62, tenantOf) });
    expect(beside.delivered).toBe(1);
    expect(beside.p99).toBeLessThanOrEqual(alone.p99 + 50);
  });
});

describe("whose turn it is", () => {
  it("a tenant with 20,000 events does not make another's ten wait", () => {
    const simulation = new Simulation({
      subscriptions: subscriptions(101, (rowId) => ({
        scope: { tenant: rowId <= 100 ? "a" : "b", environment: "test" },
      })),
      answer: () => ({ afterMs: 50, status: 204 }),
    });
    for (let n = 0; n < 20_000; n++) simulation.publish(1 + (n % 100), NOON);
    for (let n = 0; n < 10; n++) simulation.publish(101, NOON + 100 + 10 * n);
    const { starts } = simulation.run();
    const [a, b] = ["a", "b"].map((tenant) => waitsOf(starts.filter((start) => start.tenant === tenant)));
    expect([a!.length, b!.length]).toEqual([20_000, 10]);
    expect(Math.max(...b!)).toBeLessThanOrEqual(150);
    expect(quantile(a!, 0.99)).toBeGreaterThan(2 * SECOND);
  });

  it("an event that was never tried does not wait behind a storm of retries", () => {
    const simulation = new Simulation({
      subscriptions: subscriptions(1_020),
      answer: (rowId) => (rowId <= 1_000 ? { afterMs: 5 * SECOND, status: 500 } : { afterMs: 10, status: 204 }),
    });
    for (let n = 0; n < 10_000; n++) simulation.publish(1 + (n % 1_000), NOON, 1);
    const random = seeded();
    for (let n = 0; n < 4_000; n++) simulation.publish(1_001 + (n % 20), NOON + Math.floor(20 * SECOND * random()));
    const { starts } = simulation.run(NOON + 21 * SECOND);
    const fresh = starts.filter(({ isRetry }) => !isRetry);
    expect(fresh).toHaveLength(4_000);
    expect(quantile(waitsOf(fresh), 0.99)).toBeLessThan(100);
  });

  it("while both wait, every fourth is a retry: neither starves", () => {
    const simulation = new Simulation({
      subscriptions: subscriptions(20, () => ({ concurrency: 20 })),
      answer: () => ({ afterMs: 20, status: 204 }),
    });
    for (let n = 0; n < 10_000; n++) {
      simulation.publish(1 + (n % 20), NOON, 1);
      simulation.publish(1 + (n % 20), NOON);
    }
    const { starts } = simulation.run();
    const retries = starts.slice(500, 8_500).filter(({ isRetry }) => isRetry).length;
    expect(retries / 8_000).toBeCloseTo(0.25, 1);
    expect(starts).toHaveLength(20_000);
  });
});

describe("limits", () => {
  const HERD = 1_000;

  /** A thousand subscriptions of one host; all fail together, then their retries are due. */
  function herd(rates: SimulationOptions["rates"]) {
    const random = seeded();
    const simulation = new Simulation({
      subscriptions: subscriptions(HERD, (rowId) => ({ url: `http://one-host.example/${rowId}` })),
      ...(rates === undefined ? {} : { rates }),
      answer: (_, at) => ({ afterMs: 20, status: at < NOON + 3 * SECOND ? 500 : 204 }),
      retryMs: (attempts) => nextDelayMs(STANDARD_RETRY, attempts, random()),
    });
    for (let rowId = 1; rowId <= HERD; rowId++) simulation.publish(rowId, NOON);
    return simulation.run().starts;
  }

  it("of a host bound the retries of all subscriptions behind it, and no first attempt", () => {
    const starts = herd({ hostRetries: { count: 100, perMs: SECOND } });
    const retries = starts.filter(({ isRetry }) => isRetry);
    expect(retries).toHaveLength(HERD);
    expect(peak(retries, SECOND)).toBeLessThanOrEqual(100);
    // As fast as it may: the delay of 5 s ± 10 %, then 100 a second.
    expect(retries.at(-1)!.at - NOON).toBeLessThan(17 * SECOND);
    expect(peak(starts, SECOND)).toBe(HERD);
  });

  it("of a host are not there without one", () => {
    const retries = herd(undefined).filter(({ isRetry }) => isRetry);
    expect(peak(retries, SECOND)).toBeGreaterThan(900);
  });

  it("of a host spread what is overdue after a long sleep", () => {
    const simulation = new Simulation({
      subscriptions: subscriptions(50, (rowId) => ({ url: `http://one-host.example/${rowId}` })),
      rates: { hostRetries: { count: 50, perMs: SECOND } },
      answer: () => ({ afterMs: 20, status: 204 }),
    });
    for (let n = 0; n < 2_000; n++) simulation.publish(1 + (n % 50), NOON - 8 * 3_600 * SECOND, 3);
    const { starts } = simulation.run();
    expect(starts).toHaveLength(2_000);
    expect(peak(starts, SECOND)).toBe(50);
    expect(starts.at(-1)!.at - NOON).toBeLessThanOrEqual(40 * SECOND);
    // Each of them gets its part all the time.
    const first = starts.slice(0, 1_000);
    const counts = Array.from({ length: 50 }, (_, n) => first.filter(({ rowId }) => rowId === n + 1).length);
    expect(Math.min(...counts)).toBeGreaterThan(5);
  });

  it("of a tenant bind all of its subscriptions together and nobody else's", () => {
    const simulation = new Simulation({
      subscriptions: subscriptions(11, (rowId) => ({
        scope: { tenant: rowId <= 10 ? "a" : "b", environment: "test" },
      })),
      rates: { tenant: { count: 20, perMs: SECOND } },
      answer: () => ({ afterMs: 5, status: 204 }),
    });
    for (let n = 0; n < 400; n++) simulation.publish(1 + (n % 10), NOON);
    for (let n = 0; n < 10; n++) simulation.publish(11, NOON + 500 * n);
    const { starts } = simulation.run();
    const a = starts.filter(({ tenant }) => tenant === "a");
    expect(peak(a, SECOND)).toBe(20);
    expect(a).toHaveLength(400);
    expect(a.at(-1)!.at - NOON).toBeLessThan(21 * SECOND);
    const b = starts.filter(({ tenant }) => tenant === "b");
    expect(Math.max(...waitsOf(b))).toBeLessThanOrEqual(20);
  });

  it("of the process bind everything, shared by all tenants", () => {
    const simulation = new Simulation({
      subscriptions: subscriptions(2, (rowId) => ({ scope: { tenant: `t${rowId}`, environment: "test" } })),
      rates: { process: { count: 10, perMs: SECOND } },
      answer: () => ({ afterMs: 5, status: 204 }),
    });
    for (let n = 0; n < 100; n++) for (const rowId of [1, 2]) simulation.publish(rowId, NOON);
    const { starts } = simulation.run();
    expect(peak(starts, SECOND)).toBe(10);
    expect(starts).toHaveLength(200);
    expect(starts.at(-1)!.at - NOON).toBeLessThan(20 * SECOND);
    const first = starts.slice(0, 100).filter(({ rowId }) => rowId === 1).length;
    expect(Math.abs(first - 50)).toBeLessThanOrEqual(10);
  });

  it("of a subscription that comes back with 5,000 waiting are kept, and the others notice nothing", () => {
    const run = (backlog: number) => {
      const random = seeded();
      const simulation = new Simulation({
        subscriptions: subscriptions(20, (rowId) => (rowId === 1 ? { rateLimit: { count: 200, perMs: SECOND } } : {})),
        answer: () => ({ afterMs: 1 + Math.floor(10 * random()), status: 204 }),
      });
      for (let n = 0; n < backlog; n++) simulation.publish(1, NOON);
      for (let n = 0; n < 5_000; n++) simulation.publish(2 + (n % 19), NOON + Math.floor(25 * SECOND * random()));
      const { starts } = simulation.run();
      const [back, others] = [1, 2].map((side) => starts.filter(({ rowId }) => (rowId === 1) === (side === 1)));
      return { back: back!, p99: quantile(waitsOf(others!), 0.99), others: others!.length };
    };
    const alone = run(0);
    const { back, p99, others } = run(5_000);
    expect(others).toBe(5_000);
    expect(p99).toBeLessThanOrEqual(alone.p99 + 50);
    expect(back).toHaveLength(5_000);
    expect(peak(back, SECOND)).toBe(200);
    expect(back.at(-1)!.at - NOON).toBeLessThan(25 * SECOND * 1.2);
  });
});

describe("whatever happens", () => {
  const lane = fc.record({
    tenant: fc.constantFrom("a", "b", "c"),
    host: fc.integer({ min: 1, max: 3 }),
    concurrency: fc.integer({ min: 1, max: 6 }),
    rateLimit: fc.option(fc.record({ count: fc.integer({ min: 1, max: 20 }), perMs: fc.constantFrom(100, SECOND) }), {
      nil: undefined,
    }),
    hasBreaker: fc.boolean(),
    /** Of its attempts, of ten. */
    failures: fc.integer({ min: 0, max: 10 }),
    afterMs: fc.constantFrom(1, 20, 3_000, 10_000),
    status: fc.constantFrom(500, 429, 503),
    events: fc.integer({ min: 0, max: 60 }),
    retries: fc.integer({ min: 0, max: 30 }),
  });
  const rate = fc.option(fc.record({ count: fc.integer({ min: 1, max: 30 }), perMs: fc.constant(SECOND) }), {
    nil: undefined,
  });
  const change = fc.record({
    rowId: fc.integer({ min: 1, max: 12 }),
    at: fc.integer({ min: 0, max: 60_000 }),
    kind: fc.constantFrom("pause", "disable", "move", "narrow", "remove"),
  });

  it("everything is sent, nothing is sent beyond a limit, and nothing promised is left over", () => {
    fc.assert(
      fc.property(
        fc.array(lane, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 20 }),
        fc.record({ process: rate, tenant: rate, hostRetries: rate }),
        fc.array(change, { maxLength: 12 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        (lanes, slots, rates, changes, seed) => {
          const random = seeded(seed);
          const simulation = new Simulation({
            subscriptions: lanes.map(({ tenant, host, concurrency, rateLimit, hasBreaker }, n) =>
              subscriptionOf({
                rowId: n + 1,
                scope: { tenant, environment: "test" },
                url: `http://host-${host}.example/${n}`,
                concurrency,
                rateLimit,
                hasBreaker,
              }),
            ),
            slots,
            rates: rates as SimulationOptions["rates"] & object,
            answer: (rowId) => {
              const { failures, afterMs, status } = lanes[rowId - 1]!;
              return { afterMs, status: 10 * random() < failures ? status : 204 };
            },
            retryMs: (attempts) => (attempts < 4 ? 2 * SECOND * attempts : undefined),
          });
          let published = 0;
          for (const [n, { events, retries }] of lanes.entries()) {
            const at = () => NOON + Math.floor(30 * SECOND * random());
            for (let event = 0; event < events; event++) simulation.publish(n + 1, at());
            for (let retry = 0; retry < retries; retry++) simulation.publish(n + 1, at(), 1);
            published += events + retries;
          }
          const removed = new Set<number>();
          for (const { rowId, at, kind } of changes) {
            if (lanes.length < rowId || removed.has(rowId)) continue;
            const from = NOON + at;
            if (kind === "pause") {
              simulation.change(rowId, from, { paused: true });
              simulation.change(rowId, NOON + 90 * SECOND, { paused: false });
            } else if (kind === "disable") {
              simulation.change(rowId, from, { enabled: false });
              simulation.change(rowId, NOON + 90 * SECOND, { enabled: true });
            } else if (kind === "move") simulation.change(rowId, from, { url: `http://host-1.example/new/${rowId}` });
            else if (kind === "narrow") simulation.change(rowId, from, { concurrency: 1 });
            else {
              removed.add(rowId);
              simulation.remove(rowId, NOON + 95 * SECOND);
            }
          }
          simulation.run();

          expect(simulation.waiting).toBe(0);
          expect(simulation.leftOver()).toEqual([]);
          if (removed.size === 0) expect(simulation.starts.length).toBeGreaterThanOrEqual(published);
          expect(simulation.maxInFlight).toBeLessThanOrEqual(slots);
          const { starts } = simulation;
          const { process, tenant, hostRetries } = rates;
          if (process !== undefined) expect(peak(starts, SECOND)).toBeLessThanOrEqual(process.count);
          if (tenant !== undefined) {
            for (const name of ["a", "b", "c"]) {
              const ofTenant = starts.filter((start) => start.tenant === name);
              expect(peak(ofTenant, SECOND)).toBeLessThanOrEqual(tenant.count);
            }
          }
          if (hostRetries !== undefined && !changes.some(({ kind }) => kind === "move")) {
            for (const host of [1, 2, 3]) {
              const ofHost = starts.filter(({ rowId, isRetry }) => isRetry && lanes[rowId - 1]!.host === host);
              expect(peak(ofHost, SECOND)).toBeLessThanOrEqual(hostRetries.count);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
