import { expect, it } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import { JsonSchema } from "../../src/core/json-schema/json-schema.ts";
import { openTestHooks } from "../support/local-hooks.ts";

const ANSWERED: SendResult = {
  kind: "answered",
  status: 200,
  responseHeaders: [],
  responseBody: new Uint8Array(0),
  truncated: false,
  startedAt: 0,
  durationMs: 1,
  phase: "done",
  remoteAddress: undefined,
  bytesSent: 0,
};
const SCHEMA = {
  type: "object",
  required: ["id", "total"],
  properties: { id: { type: "string" }, total: { type: "integer" } },
};

it("a test of a type of the catalogue has its example's data, or data made from its schema; of no other", async () => {
  const sent: string[] = [];
  const { service } = await openTestHooks({
    send: async ({ body }) => {
      sent.push(Buffer.from(body).toString("utf8"));
      return ANSWERED;
    },
  });
  const input = { url: "https://example.com/hooks", events: ["*"] };
  const { id } = await service.createSubscription(input);
  await service.createEventType({ name: "order.paid", version: "1", schema: SCHEMA, example: { id: "a", total: 1 } });
  await service.createEventType({
    name: "order.paid",
    version: "2",
    example: { order: { id: "a" } },
    make_default: true,
  });
  await service.createEventType({ name: "order.sent", schema: SCHEMA });
  const old = await service.createSubscription({ ...input, event_version: "1" });
  const dataOf = async (subscription: string, options: { type?: string; data?: Uint8Array }) => {
    await service.testSubscription(subscription, options);
    return JSON.parse(sent.at(-1)!).data as unknown;
  };
  expect(await dataOf(id, { type: "order.paid" })).toEqual({ order: { id: "a" } });
  expect(await dataOf(old.id, { type: "order.paid" })).toEqual({ id: "a", total: 1 });
  const made = await dataOf(id, { type: "order.sent" });
  expect(new JsonSchema(SCHEMA, "schema").misfitOf(made as never, "data", 1_000)).toBeUndefined();
  expect(await dataOf(id, { type: "order.paid", data: Buffer.from("5") })).toBe(5);
  const own = await dataOf(id, {});
  expect(await dataOf(id, { type: "order.unknown" })).toEqual(own);
});
