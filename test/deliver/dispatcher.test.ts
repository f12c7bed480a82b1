import { Webhook } from "standardwebhooks";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import { HooksError } from "../../src/core/errors.ts";
import type { Outgoing } from "../../src/deliver/transport.ts";
import { answered } from "../support/attempts.ts";
import { closedPort, type ReceiverOptions, startReceiver } from "../support/receiver.ts";
import { quickRetries, startSending, TEST_SECRET } from "../support/sending.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

async function receiver(options?: ReceiverOptions) {
  const made = await startReceiver(options);
  onTestFinished(() => made.close());
  return made;
}

describe("a delivery", () => {
  it("arrives signed, and its attempt is recorded in full", async () => {
    const to = await receiver({ reply: [{ status: 200, headers: { "x-seen": "yes" }, body: "thanks" }] });
    const sending = await startSending();
    const subscription = await sending.subscribe(`${to.url}/in`, { headers: { authorization: "Bearer s3cret" } });
    const published = await sending.publish(subscription, '{"total":1.10,"n":9007199254740993}');

    const [record] = await sending.recorded(1);
    const request = await to.request(1);
    expect(request.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "hooks/0.0.0-test",
      "webhook-id": published.eventId,
      authorization: "Bearer s3cret",
    });
    expect(request.text).toContain('"data":{"total":1.10,"n":9007199254740993}}');
    expect(new Webhook(TEST_SECRET).verify(request.text, { ...request.headers })).toMatchObject({ type: "order.paid" });
    expect(() => new Webhook(TEST_SECRET).verify(`${request.text} `, { ...request.headers })).toThrow();

    expect(await sending.delivery(published)).toMatchObject({
      state: "succeeded",
      attemptCount: 1,
      claimableAt: undefined,
      lastStatus: 200,
    });
    const [attempt] = await sending.attempts(published);
    expect(attempt).toMatchObject({
      number: 1,
      outcome: "success",
      status: 200,
      phase: "done",
      remoteAddress: "127.0.0.1",
      responseExcerpt: "thanks",
      worker: "boot-1",
      trigger: "auto",
      bytesSent: request.body.length,
    });
    expect(attempt!.requestHeaders).toContainEqual(["authorization", "***"]);
    expect(attempt!.requestHeaders).toContainEqual(["webhook-id", published.eventId]);
    expect(attempt!.responseHeaders).toContainEqual(["x-seen", "yes"]);
    expect(record).toMatchObject({
      tenant: "default",
      environment: "development",
      eventId: published.eventId,
      eventType: "order.paid",
      deliveryId: published.deliveryId,
      subscriptionId: subscription.id,
      attempt: 1,
      outcome: "success",
      status: 200,
      verdict: "succeeded",
      nextAttemptAt: undefined,
      worker: "boot-1",
    });
  });

  it("is tried again by the schedule with the same bytes, and ends as the schedule ends", async () => {
    const to = await receiver({ reply: [500, 404, 302, "reset"] });
    const sending = await startSending();
    const subscription = await sending.subscribe(to.url, { retry: quickRetries(10, 20, 30) });
    const published = await sending.publish(subscription);
    await sending.recorded(4);

    expect(await sending.delivery(published)).toMatchObject({
      state: "failed",
      reason: "exhausted",
      attemptCount: 4,
      claimableAt: undefined,
    });
    const attempts = await sending.attempts(published);
    expect(attempts.map(({ number, status, errorCode }) => [number, status ?? errorCode])).toEqual([
      [1, 500],
      [2, 404],
      [3, 302],
      [4, "reset"],
    ]);
    expect(new Set(to.requests.map((request) => request.text)).size).toBe(1);
    expect(new Set(to.requests.map((request) => request.headers["webhook-id"])).size).toBe(1);
    for (let n = 1; n < 4; n++) {
      const waited = attempts[n]!.startedAt - (attempts[n - 1]!.startedAt + attempts[n - 1]!.durationMs);
      expect(waited).toBeGreaterThanOrEqual(10 * n - 2);
    }
  });

  it("waits as long as the schedule and Retry-After say, and is sent when the time has come", async () => {
    const to = await receiver({
      reply: [
        500,
        { status: 429, headers: { "retry-after": "60" } },
        { status: 503, headers: { "retry-after": "1" } },
        204,
      ],
    });
    const sending = await startSending({ clockAt: NOON });
    const subscription = await sending.subscribe(to.url, { retry: quickRetries(5_000, 5_000, 5_000) });
    const published = await sending.publish(subscription);
    const nextAt = async (count: number) => (await sending.recorded(count)).at(-1)!.nextAttemptAt;
    const goTo = (at: number) => {
      sending.clock.at = at;
      sending.dispatcher.wake();
    };

    expect(await nextAt(1)).toBe(NOON + 5_000);
    goTo(NOON + 4_999); // too early: the wake below still finds one attempt
    await sending.store.nextDueTimes([subscription.rowId]);
    expect(to.requests).toHaveLength(1);
    goTo(NOON + 5_000);
    expect(await nextAt(2)).toBe(NOON + 65_000);
    goTo(NOON + 65_000);
    expect(await nextAt(3)).toBe(NOON + 70_000);
    expect((await sending.delivery(published)).claimableAt).toBe(NOON + 70_000);
    goTo(NOON + 70_000);
    expect(await nextAt(4)).toBeUndefined();
    expect((await sending.delivery(published)).state).toBe("succeeded");
  });

  it("to a receiver that is gone (410) disables the subscription and fails what waits for it", async () => {
    const to = await receiver({ reply: [410] });
    const sending = await startSending();
    const subscription = await sending.subscribe(to.url, { concurrency: 1, retry: quickRetries(10) });
    const published = await sending.publishMany(subscription, 5);
    await sending.recorded(1);
    await sending.change(subscription, { enabled: false });

    expect(sending.disabled).toEqual([{ subscriptionRowId: subscription.rowId, reason: "gone" }]);
    expect(await sending.delivery(published[0]!)).toMatchObject({ state: "failed", reason: "gone" });
    expect(await sending.delivery(published[4]!)).toMatchObject({ state: "failed", reason: "gone" });
    expect(to.requests).toHaveLength(1);
  });

  it("that fails for good by retry_on is not tried again", async () => {
    const to = await receiver({ reply: [404] });
    const sending = await startSending();
    const published = await sending.publish(
      await sending.subscribe(to.url, { retry: quickRetries(1, 1), retryOn: "server-errors" }),
    );
    await sending.recorded(1);
    expect(await sending.delivery(published)).toMatchObject({
      state: "failed",
      reason: "final_status",
      attemptCount: 1,
    });
  });

  it("whose request cannot be built fails by the schedule and stops nobody", async () => {
    const to = await receiver();
    const sending = await startSending();
    const bad = await sending.publish(await sending.subscribe(to.url, { profile: "unheard-of" }));
    const good = await sending.publish(await sending.subscribe(to.url));
    await sending.recorded(2);
    expect(await sending.delivery(bad)).toMatchObject({
      state: "failed",
      reason: "exhausted",
      lastError: expect.stringContaining("local_error"),
    });
    expect(await sending.delivery(good)).toMatchObject({ state: "succeeded" });
  });

  it("that is fresh goes straight to its lane", async () => {
    const to = await receiver();
    const sending = await startSending({
      wrapStore: (store) =>
        new Proxy(store, {
          get: (target, name) => {
            if (name === "claimDue") throw new Error("nothing is claimed in this test");
            const value = Reflect.get(target, name) as unknown;
            return typeof value === "function" ? (value as () => void).bind(target) : value;
          },
        }),
    });
    const published = await sending.publishFresh(await sending.subscribe(to.url));
    await sending.recorded(1);
    expect(await sending.delivery(published!)).toMatchObject({ state: "succeeded", attemptCount: 1 });
  });
});

