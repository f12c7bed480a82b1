import { describe, expect, it, onTestFinished } from "vitest";
import { CLOSED } from "../../src/core/breaker.ts";
import type { AttemptRecorded } from "../../src/deliver/attempt-recorded.ts";
import { newId } from "../../src/service/new-id.ts";
import { type CountedSubscription, type MetricSources, Metrics } from "../../src/telemetry/metrics.ts";
import { EventLoopDelay } from "../../src/telemetry/process-figures.ts";
import { attemptRecord } from "../support/attempts.ts";
import { type ParsedFamily, parseExposition, seriesValue } from "../support/exposition-parser.ts";

const SCOPE = { tenant: "default", environment: "production" };
const ALL = { tenant: "*", environment: "*" };
const NOW = 1_760_000_000_000;

function open(sources: Partial<MetricSources> = {}) {
  const eventLoop = new EventLoopDelay();
  onTestFinished(() => eventLoop.stop());
  const metrics = new Metrics({
    subscriptions: () => [],
    takers: () => 0,
    filtered: () => [],
    backlog: async () => [],
    alertsFiring: () => [],
    attemptsInFlight: () => 0,
    attemptSlots: 1,
    listeners: () => 0,
    store: () => ({ lagMs: 0, commits: 0, bytes: 0, walBytes: 0 }),
    logLinesDropped: () => 0,
    spans: () => ({ exported: 0, dropped: 0 }),
    versions: { hooks: "1", node: "2", sqlite: "3" },
    eventLoop,
    now: () => NOW,
    ...sources,
  });
  const page = async () => parseExposition(await metrics.page(ALL, "prometheus"), "prometheus");
  return { metrics, page };
}

function attempt(fields: Partial<AttemptRecorded> = {}): AttemptRecorded {
  return attemptRecord({
    ...SCOPE,
    deliveryId: newId("dlv"),
    startedAt: Date.now(),
    eventType: "a",
    durationMs: 30,
    ...fields,
  });
}

const FAILED = { outcome: "failure", status: undefined, errorCode: "timeout", verdict: "retry" } as const;

function subscription(id: string, fields: Partial<CountedSubscription> = {}): CountedSubscription {
  return { id, scope: SCOPE, events: ["a"], enabled: true, paused: false, breaker: CLOSED, ...fields };
}

const seriesOf = (families: ReadonlyMap<string, ParsedFamily>, name: string) => families.get(name)!.samples;
const sumOf = (families: ReadonlyMap<string, ParsedFamily>, name: string) =>
  seriesOf(families, name).reduce((sum, { value }) => sum + value, 0);

describe("labels are bounded", () => {
  it("to 100 scopes; what is beyond is counted as one, and nothing is lost", async () => {
    const { metrics, page } = open();
    for (let n = 0; n < 150; n++) metrics.attempt(attempt({ tenant: `t${n}` }));
    const families = await page();
    expect(seriesOf(families, "hooks_deliveries_succeeded_total")).toHaveLength(101);
    expect(seriesValue(families, "hooks_deliveries_succeeded_total", { tenant: "(other)" })).toBe(50);
    expect(sumOf(families, "hooks_deliveries_succeeded_total")).toBe(150);
  });

  it("to 200 failing subscriptions, and one that is deleted makes room", async () => {
    const ids = Array.from({ length: 300 }, (_, n) => `sub_${n}`);
    let there = ids.map((id) => subscription(id));
    const { metrics, page } = open({ subscriptions: () => there });
    for (const subscriptionId of ids) metrics.attempt(attempt({ ...FAILED, subscriptionId }));
    const families = await page();
    expect(seriesOf(families, "hooks_subscription_failures_total")).toHaveLength(201);
    expect(seriesValue(families, "hooks_subscription_failures_total", { subscription: "(other)" })).toBe(100);
    there = there.filter(({ id }) => id !== "sub_0");
    await page();
    metrics.attempt(attempt({ ...FAILED, subscriptionId: "sub_299" }));
    const later = await page();
    expect(seriesValue(later, "hooks_subscription_failures_total", { subscription: "sub_299" })).toBe(1);
    expect(seriesValue(later, "hooks_subscription_failures_total", { subscription: "sub_0" })).toBeUndefined();
  });

  it("to 500 series of a gauge: the rest is added up, or the greatest of it shown", async () => {
    const tenants = Array.from({ length: 600 }, (_, n) => `t${n}`);
    const { page } = open({
      subscriptions: () => tenants.map((tenant) => subscription(`sub_${tenant}`, { scope: { ...SCOPE, tenant } })),
      takers: () => 1,
      filtered: () => tenants.map((tenant) => ({ scope: { ...SCOPE, tenant }, dropped: 4, failed: 1 })),
      backlog: async () =>
        tenants.map((tenant, n) => ({ ...SCOPE, tenant, pending: 1, retrying: 2, ageMs: n * 1_000, failed: 3 })),
    });
    const families = await page();
    for (const name of ["hooks_subscriptions", "hooks_subscriptions_active", "hooks_dead_letters"]) {
      expect(seriesOf(families, name)).toHaveLength(501);
    }
    expect(sumOf(families, "hooks_subscriptions")).toBe(600);
    expect(seriesOf(families, "hooks_deliveries_filtered_total").length).toBeLessThanOrEqual(202);
    expect(sumOf(families, "hooks_deliveries_filtered_total")).toBe(3_000);
    expect(sumOf(families, "hooks_backlog_deliveries")).toBe(1_800);
    expect(seriesValue(families, "hooks_backlog_age_seconds", { tenant: "(other)" })).toBe(599);
  });
});

