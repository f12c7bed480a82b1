import { describe, expect, it } from "vitest";
import type { AttemptPhase } from "../../src/core/attempt.ts";
import type { RecordedAttempt } from "../../src/core/delivery.ts";
import type { WhySubscription } from "../../src/core/why/why.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const URL = "https://example.com/hook";
const HOUR = 3_600_000;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

async function open() {
  const hooks = await openTestHooks();
  const { service, clock } = hooks;
  const create = async (name: string, change: object = {}): Promise<string> =>
    (await service.createSubscription({ name, url: URL, events: ["order.*"], ...change })).id;
  /** A second later than what came before it. */
  const later = (ms = 1_000): void => {
    clock.at += ms;
  };
  const publish = async (data: unknown = {}, type = "order.paid"): Promise<string> => {
    later();
    const { id } = await service.publish({ type, data: json(data) });
    later();
    return id;
  };
  const why = async (event: string, subscription: string): Promise<WhySubscription> =>
    (await service.why({ event, subscription })).subscriptions[0]!;
  return { ...hooks, create, publish, why, later };
}

/** Claims what is due for this subscription and records an attempt of it. */
async function attempt(
  { store, clock }: TestHooks,
  rowId: number,
  status: number,
  verdict: RecordedAttempt["verdict"],
) {
  await store.reclaimLeases("w", clock.at);
  const [claimed] = await store.claimDue([{ subscriptionRowId: rowId, limit: 1 }], clock.at, {
    worker: "w",
    endsAt: clock.at + HOUR,
  });
  const [delivery] = claimed!.deliveries;
  const phase: AttemptPhase = "done";
  await store.recordAttempts("w", [
    {
      deliveryRowId: delivery!.rowId,
      subscriptionRowId: rowId,
      eventType: delivery!.event.type,
      attempt: {
        number: 1,
        startedAt: clock.at,
        durationMs: 5,
        outcome: status < 300 ? "success" : "failure",
        status,
        errorCode: undefined,
        errorMessage: undefined,
        phase,
        remoteAddress: "192.0.2.1",
        bytesSent: 1,
        requestHeaders: [],
        responseHeaders: [],
        responseExcerpt: undefined,
        truncated: false,
        trigger: "auto",
        worker: "w",
      },
      verdict,
      endedAt: clock.at,
    },
  ]);
}

