import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packNamed } from "../../src/core/catalogue/packs/registry.ts";
import type { TypeDefinition } from "../../src/core/catalogue/type-definition.ts";
import { declareEvents } from "../../src/core/typescript/event-declarations.ts";
import { StrictCompiler } from "../support/strict-compiler.ts";

const SLOW_MS = 60_000;

let compiler: StrictCompiler;
beforeAll(() => {
  compiler = new StrictCompiler();
});
afterAll(() => compiler.remove());

const versioned = (version: string, total: string): TypeDefinition => ({
  ...packNamed("aegisx")[2]!,
  name: "order.paid",
  version,
  isDefault: version === "2",
  schema: { type: "object", properties: { total: { type: total } }, required: ["total"] },
});

const DECLARATIONS = declareEvents([...packNamed("securebase"), versioned("1", "string"), versioned("2", "number")]);

function compile(program: string): Promise<void> {
  return compiler.compile({ "program.ts": program, "hooks-events.d.ts": DECLARATIONS });
}

const HEAD = `import { createPublisher, type PublishResult, type TypedEvent } from "hooks-relay";
import type { HooksEvents, HooksEventVersions } from "./hooks-events.js";
const publisher = createPublisher<HooksEvents, HooksEventVersions>();
`;

describe("the compiler", () => {
  it(
    "takes what fits the catalogue",
    async () => {
      await compile(`${HEAD}
const receipt = await publisher.publish("invoice.paid", { invoice_id: "in_1", amount: 2, paid_at: "2026-01-31T12:00:00Z" });
export const id: string = receipt.id;
await publisher.publish("order.paid", { total: 5 });
await publisher.publish("order.paid", { total: 5 }, { id: "x", timestamp: new Date(), metadata: { by: 1 } });
await publisher.publish("order.paid", { total: "5" }, { version: "1" });
await publisher.publish("order.paid", { total: 5 }, { version: "2", id: "y" });
const events: TypedEvent<HooksEvents, HooksEventVersions>[] = [
  { type: "order.paid", data: { total: 5 } },
  { type: "order.paid", data: { total: "5" }, version: "1" },
  { type: "ticket.created", data: { ticket_id: "t", subject: "s", priority: "low" }, id: "t-1" },
];
for await (const result of publisher.publishMany(events)) {
  const known: PublishResult = result;
  if (known.accepted) known.deliveries.toFixed();
  else known.error.code.toUpperCase();
}
async function* source() {
  yield { type: "order.paid" as const, data: { total: 1 } };
}
publisher.publishMany(source());
`);
    },
    SLOW_MS,
  );

  it(
    "refuses what does not",
    async () => {
      await compile(`${HEAD}
// @ts-expect-error no such type
await publisher.publish("invoice.payed", {});
// @ts-expect-error a member is missing
await publisher.publish("invoice.paid", { invoice_id: "in_1", amount: 2 });
// @ts-expect-error a wrong type of a member
await publisher.publish("order.paid", { total: "5" });
// @ts-expect-error a slip in a name
await publisher.publish("order.paid", { total: 5, totel: 5 });
// @ts-expect-error the data of another version
await publisher.publish("order.paid", { total: 5 }, { version: "1" });
// @ts-expect-error no such version
await publisher.publish("order.paid", { total: 5 }, { version: "3" });
// @ts-expect-error metadata is an object
await publisher.publish("order.paid", { total: 5 }, { metadata: "x" });
// @ts-expect-error the data of another type
publisher.publishMany([{ type: "order.paid", data: { ticket_id: "t" } }]);
// @ts-expect-error the data of another version
publisher.publishMany([{ type: "order.paid", data: { total: 5 }, version: "1" }]);
// @ts-expect-error no type at all
publisher.publishMany([{ data: { total: 5 } }]);
// @ts-expect-error an option that is none
createPublisher({ sever: "x" });
`);
      // The compiler is asked in earnest: without the expectation it says so.
      await expect(compile(`${HEAD}await publisher.publish("invoice.payed", {});\n`)).rejects.toThrow(/invoice\.payed/);
    },
    SLOW_MS,
  );

  it(
    "takes any type and any data of a publisher that knows no catalogue",
    async () => {
      await compile(`import { createPublisher, createClient, HooksError } from "hooks-relay";
const publisher = createPublisher();
await publisher.publish("whatever", 7, { version: "9" });
publisher.publishMany([{ type: "x", data: null }]);
const client = createClient({ server: "https://hooks.example.com", apiKey: "hk_x" });
const created = await client.createSubscription({ url: "https://example.com", events: ["*"] });
created.secret.slice(0);
const page = await client.listDeliveries({ status: "failed" });
page.data[0]?.attempt_count.toFixed();
const event = await client.getEvent("evt_1");
export const data: unknown = event.data;
const key = await client.createKey({ name: "ci", role: "publisher" });
key.key.slice(0);
// @ts-expect-error no such state
await client.listDeliveries({ status: "broken" });
// @ts-expect-error no such field
await client.createSubscription({ url: "https://example.com", event: ["*"] });
// @ts-expect-error no such role
await client.createKey({ name: "ci", role: "king" });
try {
  await client.publish({ type: "a.b", data: 1 });
} catch (error) {
  if (error instanceof HooksError && error.code === "conflict") throw error;
  // @ts-expect-error not one of the codes
  if (error instanceof HooksError && error.code === "nonsense") throw error;
}
`);
    },
    SLOW_MS,
  );
});