describe("slots", () => {
  it("are never more in use than the subscription and the process allow", async () => {
    const to = await receiver({ reply: () => new Promise((resolve) => setTimeout(() => resolve(204), 5)) });
    const other = await receiver({ reply: () => new Promise((resolve) => setTimeout(() => resolve(204), 5)) });
    const sending = await startSending({ concurrency: 6 });
    const narrow = await sending.subscribe(to.url, { concurrency: 2 });
    const wide = await sending.subscribe(other.url, { concurrency: 100 });
    await Promise.all([sending.publishMany(narrow, 60), sending.publishMany(wide, 60)]);
    await sending.recorded(120);
    expect(to.maxInFlight).toBe(2);
    expect(other.maxInFlight).toBeLessThanOrEqual(6);
    expect(other.maxInFlight).toBeGreaterThan(2);
    expect(to.requests.length + other.requests.length).toBe(120);
  });

  it("of a subscription that hangs are its own: the others go on", async () => {
    const hanging = await receiver({ reply: ["hang"] });
    const well = await receiver();
    const sending = await startSending({ concurrency: 20 });
    const stuck = await sending.subscribe(hanging.url, { concurrency: 10 });
    await sending.publishMany(stuck, 500);
    await hanging.request(10);
    const fine = await sending.subscribe(well.url);
    await sending.publishMany(fine, 300);
    await sending.recorded(300);
    expect(well.requests).toHaveLength(300);
    expect(hanging.requests).toHaveLength(10);
  });

  it("go around: a long queue does not make a short one wait", async () => {
    const to = await receiver({ reply: () => new Promise((resolve) => setTimeout(() => resolve(204), 1)) });
    const sending = await startSending({ concurrency: 4 });
    const long = await sending.subscribe(`${to.url}/long`, { concurrency: 4 });
    const short = await sending.subscribe(`${to.url}/short`, { concurrency: 4 });
    await sending.publishMany(long, 1_000);
    await to.request(10);
    await sending.publishMany(short, 10);
    await sending.recorded(1_010);
    const lastShort = to.requests.findLastIndex((request) => request.path === "/short");
    expect(lastShort).toBeLessThan(700);
  });

  it("of a rate limit are given out by the clock, and waiting is no attempt", async () => {
    const to = await receiver();
    const sending = await startSending({ clockAt: NOON });
    const subscription = await sending.subscribe(to.url, { rateLimit: { count: 3, perMs: 1_000 } });
    const published = await sending.publishMany(subscription, 7);
    const at = async (clockAt: number, count: number) => {
      sending.clock.at = clockAt;
      sending.dispatcher.wake(subscription.rowId);
      await sending.recorded(count);
      await sending.store.nextDueTimes([subscription.rowId]);
      return to.requests.length;
    };
    expect(await at(NOON, 3)).toBe(3);
    expect(await at(NOON + 999, 3)).toBe(3);
    expect(await at(NOON + 1_000, 6)).toBe(6);
    expect(await at(NOON + 2_000, 7)).toBe(7);
    for (const one of published)
      expect(await sending.delivery(one)).toMatchObject({ state: "succeeded", attemptCount: 1 });
  });

  it("of a rate limit come back by themselves", async () => {
    const to = await receiver();
    const sending = await startSending();
    const subscription = await sending.subscribe(to.url, { rateLimit: { count: 2, perMs: 50 } });
    await sending.publishMany(subscription, 10);
    const records = await sending.recorded(10);
    expect(records[9]!.startedAt - records[0]!.startedAt).toBeGreaterThanOrEqual(199);
    for (let n = 2; n < 10; n++) expect(records[n]!.startedAt - records[n - 2]!.startedAt).toBeGreaterThanOrEqual(49);
  });
});