describe("why an event did not come", () => {
  it("was it published before the subscription, does no pattern take it, is its filter not true", async () => {
    const { create, publish, why, service } = await open();
    await create("plain");
    await create("other", { events: ["invoice.*"] });
    await create("rich", { filter: "data.amount > 1000" });
    const event = await publish({ amount: 5 });
    await create("late");
    expect(await why(event, "plain")).toMatchObject({
      outcome: "waiting",
      code: "no_sender",
      pattern: "order.*",
      filter: null,
    });
    expect(await why(event, "other")).toMatchObject({ code: "no_pattern", pattern: null });
    expect(await why(event, "rich")).toMatchObject({
      code: "filtered",
      filter: {
        expression: "data.amount > 1000",
        outcome: "not_matched",
        conditions: [{ result: false, values: [{ expression: "data.amount", value: "5" }] }],
      },
    });
    expect(await why(event, "late")).toMatchObject({
      code: "created_later",
      summary: "it was created 1 second after the event",
      details: ["the event would match now"],
    });
    expect(await why(await publish({}), "rich")).toMatchObject({
      code: "filter_failed",
      summary: "its filter failed, so the event was not sent: no such key: data.amount",
    });
    // All of them: those with a delivery first, and those only whose patterns take the type.
    const all = await service.why({ event: event.slice(0, 20) });
    expect(all.subscriptions.map(({ name, code }) => [name, code])).toEqual([
      ["plain", "no_sender"],
      ["late", "created_later"],
      ["rich", "filtered"],
    ]);
    expect(all).toMatchObject({ others: 1, live: false, notes: [expect.stringContaining("no daemon runs")] });
    expect(all.event).toMatchObject({ id: event, type: "order.paid", tenant: "default" });
  });

  it("is told from what the subscription was then, by whoever changed it since", async () => {
    const { create, publish, why, service, later } = await open();
    const id = await create("shop", { events: ["invoice.*"] });
    const byPattern = await publish();
    await service.updateSubscription(id, { events: ["order.*"], filter: "data.a == 1" });
    later();
    const byFilter = await publish({ a: 2 });
    await service.updateSubscription(id, { filter: "data.a == 2" });
    later();
    expect(await why(byPattern, "shop")).toMatchObject({
      code: "no_pattern",
      summary: "when the event came, none of its patterns takes order.paid: invoice.*",
      details: [
        expect.stringMatching(/^its patterns changed at .*, after the event \(by local\): they are order\.\* now$/),
      ],
      pattern: "order.*",
    });
    expect(await why(byFilter, "shop")).toMatchObject({
      code: "filtered",
      summary: "its filter is not true for the event: data.a == 1",
      details: [expect.stringMatching(/^its filter changed .* it is data\.a == 2 now$/)],
      filter: { expression: "data.a == 2", outcome: "matched" },
      actions: [{ command: `hooks event replay ${byFilter} --sub shop` }, {}],
    });
    // Its patterns took the type then: it is among those that are concerned, although they do not now.
    await service.updateSubscription(id, { events: ["invoice.*"] });
    expect((await service.why({ event: byFilter })).subscriptions.map(({ name }) => name)).toEqual(["shop"]);
  });

  it("was it skipped for its version, or is it converted on the way", async () => {
    const { create, publish, why, service, clock } = await open();
    await service.createEventType({ name: "order.paid", version: "1", schema: {} });
    await service.createEventType({ name: "order.paid", version: "2", schema: {} });
    const id = await create("old", { event_version: "1" });
    clock.at += 1_000;
    const { id: event } = await service.publish({ type: "order.paid", data: json({}), version: "2" });
    clock.at += 1_000;
    expect(await why(event, "old")).toMatchObject({
      outcome: "not_sent",
      code: "version",
      summary: "it was skipped for its version: no conversion is declared from version 2 to 1",
    });
    await service.updateSubscription(id, { event_version: null });
    expect(await why(event, "old")).toMatchObject({
      code: "version",
      details: [expect.stringMatching(/^its version changed at .*: it is pinned to none now$/)],
      actions: [{ command: `hooks event replay ${event} --sub old` }],
    });
    expect((await why(await publish(), "old")).code).toBe("no_sender");
  });

  it("knows whether it was disabled then, whoever disabled and enabled it", async () => {
    const hooks = await open();
    const { create, publish, why, service, later, store, clock, directory } = hooks;
    const id = await create("shop");
    await service.disableSubscription(id);
    const whileOff = await publish();
    expect(await why(whileOff, "shop")).toMatchObject({
      code: "disabled",
      summary: expect.stringMatching(
        /^it is disabled by hand, since 2026-.*: a disabled subscription collects nothing$/,
      ),
    });
    await service.enableSubscription(id);
    later();
    expect(await why(whileOff, "shop")).toMatchObject({
      code: "disabled",
      summary: "it was disabled when the event came (it was enabled 1 second after it)",
    });
    // By its receiver, which no audit knows of: 410, and enabled again by hand.
    await publish();
    await attempt(hooks, 1, 410, { kind: "failed", reason: "gone", disableSubscription: "gone" });
    await directory.reload();
    const afterGone = await publish();
    await service.enableSubscription(id);
    later();
    expect((await why(afterGone, "shop")).code).toBe("disabled");
    expect((await store.why.listSwitches(TEST_SCOPE, 0, 10)).map(({ type }) => type.split(".").at(-1))).toEqual([
      "disabled",
      "enabled",
      "disabled",
      "enabled",
    ]);
    expect(await store.why.listSwitches(TEST_SCOPE, clock.at + 1, 10)).toEqual([]);
    expect(await store.why.listSwitches({ ...TEST_SCOPE, environment: "staging" }, 0, 10)).toEqual([]);
  });
});

