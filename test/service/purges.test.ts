import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, vi } from "vitest";
import type { HeaderPairs } from "../../src/core/attempt.ts";
import type { EventPurge, PurgeResource } from "../../src/core/purge.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";
import { recordDue } from "./support/recorded.ts";

const DAY = 86_400_000;
const URL = "https://shop.example/";

describe("a purge", () => {
  it("erases what it names with all that hangs on it, and nothing else", async () => {
    const hooks = await opened();
    const { service } = hooks;
    await publish(hooks, "order.paid", { user_id: "u_1" }, "evt_one");
    await publish(hooks, "order.paid", { user_id: "u_2" }, "evt_two");
    await publish(hooks, "order.paid", { customer: 7 }, "evt_other");
    await recordDue(hooks, { status: 200 });
    const before = await service.getSubscription("shop");
    const purge = await done(hooks, { where: 'data.user_id = "u_1"', reason: "request 17" });
    expect(purge).toMatchObject({
      status: "completed",
      erased: { events: 1, deliveries: 1, attempts: 1 },
      kept: 0,
      undecided: 1,
      reason: "request 17",
      filter: { where: 'data.user_id == "***"' },
    });
    expect((await service.listEvents()).data.map(({ id }) => id)).toEqual(["evt_other", "evt_two"]);
    expect((await service.listDeliveries()).data).toHaveLength(2);
    // What was counted stays.
    expect((await service.getSubscription("shop")).counts).toEqual(before.counts);
    expect(before.counts.succeeded).toBe(3);
    expect((await service.stats()).totals).toMatchObject({ attempts: 3 });
  });

  it("tells whoever asks for an erased event when and why, and takes its id for no other", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    await publish(hooks, "order.paid", { user_id: "u_1" }, "evt_one");
    await recordDue(hooks, { status: 200 });
    const { id } = await done(hooks, { events: ["evt_one"], reason: "request 17" });
    const at = new Date(clock.at).toISOString();
    const told = {
      code: "not_found",
      message: expect.stringMatching(new RegExp(`evt_one.*erased at ${at} \\(${id}\\): request 17`)),
      hint: expect.stringContaining(id),
    };
    await expect(service.getEvent("evt_one")).rejects.toMatchObject({ ...told, field: "id" });
    await expect(service.why({ event: "evt_one" })).rejects.toMatchObject({ ...told, field: "event" });
    await expect(service.replayEvent("evt_one")).rejects.toMatchObject(told);
    const again = { id: "evt_one", type: "order.paid", data: Buffer.from('{"user_id":"u_1"}') };
    await expect(service.publish(again)).rejects.toMatchObject({
      code: "conflict",
      field: "id",
      message: expect.stringContaining("erased"),
    });
    await expect(service.publishBatch([again], { atomic: true })).rejects.toMatchObject({ code: "conflict" });
    const { results } = await service.publishBatch([again, { ...again, id: "evt_two" }]);
    expect(results).toMatchObject([{ error: { code: "conflict" } }, { id: "evt_two" }]);
    // The same id in another environment is another event.
    const staging = hooks.serviceFor({ ...TEST_SCOPE, environment: "staging" });
    expect(await staging.publish(again)).toMatchObject({ id: "evt_one" });
    await expect(staging.getEvent("evt_never")).rejects.toMatchObject({
      message: expect.not.stringContaining("erased"),
    });
  });

  it("keeps what waits or is being sent; with cancel_waiting it cancels what waits", async () => {
    const hooks = await opened();
    const { service, store, clock } = hooks;
    await publish(hooks, "order.sent", {}, "evt_sent");
    const [{ rowId = 0 } = {}] = await store.loadSubscriptions(TEST_SCOPE);
    await store.claimDue([{ subscriptionRowId: rowId, limit: 1 }], clock.at, {
      worker: "ses_1",
      endsAt: clock.at + 1_000,
    });
    await publish(hooks, "order.waits", {}, "evt_waits");
    expect(await service.purgeEvents({ types: ["order.*"], dry_run: true })).toMatchObject({ count: 0, kept: 2 });
    expect(await done(hooks, { types: ["order.*"] })).toMatchObject({ erased: { events: 0 }, kept: 2 });
    expect(await service.purgeEvents({ types: ["order.*"], cancel_waiting: true, dry_run: true })).toMatchObject({
      count: 1,
      kept: 1,
    });
    const purge = await done(hooks, { types: ["order.*"], cancel_waiting: true });
    expect(purge).toMatchObject({ erased: { events: 1, deliveries: 1, attempts: 0 }, kept: 1 });
    expect((await service.listEvents()).data.map(({ id }) => id)).toEqual(["evt_sent"]);
    expect((await service.listDeliveries()).data).toMatchObject([{ status: "sending" }]);
  });

  it("makes the next of an order due when it cancels one", async () => {
    const hooks = await openTestHooks();
    const { service } = hooks;
    await service.createSubscription({ name: "shop", url: URL, events: ["*"], order_by: "/order" });
    await publish(hooks, "order.paid", { order: 1, user_id: "u_1" }, "evt_one");
    await publish(hooks, "order.paid", { order: 1, user_id: "u_2" }, "evt_two");
    const woken: number[] = [];
    const wake = (subscriptionRowId: number) => void woken.push(subscriptionRowId);
    const none = { freshLease: () => undefined, offer: () => {}, abandon: () => {} };
    hooks.cases.parts.dispatch = { ...none, wake };
    await done(hooks, { where: "data.user_id == 'u_1'", cancel_waiting: true });
    expect(woken).toHaveLength(1);
    expect(await recordDue(hooks, { status: 200 })).toBe(1);
    expect((await service.listDeliveries()).data).toMatchObject([{ event_id: "evt_two", status: "succeeded" }]);
  });

  it("chooses by age, type and id, all of which must be so", async () => {
    const hooks = await opened(["nothing.*"]);
    const { service, clock } = hooks;
    await publish(hooks, "order.paid", { n: 1 }, "evt_a");
    await publish(hooks, "invoice.paid", { n: 2 }, "evt_b");
    clock.at += 2 * DAY;
    await publish(hooks, "order.sent", { n: 3 }, "evt_c");
    const count = async (purge: EventPurge) => (await service.purgeEvents({ ...purge, dry_run: true })).count;
    expect(await count({ all: true })).toBe(3);
    expect(await count({ before: "1d" })).toBe(2);
    expect(await count({ since: "1d" })).toBe(1);
    expect(await count({ before: "1d", types: ["order.*"] })).toBe(1);
    expect(await count({ types: ["order.paid", "invoice.*"] })).toBe(2);
    expect(await count({ events: ["evt_a", "evt_c", "evt_nope"] })).toBe(2);
    expect(await count({ events: ["evt_a"], types: ["invoice.paid"] })).toBe(0);
    expect(await count({ where: "data.n >= 2" })).toBe(2);
    expect(await count({ where: 'type = "order.paid" && data.n = 1' })).toBe(1);
    expect((await service.listPurges()).data).toEqual([]);
    expect((await service.listEvents()).data).toHaveLength(3);
    const staging = hooks.serviceFor({ ...TEST_SCOPE, environment: "staging" });
    expect((await staging.purgeEvents({ all: true, dry_run: true })).count).toBe(0);
  });

  it("refuses what names no events or cannot be read, and stores nothing then", async () => {
    const { service, adminFor } = await opened();
    const refused: [EventPurge, string][] = [
      [{}, "filter"],
      [{ all: false }, "filter"],
      [{ types: [] }, "types"],
      [{ types: ["in voice"] }, "types[0]"],
      [{ events: [] }, "events"],
      [{ events: ["evt_1", "evt 2"] }, "events[1]"],
      [{ where: "" }, "where"],
      [{ where: "data.user_id =" }, "where"],
      [{ where: "data.user_id = u_1" }, "where"],
      [{ where: 7 as never }, "where"],
      [{ before: "yesterday" }, "before"],
      [{ since: "1d", before: "2d" }, "before"],
      [{ all: "yes" as never }, "all"],
      [{ all: true, reason: "x".repeat(256) }, "reason"],
      [{ all: true, reason: "done\u001b[2J" }, "reason"],
      [{ all: true, cancel_waiting: 1 as never }, "cancel_waiting"],
    ];
    for (const [purge, field] of refused) {
      await expect(service.purgeEvents(purge), JSON.stringify(purge)).rejects.toMatchObject({
        code: "invalid_request",
        field,
      });
    }
    expect((await service.listPurges()).data).toEqual([]);
    expect((await adminFor().listAudit({ action: "event.purge" })).data).toEqual([]);
  });

  it("is kept with who asked for it, without the values of its condition", async () => {
    const hooks = await opened();
    await publish(hooks, "order.paid", { user_id: "SECRETUSER" });
    await recordDue(hooks, { status: 200 });
    const { id } = await done(hooks, { where: "data.user_id == 'SECRETUSER'", reason: "request 17" });
    const audit = (await hooks.adminFor().listAudit({ action: "event.purge" })).data;
    expect(audit).toMatchObject([
      {
        actor: { name: "local" },
        resource: { kind: "event", id },
        after: { where: 'data.user_id == "***"', reason: "request 17", cancel_waiting: false },
      },
    ]);
  });

  it("of many goes on step by step, also after others took steps, and can be cancelled", async () => {
    const hooks = await opened(["nothing.*"]);
    const { service, cases, store } = hooks;
    const events = Array.from({ length: 700 }, (_, n) => ({ type: "order.paid", data: Buffer.from(`{"n":${n}}`) }));
    await service.publishBatch(events);
    const started = await service.purgeEvents({ where: "data.n >= 100" });
    expect(started).toMatchObject({ status: "running", dry_run: false });
    const [rowId = 0] = await store.purges.listRunning();
    await Promise.all([cases.purges.step(rowId), cases.purges.step(rowId), cases.purges.step(rowId)]);
    const halfway = await service.getPurge(started.id!);
    expect(halfway.erased.events).toBe(700 - (await everyEvent(hooks)).length);
    expect(halfway.erased.events).toBeGreaterThan(0);
    expect((await service.listPurges()).data).toEqual([halfway]);
    const cancelled = await service.cancelPurge(started.id!.slice(0, -1));
    expect(cancelled).toMatchObject({ status: "cancelled", erased: halfway.erased });
    expect(await cases.purges.step(rowId)).toEqual({ goesOn: false, nextAt: undefined });
    await expect(service.cancelPurge(started.id!)).rejects.toMatchObject({ code: "conflict", field: "id" });
    await expect(service.getPurge("prg_nope")).rejects.toMatchObject({ code: "not_found", field: "id" });
    // The same once more takes the rest.
    expect((await done(hooks, { where: "data.n >= 100" })).erased.events).toBe(600 - halfway.erased.events);
    expect(await everyEvent(hooks)).toHaveLength(100);
  });

  it("leaves nothing of what it erased in any file of the store", async () => {
    const hooks = await opened();
    const { service, store, clock } = hooks;
    const marked = (n: number) => ({ user_id: "ERASEDUSER", text: `ERASEDUSER-${n}-`.repeat(1 + (n % 400)) });
    for (let round = 0; round < 6; round++) {
      await service.publishBatch(
        Array.from({ length: 300 }, (_, n) => ({
          type: "order.paid",
          data: Buffer.from(
            JSON.stringify(n % 3 === 0 ? marked(n) : { user_id: `u_${n}`, text: "KEPTUSER".repeat(n % 90) }),
          ),
          metadata: Buffer.from(JSON.stringify(n % 3 === 0 ? { of: "ERASEDUSER" } : {})),
        })),
      );
      await recordDue(hooks, { status: 500, verdict: { kind: "retry", at: clock.at + 1 } });
      clock.at += 1;
      await recordDue(hooks, { status: 200 });
    }
    await recordDue(hooks, { status: 200 });
    // The reader of this service has the log open; what is in it must go all the same.
    expect(grep(hooks, "ERASEDUSER")).not.toEqual([]);
    const purge = await done(hooks, { where: 'data.user_id == "ERASEDUSER"' });
    expect(purge).toMatchObject({ erased: { events: 600 }, kept: 0 });
    expect(grep(hooks, "ERASEDUSER")).toEqual([]);
    expect(grep(hooks, "KEPTUSER")).not.toEqual([]);
    expect(await store.purges.listRunning()).toEqual([]);
  });
});