describe("a change of the subscription", () => {
  it("pause: nothing is sent until it is resumed, and nothing is lost", async () => {
    const to = await receiver();
    const sending = await startSending();
    const subscription = await sending.subscribe(to.url, { paused: true });
    const other = await sending.subscribe(`${to.url}/other`);
    const published = await sending.publish(subscription);
    expect(sending.dispatcher.freshLease(subscription.rowId)).toBeUndefined();
    await sending.publish(other);
    await sending.recorded(1);
    expect(to.requests.map((request) => request.path)).toEqual(["/other"]);
    expect(await sending.delivery(published)).toMatchObject({ state: "pending", attemptCount: 0 });

    await sending.change(subscription, { paused: false });
    await sending.recorded(2);
    expect(await sending.delivery(published)).toMatchObject({ state: "succeeded" });
  });

  it("pause while its queue is long: what was claimed goes back, what is in flight ends", async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const to = await receiver({ reply: () => gate.then(() => 204) });
    const sending = await startSending();
    const subscription = await sending.subscribe(to.url, { concurrency: 2 });
    const published = await sending.publishMany(subscription, 50);
    await to.request(2);
    await sending.change(subscription, { paused: true });
    release();
    await sending.recorded(2);
    const states = await Promise.all(published.map(async (one) => (await sending.delivery(one)).state));
    expect(states.filter((state) => state === "succeeded")).toHaveLength(2);
    expect(states.filter((state) => state === "pending")).toHaveLength(48);
    expect(to.requests).toHaveLength(2);

    await sending.change(subscription, { paused: false });
    await sending.recorded(50);
    expect(to.requests).toHaveLength(50);
  });

  it("deleted: nothing more is sent, and what was claimed is cancelled", async () => {
    const to = await receiver({ reply: ["hang"] });
    const sending = await startSending();
    const subscription = await sending.subscribe(to.url, { concurrency: 1, timeoutMs: 500 });
    const published = await sending.publishMany(subscription, 3);
    await to.request(1);
    await sending.remove(subscription);
    await sending.recorded(1);
    const states = await Promise.all(published.map(async (one) => (await sending.delivery(one)).state));
    expect(states.slice(1)).toEqual(["cancelled", "cancelled"]);
    expect(to.requests).toHaveLength(1);
  });
});

