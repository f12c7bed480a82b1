import { describe, expect, it } from "vitest";
import { openReceiver } from "../support/open-receiver.ts";
import { quickRetries, type Sending, startSending } from "../support/sending.ts";

// What makes a whole subscription rest, over real sockets and a store, by a clock that the test moves.

const NOON = Date.UTC(2026, 0, 1, 12);
const SECOND = 1_000;

/** Moves the clock and lets everything that is due by then begin; `after` marks that nothing more will. */
async function goTo(sending: Sending, at: number): Promise<void> {
  sending.clock.at = at;
  sending.dispatcher.wake();
  // A round trip to the store and back for what the wake has begun.
  for (let n = 0; n < 3; n++) {
    await sending.store.nextDueTimes([]);
    await sending.store.releaseLeases("boot-1", [], at);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const statesOf = async (sending: Sending, published: Awaited<ReturnType<Sending["publishMany"]>>) => {
  const rows = await Promise.all(published.map((one) => sending.delivery(one)));
  return rows.map(({ state, attemptCount }) => `${state} ${attemptCount}`);
};

describe("a subscription whose receiver fails", () => {
  const settings = { concurrency: 1, retry: quickRetries(3_600 * SECOND) };

  it("rests after five failures, tries one after 30 s, and goes on when that succeeds; what waited lost no attempt", async () => {
    const to = await openReceiver({ reply: () => 500 });
    const sending = await startSending({ clockAt: NOON });
    const subscription = await sending.subscribe(to.url, { ...settings, hasBreaker: true });
    const published = await sending.publishMany(subscription, 9);
    await sending.recorded(5);
    await goTo(sending, NOON + 29_999);
    expect(to.requests).toHaveLength(5);
    expect(await statesOf(sending, published)).toEqual([...Array(5).fill("retrying 1"), ...Array(4).fill("pending 0")]);
    const breaker = async () => (await sending.store.loadSubscriptions())[0]!.breaker;
    expect(await breaker()).toEqual({ openings: 1, openUntil: NOON + 30_000 });

    await goTo(sending, NOON + 30_000);
    await sending.recorded(6);
    await goTo(sending, NOON + 89_999);
    expect(to.requests).toHaveLength(6);
    expect(await breaker()).toEqual({ openings: 2, openUntil: NOON + 90_000 });

    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    to.reply(() => gate.then(() => 204));
    await goTo(sending, NOON + 90_000);
    await to.request(7);
    await goTo(sending, NOON + 95_000);
    expect(to.requests).toHaveLength(7); // one probe, however many wait
    release();
    await sending.recorded(9);
    expect(await statesOf(sending, published)).toEqual([
      ...Array(6).fill("retrying 1"),
      ...Array(3).fill("succeeded 1"),
    ]);
    expect(await breaker()).toEqual({ openings: 0, openUntil: undefined });
  });

  it("does not rest without a breaker", async () => {
    const to = await openReceiver({ reply: () => 500 });
    const sending = await startSending({ clockAt: NOON });
    const published = await sending.publishMany(await sending.subscribe(to.url, settings), 9);
    await sending.recorded(9);
    expect(await statesOf(sending, published)).toEqual(Array(9).fill("retrying 1"));
  });

  it("ends what was in flight when it opened, and that opens it no further", async () => {
    const answers: (() => void)[] = [];
    const to = await openReceiver({
      reply: () => new Promise((resolve) => answers.push(() => resolve(500))),
    });
    const sending = await startSending({ clockAt: NOON });
    const subscription = await sending.subscribe(to.url, { ...settings, concurrency: 8, hasBreaker: true });
    await sending.publishMany(subscription, 20);
    await to.request(8);
    for (const answer of answers) answer();
    await sending.recorded(8);
    await goTo(sending, NOON + 29_999);
    expect(to.requests).toHaveLength(8);
    expect((await sending.store.loadSubscriptions())[0]!.breaker).toEqual({ openings: 1, openUntil: NOON + 30_000 });
  });

  it("keeps fresh deliveries out of its lane while it rests", async () => {
    const to = await openReceiver({ reply: () => 500 });
    const sending = await startSending({ clockAt: NOON });
    const subscription = await sending.subscribe(to.url, { ...settings, hasBreaker: true });
    await sending.publishMany(subscription, 5);
    await sending.recorded(5);
    expect(sending.dispatcher.freshLease(subscription.rowId)).toBeUndefined();
    const other = await sending.subscribe(`${to.url}/other`);
    expect(sending.dispatcher.freshLease(other.rowId)).toBeDefined();
    sending.dispatcher.abandon([other.rowId]);
  });
});

describe("a receiver that asks for patience", () => {
  it.each([429, 503])(
    "with a %i and Retry-After gets nothing at all until then, then one at a time",
    async (status) => {
      const to = await openReceiver({ reply: [{ status, headers: { "retry-after": "120" } }, 204] });
      const sending = await startSending({ clockAt: NOON });
      const subscription = await sending.subscribe(to.url, { concurrency: 1, retry: quickRetries(SECOND) });
      const published = await sending.publishMany(subscription, 4);
      await sending.recorded(1);
      await goTo(sending, NOON + 119_999);
      expect(to.requests).toHaveLength(1);
      expect(await statesOf(sending, published)).toEqual(["retrying 1", ...Array(3).fill("pending 0")]);
      await goTo(sending, NOON + 120_000);
      await sending.recorded(5);
      expect(await statesOf(sending, published)).toEqual(["succeeded 2", ...Array(3).fill("succeeded 1")]);
    },
  );

  it("for longer than ten minutes is asked again after ten, but not with the delivery that it put off", async () => {
    const to = await openReceiver({ reply: [{ status: 503, headers: { "retry-after": "86400" } }, 204] });
    const sending = await startSending({ clockAt: NOON });
    const subscription = await sending.subscribe(to.url, { concurrency: 1, retry: quickRetries(SECOND) });
    const published = await sending.publishMany(subscription, 2);
    await sending.recorded(1);
    await goTo(sending, NOON + 599_999);
    expect(to.requests).toHaveLength(1);
    await goTo(sending, NOON + 600_000);
    await sending.recorded(2);
    expect(await statesOf(sending, published)).toEqual(["retrying 1", "succeeded 1"]);
    expect((await sending.delivery(published[0]!)).claimableAt).toBe(NOON + 86_400_000);
  });

  it.each([
    [500, { "retry-after": "120" }],
    [404, { "retry-after": "120" }],
    [302, { "retry-after": "120", location: "https://elsewhere.example/" }],
  ])("with a %i puts off that delivery only", async (status, headers) => {
    const to = await openReceiver({ reply: [{ status, headers }, 204] });
    const sending = await startSending({ clockAt: NOON });
    const subscription = await sending.subscribe(to.url, { concurrency: 1, retry: quickRetries(SECOND) });
    const published = await sending.publishMany(subscription, 3);
    await sending.recorded(3);
    expect(await statesOf(sending, published)).toEqual(["retrying 1", "succeeded 1", "succeeded 1"]);
  });

  it.each([
    [502, 4],
    [504, 4],
    [429, 4],
    [500, 8],
  ])("by a %i has at most %i in flight from then on, of a concurrency of 8", async (status, then) => {
    const answers: ((status: number) => void)[] = [];
    const to = await openReceiver({ reply: () => new Promise((resolve) => answers.push(resolve)) });
    const sending = await startSending({ clockAt: NOON });
    const subscription = await sending.subscribe(to.url, { concurrency: 8, retry: quickRetries(3_600 * SECOND) });
    await sending.publishMany(subscription, 30);
    await to.request(8);
    for (const answer of answers.splice(0)) answer(status);
    await sending.recorded(8);
    await to.request(8 + then);
    await goTo(sending, NOON + SECOND);
    expect(to.inFlight).toBe(then);
    for (const answer of answers) answer(204);
  });
});

describe("limits that subscriptions share", () => {
  it("of a tenant: waiting is no attempt, and another tenant does not wait", async () => {
    const to = await openReceiver();
    const rates = { process: undefined, tenant: { count: 3, perMs: SECOND }, hostRetries: undefined };
    const sending = await startSending({ clockAt: NOON, rates });
    const scopeOf = (tenant: string) => ({ scope: { tenant, environment: "development" } });
    const [one, two, other] = [
      await sending.subscribe(`${to.url}/one`, scopeOf("a")),
      await sending.subscribe(`${to.url}/two`, scopeOf("a")),
      await sending.subscribe(`${to.url}/other`, scopeOf("b")),
    ];
    const published = [...(await sending.publishMany(one, 4)), ...(await sending.publishMany(two, 4))];
    await sending.recorded(3);
    await sending.publishMany(other, 3);
    await sending.recorded(6);
    await goTo(sending, NOON + 999);
    expect(to.requests.filter(({ path }) => path !== "/other")).toHaveLength(3);
    await goTo(sending, NOON + SECOND);
    await sending.recorded(9);
    await goTo(sending, NOON + 2 * SECOND);
    await sending.recorded(11);
    expect(await statesOf(sending, published)).toEqual(Array(8).fill("succeeded 1"));
    const paths = to.requests.map(({ path }) => path);
    expect(paths.filter((path) => path === "/two")).toHaveLength(4);
    expect(paths.slice(0, 9).filter((path) => path === "/two").length).toBeGreaterThan(1);
  });

  it("of the process: they bind everybody, and come back by themselves", async () => {
    const to = await openReceiver();
    const rates = { process: { count: 4, perMs: 200 }, tenant: undefined, hostRetries: undefined };
    const sending = await startSending({ rates });
    const subscriptions = [await sending.subscribe(`${to.url}/1`), await sending.subscribe(`${to.url}/2`)];
    for (const subscription of subscriptions) await sending.publishMany(subscription, 6);
    const records = await sending.recorded(12);
    const starts = records.map(({ startedAt }) => startedAt).toSorted((one, other) => one - other);
    for (let n = 4; n < 12; n++) expect(starts[n]! - starts[n - 4]!).toBeGreaterThanOrEqual(195);
  });

  it("of a host: they bind retries, whichever subscription they are of, and no first attempt", async () => {
    const failed = new Set<string>();
    const to = await openReceiver({
      reply: ({ headers }) => {
        const id = headers["webhook-id"] ?? "";
        if (failed.has(id)) return 204;
        failed.add(id);
        return 500;
      },
    });
    const rates = { process: undefined, tenant: undefined, hostRetries: { count: 2, perMs: SECOND } };
    const sending = await startSending({ clockAt: NOON, rates });
    const settings = { retry: quickRetries(10 * SECOND) };
    const one = await sending.subscribe(`${to.url}/one`, settings);
    const two = await sending.subscribe(`${to.url}/two`, settings);
    await sending.publishMany(one, 3);
    await sending.publishMany(two, 3);
    await sending.recorded(6); // all first attempts at once
    await goTo(sending, NOON + 10 * SECOND);
    await sending.recorded(8);
    await goTo(sending, NOON + 10_999);
    expect(to.requests).toHaveLength(8);
    await goTo(sending, NOON + 11 * SECOND);
    await sending.recorded(10);
    await goTo(sending, NOON + 12 * SECOND);
    await sending.recorded(12);
    const retries = to.requests.slice(6).map(({ path }) => path);
    expect(retries.filter((path) => path === "/one")).toHaveLength(3);
  });
});