describe("headers that attempts share", () => {
  it("go from the files with the last attempt that has them, and no attempt that is left loses its own", async () => {
    const hooks = await opened();
    const { service, store, clock } = hooks;
    const answer = (who: string) => ({
      headers: [
        ["server", "shop"],
        ["location", `/customers/${who}`],
      ] as HeaderPairs,
    });
    const tried = async (id: string, who: string) => {
      await publish(hooks, "order.paid", { user_id: who }, id);
      const retry = { kind: "retry", at: clock.at + 1 } as const;
      await recordDue(hooks, { status: 500, verdict: retry, ...answer(who) });
      clock.at += 1;
      await recordDue(hooks, { status: 200, ...answer(who) });
    };
    await tried("evt_alice", "ALICE");
    // What it answers to others differs: from then on the value stands with each attempt.
    await tried("evt_bob", "BOB");
    const attemptsOf = async (event: string) => {
      const [{ id } = { id: "" }] = (await service.listDeliveries({ event })).data;
      return (await service.getDelivery(id)).attempts.map(({ response_headers }) => response_headers);
    };
    const bobs = await attemptsOf("evt_bob");
    expect(JSON.stringify(bobs)).toContain("/customers/BOB");
    await done(hooks, { events: ["evt_alice"] });
    expect(grep(hooks, "ALICE")).toEqual([]);
    expect(await attemptsOf("evt_bob")).toEqual(bobs);
    // The row of the text that was wiped is taken again, so the table does not grow with what comes and goes.
    const sets = () => new Set(rows(hooks, "SELECT header_set_id FROM header_sets"));
    const before = sets();
    expect(rows(hooks, "SELECT count(*) FROM header_sets WHERE content LIKE '~%'")).toEqual([1]);
    const other = await openTestHooks({ folder: hooks.folder });
    await publish(hooks, "order.paid", {}, "evt_carol");
    await recordDue(other, { status: 500, verdict: { kind: "retry", at: clock.at }, ...answer("CAROL") });
    other.clock.at = clock.at;
    await recordDue(other, { status: 200, ...answer("CAROL") });
    expect(sets()).toEqual(before);
    expect(JSON.stringify(await attemptsOf("evt_carol"))).toContain("/customers/CAROL");
    expect(await attemptsOf("evt_bob")).toEqual(bobs);
    expect(await store.purges.listRunning()).toEqual([]);
  });

  it("stay where an attempt uses them that another process records while they are looked for", async () => {
    const hooks = await opened();
    const { service, store, clock } = hooks;
    const other = await openTestHooks({ folder: hooks.folder });
    other.clock.at = clock.at;
    const shared: HeaderPairs = [["x-same", "SHARED"]];
    const again = { status: 500, verdict: { kind: "retry", at: clock.at } } as const;
    await publish(hooks, "order.paid", {}, "evt_old");
    for (const process of [hooks, hooks, other, other]) await recordDue(process, { ...again, headers: shared });
    await recordDue(hooks, { status: 200, headers: shared });
    // Of other names nothing is known yet: its headers stand with it.
    await publish(hooks, "order.paid", {}, "evt_new");
    await recordDue(hooks, { status: 200, headers: [["x-own", "1"]] });
    await publish(hooks, "order.paid", {}, "evt_late");
    const begun = await store.retention.sweepHeaderSets(undefined, 1);
    expect(begun).toBeDefined();
    // The other process knows the row of that text since before; the attempts that it was in use by go.
    await recordDue(other, { status: 200, headers: shared });
    const direct = new Database(hooks.storePath);
    direct.exec("DELETE FROM attempts WHERE delivery_id = (SELECT min(delivery_id) FROM deliveries)");
    direct.close();
    for (let sweep = begun; sweep !== undefined; ) sweep = await store.retention.sweepHeaderSets(sweep, 1);
    const [{ id } = { id: "" }] = (await service.listDeliveries({ event: "evt_late" })).data;
    expect((await service.getDelivery(id)).attempts.map(({ response_headers }) => response_headers)).toEqual([shared]);
  });
});

