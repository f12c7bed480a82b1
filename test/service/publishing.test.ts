import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";
import { recordDue } from "./support/recorded.ts";

const json = (text: string) => Buffer.from(text);

describe("publish", () => {
  it("keeps the publisher's bytes", async () => {
    const { service } = await openTestHooks();
    const data = '{"n":9007199254740993,"price":1.10,"é":"\\u00e9","a":1,"a":2}';
    const { id } = await service.publish({ type: "order.paid", data: json(data), metadata: json('{"k": 1}') });
    const event = await service.getEvent(id);
    expect(Buffer.from(event.data).toString()).toBe(data);
    expect(Buffer.from(event.metadata!).toString()).toBe('{"k": 1}');
  });

  it("stores an id once: the same content gets the first answer, other content a conflict", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription({ url: "https://example.com/", events: ["*"] });
    const event = { type: "order.paid", data: json("{}"), id: "order-1" };
    const first = await service.publish(event);
    expect(first).toEqual({ id: "order-1", deliveries: 1 });
    await service.createSubscription({ url: "https://example.com/late", events: ["*"] });
    expect(await service.publish(event)).toEqual(first);
    expect((await service.listDeliveries()).data).toHaveLength(1);
    for (const other of [
      { ...event, data: json("{ }") },
      { ...event, type: "order.late" },
      { ...event, version: "2" },
      { ...event, metadata: json("{}") },
      { ...event, timestamp: "2026-01-31T12:00:00Z" },
    ]) {
      await expect(service.publish(other)).rejects.toMatchObject({ code: "conflict", field: "id" });
    }
    expect((await service.listEvents()).data).toHaveLength(1);
  });

  it("knows what it gave an id of its own again by what it stored", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription({ url: "https://example.com/", events: ["*"] });
    for (const metadata of [undefined, json('{"k": 1}')]) {
      const event = { type: "order.paid", data: json('{"total":12.50}'), metadata };
      const first = await service.publish(event);
      const again = { ...event, id: first.id };
      expect(await service.publish(again)).toEqual(first);
      for (const other of [
        { ...again, data: json('{"total":12.5}') },
        { ...again, type: "order.late" },
        { ...again, version: "2" },
        { ...again, metadata: metadata === undefined ? json("{}") : undefined },
        { ...again, timestamp: "2026-01-31T12:00:00Z" },
      ]) {
        await expect(service.publish(other)).rejects.toMatchObject({ code: "conflict", field: "id" });
      }
    }
    expect((await service.listDeliveries()).data).toHaveLength(2);
  });

  it("has ids apart for each tenant and environment", async () => {
    const { service, serviceFor } = await openTestHooks();
    const event = { type: "order.paid", id: "order-1" };
    await service.publish({ ...event, data: json("1") });
    await serviceFor({ tenant: "default", environment: "staging" }).publish({ ...event, data: json("2") });
    await serviceFor({ tenant: "other", environment: "development" }).publish({ ...event, data: json("3") });
    expect(Buffer.from((await service.getEvent("order-1")).data).toString()).toBe("1");
  });

  it.each([
    [{ type: "order paid" }, "type"],
    [{ type: "hooks.delivery.exhausted" }, "type"],
    [{ id: "a.b" }, "id"],
    [{ id: "" }, "id"],
    [{ metadata: json("[]") }, "metadata"],
    [{ metadata: json(' "{}"') }, "metadata"],
    [{ timestamp: "yesterday" }, "timestamp"],
    [{ timestamp: "2026-02-01T12:00:01Z" }, "timestamp"],
    [{ version: "" }, "version"],
    [{ data: Buffer.alloc(0) }, "data"],
  ])("refuses %j, names %s and stores nothing", async (wrong, field) => {
    const { service } = await openTestHooks();
    await expect(service.publish({ type: "order.paid", data: json("{}"), ...wrong })).rejects.toMatchObject({
      code: "invalid_request",
      field,
    });
    expect((await service.listEvents()).data).toEqual([]);
  });
});

it("refuses an event of more than 1 MiB, and takes one of exactly that", async () => {
  const { service } = await openTestHooks();
  const data = Buffer.alloc(1024 * 1024, "1");
  await expect(service.publish({ type: "order.paid", data, metadata: json("{}") })).rejects.toMatchObject({
    code: "too_large",
    field: "data",
  });
  expect((await service.listEvents()).data).toEqual([]);
  await service.publish({ type: "order.paid", data });
});

