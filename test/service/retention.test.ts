import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { HeaderPairs } from "../../src/core/attempt.ts";
import { DEFAULT_RETENTION, type Retention } from "../../src/core/retention.ts";
import { type Deleted, RetentionSweep } from "../../src/service/retention-sweep.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";
import { type AttemptOptions, recordAll, recordDue } from "./support/recorded.ts";

const DAY = 86_400_000;
const URL = "https://shop.example/";

describe("retention", () => {
  it("deletes events with all that hangs on them when they and their deliveries are old, and no others", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    await recordAll(hooks, "order.old", [{ status: 200 }]);
    clock.at += 20 * DAY;
    await recordAll(hooks, "order.young", [{ status: 200 }]);
    const before = await service.getSubscription("shop");
    clock.at += 10 * DAY;
    // To the ms as old as they may be.
    expect(await sweep(hooks)).toEqual({});
    clock.at += 1;
    expect(await sweep(hooks)).toEqual({ events: 1 });
    expect((await service.listEvents()).data.map(({ type }) => type)).toEqual(["order.young"]);
    expect((await service.listDeliveries()).data.map(({ event_type }) => event_type)).toEqual(["order.young"]);
    // What was counted of them stays.
    expect((await service.getSubscription("shop")).counts).toEqual(before.counts);
    expect(before.counts).toEqual({ succeeded: 2, failed: 0 });
    expect(await sweep(hooks)).toEqual({});
  });

  it("never deletes what waits, nor what ended a moment ago", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    await service.publish({ type: "order.waits", data: Buffer.from("{}") });
    clock.at += 400 * DAY;
    expect(await sweep(hooks)).toEqual({});
    expect((await service.listDeliveries({ status: "pending" })).data).toHaveLength(1);
    // The event is old, its delivery is not.
    expect(await recordDue(hooks, { status: 200 })).toBe(1);
    expect(await sweep(hooks)).toEqual({});
    clock.at += 31 * DAY;
    expect(await sweep(hooks)).toEqual({ events: 1 });
  });

  it("keeps what is being sent", async () => {
    const { service, clock, store, ...hooks } = await opened();
    await service.publish({ type: "order.sent", data: Buffer.from("{}") });
    const [{ rowId = 0 } = {}] = await store.loadSubscriptions(TEST_SCOPE);
    const lease = { worker: "ses_1", endsAt: clock.at + 1_000 };
    const [claimed] = await store.claimDue([{ subscriptionRowId: rowId, limit: 1 }], clock.at, lease);
    expect(claimed!.deliveries).toHaveLength(1);
    clock.at += 400 * DAY;
    expect(await sweep({ service, clock, store, ...hooks })).toEqual({});
    expect((await service.listEvents()).data).toHaveLength(1);
  });

  it("keeps dead letters, their events and their attempts for longer", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    const delivery = await ended(hooks, "order.failed", EXHAUSTED);
    clock.at += 89 * DAY;
    // What told of it was no failure.
    expect(await sweep(hooks, { attempts: 7 * DAY })).toEqual({ events: 1 });
    expect((await service.listEvents()).data.map(({ type }) => type)).toEqual(["order.failed"]);
    expect((await service.listDeadLetters()).data).toHaveLength(1);
    expect((await service.getDelivery(delivery)).attempts).toHaveLength(1);
    expect(await service.replay({ dry_run: true })).toMatchObject({ count: 1 });
    clock.at += 2 * DAY;
    expect(await sweep(hooks, { dead_letters: 0 })).toEqual({});
    expect(await sweep(hooks)).toEqual({ events: 1 });
    expect((await service.listDeadLetters()).data).toEqual([]);
  });

  it("deletes dead letters before their events where they are kept for less", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    await recordAll(hooks, "order.failed", [EXHAUSTED]);
    await recordAll(hooks, "order.paid", [{ status: 200 }]);
    clock.at += 8 * DAY;
    expect(await sweep(hooks, { dead_letters: 7 * DAY })).toEqual({ dead_letters: 1 });
    expect((await service.listDeadLetters()).data).toEqual([]);
    expect((await service.listDeliveries()).data.map(({ status }) => status)).toEqual(["succeeded"]);
    expect((await service.listEvents({ type: "order.*" })).data).toHaveLength(2);
    clock.at += 23 * DAY;
    expect(await sweep(hooks, { dead_letters: 7 * DAY })).toEqual({ events: 3 });
  });

  it("deletes old dead letters behind many that failed again a short while ago", async () => {
    const hooks = await opened({ events: ["order.*"] });
    const { service, clock } = hooks;
    const publish = (type: string, count: number) =>
      service.publishBatch(Array.from({ length: count }, () => ({ type, data: Buffer.from("{}") })));
    await publish("order.first", 100);
    await publish("order.second", 900);
    await publish("order.second", 200);
    await recordDue(hooks, EXHAUSTED);
    await recordDue(hooks, EXHAUSTED);
    clock.at += 6 * DAY;
    await service.replay({ types: ["order.first"] });
    expect(await recordDue(hooks, EXHAUSTED)).toBe(100);
    clock.at += 2 * DAY;
    const kept = { dead_letters: 7 * DAY };
    const daemon = sweeper(hooks, kept);
    expect(await daemon.sweep()).toEqual({ dead_letters: 1_100 });
    expect((await service.listDeadLetters({ limit: 200 })).data.map(({ event_type }) => event_type)).toEqual(
      Array.from({ length: 100 }, () => "order.first"),
    );
    // Those that it passed by are not forgotten.
    clock.at += 6 * DAY;
    expect(await daemon.sweep()).toEqual({ dead_letters: 100 });
  });

  it("deletes attempts before their deliveries where they are kept for less", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    const old = await ended(hooks, "order.paid", { status: 200 });
    clock.at += 8 * DAY;
    const young = await ended(hooks, "order.paid", { status: 200 });
    expect(await sweep(hooks, { attempts: 7 * DAY })).toEqual({ attempts: 1 });
    expect(await service.getDelivery(old)).toMatchObject({ status: "succeeded", attempt_count: 1, attempts: [] });
    expect((await service.getDelivery(young)).attempts).toHaveLength(1);
    expect((await service.listDeliveries({})).data).toHaveLength(2);
    expect((await service.why({ event: (await service.getDelivery(old)).event_id })).subscriptions).toMatchObject([
      { outcome: "delivered", attempts: [] },
    ]);
    await service.retryDelivery(old);
    expect(await recordDue(hooks, { status: 200 })).toBe(1);
    expect((await service.getDelivery(old)).attempts).toMatchObject([{ number: 2 }]);
  });

  it("wipes headers that attempts shared once the last of them is deleted", async () => {
    const hooks = await opened();
    const { service, clock, storePath } = hooks;
    const headers: HeaderPairs = [["set-cookie", "ALICE"]];
    await recordAll(hooks, "order.paid", [
      { status: 200, headers },
      { status: 200, headers },
    ]);
    clock.at += 20 * DAY;
    const young = await ended(hooks, "order.paid", { status: 200, headers: [["set-cookie", "BOB"]] });
    const shared = (): string[] => {
      const connection = new Database(storePath, { readonly: true });
      try {
        return connection.prepare<unknown[], string>("SELECT content FROM header_sets").pluck().all();
      } finally {
        connection.close();
      }
    };
    expect(shared().join()).toContain("ALICE");
    expect(await sweep(hooks)).toEqual({});
    expect(shared().join()).toContain("ALICE");
    clock.at += 11 * DAY;
    expect(await sweep(hooks)).toEqual({ events: 2 });
    expect(shared().join()).not.toContain("ALICE");
    expect((await service.getDelivery(young)).attempts).toMatchObject([{ response_headers: [["set-cookie", "BOB"]] }]);
  });

  it("deletes jobs that ended, alerts that are over and, where it is asked for, the audit", async () => {
    const hooks = await opened();
    const { service, clock, adminFor } = hooks;
    await recordAll(hooks, "order.failed", [EXHAUSTED]);
    await service.replay({});
    expect(await recordDue(hooks, EXHAUSTED)).toBe(1);
    const audit = async () => (await adminFor().listAudit({})).data.length;
    expect(await audit()).toBe(2);
    clock.at += 31 * DAY;
    expect(await sweep(hooks)).toMatchObject({ jobs: 1 });
    expect((await service.listReplays()).data).toEqual([]);
    expect(await audit()).toBe(2);
    expect(await sweep(hooks, { audit: DAY })).toEqual({ audit: 2 });
    expect(await audit()).toBe(0);
  });

  it("is set for an environment, and its own value beats the server's", async () => {
    const hooks = await opened();
    const { service, clock, serviceFor, adminFor } = hooks;
    const staging = serviceFor({ ...TEST_SCOPE, environment: "staging" });
    for (const one of [service, staging]) await one.publish({ type: "order.paid", data: Buffer.from("{}") });
    await recordDue(hooks, { status: 200 });
    const set = await staging.updateEnvironment({ retention: { events: "2d", audit: "0" } });
    expect(set).toMatchObject({
      retention: { events: "2d", attempts: null, dead_letters: null, jobs: null, alerts: null, audit: "0" },
      retention_in_force: { events: "2d", attempts: "30d", dead_letters: "90d", audit: "0" },
    });
    expect(await service.getEnvironment()).toMatchObject({ retention: { events: null }, updated_at: null });
    clock.at += 3 * DAY;
    expect(await sweep(hooks)).toEqual({ events: 1 });
    expect((await service.listEvents()).data).toHaveLength(1);
    expect((await staging.listEvents()).data).toEqual([]);
    const back = await staging.updateEnvironment({ retention: { events: null } });
    expect(back).toMatchObject({ retention: { events: null, audit: "0" }, retention_in_force: { events: "30d" } });
    // The same once more is no change.
    await staging.updateEnvironment({ retention: { events: null } });
    const audit = (await adminFor().listAudit({ action: "environment.update" })).data;
    expect(audit).toHaveLength(2);
    expect(audit[1]).toMatchObject({
      before: { retention: { events: null } },
      after: { retention: { events: "2d", audit: "0" } },
    });
  });

  it("refuses what is no duration, and changes nothing then", async () => {
    const { service } = await opened();
    for (const [retention, field] of [
      [{ events: "7 days" }, "retention.events"],
      [{ events: "1ms" }, "retention.events"],
      [{ events: 7 }, "retention.events"],
      [{ evnts: "7d" }, "retention.evnts"],
      [[], "retention"],
      ["7d", "retention"],
    ] as const) {
      await expect(
        service.updateEnvironment({ retention: retention as never, strict_types: true }),
      ).rejects.toMatchObject({ code: "invalid_request", field });
    }
    expect(await service.getEnvironment()).toMatchObject({ strict_types: false, updated_at: null });
  });

  it("takes many in small portions, rests between them, and goes on where it was stopped", async () => {
    const hooks = await opened({ events: ["nothing.*"] });
    const { service, clock, store } = hooks;
    const events = Array.from({ length: 1_200 }, () => ({ type: "order.paid", data: Buffer.from("{}") }));
    await service.publishBatch(events.slice(0, 1_000));
    await service.publishBatch(events.slice(1_000));
    clock.at += 31 * DAY;
    const steps: number[] = [];
    const stopped = sweeper(hooks, {}, async (sweep) => {
      const step = await store.retention.sweepEvents(sweep);
      steps.push(step.deleted);
      if (steps.length === 3) void stopped.stop();
      return step;
    });
    const first = await stopped.sweep();
    expect(steps).toHaveLength(3);
    expect(first.events).toBeLessThan(1_200);
    expect(Math.max(...steps)).toBeLessThanOrEqual(500);
    const rest = await sweep(hooks);
    expect(first.events! + rest.events!).toBe(1_200);
    expect((await service.listEvents()).data).toEqual([]);
  });

  it("gives free pages back to the system, but for what a busy store asks for again", async () => {
    const hooks = await opened({ events: ["nothing.*"] });
    const { service, clock } = hooks;
    const data = Buffer.from(JSON.stringify({ text: "x".repeat(3_000) }));
    await service.publishBatch(Array.from({ length: 1_000 }, () => ({ type: "order.paid", data })));
    const full = pages(hooks);
    clock.at += 31 * DAY;
    await sweep(hooks);
    const after = pages(hooks);
    expect(after.pages).toBeLessThan(full.pages / 2);
    expect(after.free).toBeLessThan(after.pages / 3);
  });

  it("passes over the few events that a wrong clock dated into the future", async () => {
    const hooks = await opened({ events: ["nothing.*"] });
    const { service, clock } = hooks;
    clock.at += 1_000 * DAY;
    await service.publish({ type: "order.future", data: Buffer.from("{}") });
    clock.at -= 1_000 * DAY;
    await service.publish({ type: "order.paid", data: Buffer.from("{}") });
    clock.at += 31 * DAY;
    expect(await sweep(hooks)).toEqual({ events: 1 });
    expect((await service.listEvents()).data.map(({ type }) => type)).toEqual(["order.future"]);
  });
});