describe("what is erased otherwise", () => {
  const marked = { headers: [["location", "/customers/ALICE"]] as HeaderPairs };
  const open = async (tenant: string) => {
    const hooks = await openTestHooks();
    const service = hooks.serviceFor({ tenant, environment: TEST_SCOPE.environment });
    await service.createSubscription({ name: "shop", url: URL, events: ["order.*"] });
    for (let n = 0; n < 3; n++) {
      await service.publish({
        type: "order.paid",
        data: Buffer.from(JSON.stringify({ of: "ALICE".repeat(2_000 * n) })),
      });
    }
    return { ...hooks, service };
  };

  it("as dead letters is gone from the files, too: what was answered to them and what was sent", async () => {
    const hooks = await open(TEST_SCOPE.tenant);
    const { clock, service } = hooks;
    await recordDue(hooks, { status: 500, verdict: { kind: "retry", at: clock.at }, ...marked });
    await recordDue(hooks, { status: 500, verdict: { kind: "failed", reason: "exhausted" }, ...marked });
    expect(grep(hooks, "/customers/ALICE")).not.toEqual([]);
    expect(await service.purgeDeadLetters({})).toMatchObject({ count: 3 });
    expect(grep(hooks, "/customers/ALICE")).toEqual([]);
    // The events are no part of it.
    expect((await service.listEvents({ type: "order.*" })).data).toHaveLength(3);
  });

  it("as a tenant is gone from the files, too", async () => {
    const hooks = await open("acme");
    expect(grep(hooks, "ALICE")).not.toEqual([]);
    await hooks.adminFor().deleteTenant("acme", { force: true });
    expect(grep(hooks, "ALICE")).toEqual([]);
    expect(await hooks.store.purges.cleaningOwed()).toBe(0);
  });

  it("and not yet cleaned up is cleaned up by the next, whoever that is", async () => {
    const hooks = await open("acme");
    // A daemon is to do it, and is killed.
    hooks.cases.parts.hasDaemon = () => true;
    await hooks.adminFor().deleteTenant("acme", { force: true });
    expect(grep(hooks, "ALICE")).not.toEqual([]);
    expect(await hooks.store.purges.cleaningOwed()).toBe(1);
    const next = await openTestHooks({ folder: hooks.folder });
    const steps: boolean[] = [];
    for (let owed = await next.cases.cleaning.listRunning(); owed.length !== 0; ) {
      steps.push((await next.cases.cleaning.step(owed[0]!)).goesOn);
      owed = await next.cases.cleaning.listRunning();
    }
    expect(grep(hooks, "ALICE")).toEqual([]);
    expect(steps.length).toBeGreaterThan(1);
  });
});