describe("publishBatch", () => {
  it("stores the good ones and says what is wrong with the rest, in order", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription({ url: "https://example.com/", events: ["order.*"] });
    const { results } = await service.publishBatch([
      { type: "order.paid", data: json("1"), id: "a" },
      { type: "no good", data: json("2"), id: "b" },
      { type: "other", data: json("3"), id: "c" },
      { type: "order.paid", data: json("4"), id: "a" },
    ]);
    expect(results).toEqual([
      { id: "a", deliveries: 1 },
      { error: expect.objectContaining({ code: "invalid_request", field: "type" }) },
      { id: "c", deliveries: 0 },
      { error: expect.objectContaining({ code: "conflict", field: "id" }) },
    ]);
    expect((await service.listEvents()).data.map((one) => one.id)).toEqual(["c", "a"]);
  });

  it("stores nothing when it is atomic and one is bad", async () => {
    const { service } = await openTestHooks();
    const good = { type: "order.paid", data: json("1"), id: "a" };
    await expect(
      service.publishBatch([good, { type: "no good", data: json("2") }], { atomic: true }),
    ).rejects.toMatchObject({ code: "invalid_request", field: "events[1].type" });
    await expect(service.publishBatch([good, { ...good, data: json("2") }], { atomic: true })).rejects.toMatchObject({
      code: "conflict",
      field: "events[1].id",
    });
    expect((await service.listEvents()).data).toEqual([]);
    expect((await service.publishBatch([good], { atomic: true })).results).toEqual([{ id: "a", deliveries: 0 }]);
  });

  it("hands a batch on at once: what has room in one piece, whose queue it stands in once each", async () => {
    const local = await openTestHooks();
    const { service, directory } = local;
    await directory.load();
    await service.createSubscription({ url: "https://example.com/1", events: ["order.*"] });
    const [roomy] = directory.takersOf(TEST_SCOPE, "order.paid");
    await service.createSubscription({ url: "https://example.com/2", events: ["order.*"] });
    const crowded = directory.takersOf(TEST_SCOPE, "order.paid").find((rowId) => rowId !== roomy);
    const endsAt = Date.now() + 60_000;
    const told: unknown[] = [];
    local.attach({
      freshLease: (rowId) => (rowId === roomy ? { worker: "here", endsAt } : undefined),
      offer: (deliveries) => told.push(deliveries.map((one) => [one.event.id, one.subscriptionRowId])),
      abandon: (rowIds) => told.push({ abandoned: rowIds }),
      wake: (rowId) => told.push({ woken: rowId }),
    });
    const events = ["one", "two", "three"].map((id) => ({ id, type: "order.paid", data: json("1") }));
    await service.publishBatch(events);
    expect(told).toEqual([{ woken: crowded }, events.map(({ id }) => [id, roomy])]);
    told.length = 0;
    // Known already, all but the last: nobody is sent them again, and their room is given back.
    await service.publishBatch([...events, { id: "four", type: "order.paid", data: json("1") }]);
    expect(told).toEqual([{ abandoned: [roomy, roomy, roomy] }, { woken: crowded }, [["four", roomy]]]);
  });
});