describe("what happens", () => {
  it("to breakers is known with the attempt that changed them", async () => {
    const { metrics, page } = open({
      subscriptions: () => [
        subscription("sub_1"),
        subscription("sub_2", { breaker: { openings: 1, openUntil: NOW + 20_000 } }),
        subscription("sub_3", { breaker: { openings: 1, openUntil: NOW - 1 } }),
        subscription("sub_4", { enabled: false }),
        subscription("sub_5", { paused: true }),
      ],
    });
    const states = async () => {
      const families = await page();
      return ["closed", "open", "half_open"].map(
        (state) => seriesValue(families, "hooks_subscription_breakers", { state }) ?? 0,
      );
    };
    expect(await states()).toEqual([2, 1, 1]);
    metrics.attempt(attempt({ ...FAILED, breaker: { openings: 1, openUntil: NOW + 30_000 } }));
    metrics.attempt(attempt({ subscriptionId: "sub_2", breaker: CLOSED }));
    expect(await states()).toEqual([2, 1, 1]);
    metrics.attempt(attempt({ breaker: CLOSED }));
    expect(await states()).toEqual([3, 0, 1]);
    const families = await page();
    expect(seriesValue(families, "hooks_subscriptions", { state: "disabled" })).toBe(1);
    expect(seriesValue(families, "hooks_subscriptions", { state: "paused" })).toBe(1);
  });

  it("in a row begins anew with a success; a replay says nothing of how long a delivery took", async () => {
    const { metrics, page } = open({ subscriptions: () => [subscription("sub_1")] });
    for (let n = 0; n < 3; n++) metrics.attempt(attempt({ ...FAILED, attempt: n + 1 }));
    const inRow = async () => seriesValue(await page(), "hooks_subscription_consecutive_failures");
    expect(await inRow()).toBe(3);
    metrics.attempt(attempt({ attempt: 4 }));
    expect(await inRow()).toBe(0);
    metrics.attempt(attempt({ attempt: 5, trigger: "replay", isReplayed: true }));
    const families = await page();
    expect(seriesValue(families, "hooks_attempts_total", { result: "timeout", outcome: "failure" })).toBe(3);
    expect(seriesValue(families, "hooks_retries_total")).toBe(3);
    expect(seriesValue(families, "hooks_delivery_latency_seconds_count")).toBe(1);
    expect(seriesValue(families, "hooks_deliveries_succeeded_total")).toBe(2);
  });

  it("can be told from what never happened: counters of whoever has a subscription begin at 0", async () => {
    const { page } = open({ subscriptions: () => [subscription("sub_1")] });
    const families = await page();
    for (const result of ["2xx", "4xx", "5xx", "timeout", "refused"]) {
      expect(seriesValue(families, "hooks_attempts_total", { ...SCOPE, result })).toBe(0);
    }
    expect(seriesValue(families, "hooks_deliveries_failed_total", { ...SCOPE, reason: "exhausted" })).toBe(0);
    expect(seriesValue(families, "hooks_events_accepted_total", SCOPE)).toBe(0);
    expect(seriesOf(await open().page(), "hooks_attempts_total")).toEqual([]);
  });

  it("is shown in part to who reaches a part", async () => {
    const { metrics } = open();
    metrics.attempt(attempt());
    metrics.attempt(attempt({ environment: "staging" }));
    const own = await metrics.page(SCOPE, "prometheus");
    expect(own).toContain('environment="production"');
    expect(own).not.toMatch(/staging|process_|hooks_store_bytes/);
    expect(await metrics.page({ ...ALL, tenant: "default" }, "prometheus")).toContain('environment="staging"');
    expect(await metrics.page({ ...ALL, tenant: "acme" }, "prometheus")).not.toContain("default");
  });
});