describe("a dry run", () => {
  it("counts page by page, those that there were when it began, and leaves their turn to others", async () => {
    const hooks = await opened(["nothing.*"]);
    const { service, cases } = hooks;
    const events = Array.from({ length: 250 }, (_, n) => ({ type: "order.paid", data: Buffer.from(`{"n":${n}}`) }));
    await service.publishBatch(events);
    const purge = { where: "data.n >= 100", dry_run: true };
    expect(await service.purgeEvents(purge)).toMatchObject({ count: 150, next_cursor: null });
    // As where somebody is served: then it rests, and what takes longer than a page goes on with the next.
    cases.parts.purgeRunner = { wake: () => {} };
    vi.spyOn(performance, "now").mockImplementation(stepping(3));
    let turns = 0;
    const others = setInterval(() => (turns += 1), 0);
    const first = await service.purgeEvents(purge);
    await service.publishBatch(events);
    let total = first.count;
    let pages = 1;
    for (let cursor = first.next_cursor; cursor !== null; pages++) {
      const page = await service.purgeEvents({ ...purge, cursor });
      total += page.count;
      cursor = page.next_cursor;
    }
    clearInterval(others);
    vi.restoreAllMocks();
    expect(pages).toBeGreaterThan(1);
    expect(turns).toBeGreaterThanOrEqual(pages);
    expect(total).toBe(150);
    await expect(service.purgeEvents({ ...purge, cursor: "bm8" })).rejects.toMatchObject({ field: "cursor" });
    await expect(service.purgeEvents({ all: true, cursor: first.next_cursor! })).rejects.toMatchObject({
      field: "cursor",
    });
  });
});