describe("a tunnel", () => {
  it("gets as many as it has room for, and what it did not take uses up no attempt", async () => {
    let room = 0;
    const results: ((result: SendResult) => void)[] = [];
    const tunnel = {
      room: () => room,
      send: (_outgoing: Outgoing, onEnd: (result: SendResult) => void) => {
        room -= 1;
        results.push(onEnd);
      },
    };
    const done = answered(200, { startedAt: NOON });
    const sending = await startSending({ tunnel });
    const subscription = await sending.subscribe(undefined);
    const published = await sending.publishMany(subscription, 3);
    expect(results).toHaveLength(0);

    room = 2;
    sending.dispatcher.wake(subscription.rowId);
    await until(() => results.length === 2);
    results[0]!(done);
    results[1]!({ kind: "not_sent" });
    await sending.recorded(1);
    room = 2;
    sending.dispatcher.roomChanged(subscription.rowId);
    await until(() => results.length === 4);
    results[2]!(done);
    results[3]!(done);
    await sending.recorded(3);
    for (const one of published)
      expect(await sending.delivery(one)).toMatchObject({ state: "succeeded", attemptCount: 1 });
  });
});

describe("start and stop", () => {
  it("stop waits for what is in flight, claims nothing more and gives back the rest", async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const to = await receiver({ reply: () => gate.then(() => 204) });
    const sending = await startSending();
    const subscription = await sending.subscribe(to.url, { concurrency: 3 });
    const published = await sending.publishMany(subscription, 20);
    await to.request(3);
    const stopped = sending.dispatcher.stop({ drainMs: 30_000 });
    release();
    await stopped;
    expect(to.requests).toHaveLength(3);
    expect(sending.records).toHaveLength(3);
    const states = await Promise.all(published.map(async (one) => (await sending.delivery(one)).state));
    expect(states.filter((state) => state === "succeeded")).toHaveLength(3);
    expect(states.filter((state) => state === "pending")).toHaveLength(17);
    expect(sending.dispatcher.freshLease(subscription.rowId)).toBeUndefined();
  });

  it("stop gives up on what hangs after the drain time, and its lease is free again", async () => {
    const to = await receiver({ reply: ["hang"] });
    const sending = await startSending();
    const published = await sending.publish(await sending.subscribe(to.url));
    await to.request(1);
    expect((await sending.delivery(published)).state).toBe("sending");
    await sending.dispatcher.stop({ drainMs: 50 });
    expect(await sending.delivery(published)).toMatchObject({ state: "pending", attemptCount: 0 });
  });

  it("a new process sends at once what a dead one was sending", async () => {
    const to = await receiver();
    const sending = await startSending({ start: false, worker: "boot-2" });
    const subscription = await sending.subscribe(to.url);
    const published = await sending.publish(subscription);
    const now = Date.now();
    await sending.store.claimDue([{ subscriptionRowId: subscription.rowId, limit: 1 }], now, {
      worker: "boot-1",
      endsAt: now + 3_600_000,
    });
    expect((await sending.delivery(published)).state).toBe("sending");
    await sending.dispatcher.start();
    await sending.recorded(1);
    expect(await sending.delivery(published)).toMatchObject({ state: "succeeded" });
  });

  it("offered after the stop, a fresh delivery goes back to the store", async () => {
    const to = await receiver();
    const sending = await startSending();
    const subscription = await sending.subscribe(to.url);
    const lease = sending.dispatcher.freshLease(subscription.rowId);
    expect(lease).toMatchObject({ worker: "boot-1" });
    await sending.dispatcher.stop({ drainMs: 0 });
    sending.dispatcher.abandon([subscription.rowId]);
    expect(await sending.publishFresh(subscription)).toBeUndefined();
    expect(to.requests).toHaveLength(0);
  });
});

