import { describe, expect, it } from "vitest";
import type { DeliveryReason } from "../../src/core/delivery.ts";
import type { StoredSubscription } from "../../src/store/store.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";
import { recordAll, recordDue } from "./support/recorded.ts";

const HOUR = 3_600_000;
const URL = "https://shop.example/";

describe("a replay", () => {
  it("is done at once when it is small, and shows what it found and did", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    await fail(hooks, "order.paid", 3);
    const started = await service.replay({ since: "1h" });
    expect(started).toMatchObject({ count: 3, dry_run: false, status: "completed" });
    const replay = await service.getReplay(started.id!);
    expect(replay).toEqual({
      id: started.id,
      status: "completed",
      filter: { status: "failed", since: "1h" },
      rate: null,
      count: 3,
      reopened: 3,
      ...TEST_SCOPE,
      created_at: new Date(clock.at).toISOString(),
      updated_at: new Date(clock.at).toISOString(),
      ended_at: new Date(clock.at).toISOString(),
    });
    expect((await service.listReplays()).data).toEqual([replay]);
    expect(await service.getReplay(started.id!.slice(0, -1))).toEqual(replay);
    expect((await service.listDeliveries({ status: "pending" })).data).toHaveLength(3);
    await expect(service.cancelReplay(started.id!)).rejects.toMatchObject({ code: "conflict", field: "id" });
    await expect(service.getReplay("rpl_nope")).rejects.toMatchObject({ code: "not_found", field: "id" });
  });

  it("sends again nothing that waits already, nothing of another kind, and nothing twice", async () => {
    const hooks = await opened();
    const { service } = hooks;
    await fail(hooks, "order.paid", 2);
    await recordAll(hooks, "order.sent", [{ status: 200 }]);
    await service.publish({ type: "order.new", data: Buffer.from("{}") });
    expect(await service.replay({})).toMatchObject({ count: 2 });
    // They wait: a second replay finds none of them.
    expect(await service.replay({})).toEqual({ count: 0, dry_run: false, id: null, status: "completed" });
    expect(await service.replay({ status: "succeeded", dry_run: true })).toMatchObject({ count: 1, id: null });
    expect((await service.listReplays()).data).toHaveLength(1);
    expect(await recordDue(hooks, { status: 200 })).toBe(3);
  });

  it("chooses by type, reason, subscription and when they ended", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    await service.createSubscription({ name: "other", url: "https://other.example/", events: ["invoice.*"] });
    await fail(hooks, "order.paid", 1);
    await fail(hooks, "invoice.paid", 1, "final_status");
    clock.at += 2 * HOUR;
    await fail(hooks, "order.late", 1);
    const count = async (request: Parameters<typeof service.replay>[0]) =>
      (await service.replay({ ...request, dry_run: true })).count;
    expect(await count({})).toBe(4);
    expect(await count({ types: ["order.*"] })).toBe(2);
    expect(await count({ types: ["order.*", "order.paid", "*"] })).toBe(4);
    expect(await count({ types: ["invoice.paid"], subscription: "other" })).toBe(1);
    expect(await count({ subscription: "shop" })).toBe(3);
    expect(await count({ reason: "final_status" })).toBe(2);
    expect(await count({ reason: "gone" })).toBe(0);
    // Created long before, and failed just now: that is what counts.
    expect(await count({ since: "1h" })).toBe(1);
    expect(await count({ until: "1h" })).toBe(3);
    expect(await service.replay({ types: ["order.*", "order.paid"] })).toMatchObject({ count: 2 });
    expect((await service.listDeliveries({ status: "pending" })).data).toHaveLength(2);
  });

  it("of many goes on step by step, in the order in which they were made, and takes each once", async () => {
    const hooks = await opened();
    const { service, store, cases } = hooks;
    await fail(hooks, "order.paid", 1_300);
    const started = await service.replay({});
    expect(started).toMatchObject({ count: 1_300, status: "running" });
    expect(await service.getReplay(started.id!)).toMatchObject({ reopened: 500, ended_at: null });
    const [rowId] = await store.replays.listRunning();
    // What it re-opened fails again before its next step: it stays where it is.
    expect(await recordDue(hooks, EXHAUSTED)).toBe(500);
    expect(await cases.replays.step(rowId!)).toMatchObject({ goesOn: true, reopened: 500 });
    expect(await cases.replays.step(rowId!)).toMatchObject({ goesOn: false, reopened: 300 });
    expect(await cases.replays.step(rowId!)).toMatchObject({ goesOn: false, reopened: 0 });
    expect(await service.getReplay(started.id!)).toMatchObject({ status: "completed", reopened: 1_300 });
    expect(await store.replays.listRunning()).toEqual([]);
    expect((await service.replay({ dry_run: true })).count).toBe(500);
  });

  it("leaves alone what fails after its start, however long it takes", async () => {
    const hooks = await opened();
    const { service, store, cases, clock } = hooks;
    await fail(hooks, "order.paid", 4);
    // This one waits still.
    await service.publish({ type: "order.late", data: Buffer.from("{}") });
    await recordDue(hooks, { status: 500 });
    clock.at += 1;
    expect((await service.replay({ dry_run: true })).count).toBe(4);
    const { id } = await service.replay({ rate: "1/s" });
    clock.at += 2 * HOUR;
    expect(await recordDue(hooks, EXHAUSTED)).toBe(1);
    const [rowId] = await store.replays.listRunning();
    for (let goesOn = true; goesOn; clock.at += 1_000) ({ goesOn } = await cases.replays.step(rowId!));
    expect(await service.getReplay(id!)).toMatchObject({ count: 4, reopened: 4, status: "completed" });
    expect((await service.listDeadLetters()).data).toMatchObject([{ event_type: "order.late" }]);
  });

  it("keeps to its rate, also over a pause, and does nothing more once it is cancelled", async () => {
    const hooks = await opened();
    const { service, store, cases, clock } = hooks;
    await fail(hooks, "order.paid", 100);
    const { id, status } = await service.replay({ rate: "10/s" });
    expect(status).toBe("running");
    const [rowId] = await store.replays.listRunning();
    const reopened = async (): Promise<number> => (await service.getReplay(id!)).reopened;
    expect(await reopened()).toBe(0);
    expect((await cases.replays.step(rowId!)).nextAt).toBe(clock.at + 100);
    clock.at += 450;
    expect(await cases.replays.step(rowId!)).toMatchObject({ reopened: 4, nextAt: clock.at + 50 });
    expect(await cases.replays.step(rowId!)).toMatchObject({ reopened: 0 });
    // Nobody did its steps for an hour: not all of that is caught up with.
    clock.at += HOUR;
    expect(await cases.replays.step(rowId!)).toMatchObject({ reopened: 10 });
    // The clock is set back: it does not stand still for an hour.
    clock.at -= HOUR;
    await cases.replays.step(rowId!);
    clock.at += 1_000;
    expect(await cases.replays.step(rowId!)).toMatchObject({ reopened: 10 });
    expect(await service.cancelReplay(id!)).toMatchObject({ status: "cancelled", reopened: 24 });
    clock.at += 1_000;
    expect(await cases.replays.step(rowId!)).toMatchObject({ goesOn: false, reopened: 0 });
    expect((await service.listDeliveries({ status: "pending", limit: 200 })).data).toHaveLength(24);
    const audit = (await hooks.adminFor().listAudit()).data.map(({ action, resource }) => [action, resource.id]);
    expect(audit.slice(0, 2)).toEqual([
      ["replay.cancel", id],
      ["delivery.replay", null],
    ]);
  });

  it("refuses what it cannot mean, and names it", async () => {
    const { service } = await opened();
    const refused = (field: string) => ({ code: "invalid_request", field });
    await expect(service.replay({ status: "pending" })).rejects.toMatchObject(refused("status"));
    await expect(service.replay({ reason: "bad luck" as never })).rejects.toMatchObject(refused("reason"));
    await expect(service.replay({ rate: "fast" })).rejects.toMatchObject(refused("rate"));
    await expect(service.replay({ types: ["a..b"] })).rejects.toMatchObject(refused("types[0]"));
    await expect(service.replay({ since: "1h", until: "2h" })).rejects.toMatchObject(refused("until"));
    await expect(service.replay({ subscription: "nobody" })).rejects.toMatchObject({ code: "not_found" });
    expect((await service.listReplays()).data).toEqual([]);
  });

  it("leaves those of a deleted subscription alone, and counts none of them", async () => {
    const hooks = await opened();
    await fail(hooks, "order.paid", 2);
    await hooks.service.deleteSubscription("shop");
    expect(await hooks.service.replay({ dry_run: true })).toMatchObject({ count: 0 });
    expect((await hooks.service.listDeadLetters()).data).toHaveLength(2);
  });

  it("gives way to what is new: its deliveries are claimed as retries are", async () => {
    const hooks = await opened();
    const { service, store, clock } = hooks;
    await fail(hooks, "order.paid", 50);
    await service.replay({});
    clock.at += 1;
    const { id } = await service.publish({ type: "order.new", data: Buffer.from("{}") });
    const [{ rowId: subscriptionRowId }] = (await store.loadSubscriptions(TEST_SCOPE)) as [StoredSubscription];
    const lease = { worker: "boot-2", endsAt: clock.at + 1_000 };
    const [claimed] = await store.claimDue([{ subscriptionRowId, limit: 1 }], clock.at, lease);
    expect(claimed!.deliveries.map(({ event }) => event.id)).toEqual([id]);
    // A single one that a person retries is as good as new.
    const [dead] = (await service.listDeliveries({ status: "succeeded" })).data;
    expect(dead).toBeUndefined();
    const [again] = await store.claimDue([{ subscriptionRowId, limit: 5, retries: 5 }], clock.at, lease);
    expect(again!.deliveries.map(({ trigger, roundAttempts }) => [trigger, roundAttempts])).toEqual(
      Array.from({ length: 5 }, () => ["replay", 0]),
    );
  });
});