describe("the marks of erased events", () => {
  it("are forgotten when the events would have been deleted anyway, and their purges after them", async () => {
    const hooks = await opened(["nothing.*"]);
    const { store, clock, service } = hooks;
    await publish(hooks, "order.paid", {}, "evt_one");
    const { id } = await done(hooks, { all: true });
    const [{ rowId = 0 } = {}] = await store.retention.listScopes();
    const sweep = { scopeRowId: rowId, before: clock.at + 1, limit: 10 };
    expect(await store.retention.sweepJobs(sweep)).toBe(0);
    expect(await store.retention.sweepErased({ ...sweep, before: clock.at })).toBe(0);
    expect(await store.retention.sweepErased(sweep)).toBe(1);
    await expect(service.getEvent("evt_one")).rejects.toMatchObject({
      message: expect.not.stringContaining("erased"),
    });
    expect(await service.getPurge(id)).toMatchObject({ erased: { events: 1 } });
    expect(await store.retention.sweepJobs(sweep)).toBe(1);
  });
});

async function opened(events: string[] = ["order.*", "invoice.*"]): Promise<TestHooks> {
  const hooks = await openTestHooks();
  await hooks.service.createSubscription({ name: "shop", url: URL, events });
  return hooks;
}

async function publish({ service }: TestHooks, type: string, data: object, id?: string): Promise<void> {
  await service.publish({ type, id, data: Buffer.from(JSON.stringify(data)) });
}

/** Begins one, and does its steps to the end. */
async function done({ service, cases, store }: TestHooks, purge: EventPurge): Promise<PurgeResource> {
  const { id } = await service.purgeEvents(purge);
  for (let left = await store.purges.listRunning(); left.length !== 0; left = await store.purges.listRunning()) {
    for (const rowId of left) await cases.purges.step(rowId);
  }
  return service.getPurge(id!);
}

async function everyEvent({ service }: TestHooks): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await service.listEvents({ limit: 200, cursor });
    ids.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor ?? undefined;
  }
  return ids;
}

/** Files of the store that hold the text. */
function grep({ folder }: TestHooks, text: string): string[] {
  return readdirSync(folder).filter((name) => readFileSync(path.join(folder, name)).includes(text));
}

function rows({ storePath }: TestHooks, sql: string): unknown[] {
  const connection = new Database(storePath, { readonly: true });
  try {
    return connection.prepare(sql).pluck().all();
  } finally {
    connection.close();
  }
}

/** A clock that goes on by so many ms each time that somebody looks at it. */
function stepping(ms: number): () => number {
  let at = 0;
  return () => (at += ms);
}
