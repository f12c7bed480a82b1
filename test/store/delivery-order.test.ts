import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../src/core/delivery.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import type { Store, StoredDelivery } from "../../src/store/store.ts";
import { attempted, NOON, newDelivery, newEvent, newSubscription, SCOPE } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

/** What order means, the plain way: a list of deliveries, walked over from the front. */
interface Row {
  rowId: number;
  key: number | undefined;
  status: "waits" | "is sent" | "ended";
  /** Whether it is due some time by itself, or only after another one of its key. */
  hasTurn: boolean;
  dueAt: number;
  roundAttempts: number;
  /** Crashes in a row while it was being sent. */
  reclaims: number;
  createdAt: number;
}

class Model {
  readonly rows: Row[] = [];

  /** Of the same key, not ended, in order of row id. */
  #chain(key: number | undefined): Row[] {
    if (key === undefined) return [];
    return this.rows.filter((row) => row.key === key && row.status !== "ended").sort((a, b) => a.rowId - b.rowId);
  }

  add(rowId: number, key: number | undefined, now: number): void {
    const hasTurn = this.#chain(key).length === 0;
    this.rows.push({ rowId, key, status: "waits", hasTurn, dueAt: now, roundAttempts: 0, reclaims: 0, createdAt: now });
  }

  due(now: number): Row[] {
    return this.rows.filter((row) => row.status === "waits" && row.hasTurn && row.dueAt <= now);
  }

  end(row: Row, now: number): void {
    row.status = "ended";
    const chain = this.#chain(row.key);
    const next = chain[0];
    if (next === undefined || chain.some((one) => one.hasTurn)) return;
    next.hasTurn = true;
    next.dueAt = now;
  }

  reopen(row: Row, now: number): void {
    if (row.status === "is sent") return;
    row.reclaims = 0;
    if (row.status === "waits") {
      row.dueAt = now;
      return;
    }
    const holder = this.#chain(row.key).find((one) => one.hasTurn);
    const yields = holder?.status === "waits" && holder.roundAttempts === 0 && row.rowId < holder.rowId;
    if (yields) holder.hasTurn = false;
    Object.assign(row, { status: "waits", roundAttempts: 0, dueAt: now, hasTurn: holder === undefined || yields });
  }
}

/** One thing that happens; numbers choose among what there is then. */
type Step =
  | { do: "publish"; keys: (number | undefined)[] }
  | { do: "claim"; limit: number }
  | { do: "record"; which: number; verdict: "succeeded" | "retry" | "failed" | "gone" }
  | { do: "release"; which: number }
  | { do: "cancel"; which: number }
  | { do: "reopen"; which: number[] }
  | { do: "expire"; age: number }
  | { do: "crash" };

const which = fc.nat(100);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      keys: fc.array(fc.constantFrom(1, 1, 1, 2, undefined), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("claim" as const), limit: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("record" as const),
      which,
      verdict: fc.constantFrom("succeeded", "succeeded", "retry", "failed", "gone"),
    }),
  },
  fc.record({ do: fc.constant("release" as const), which }),
  fc.record({ do: fc.constant("cancel" as const), which }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("reopen" as const),
      which: fc.array(which, { minLength: 1, maxLength: 3 }),
    }),
  },
  fc.record({ do: fc.constant("expire" as const), age: fc.nat(20) }),
  fc.record({ do: fc.constant("crash" as const) }),
);

describe("the order of deliveries", () => {
  it("is that of the plain model, whatever happens: of a key one at a time, and never none while some wait", async () => {
    const store = await openSqliteStore({ path: path.join(tempFolder(), "hooks.db"), mode: "inline" });
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 25, maxLength: 60 }), async (steps) => {
        const run = new Run(store, await store.insertSubscription(newSubscription({ autoDisableFailures: 0 })));
        for (const step of steps) {
          await run.do(step);
          await run.check();
        }
        await run.drain();
      }),
      { numRuns: 40 },
    );
    await store.close();
  }, 120_000);
});

/** Does the same to the store and to the model. */
class Run {
  readonly #store: Store;
  readonly #lane: number;
  readonly #model = new Model();
  #now = NOON;
  #boot = 1;

  constructor(store: Store, lane: number) {
    this.#store = store;
    this.#lane = lane;
  }

