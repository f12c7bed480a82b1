import { describe, expect, it } from "vitest";
import { answered } from "../support/attempts.ts";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";

const URL = "https://example.com/hook";
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe("a subscription's filter", () => {
  it("lets through the events for which it is true, and no others; without it all come", async () => {
    const { service, directory } = await openTestHooks();
    const filtered = await service.createSubscription({ url: URL, events: ["order.*"], filter: "data.amount > 1000" });
    await service.createSubscription({ url: URL, events: ["order.*"] });
    expect(filtered.filter).toBe("data.amount > 1000");
    const published = async (data: unknown) =>
      (await service.publish({ type: "order.paid", data: json(data) })).deliveries;
    expect(await published({ amount: 1999 })).toBe(2);
    expect(await published({ amount: 5 })).toBe(1);
    expect(await published({ total: 5 })).toBe(1);
    const { results } = await service.publishBatch([
      { type: "order.paid", data: json({ amount: 2000 }) },
      { type: "order.paid", data: json({ amount: 2 }) },
      { type: "invoice.paid", data: json({ amount: 2000 }) },
    ]);
    expect(results).toMatchObject([{ deliveries: 2 }, { deliveries: 1 }, { deliveries: 0 }]);
    expect([...directory.filterCounts()]).toEqual([{ scope: TEST_SCOPE, dropped: 2, failed: 1 }]);
  });

  it("sees type, metadata, version and time of the event", async () => {
    const { service } = await openTestHooks();
    const filter =
      "type == 'order.paid' && metadata.source == 'web' && event.version == '2' && event.timestamp < timestamp('2026-01-01T00:00:00Z')";
    await service.createSubscription({ url: URL, events: ["*"], filter });
    const good = {
      type: "order.paid",
      data: json(1),
      metadata: json({ source: "web" }),
      version: "2",
      timestamp: "2025-12-31T00:00:00Z",
    };
    const deliveries = async (change: object) => (await service.publish({ ...good, ...change })).deliveries;
    expect(await deliveries({})).toBe(1);
    for (const change of [
      { type: "order.made" },
      { metadata: json({ source: "app" }) },
      { metadata: undefined },
      { version: undefined },
      { timestamp: "2026-01-02T00:00:00Z" },
    ]) {
      expect(await deliveries(change)).toBe(0);
    }
  });

  it("is changed, and taken away, from the next event on", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({ url: URL, events: ["*"], filter: "data == 1" });
    const deliveries = async (data: unknown) => (await service.publish({ type: "a", data: json(data) })).deliveries;
    expect([await deliveries(1), await deliveries(2)]).toEqual([1, 0]);
    expect((await service.updateSubscription(id, { filter: "data == 2" })).filter).toBe("data == 2");
    expect([await deliveries(1), await deliveries(2)]).toEqual([0, 1]);
    expect((await service.updateSubscription(id, { name: "kept" })).filter).toBe("data == 2");
    expect((await service.updateSubscription(id, { filter: null })).filter).toBeNull();
    expect([await deliveries(1), await deliveries(2)]).toEqual([1, 1]);
  });

  it("of another process' making is seen, one that two have is read once, and one that cannot be read takes nothing", async () => {
    const { service, directory, store } = await openTestHooks();
    const one = await service.createSubscription({ url: URL, events: ["*"], filter: "data == 1" });
    await service.createSubscription({ url: URL, events: ["*"], filter: "data == 1" });
    const event = { id: "e", type: "a", timestamp: 0, version: undefined, data: json(1), metadata: undefined };
    await directory.load();
    expect(directory.takersOfEvent(TEST_SCOPE, event)).toEqual([1, 2]);
    const stored = (await store.findSubscription(TEST_SCOPE, one.id))!;
    const change = async (filter: string) => {
      const settings = JSON.stringify({ ...JSON.parse(stored.settings), filter });
      await store.updateSubscription(stored.rowId, { settings, updatedAt: Date.UTC(2027, 0, 1) });
      await directory.reload();
    };
    await change("data == 2");
    expect(directory.takersOfEvent(TEST_SCOPE, event)).toEqual([2]);
    await change("from.a.newer(version)");
    expect(directory.takersOfEvent(TEST_SCOPE, event)).toEqual([2]);
    expect([...directory.filterCounts()]).toMatchObject([{ failed: 1 }]);
  });

  it("does not keep a test away, nor a replay to a subscription that is named; it does one to everyone", async () => {
    const { service } = await openTestHooks({ send: async () => answered(200) });
    const { id: eventId } = await service.publish({ type: "a", data: json(1) });
    const { id } = await service.createSubscription({ url: URL, events: ["*"], filter: "data == 2" });
    const { id: open } = await service.createSubscription({ url: URL, events: ["*"], filter: "data == 1" });
    expect((await service.testSubscription(id, { data: json(1) })).success).toBe(true);
    expect(await service.replayEvent(eventId)).toMatchObject({ count: 1 });
    expect((await service.getEvent(eventId)).deliveries.map((one) => one.subscription)).toEqual([open]);
    expect(await service.replayEvent(eventId, { subscriptions: [id] })).toMatchObject({ count: 1 });
    expect((await service.getEvent(eventId)).deliveries).toHaveLength(2);
  });

  it("that cannot be read is refused, and nothing is stored", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({ url: URL, events: ["*"], filter: "data == 1" });
    const refused = { code: "invalid_request", field: "filter", message: expect.stringContaining("at character 9,") };
    await expect(service.createSubscription({ url: URL, events: ["*"], filter: "data == " })).rejects.toMatchObject(
      refused,
    );
    await expect(service.updateSubscription(id, { filter: "data == ", name: "x" })).rejects.toMatchObject(refused);
    await expect(
      service.replaceSubscription(id, { url: URL, events: ["*"], filter: "data == " }),
    ).rejects.toMatchObject(refused);
    expect((await service.listSubscriptions()).data).toMatchObject([{ id, name: "", filter: "data == 1" }]);
  });

  it("does not go with patterns for what hooks tells of itself: filters never match that", async () => {
    const { service } = await openTestHooks();
    const refused = { code: "invalid_request", field: "filter" };
    const input = { url: URL, events: ["order.*", "hooks.delivery.exhausted"] };
    await expect(service.createSubscription({ ...input, filter: "true" })).rejects.toMatchObject(refused);
    const plain = await service.createSubscription(input);
    await expect(service.updateSubscription(plain.id, { filter: "true" })).rejects.toMatchObject(refused);
    const filtered = await service.createSubscription({ url: URL, events: ["*"], filter: "true" });
    await expect(service.updateSubscription(filtered.id, { events: ["hooks.*"] })).rejects.toMatchObject(refused);
    // `*` takes none of them, with a filter or without.
    await service.disableSubscription(plain.id);
    expect((await service.listEvents({ type: "hooks.*" })).data).toMatchObject([{ delivery_count: 0 }]);
  });
});

