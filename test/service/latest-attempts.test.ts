import { describe, expect, it } from "vitest";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { type AttemptOptions, recordDue, recordedAs } from "./support/recorded.ts";

const HOUR = 3_600_000;
const AGAIN: AttemptOptions = { status: 500 };
const DONE: AttemptOptions = { status: 200 };

async function opened(): Promise<TestHooks> {
  const hooks = await openTestHooks();
  await hooks.service.createSubscription({ name: "shop", url: "https://shop.example/", events: ["order.*"] });
  return hooks;
}

/** Publishes an event, which is tried a second later; answers its delivery's id. */
async function tried({ service, clock, ...hooks }: TestHooks, answer: AttemptOptions, type = "order.paid") {
  const { id } = await service.publish({ type, data: Buffer.from("{}") });
  clock.at += 1_000;
  await recordDue({ ...hooks, service, clock }, answer);
  return (await service.listDeliveries({ event: id })).data[0]!.id;
}

/** As `hooks logs` prints them: delivery and number, oldest first. */
async function logs({ folder }: TestHooks, ...flags: string[]): Promise<string[]> {
  const run = await runInProcess(["logs", "--json", ...flags], {
    cwd: folder,
    env: { HOOKS_HOME: folder, HOME: folder },
    stdin: "",
  });
  expect(run).toMatchObject({ code: 0 });
  const lines = run.stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const { delivery_id: id, attempt } = JSON.parse(line) as { delivery_id: string; attempt: number };
    return `${id} ${attempt}`;
  });
}

async function attempted({ service }: TestHooks, query: object = {}): Promise<string[]> {
  return (await service.listDeliveries({ order: "attempted", limit: 3, ...query })).data.map(({ id }) => id);
}

describe("what was tried last", () => {
  it("is a retry of an old delivery, however many newer ones there are", async () => {
    const hooks = await opened();
    const old = await tried(hooks, AGAIN);
    const newer: string[] = [];
    hooks.clock.at += HOUR / 2;
    for (let n = 0; n < 25; n++) newer.push(await tried(hooks, DONE));
    expect(await attempted(hooks)).toEqual(newer.slice(-3).reverse());
    hooks.clock.at += HOUR;
    expect(await recordDue(hooks, AGAIN)).toBe(1);
    expect(await attempted(hooks)).toEqual([old, ...newer.slice(-2).reverse()]);
    expect(await logs(hooks, "--limit", "3")).toEqual([...newer.slice(-2).map((id) => `${id} 1`), `${old} 2`]);
    expect((await logs(hooks)).at(-1)).toBe(`${old} 2`);
    expect(await logs(hooks, "--failed")).toEqual([`${old} 1`, `${old} 2`]);
    expect(await logs(hooks, "--failed", "--limit", "1")).toEqual([`${old} 2`]);
    // By its last failure, also once it has succeeded.
    hooks.clock.at += 2 * HOUR;
    const late = await tried(hooks, DONE);
    expect(await attempted(hooks, { outcome: "failure" })).toEqual([old]);
    expect((await logs(hooks, "--limit", "2")).toSorted()).toEqual([`${old} 3`, `${late} 1`].toSorted());
  });

  it("is all of a replay of old deliveries, and what had waited behind a pause", async () => {
    const hooks = await opened();
    const { service, clock } = hooks;
    const failed: string[] = [];
    for (let n = 0; n < 3; n++) {
      failed.push(await tried(hooks, { status: 500, verdict: { kind: "failed", reason: "exhausted" } }));
    }
    await service.createSubscription({ name: "slow", url: "https://slow.example/", events: ["slow.*"] });
    const { id: first } = await service.publish({ type: "slow.one", data: Buffer.from("{}") });
    const [waiting] = (await service.listDeliveries({ event: first })).data;
    const lane = (await hooks.store.loadSubscriptions(TEST_SCOPE)).find(({ name }) => name === "slow")!.rowId;
    const lease = { worker: "boot-1", endsAt: clock.at + 60_000 };
    const [claimed] = await hooks.store.claimDue([{ subscriptionRowId: lane, limit: 1 }], clock.at, lease);
    // Behind it more than a look at the newest ones would pass over.
    for (let n = 0; n < 11; n++) {
      const slow = Array.from({ length: 1_000 }, () => ({ type: "slow.two", data: Buffer.from("{}") }));
      await service.publishBatch(slow);
    }
    clock.at += HOUR;
    await hooks.store.recordAttempts("boot-1", [recordedAs(claimed!.deliveries[0]!, DONE, clock.at)]);
    expect(await attempted(hooks)).toEqual([waiting!.id, ...failed.slice(-2).reverse()]);
    await service.pauseSubscription("slow");
    clock.at += HOUR;
    await service.replay({ since: "1d" });
    expect(new Set(await attempted(hooks, { subscription: "shop" }))).toEqual(new Set(failed));
  });

  it("is listed page by page, each once, and by subscription, type and outcome", async () => {
    const hooks = await opened();
    const { service } = hooks;
    await service.createSubscription({ name: "other", url: "https://other.example/", events: ["other.*"] });
    const ids: string[] = [];
    for (let n = 0; n < 4; n++)
      ids.push(await tried(hooks, n === 1 ? AGAIN : DONE, n === 2 ? "order.sent" : "order.paid"));
    ids.push(await tried(hooks, DONE, "other.one"));
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await service.listDeliveries({ order: "attempted", limit: 2, cursor });
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor ?? undefined;
      more = cursor !== undefined;
    }
    expect(seen).toEqual(ids.toReversed());
    expect(await attempted(hooks, { subscription: "other" })).toEqual([ids[4]]);
    expect(await attempted(hooks, { type: "order.sent" })).toEqual([ids[2]]);
    expect(await attempted(hooks, { type: "other.*" })).toEqual([ids[4]]);
    expect(await attempted(hooks, { outcome: "failure" })).toEqual([ids[1]]);
    const other = hooks.serviceFor({ ...TEST_SCOPE, environment: "staging" });
    expect((await other.listDeliveries({ order: "attempted" })).data).toEqual([]);
  });

  it.each([
    [{ order: "attempted", status: "failed" }, "status"],
    [{ order: "attempted", since: "1h" }, "since"],
    [{ order: "attempted", outcome: "maybe" }, "outcome"],
    [{ order: "attempted", cursor: "cjE" }, "cursor"],
    [{ outcome: "failure" }, "outcome"],
    [{ order: "random" }, "order"],
  ])("cannot be asked for as %j", async (query, field) => {
    const { service } = await opened();
    await expect(service.listDeliveries(query as never)).rejects.toMatchObject({ code: "invalid_request", field });
  });
});
