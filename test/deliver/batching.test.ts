import { describe, expect, it } from "vitest";
import { openReceiver } from "../support/open-receiver.ts";
import type { ReceivedRequest, Receiver } from "../support/receiver.ts";
import { quickRetries, type Sending, startSending } from "../support/sending.ts";

/** Longer than any test: only a full batch goes out. */
const NEVER_MS = 60_000;

function eventIds(request: ReceivedRequest): string[] {
  return (JSON.parse(request.text) as { id: string }[]).map(({ id }) => id);
}

function allEventIds(receiver: Receiver): string[] {
  return receiver.requests.flatMap(eventIds);
}

async function statesOf(sending: Sending, published: readonly { deliveryId: string }[]): Promise<Set<string>> {
  const rows = await Promise.all(published.map((one) => sending.delivery(one as never)));
  return new Set(rows.map((row) => row.state));
}

describe("a subscription with batches", () => {
  it("gets full ones at once, each event once, in the order published", async () => {
    const receiver = await openReceiver();
    const sending = await startSending();
    const subscription = await sending.subscribe(receiver.url, { batch: { maxEvents: 100, maxWaitMs: NEVER_MS } });
    const published = await sending.publishMany(subscription, 300);
    await sending.recorded(300);
    expect(receiver.requests.map((request) => eventIds(request).length)).toEqual([100, 100, 100]);
    expect(allEventIds(receiver).sort()).toEqual(published.map(({ eventId }) => eventId).sort());
    for (const request of receiver.requests) expect(eventIds(request)).toEqual(eventIds(request).toSorted());
    expect(await statesOf(sending, published)).toEqual(new Set(["succeeded"]));
  });

  it("gets the rest when its first event has waited long enough", async () => {
    const receiver = await openReceiver();
    const sending = await startSending();
    const subscription = await sending.subscribe(receiver.url, { batch: { maxEvents: 100, maxWaitMs: 50 } });
    const published = await sending.publishMany(subscription, 5);
    await sending.recorded(5);
    expect(receiver.requests.map(eventIds)).toEqual([published.map(({ eventId }) => eventId)]);
  });

  it("gets fresh events together, too, without their being read back", async () => {
    const receiver = await openReceiver();
    const sending = await startSending();
    const subscription = await sending.subscribe(receiver.url, { batch: { maxEvents: 3, maxWaitMs: NEVER_MS } });
    const published = [];
    for (let n = 1; n <= 3; n++) published.push(await sending.publishFresh(subscription, `${n}`));
    await sending.recorded(3);
    expect(receiver.requests.map(eventIds)).toEqual([published.map((one) => one?.eventId)]);
  });

  it("has an attempt of each delivery for the one request, and retries them together under the same id", async () => {
    const receiver = await openReceiver({ reply: [{ status: 503, body: "busy" }, 204] });
    const sending = await startSending();
    const batch = { maxEvents: 10, maxWaitMs: NEVER_MS };
    // One request with ten deliveries is one failure: a breaker that counted ten would be open by now.
    const subscription = await sending.subscribe(receiver.url, { batch, hasBreaker: true, retry: quickRetries(10) });
    const published = await sending.publishMany(subscription, 10);
    const records = await sending.recorded(20);
    const [first, second] = receiver.requests;
    expect(first!.headers["webhook-id"]).toMatch(/^bat_/);
    expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
    expect(second!.text).toBe(first!.text);
    expect(receiver.requests).toHaveLength(2);
    expect(records.map(({ attempt, verdict }) => `${attempt} ${verdict}`)).toEqual([
      ...Array(10).fill("1 retry"),
      ...Array(10).fill("2 succeeded"),
    ]);
    for (const one of published) {
      expect(await sending.attempts(one)).toMatchObject([
        { number: 1, outcome: "failure", status: 503, responseExcerpt: "busy", bytesSent: first!.body.length },
        { number: 2, outcome: "success", status: 204 },
      ]);
    }
  });

  it("is not disabled by one request that failed, however many deliveries were in it", async () => {
    const receiver = await openReceiver({ reply: [503, 204] });
    const sending = await startSending();
    const subscription = await sending.subscribe(receiver.url, {
      batch: { maxEvents: 20, maxWaitMs: NEVER_MS },
      autoDisable: { failures: 20, minSpanMs: 0, reEnable: undefined },
      retry: quickRetries(10),
    });
    const published = await sending.publishMany(subscription, 20);
    await sending.recorded(40);
    expect(receiver.requests).toHaveLength(2);
    expect(sending.disabled).toEqual([]);
    expect(await statesOf(sending, published)).toEqual(new Set(["succeeded"]));
    const [stored] = await sending.store.loadSubscriptions();
    expect(stored).toMatchObject({ health: { recent: 0b01, recentCount: 2 }, counts: { succeeded: 20, failed: 0 } });
  });

  it("is disabled once by as many requests as its rule says, and all of the batch has failed", async () => {
    const receiver = await openReceiver({ reply: [503] });
    const sending = await startSending();
    const subscription = await sending.subscribe(receiver.url, {
      batch: { maxEvents: 5, maxWaitMs: NEVER_MS },
      autoDisable: { failures: 3, minSpanMs: 0, reEnable: undefined },
      retry: quickRetries(1, 1, 1, 1, 1),
    });
    const published = await sending.publishMany(subscription, 5);
    await sending.recorded(15);
    expect(receiver.requests).toHaveLength(3);
    expect(sending.disabled).toEqual([{ subscriptionRowId: subscription.rowId, reason: "failing" }]);
    for (const one of published) {
      expect(await sending.delivery(one)).toMatchObject({ state: "failed", reason: "subscription_disabled" });
    }
    const [stored] = await sending.store.loadSubscriptions();
    expect(stored).toMatchObject({ health: { consecutiveFailures: 3 }, counts: { failed: 5 } });
  });

  it("finds out whether its receiver is back once the breaker has been open long enough, and not before", async () => {
    const receiver = await openReceiver();
    const sending = await startSending();
    const batch = { maxEvents: 2, maxWaitMs: 10 };
    const breaker = { openings: 1, openUntil: Date.now() - 1 };
    const back = await sending.subscribe(receiver.url, { batch, hasBreaker: true, breaker });
    const down = await sending.subscribe(receiver.url, {
      batch,
      hasBreaker: true,
      breaker: { openings: 10, openUntil: Date.now() + 590_000 },
    });
    const waiting = await sending.publishMany(down, 3);
    await sending.publishMany(back, 3);
    await sending.recorded(3);
    expect(new Set(receiver.requests.flatMap(eventIds))).toHaveProperty("size", 3);
    for (const one of waiting) expect(await sending.delivery(one)).toMatchObject({ attemptCount: 0 });
  });

  it("lets each delivery end by its own schedule", async () => {
    const receiver = await openReceiver({ reply: [500] });
    const sending = await startSending();
    const batch = { maxEvents: 4, maxWaitMs: 50 };
    const subscription = await sending.subscribe(receiver.url, { batch, retry: quickRetries(10) });
    const old = await sending.publishMany(subscription, 2);
    await sending.recorded(4);
    await sending.store.reopenDeliveries([old[0]!.deliveryRowId], Date.now(), "manual");
    const young = await sending.publishMany(subscription, 2);
    await sending.recorded(10);
    expect((await sending.attempts(old[0]!)).map(({ number, trigger }) => [number, trigger])).toEqual([
      [1, "auto"],
      [2, "auto"],
      [3, "manual"],
      [4, "auto"],
    ]);
    expect(await sending.attempts(young[1]!)).toHaveLength(2);
    expect(await statesOf(sending, [...old, ...young])).toEqual(new Set(["failed"]));
  });

  it("takes a slot and a token for a request, not for each event", async () => {
    const receiver = await openReceiver();
    const sending = await startSending();
    const subscription = await sending.subscribe(receiver.url, {
      batch: { maxEvents: 10, maxWaitMs: NEVER_MS },
      concurrency: 1,
      rateLimit: { count: 3, perMs: 3_600_000 },
    });
    await sending.publishMany(subscription, 60);
    await sending.recorded(30);
    expect(receiver.maxInFlight).toBe(1);
    expect(receiver.requests).toHaveLength(3);
  });

  it("is disabled by a 410, and all of the batch has failed", async () => {
    const receiver = await openReceiver({ reply: [410] });
    const sending = await startSending();
    const subscription = await sending.subscribe(receiver.url, { batch: { maxEvents: 5, maxWaitMs: NEVER_MS } });
    const published = await sending.publishMany(subscription, 5);
    await sending.recorded(5);
    expect(await statesOf(sending, published)).toEqual(new Set(["failed"]));
    expect(sending.disabled).toEqual([{ subscriptionRowId: subscription.rowId, reason: "gone" }]);
  });

  it("gives back what waits for others when it is stopped, and the next one sends it", async () => {
    const receiver = await openReceiver();
    const sending = await startSending();
    const subscription = await sending.subscribe(receiver.url, { batch: { maxEvents: 3, maxWaitMs: NEVER_MS } });
    const published = await sending.publishMany(subscription, 2);
    await leased(sending, published);
    await sending.dispatcher.stop({ drainMs: 0 });
    expect(await statesOf(sending, published)).toEqual(new Set(["pending"]));
    expect(receiver.requests).toHaveLength(0);
  });

  it("gets what waited for others when it is resumed, and one by one when batches are switched off", async () => {
    const receiver = await openReceiver();
    const sending = await startSending();
    const batch = { maxEvents: 3, maxWaitMs: NEVER_MS };
    const subscription = await sending.subscribe(receiver.url, { batch });
    const [first] = await sending.publishMany(subscription, 1);
    await leased(sending, [first!]);
    await sending.change(subscription, { paused: true });
    await sending.publishMany(subscription, 2);
    await sending.change(subscription, { paused: false });
    await sending.recorded(3);
    expect(receiver.requests.map((request) => eventIds(request).length)).toEqual([3]);

    const last = await sending.publishMany(subscription, 2);
    await leased(sending, last);
    await sending.change(subscription, { batch: undefined });
    await sending.recorded(5);
    expect(receiver.requests.slice(1).map(({ headers }) => headers["webhook-id"])).toEqual(
      last.map(({ eventId }) => eventId),
    );
  });
});

/** Resolves once these are claimed. */
async function leased(sending: Sending, published: readonly { deliveryId: string }[]): Promise<void> {
  for (;;) {
    const states = await statesOf(sending, published);
    if (states.size === 1 && states.has("sending")) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