describe("trying a filter", () => {
  it("says whether it matches and why, for a made event, a stored one and a subscription's own", async () => {
    const { service } = await openTestHooks();
    const { id } = await service.createSubscription({
      name: "shop",
      url: URL,
      events: ["order.*"],
      filter: "data.amount > 1000",
    });
    const { id: event } = await service.publish({ type: "order.paid", data: json({ amount: 1999 }) });
    expect(await service.tryFilter({ filter: "data.a == 1", data: json({ a: 1 }) })).toEqual({
      matched: true,
      filter: "data.a == 1",
      outcome: "matched",
      error: null,
      pattern: null,
      conditions: [
        { expression: "data.a == 1", result: true, error: null, values: [{ expression: "data.a", value: "1" }] },
      ],
    });
    expect(await service.tryFilter({ subscription: "shop", event })).toMatchObject({
      matched: true,
      filter: "data.amount > 1000",
      pattern: "order.*",
    });
    expect(await service.tryFilter({ subscription: id, event, data: json({ amount: 1 }) })).toMatchObject({
      matched: false,
      outcome: "not_matched",
      pattern: "order.*",
    });
    expect(
      await service.tryFilter({ subscription: id, type: "invoice.paid", data: json({ amount: 5000 }) }),
    ).toMatchObject({
      matched: false,
      outcome: "matched",
      pattern: null,
    });
    expect(await service.tryFilter({ subscription: id, data: json({}) })).toMatchObject({
      matched: false,
      outcome: "failed",
      error: "no such key: data.amount",
    });
    expect(
      await service.tryFilter({
        filter: "metadata.a == 'b' && type == 'x.y'",
        type: "x.y",
        metadata: json({ a: "b" }),
      }),
    ).toMatchObject({ matched: true });
    expect((await service.listEvents()).data).toHaveLength(1);
  });

  it("refuses what is missing or wrong, naming it", async () => {
    const { service } = await openTestHooks();
    for (const [trial, field] of [
      [{}, "filter"],
      [{ filter: "data ==" }, "filter"],
      [{ filter: "true", type: "a..b" }, "type"],
      [{ filter: "true", timestamp: "yesterday" }, "timestamp"],
      [{ filter: "true", id: "a b" }, "id"],
    ] as const) {
      await expect(service.tryFilter(trial)).rejects.toMatchObject({ code: "invalid_request", field });
    }
    await expect(service.tryFilter({ filter: "true", data: Buffer.from("{") })).rejects.toMatchObject({
      code: "invalid_json",
    });
    await expect(service.tryFilter({ filter: "true", event: "evt_none" })).rejects.toMatchObject({ code: "not_found" });
    await expect(service.tryFilter({ subscription: "nobody" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("takes a subscription without a filter: its patterns decide", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription({ name: "all", url: URL, events: ["order.*"] });
    expect(await service.tryFilter({ subscription: "all", type: "order.paid" })).toMatchObject({
      matched: true,
      filter: null,
    });
    expect(await service.tryFilter({ subscription: "all", type: "a.b" })).toMatchObject({ matched: false });
  });
});