  async do(step: Step): Promise<void> {
    this.#now += 1;
    switch (step.do) {
      case "publish":
        return this.#publish(step.keys);
      case "claim":
        await this.#claim(step.limit);
        return;
      case "record": {
        const row = this.#pick("is sent", step.which);
        if (row !== undefined) await this.#record(row, step.verdict);
        return;
      }
      case "release": {
        const row = this.#pick("is sent", step.which);
        if (row === undefined) return;
        await this.#store.releaseLeases(this.#worker, [row.rowId], this.#now);
        this.#giveBack(row);
        return;
      }
      case "cancel": {
        const row = this.#pick("waits", step.which);
        if (row === undefined) return;
        expect(await this.#store.cancelDelivery(row.rowId, "cancelled", this.#now)).toBe(true);
        this.#model.end(row, this.#now);
        return;
      }
      case "reopen": {
        const { rows } = this.#model;
        const chosen = rows.length === 0 ? [] : step.which.map((n) => rows[n % rows.length]!);
        await this.#store.reopenDeliveries(
          chosen.map((row) => row.rowId),
          this.#now,
          "replay",
        );
        for (const row of chosen) this.#model.reopen(row, this.#now);
        return;
      }
      case "expire": {
        const before = this.#now - step.age;
        await this.#store.expireDeliveries(this.#lane, before, this.#now);
        // All of them at once: none has its turn because another one of them ended.
        const expired = this.#model.rows.filter((row) => row.status === "waits" && row.createdAt < before);
        for (const row of expired) row.status = "ended";
        for (const row of expired) this.#model.end(row, this.#now);
        return;
      }
      case "crash":
        this.#boot += 1;
        await this.#store.reclaimLeases(this.#worker, this.#now);
        for (const row of this.#model.rows) if (row.status === "is sent") this.#takeBack(row);
        return;
    }
  }

  /** The store says of every delivery what the model says. */
  async check(): Promise<void> {
    const filter = { subscriptionRowId: this.#lane };
    const stored = await this.#store.listDeliveries(SCOPE, filter, 1_000, undefined);
    expect(stored.map(statusOf).reverse()).toEqual(this.#model.rows.map(expected));
    const due = this.#model.rows.filter((row) => row.status === "waits" && row.hasTurn).map((row) => row.dueAt);
    const first = due.length === 0 ? [] : [[this.#lane, Math.min(...due)] as const];
    expect(await this.#store.nextDueTimes([this.#lane])).toEqual(new Map(first));
    for (const key of [1, 2]) {
      const open = this.#model.rows.filter((row) => row.key === key && row.status !== "ended");
      expect(open.filter((row) => row.hasTurn)).toHaveLength(open.length === 0 ? 0 : 1);
    }
  }

  /** Nothing is stranded: with a receiver that works, everything ends. */
  async drain(): Promise<void> {
    this.#now += 1_000_000;
    const isOpen = (row: Row) => row.status !== "ended";
    for (let rounds = 0; this.#model.rows.some(isOpen); rounds++) {
      expect(rounds).toBeLessThanOrEqual(this.#model.rows.length);
      this.#now += 1;
      await this.#claim(1_000);
      for (const row of this.#model.rows.filter(({ status }) => status === "is sent")) {
        await this.#record(row, "succeeded");
      }
    }
    await this.check();
  }

  get #worker(): string {
    return `boot-${this.#boot}`;
  }

  async #publish(keys: readonly (number | undefined)[]): Promise<void> {
    const events = keys.map((orderKey) =>
      newEvent([], { createdAt: this.#now, deliveries: [newDelivery(this.#lane, { orderKey })] }),
    );
    const appended = await this.#store.appendEvents(events);
    for (const [index, one] of appended.entries()) {
      if (one.kind !== "stored") throw new Error(`not stored: ${one.kind}`);
      this.#model.add(one.deliveryRowIds[0]!, keys[index], this.#now);
    }
  }

  async #claim(limit: number): Promise<void> {
    const lanes = [{ subscriptionRowId: this.#lane, limit }];
    const lease = { worker: this.#worker, endsAt: this.#now + 60_000 };
    const due = this.#model.due(this.#now);
    const [claimed] = await this.#store.claimDue(lanes, this.#now, lease);
    expect(claimed!.deliveries).toHaveLength(Math.min(limit, due.length));
    for (const { rowId } of claimed!.deliveries) {
      const row = due.find((one) => one.rowId === rowId);
      expect(row).toBeDefined();
      row!.status = "is sent";
    }
  }

  async #record(row: Row, verdict: "succeeded" | "retry" | "failed" | "gone"): Promise<void> {
    const retryAt = this.#now + 5;
    const verdicts: Record<typeof verdict, Verdict> = {
      succeeded: { kind: "succeeded" },
      retry: { kind: "retry", at: retryAt },
      failed: { kind: "failed", reason: "exhausted" },
      gone: { kind: "failed", reason: "gone", disableSubscription: "gone" },
    };
    const delivery = { rowId: row.rowId, subscriptionRowId: this.#lane };
    const before = this.#model.rows.filter((one) => one.key === row.key && !one.hasTurn && one.status === "waits");
    const attempt = attempted(delivery, verdicts[verdict], { endedAt: this.#now });
    const { released } = await this.#store.recordAttempts(this.#worker, [attempt]);
    row.roundAttempts += 1;
    row.reclaims = 0;
    if (verdict === "retry") {
      Object.assign(row, { status: "waits", dueAt: retryAt });
      expect(released).toEqual([]);
      return;
    }
    this.#model.end(row, this.#now);
    expect(released).toEqual(row.key !== undefined && 0 < before.length ? [this.#lane] : []);
    if (verdict !== "gone") return;
    for (const one of this.#model.rows) if (one.status === "waits") one.status = "ended";
    await this.#store.updateSubscription(this.#lane, {
      enabled: true,
      disabledReason: undefined,
      updatedAt: this.#now,
    });
  }

  /** The fifth time in a row it counts as a failed attempt, and is put off. */
  #takeBack(row: Row): void {
    row.reclaims += 1;
    this.#giveBack(row);
    if (row.reclaims === 5)
      Object.assign(row, { reclaims: 0, roundAttempts: row.roundAttempts + 1, dueAt: this.#now + 300_000 });
  }

  /** Due as of its creation. */
  #giveBack(row: Row): void {
    Object.assign(row, { status: "waits", dueAt: row.createdAt });
  }

  #pick(status: Row["status"], choice: number): Row | undefined {
    const rows = this.#model.rows.filter((row) => row.status === status);
    return rows[choice % rows.length];
  }
}

function statusOf({ rowId, state, claimableAt }: StoredDelivery): unknown {
  if (state === "sending") return [rowId, "is sent"];
  if (state === "pending" || state === "retrying") return [rowId, "waits", claimableAt];
  return [rowId, "ended"];
}

function expected({ rowId, status, hasTurn, dueAt }: Row): unknown {
  return status === "waits" ? [rowId, status, hasTurn ? dueAt : undefined] : [rowId, status];
}