describe("replay", () => {
  it("sends ended deliveries again by filter, and counts the same in a dry run", async () => {
    const { service, store, clock } = await openTestHooks();
    const { id } = await service.createSubscription({ url: "https://example.com/", events: ["*"] });
    for (const type of ["order.paid", "order.created", "invoice.paid"])
      await service.publish({ type, data: json("1") });
    for (const delivery of (await service.listDeliveries()).data) await service.cancelDelivery(delivery.id);

    expect(await service.replay({ status: "failed" })).toMatchObject({ count: 0, dry_run: false });
    expect(await service.replay({ status: "cancelled", types: ["order.*"], dry_run: true })).toMatchObject({
      count: 2,
      dry_run: true,
    });
    expect((await service.listDeliveries({ status: "pending" })).data).toHaveLength(0);
    expect(await service.replay({ status: "cancelled", types: ["order.*"], subscription: id })).toMatchObject({
      count: 2,
      dry_run: false,
    });
    expect((await service.listDeliveries({ status: "pending" })).data.map((one) => one.event_type).sort()).toEqual([
      "order.created",
      "order.paid",
    ]);
    expect(await service.replay({ status: "cancelled", since: "1h" })).toMatchObject({ count: 1, dry_run: false });
    expect((await store.nextDueTimes([1])).get(1)).toBe(clock.at);
    await expect(service.replay({ status: "pending" as never })).rejects.toMatchObject({ field: "status" });
  });

  it("sends one event again to those who got it and those who would get it now, or only to those named", async () => {
    const { service, adminFor } = await openTestHooks();
    const first = await service.createSubscription({ url: "https://example.com/1", events: ["order.*"] });
    const { id } = await service.publish({ type: "order.paid", data: json("1") });
    const second = await service.createSubscription({ url: "https://example.com/2", events: ["order.*"] });
    const third = await service.createSubscription({ url: "https://example.com/3", events: ["invoice.*"] });
    const before = await service.getEvent(id);
    expect(await service.replayEvent(id, { dry_run: true })).toEqual({ count: 2, dry_run: true });
    expect(await service.replayEvent(id, { dry_run: true, subscriptions: [third.id] })).toMatchObject({ count: 1 });
    expect(await service.getEvent(id)).toEqual(before);
    expect((await adminFor().listAudit({ action: "event.replay" })).data).toEqual([]);
    expect(await service.replayEvent(id)).toEqual({ count: 2, dry_run: false });
    expect((await service.getEvent(id)).deliveries.map((one) => one.subscription).sort()).toEqual(
      [first.id, second.id].sort(),
    );
    expect(await service.replayEvent(id, { subscriptions: [third.id] })).toMatchObject({ count: 1 });
    expect((await service.getEvent(id)).deliveries).toHaveLength(3);
    await expect(service.replayEvent("evt_nope")).rejects.toMatchObject({ code: "not_found" });
    await expect(service.replayEvent("evt_nope", { dry_run: true })).rejects.toMatchObject({ code: "not_found" });
  });

  it("counts in a dry run of one event as replaying does: not what is being sent, nor for who is disabled", async () => {
    const { service, store, clock } = await openTestHooks();
    const [busy, off] = [
      await service.createSubscription({ url: "https://example.com/1", events: ["order.*"] }),
      await service.createSubscription({ url: "https://example.com/2", events: ["order.*"] }),
    ];
    await service.createSubscription({ url: "https://example.com/3", events: ["order.*"] });
    const { id } = await service.publish({ type: "order.paid", data: json("1") });
    await service.disableSubscription(off.id);
    const lane = (await store.loadSubscriptions(TEST_SCOPE)).find((one) => one.id === busy.id)!.rowId;
    const lease = { worker: "w", endsAt: clock.at + 60_000 };
    await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], clock.at, lease);
    const counted = await service.replayEvent(id, { dry_run: true });
    expect(counted.count).toBe(1);
    expect((await service.replayEvent(id)).count).toBe(counted.count);
  });

  it.each([true, false])(
    "counts whom it is to go to once, however often they are named (dry run: %s)",
    async (dryRun) => {
      const { service } = await openTestHooks();
      const { id: event } = await service.publish({ type: "order.paid", data: json("1") });
      const { id } = await service.createSubscription({
        name: "shop",
        url: "https://example.com/",
        events: ["order.*"],
      });
      const replay = { subscriptions: [id, "shop", id], dry_run: dryRun };
      expect(await service.replayEvent(event, replay)).toEqual({ count: 1, dry_run: dryRun });
    },
  );

  it("sends an event again in one transaction: all of it with its entry, or nothing when the disk takes not all", async () => {
    const local = await openTestHooks();
    const { service, store, adminFor } = local;
    const first = await service.createSubscription({ url: "https://example.com/1", events: ["order.*"] });
    const { id } = await service.publish({ type: "order.paid", data: json("1") });
    await recordDue(local, { status: 200 });
    await service.createSubscription({ url: "https://example.com/2", events: ["order.*"] });
    const woken: number[] = [];
    local.attach({
      freshLease: () => undefined,
      offer: () => {},
      abandon: () => {},
      wake: (subscriptionRowId) => woken.push(subscriptionRowId),
    });
    const entries = async () => (await adminFor().listAudit({ action: "event.replay" })).data.length;
    const other = new Database(local.storePath);
    onTestFinished(() => void other.close());
    other.exec("CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'no room'); END");
    await expect(service.replayEvent(id)).rejects.toThrow("no room");
    expect((await service.getEvent(id)).deliveries).toMatchObject([{ subscription: first.id, status: "succeeded" }]);
    expect(await entries()).toBe(0);
    expect(woken).toEqual([]);
    other.exec("DROP TRIGGER full");
    const commits = () => (store as SqliteStore).commits;
    const before = commits();
    expect(await service.replayEvent(id)).toMatchObject({ count: 2 });
    expect(commits() - before).toBe(1);
    expect(await entries()).toBe(1);
    expect(new Set(woken)).toEqual(new Set(local.directory.takersOf(TEST_SCOPE, "order.paid")));
    expect((await service.getEvent(id)).deliveries.map(({ status }) => status)).toEqual(["pending", "pending"]);
  });

  it("retries by hand, but not into a disabled subscription", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({ url: "https://example.com/1", events: ["*"] });
    await service.publish({ type: "order.paid", data: json("1") });
    const [delivery] = (await service.listDeliveries()).data;
    await service.cancelDelivery(delivery!.id);
    await expect(service.cancelDelivery(delivery!.id)).rejects.toMatchObject({ code: "conflict" });
    expect(await service.retryDelivery(delivery!.id)).toMatchObject({ status: "pending", completed_at: null });
    await service.disableSubscription(id);
    await expect(service.retryDelivery(delivery!.id)).rejects.toMatchObject({
      code: "conflict",
      hint: expect.stringContaining("enable"),
    });
  });
});

