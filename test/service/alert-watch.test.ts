import { describe, expect, it } from "vitest";
import { parseAlertRules } from "../../src/core/alert-rule.ts";
import { HooksError } from "../../src/core/errors.ts";
import { AlertWatch, type AlertWatchOptions, type CountedAttempt } from "../../src/service/alert-watch.ts";
import { newId } from "../../src/service/new-id.ts";
import type { StoredAlert } from "../../src/store/alert-store.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const FAILED: CountedAttempt = {
  ...TEST_SCOPE,
  subscriptionId: "sub_1",
  transport: "http",
  eventType: "order.paid",
  outcome: "failure",
};

/** A watch whose clocks the test sets, and which looks when it is told to. */
function open(hooks: TestHooks, rules: string, options: Partial<AlertWatchOptions> = {}) {
  const clock = { running: 0 };
  const news: [state: string, rule: string, value: number][] = [];
  const faults: unknown[] = [];
  const watch = new AlertWatch({
    store: hooks.store.alerts,
    rules: () => parseAlertRules(rules, "alerts"),
    survey: { read: async () => ({ lanes: [], scopes: [] }) },
    running: () => clock.running,
    now: () => hooks.clock.at + clock.running,
    newId,
    wake: () => {},
    onNews: ({ endedAt, rule, value }: StoredAlert) => {
      news.push([endedAt === undefined ? "firing" : "resolved", rule.text, value]);
    },
    onFault: (error) => faults.push(error),
    ...options,
  });
  const fail = (times: number, fields: Partial<CountedAttempt> = {}) => {
    for (let n = 0; n < times; n++) watch.attempt({ ...FAILED, ...fields });
  };
  return { watch, clock, news, faults, fail };
}

describe("alerts", () => {
  it("begin and end in the store, and are seen through the service", async () => {
    const hooks = await openTestHooks();
    const { watch, clock, news, fail } = open(hooks, "failure_count > 2 in 1m");
    await watch.start();
    fail(2);
    await watch.look();
    expect(news).toEqual([]);
    fail(1);
    await watch.look();
    expect(watch.firing).toHaveLength(1);
    expect((await hooks.service.listAlerts({ state: "firing" })).data).toEqual([
      {
        id: expect.stringMatching(/^alr_[0-9a-z]{26}$/),
        state: "firing",
        kind: "failure_count",
        rule: "failure_count > 2 in 1m",
        unit: "attempts",
        value: 3,
        threshold: 2,
        subscription: null,
        ...TEST_SCOPE,
        began_at: new Date(hooks.clock.at).toISOString(),
        ended_at: null,
      },
    ]);
    clock.running = 120_000;
    await watch.look();
    expect(news).toEqual([
      ["firing", "failure_count > 2 in 1m", 3],
      ["resolved", "failure_count > 2 in 1m", 0],
    ]);
    expect(watch.firing).toEqual([]);
    expect((await hooks.service.listAlerts()).data).toMatchObject([{ state: "resolved", value: 0 }]);
    await watch.stop();
  });

  it("count nothing of events of hooks itself, and nothing of listeners", async () => {
    const { watch, fail } = open(await openTestHooks(), "failure_count > 0 in 1m");
    await watch.start();
    fail(5, { eventType: "hooks.alert.failure_count" });
    fail(5, { transport: "tunnel" });
    fail(5, { outcome: "success" });
    await watch.look();
    expect(watch.firing).toEqual([]);
    fail(1);
    await watch.look();
    expect(watch.firing).toHaveLength(1);
    await watch.stop();
  });

  it("go on over a restart without beginning twice; what no rule asks for any more ends", async () => {
    const hooks = await openTestHooks();
    const before = open(hooks, "failure_count > 0 in 1m, failure_count > 1 in 1m");
    await before.watch.start();
    before.fail(2);
    await before.watch.look();
    expect(before.news).toHaveLength(2);
    await before.watch.stop();

    const after = open(hooks, "failure_count > 0 in 1m");
    await after.watch.start();
    expect(after.news).toEqual([["resolved", "failure_count > 1 in 1m", 2]]);
    after.fail(3);
    await after.watch.look();
    expect(after.watch.firing).toHaveLength(1);
    // A whole window is watched before it is believed to be over.
    after.clock.running = 59_000;
    await after.watch.look();
    expect(after.news).toHaveLength(1);
    after.clock.running = 180_000;
    await after.watch.look();
    expect(after.news[1]).toEqual(["resolved", "failure_count > 0 in 1m", 0]);
    await after.watch.stop();
    expect((await hooks.service.listAlerts({ state: "firing" })).data).toEqual([]);
  });

  it("that the store does not take are due again", async () => {
    const hooks = await openTestHooks();
    const { alerts } = hooks.store;
    let isFull = true;
    const { watch, fail, news } = open(hooks, "failure_count > 0 in 1m", {
      store: {
        loadFiring: () => alerts.loadFiring(),
        beginAlert: (alert) =>
          isFull ? Promise.reject(new HooksError("store_full", "no space")) : alerts.beginAlert(alert),
        endAlert: (...args) => alerts.endAlert(...args),
      },
    });
    await watch.start();
    fail(1);
    await expect(watch.look()).rejects.toThrow("no space");
    expect(news).toEqual([]);
    isFull = false;
    await watch.look();
    expect(news).toHaveLength(1);
    await watch.stop();
  });

  it("of what waits begin and end with it, and are for each subscription where they are to be", async () => {
    const hooks = await openTestHooks();
    const { id } = await hooks.service.createSubscription({ url: "https://example.com/", events: ["a"] });
    const lane = { rowId: 1, id, scope: TEST_SCOPE, takes: true, pending: 7, retrying: 5, ageMs: 61_000 };
    let waits = true;
    const rules = "backlog > 11, backlog_age > 1m per subscription";
    const { watch, news } = open(hooks, rules, {
      survey: {
        read: async () => (waits ? { lanes: [lane], scopes: [{ ...lane, failed: 0 }] } : { lanes: [], scopes: [] }),
      },
    });
    await watch.start();
    await watch.look();
    expect(news).toEqual([
      ["firing", "backlog > 11", 12],
      ["firing", "backlog_age > 1m per subscription", 61_000],
    ]);
    expect((await hooks.service.listAlerts()).data).toMatchObject([
      { subscription: id, unit: "ms" },
      { unit: "deliveries" },
    ]);
    waits = false;
    await watch.look();
    expect(news.slice(2).map(([state]) => state)).toEqual(["resolved", "resolved"]);
    await watch.stop();
  });

  it("follow rules that change while they are watched: what is counted stays, and what nobody asks for any more ends", async () => {
    const hooks = await openTestHooks();
    let rules = "failure_count > 5 in 1m, failure_count > 2 in 1m";
    const { watch, news, fail } = open(hooks, "none", { rules: () => parseAlertRules(rules, "alerts") });
    await watch.start();
    fail(3);
    await watch.look();
    expect(news.map(([state, rule]) => `${state} ${rule}`)).toEqual(["firing failure_count > 2 in 1m"]);
    rules = "failure_count > 5 in 1m";
    watch.refresh();
    await watch.look();
    expect(news.slice(1).map(([state, rule]) => `${state} ${rule}`)).toEqual(["resolved failure_count > 2 in 1m"]);
    fail(3);
    await watch.look();
    expect(news.slice(2)).toEqual([["firing", "failure_count > 5 in 1m", 6]]);
    await watch.stop();
  });
});