describe("dead letters", () => {
  it("are deliveries that failed, by subscription, type, reason and when they failed, page by page", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    await recordAll(hooks, "order.sent", [{ status: 200 }]);
    await fail(hooks, "order.paid", 2);
    await fail(hooks, "invoice.paid", 1, "final_status");
    clock.at += 2 * HOUR;
    await fail(hooks, "order.late", 1);
    const types = async (query: Parameters<typeof service.listDeadLetters>[0]) =>
      (await service.listDeadLetters(query)).data.map(({ event_type }) => event_type);
    expect(await types({})).toEqual(["order.late", "invoice.paid", "order.paid", "order.paid"]);
    expect(await types({ type: "order.*" })).toEqual(["order.late", "order.paid", "order.paid"]);
    expect(await types({ reason: "final_status" })).toEqual(["invoice.paid"]);
    expect(await types({ subscription: "shop", since: "1h" })).toEqual(["order.late"]);
    expect(await types({ until: "1h", type: "order.paid" })).toEqual(["order.paid", "order.paid"]);
    const page = await service.listDeadLetters({ limit: 3 });
    expect(page.data).toHaveLength(3);
    expect(await types({ limit: 3, cursor: page.next_cursor! })).toEqual(["order.paid"]);
    await expect(service.listDeadLetters({ type: "a..b" })).rejects.toMatchObject({ field: "type" });
    await expect(service.listDeadLetters({ reason: "luck" as never })).rejects.toMatchObject({ field: "reason" });
  });

  it("are purged with their attempts, and what was counted of them stays", async () => {
    const hooks = await opened();
    const { service, clock, store } = hooks;
    await recordAll(hooks, "order.sent", [{ status: 200 }]);
    await fail(hooks, "order.paid", 1_100);
    clock.at += 2 * HOUR;
    await fail(hooks, "order.late", 1);
    const before = await service.getSubscription("shop");
    const stats = (await service.stats()).totals;
    const dead = (await service.listDeadLetters({ type: "order.paid" })).data[0]!;
    const { rowId } = (await store.findDelivery(TEST_SCOPE, dead.id))!;
    expect(await service.purgeDeadLetters({ until: "1h", dry_run: true })).toEqual({ count: 1_100, dry_run: true });
    expect((await service.listDeadLetters({ type: "order.paid" })).data).not.toEqual([]);
    expect(await service.purgeDeadLetters({ until: "1h" })).toEqual({ count: 1_100, dry_run: false });
    expect((await service.listDeadLetters()).data.map(({ event_type }) => event_type)).toEqual(["order.late"]);
    await expect(service.getDelivery(dead.id)).rejects.toMatchObject({ code: "not_found" });
    expect(await store.listAttempts(rowId)).toEqual([]);
    expect((await service.listDeliveries({ status: "succeeded" })).data).toHaveLength(1);
    expect((await service.getSubscription("shop")).counts).toEqual(before.counts);
    expect(before.counts).toEqual({ succeeded: 1, failed: 1_101 });
    expect((await service.stats()).totals).toEqual(stats);
    expect(await service.purgeDeadLetters({ until: "1h" })).toEqual({ count: 0, dry_run: false });
    const purges = (await hooks.adminFor().listAudit({ action: "dead_letter.purge" })).data;
    expect(purges).toMatchObject([{ after: { until: "1h", found: 1_100 } }]);
  });

  it("are told of, with why, to whoever takes hooks.delivery.exhausted, and to nobody else", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    await service.createSubscription({
      name: "ops",
      url: "https://ops.example/",
      events: ["hooks.delivery.exhausted"],
    });
    await service.createSubscription({ name: "all", url: "https://all.example/", events: ["*"] });
    await fail(hooks, "order.paid", 1);
    const told = (await service.listDeliveries({ subscription: "ops" })).data;
    expect(told.map(({ event_type }) => event_type)).toEqual(["hooks.delivery.exhausted", "hooks.delivery.exhausted"]);
    const event = await service.getEvent(told[0]!.event_id);
    expect(JSON.parse(Buffer.from(event.data).toString())).toMatchObject({
      delivery: { event_type: "order.paid", attempts: 1, reason: "exhausted" },
      last_attempt: { status: 500, error: null },
      at: new Date(clock.at).toISOString(),
    });
    expect((await service.listDeliveries({ subscription: "all", type: "hooks.*" })).data).toEqual([]);
    // Sent again and failed again: that is another end.
    clock.at += 1;
    expect(await service.replay({ subscription: "shop" })).toMatchObject({ count: 1 });
    await recordDue(hooks, EXHAUSTED);
    expect((await service.listDeliveries({ subscription: "ops" })).data.length).toBeGreaterThan(2);
  });
});

const EXHAUSTED = { status: 500, verdict: { kind: "failed", reason: "exhausted" } } as const;

async function opened(): Promise<TestHooks> {
  const hooks = await openTestHooks();
  await hooks.service.createSubscription({ name: "shop", url: URL, events: ["order.*", "invoice.*"] });
  return hooks;
}

/** Events whose deliveries fail for good. */
async function fail(
  hooks: TestHooks,
  type: string,
  count: number,
  reason: DeliveryReason = "exhausted",
): Promise<void> {
  const events = Array.from({ length: count }, () => ({ type, data: Buffer.from("{}") }));
  for (let at = 0; at < count; at += 500) await hooks.service.publishBatch(events.slice(at, at + 500));
  await recordDue(hooks, { status: 500, verdict: { kind: "failed", reason } });
  if (1_000 < count) await recordDue(hooks, { status: 500, verdict: { kind: "failed", reason } });
}