const EXHAUSTED = { status: 500, verdict: { kind: "failed", reason: "exhausted" } } as const;

/** Publishes one event, and records the attempt that ends its delivery, whose id it answers. */
async function ended(hooks: TestHooks, type: string, answer: AttemptOptions): Promise<string> {
  await recordAll(hooks, type, [answer]);
  return (await hooks.service.listDeliveries({ limit: 1 })).data[0]!.id;
}

function pages({ storePath }: TestHooks): { pages: number; free: number } {
  const db = new Database(storePath, { readonly: true });
  try {
    const number = (name: string) => db.pragma(name, { simple: true }) as number;
    return { pages: number("page_count"), free: number("freelist_count") };
  } finally {
    db.close();
  }
}

async function opened({ events = ["*"] }: { events?: string[] } = {}): Promise<TestHooks> {
  const hooks = await openTestHooks();
  await hooks.service.createSubscription({ name: "shop", url: URL, events });
  return hooks;
}

function sweep(hooks: TestHooks, retention: Partial<Retention> = {}): Promise<Deleted> {
  return sweeper(hooks, retention).sweep();
}

function sweeper(
  { store, clock }: TestHooks,
  retention: Partial<Retention> = {},
  sweepEvents = store.retention.sweepEvents.bind(store.retention),
): RetentionSweep {
  const spied = new Proxy(store.retention, {
    get: (target, name) =>
      name === "sweepEvents" ? sweepEvents : (Reflect.get(target, name) as () => void).bind(target),
  });
  return new RetentionSweep({
    store: { retention: spied, catalogue: store.catalogue },
    defaults: { ...DEFAULT_RETENTION, ...retention },
    now: () => clock.at,
    elapsed: () => performance.now(),
    onDeleted: () => {},
    onFault: (error) => {
      throw error;
    },
  });
}