it("never takes a publisher's own id for the beginning of another", async () => {
  const { service } = await openTestHooks();
  await service.publish({ type: "order.paid", data: json("1"), id: "order-10" });
  await expect(service.getEvent("order-1")).rejects.toMatchObject({ code: "not_found" });
  const { id } = await service.publish({ type: "order.paid", data: json("1") });
  expect((await service.getEvent(id.slice(0, -2))).id).toBe(id);
});

describe("publish to a subscription with order_by", () => {
  async function openOrdered(orderBy: string) {
    const hooks = await openTestHooks();
    const { service } = hooks;
    const { id } = await service.createSubscription({ url: "https://example.com/", events: ["*"], order_by: orderBy });
    /** Ids of the deliveries, in the order published. */
    const publish = async (...data: string[]): Promise<string[]> => {
      const { results } = await service.publishBatch(data.map((one) => ({ type: "order.moved", data: json(one) })));
      const ids = results.map((result) => (result as { id: string }).id);
      return Promise.all(ids.map(async (event) => (await service.getEvent(event)).deliveries[0]!.id));
    };
    /** Which of these are due, each by itself. */
    const due = async (ids: readonly string[]): Promise<boolean[]> => {
      const rows = await Promise.all(ids.map((one) => service.getDelivery(one)));
      expect(rows.map((row) => row.status)).toEqual(rows.map(() => "pending"));
      return rows.map((row) => row.next_attempt_at !== null);
    };
    return { ...hooks, subscription: id, publish, due };
  }

  it("makes one of each order due, and everything that has none", async () => {
    const { publish, due } = await openOrdered("data.id");
    const ids = await publish(
      '{"id":1}',
      '{"id":2}',
      '{"id":1.0}',
      "{}",
      '{"id":null}',
      '{"id":"1"}',
      '{"id":2}',
      "[]",
    );
    expect(await due(ids)).toEqual([true, true, false, true, true, true, false, true]);
  });

  it("makes one of all due with *", async () => {
    const { publish, due } = await openOrdered("*");
    expect(await due(await publish("1", '{"id":1}', "null"))).toEqual([true, false, false]);
  });

  it("strands nothing when the order is switched off, over and on again", async () => {
    const { service, subscription, publish, due } = await openOrdered("/id");
    const [first, second] = await publish('{"id":1,"to":5}', '{"id":1,"to":6}');
    await service.updateSubscription(subscription, { order_by: null });
    const [free] = await publish('{"id":1,"to":5}');
    expect(await due([first!, second!, free!])).toEqual([true, false, true]);
    await service.updateSubscription(subscription, { order_by: "/to" });
    const [third, fourth] = await publish('{"id":1,"to":7}', '{"id":2,"to":7}');
    expect(await due([third!, fourth!])).toEqual([true, false]);
    await service.cancelDelivery(first!);
    await service.cancelDelivery(third!);
    expect(await due([second!, free!, fourth!])).toEqual([true, true, true]);
  });

  it("lets an event that is replayed to it join its order", async () => {
    const { service, publish, due } = await openOrdered("/id");
    const late = await service.createSubscription({ url: "https://example.com/2", events: ["x"], order_by: "/id" });
    const events = [];
    for (let n = 0; n < 2; n++) events.push(await service.publish({ type: "order.moved", data: json('{"id":7}') }));
    for (const event of events) await service.replayEvent(event.id, { subscriptions: [late.id] });
    const { data } = await service.listDeliveries({ subscription: late.id });
    expect(await due(data.map((row) => row.id).reverse())).toEqual([true, false]);
    const [another] = await publish('{"id":8}');
    expect(await due([another!])).toEqual([true]);
  });
});

it("shows what a delivery put into its batch", async () => {
  const { service } = await openTestHooks();
  await service.createSubscription({ url: "https://example.com/", events: ["*"], batch: { max_events: 10 } });
  const { id } = await service.publish({ type: "order.paid", data: json('{"a": 1.0}') });
  const [delivery] = (await service.getEvent(id)).deliveries;
  const { payload } = await service.getDelivery(delivery!.id);
  expect(payload).toBe(`[{"id":"${id}","type":"order.paid","timestamp":"2026-01-31T12:00:00.000Z","data":{"a": 1.0}}]`);
});