describe("a store that cannot be written", () => {
  /** A store whose recordAttempts fails with these, one after the other, before it works. */
  function failing(...errors: Error[]) {
    let calls = 0;
    return {
      calls: () => calls,
      wrapStore: <T extends object>(store: T): T =>
        new Proxy(store, {
          get: (target, name) => {
            const value = Reflect.get(target, name) as unknown;
            if (typeof value !== "function") return value;
            if (name !== "recordAttempts") return (value as () => void).bind(target);
            return (...args: unknown[]) => {
              const error = errors[calls++];
              return error === undefined
                ? (value as (...args: unknown[]) => unknown).apply(target, args)
                : Promise.reject(error);
            };
          },
        }),
    };
  }

  it("for a while: the outcome is kept and written when it can be, and nothing is sent twice", async () => {
    const to = await receiver();
    const faults = failing(new HooksError("store_busy", "busy"), new HooksError("store_full", "full"));
    const sending = await startSending({ wrapStore: faults.wrapStore });
    const published = await sending.publish(await sending.subscribe(to.url));
    await sending.recorded(1);
    expect(faults.calls()).toBe(3);
    expect(to.requests).toHaveLength(1);
    expect(await sending.delivery(published)).toMatchObject({ state: "succeeded", attemptCount: 1 });
    expect(sending.fatal).toEqual([]);
  });

  it("for a while: what another process took back meanwhile is claimed again, recorded, and not sent again", async () => {
    const to = await receiver();
    let isFull = true;
    let refused = 0;
    let claimed = 0;
    const sending = await startSending({
      wrapStore: (store) =>
        new Proxy(store, {
          get: (target, name) => {
            const value = Reflect.get(target, name) as unknown;
            if (typeof value !== "function") return value;
            const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
            if (name === "recordAttempts" && isFull) {
              return () => {
                refused += 1;
                return Promise.reject(new HooksError("store_full", "full"));
              };
            }
            if (name !== "claimDue") return call;
            return async (...args: unknown[]) => {
              const lanes = (await call(...args)) as { deliveries: unknown[] }[];
              claimed += lanes.flatMap(({ deliveries }) => deliveries).length;
              return lanes;
            };
          },
        }),
    });
    const subscription = await sending.subscribe(to.url);
    const published = await sending.publish(subscription);
    await until(() => 0 < refused);
    expect(claimed).toBe(1);
    await sending.store.reclaimLeases("another", Date.now());
    sending.dispatcher.wake(subscription.rowId);
    await until(() => claimed === 2);
    isFull = false;
    await sending.recorded(1);
    await sending.dispatcher.stop({ drainMs: 0 });
    expect(to.requests).toHaveLength(1);
    expect(await sending.delivery(published)).toMatchObject({ state: "succeeded", attemptCount: 1 });
  });

  it("for good: it is fatal, and nothing more is sent", async () => {
    const to = await receiver();
    const faults = failing(new HooksError("store_unusable", "damaged"));
    const sending = await startSending({ wrapStore: faults.wrapStore });
    const subscription = await sending.subscribe(to.url);
    await sending.publish(subscription);
    await until(() => sending.fatal.length === 1);
    expect(sending.fatal[0]).toMatchObject({ code: "store_unusable" });
    expect(sending.dispatcher.freshLease(subscription.rowId)).toBeUndefined();
    await sending.publish(subscription);
    await sending.dispatcher.stop({ drainMs: 0 });
    expect(to.requests).toHaveLength(1);
  });
});

it("takes and gives back thousands, with the store's own thread, without losing or doubling one", async () => {
  const to = await receiver();
  const refused = await closedPort();
  const sending = await startSending({ mode: "thread", concurrency: 64 });
  const good = await sending.subscribe(to.url, { concurrency: 50 });
  const bad = await sending.subscribe(`http://127.0.0.1:${refused}/`, { retry: quickRetries(5) });
  const published = (await Promise.all([sending.publishMany(good, 3_000), sending.publishMany(bad, 100)])).flat();
  for (let n = 0; n < 500; n++) {
    const one = await sending.publishFresh(good);
    if (one === undefined) await sending.publish(good);
  }
  await sending.recorded(3_500 + 200);
  expect(new Set(to.requests.map((request) => request.headers["webhook-id"])).size).toBe(3_500);
  expect(to.requests).toHaveLength(3_500);
  expect(await sending.delivery(published[0]!)).toMatchObject({ state: "succeeded", attemptCount: 1 });
  expect(await sending.delivery(published.at(-1)!)).toMatchObject({ state: "failed", attemptCount: 2 });
});

/** Resolves when the condition holds; the test's own limit ends a wait that is in vain. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
