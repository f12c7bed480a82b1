import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import type { HooksService } from "../src/core/hooks-service.ts";
import { startDaemonIn } from "./support/daemon-in.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";

const SCOPE = { tenant: "default", environment: "development" };
const WAIT = { timeout: 45_000 };
const V1 = {
  type: "object",
  required: ["id"],
  additionalProperties: false,
  properties: { id: {}, total: {}, currency: {} },
};
const V2 = { type: "object", required: ["order"], properties: { order: { type: "object", required: ["id"] } } };
const DOWN = {
  to: "1",
  steps: [
    { move: "/order/id", to: "/id" },
    { rename: "/amount", to: "total" },
    { default: "/currency", value: "usd" },
    { drop: "/order" },
  ],
};

let service: HooksService;
let receiver: Receiver;

beforeEach(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-versions-"));
  receiver = await startReceiver();
  const daemon = await startDaemonIn(folder, {
    env: {},
  });
  onTestFinished(async () => {
    await daemon.stop({ drainMs: 0 });
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });
  service = daemon.serviceFor(SCOPE);
  await service.createEventType({ name: "order.paid", schema: V1, example: { id: 1 } });
  await service.createEventType({
    name: "order.paid",
    version: "2",
    schema: V2,
    example: { order: { id: 1 }, amount: 5 },
    down: DOWN,
  });
});

function subscribe(name: string, more: object = {}): Promise<{ id: string }> {
  return service.createSubscription({
    name,
    url: `${receiver.url}/${name}`,
    events: ["order.*"],
    retry: { strategy: "list", delays: ["100ms"], jitter: 0 },
    ...more,
  });
}

const bodies = (name: string): string[] =>
  receiver.requests.filter((request) => request.path === `/${name}`).map(({ text }) => text);
const dataOf = (body: string): string => /"data":(.*)\}$/s.exec(body)![1]!;

it("an event of version 2 reaches who wants 1 converted, who wants 2 or anything as it was published", async () => {
  await subscribe("old", { event_version: "1" });
  await subscribe("new", { event_version: "2" });
  await subscribe("any");
  const data = '{ "order": {"id": 12345678901234567890, "x": 1}, "amount": 1.50 }';
  const { deliveries } = await service.publish({ type: "order.paid", version: "2", data: Buffer.from(data) });
  expect(deliveries).toBe(3);
  await expect.poll(() => receiver.requests.length, WAIT).toBe(3);
  expect([bodies("new"), bodies("any")].flat().map(dataOf)).toEqual([data, data]);
  expect(dataOf(bodies("old")[0]!)).toBe('{"total":1.50,"id":12345678901234567890,"currency":"usd"}');
  const [shown] = (await service.listDeliveries({ subscription: "old" })).data;
  expect((await service.getDelivery(shown!.id)).payload).toBe(bodies("old")[0]);
});

it("one of version 1 is no delivery of who wants 2, and is not converted for who wants 1", async () => {
  await subscribe("old", { event_version: "1" });
  await subscribe("new", { event_version: "2" });
  const { id, deliveries } = await service.publish({ type: "order.paid", data: Buffer.from('{"id": 1}') });
  expect(deliveries).toBe(1);
  await expect.poll(() => bodies("old").map(dataOf), WAIT).toEqual(['{"id": 1}']);
  expect(await service.replayEvent(id)).toMatchObject({ count: 1 });
  await expect.poll(() => bodies("old").length, WAIT).toBe(2);
  expect(bodies("new")).toEqual([]);
});

it("each attempt sends the same bytes, and so do batches", async () => {
  receiver.reply([500, 500, 200]);
  await subscribe("old", { event_version: "1" });
  await subscribe("batch", { event_version: "1", batch: { max_events: 2, max_wait: "60s" } });
  const event = { type: "order.paid", version: "2", data: Buffer.from('{"order":{"id":"a"},"amount":2}') };
  await service.publishBatch([event, event]);
  // Two events, and more requests than that: some were sent again.
  await expect.poll(() => bodies("old").length, WAIT).toBeGreaterThan(2);
  expect(new Set(bodies("old").map(dataOf))).toEqual(new Set(['{"total":2,"id":"a","currency":"usd"}']));
  await expect.poll(() => bodies("batch").length, WAIT).toBeGreaterThan(0);
  const [sent] = JSON.parse(bodies("batch").at(-1)!) as { data: unknown }[];
  expect(sent!.data).toEqual({ total: 2, id: "a", currency: "usd" });
});

it("what has no version goes to everybody, and another version than any to nobody who wants one", async () => {
  await subscribe("old", { event_version: "1" });
  await subscribe("any");
  expect(await service.publish({ type: "order.new", data: Buffer.from("1") })).toMatchObject({ deliveries: 2 });
  expect(await service.publish({ type: "order.new", version: "9", data: Buffer.from("1") })).toMatchObject({
    deliveries: 1,
  });
  expect(await service.publish({ type: "order.paid", version: "9", data: Buffer.from("1") })).toMatchObject({
    deliveries: 1,
  });
  await service.updateSubscription("old", { event_version: null });
  expect(await service.publish({ type: "order.paid", version: "9", data: Buffer.from("1") })).toMatchObject({
    deliveries: 2,
  });
});

it("a conversion that does not make what the older version's schema takes is refused", async () => {
  const down = { to: "1", steps: [{ move: "/order/id", to: "/id" }, { drop: "/amount" }] };
  await expect(service.updateEventType("order.paid", { version: "2", down })).rejects.toMatchObject({
    code: "invalid_request",
    field: "down",
    message: expect.stringContaining("data.order is not accepted"),
    hint: expect.stringContaining("it makes:"),
  });
  expect((await service.getEventType("order.paid")).versions[1]!.down).toEqual(DOWN);
});

it("a delivery whose conversion was taken away fails, and no receiver gets what it does not want", async () => {
  const { id } = await subscribe("old", { event_version: "1" });
  await service.pauseSubscription(id);
  await service.publish({ type: "order.paid", version: "2", data: Buffer.from('{"order":{"id":"a"}}') });
  await service.updateEventType("order.paid", { version: "2", down: null });
  await service.resumeSubscription(id);
  const state = async () => (await service.listDeliveries({ subscription: id })).data.map(({ status }) => status);
  await expect.poll(state, WAIT).toEqual(["failed"]);
  expect(bodies("old")).toEqual([]);
});