describe("why a delivery waits, or how it ended", () => {
  it("waits for its turn behind an earlier one, which is named", async () => {
    const { create, publish, why, service } = await open();
    await create("shop", { order_by: "/id" });
    const first = await publish({ id: 1 });
    const second = await publish({ id: 1 });
    const free = await publish({ id: 2 });
    const ahead = (await service.getEvent(first)).deliveries[0]!.id;
    expect(await why(second, "shop")).toMatchObject({
      code: "turn",
      summary: `it waits for its turn behind ${ahead}, which is pending (not tried yet, due 2026-01-31T12:00:01.000Z) (order_by /id)`,
      next_attempt_at: null,
    });
    for (const event of [first, free]) expect((await why(event, "shop")).code).toBe("no_sender");
  });

  it("was tried, is paused, was given up, cancelled by somebody, or went with its subscription", async () => {
    const hooks = await open();
    const { create, publish, why, service, later, clock } = hooks;
    const id = await create("shop");
    const event = await publish();
    await attempt(hooks, 1, 503, { kind: "retry", at: clock.at + 300_000 });
    later();
    expect(await why(event, "shop")).toMatchObject({
      outcome: "waiting",
      code: "retry",
      summary: expect.stringMatching(/^attempt 1 failed; the next attempt is in 5 minutes, at 2026-/),
      next_attempt_at: expect.stringMatching(/^2026-/),
      attempts: [{ number: 1, status: 503, cause: "the receiver answered 503: it is overloaded or being restarted" }],
    });
    await service.pauseSubscription(id);
    expect((await why(event, "shop")).code).toBe("paused");
    await service.resumeSubscription(id);
    const deliveryId = (await service.getEvent(event)).deliveries[0]!.id;
    await service.cancelDelivery(deliveryId);
    expect(await why(event, "shop")).toMatchObject({
      outcome: "cancelled",
      code: "cancelled",
      summary: expect.stringMatching(/by local$/),
      actions: [{ command: `hooks delivery retry ${deliveryId}` }],
    });
    await service.retryDelivery(deliveryId);
    later();
    await attempt(hooks, 1, 404, { kind: "failed", reason: "exhausted" });
    expect(await why(event, "shop")).toMatchObject({
      outcome: "failed",
      summary:
        "it was given up after all 2 attempts; the last time the receiver answered 404: it has nothing at this path",
      details: [],
    });
    const gone = await publish();
    await service.deleteSubscription(id);
    const named = await service.why({ event: gone, subscription: id });
    expect(named.subscriptions).toMatchObject([
      {
        id,
        name: null,
        code: "subscription_deleted",
        summary: expect.stringMatching(/deleted by local$/),
        actions: [],
      },
    ]);
    expect((await service.why({ event: gone })).subscriptions).toHaveLength(1);
  });
});

it("names what is not there, and tells nothing of another environment", async () => {
  const { create, publish, service, cases } = await open();
  const id = await create("shop");
  const event = await publish();
  await expect(service.why({ event: "evt_none" })).rejects.toMatchObject({ code: "not_found", field: "event" });
  await expect(service.why({ event, subscription: "nobody" })).rejects.toMatchObject({
    code: "not_found",
    field: "subscription",
  });
  await expect(service.why({ event, subscription: "" })).rejects.toMatchObject({ code: "invalid_request" });
  const elsewhere = cases.in({ ...TEST_SCOPE, environment: "staging" });
  await expect(elsewhere.why({ event })).rejects.toMatchObject({ code: "not_found" });
  const { id: there } = await elsewhere.publish({ type: "order.paid", data: json(1) });
  await expect(elsewhere.why({ event: there, subscription: id })).rejects.toMatchObject({ code: "not_found" });
  expect(await elsewhere.why({ event: there })).toMatchObject({
    subscriptions: [],
    others: 0,
    notes: [expect.stringContaining("there is no subscription in default/staging"), expect.any(String)],
  });
});
