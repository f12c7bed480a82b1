import { describe, expect, it } from "vitest";
import type { EventTypeInput } from "../../src/core/event-type.ts";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";

const SCHEMA = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
const PAID: EventTypeInput = {
  name: "order.paid",
  description: "An order was paid in full",
  tags: ["billing", "billing", "core"],
  schema: SCHEMA,
  example: { id: "ord_1" },
};

describe("creating an event type", () => {
  it("keeps all that was given, and answers it", async () => {
    const { service } = await openTestHooks();
    const created = await service.createEventType(PAID);
    expect(created).toEqual({
      name: "order.paid",
      description: "An order was paid in full",
      tags: ["billing", "core"],
      deprecated: false,
      default_version: "1",
      versions: [
        { version: "1", schema: SCHEMA, example: { id: "ord_1" }, down: null, created_at: "2026-01-31T12:00:00.000Z" },
      ],
      removed_versions: [],
      ...TEST_SCOPE,
      created_at: "2026-01-31T12:00:00.000Z",
      updated_at: "2026-01-31T12:00:00.000Z",
    });
    expect(await service.getEventType("order.paid")).toEqual(created);
  });

  it("needs a name and nothing else", async () => {
    const { service } = await openTestHooks();
    const { versions, description } = await service.createEventType({ name: "a" });
    expect([versions, description]).toMatchObject([[{ version: "1", schema: null, example: null, down: null }], ""]);
  });

  it("a second time changes nothing and is recorded once", async () => {
    const { service, adminFor } = await openTestHooks();
    const first = await service.createEventType(PAID);
    expect(await service.createEventType(PAID)).toEqual(first);
    expect(await service.createEventType({ name: "order.paid" })).toEqual(first);
    const { data } = await adminFor().listAudit({ action: "event_type.*" });
    expect(data).toMatchObject([{ action: "event_type.create", resource: { kind: "event_type", id: "order.paid" } }]);
    expect(data[0]!.after).toMatchObject({ tags: ["billing", "core"], versions: [{ version: "1", schema: SCHEMA }] });
  });

  it("with another content is a conflict, unless it is to replace it or to be another version", async () => {
    const { service } = await openTestHooks();
    await service.createEventType(PAID);
    const other = { ...PAID, schema: { type: "object" } };
    await expect(service.createEventType(other)).rejects.toMatchObject({
      code: "conflict",
      field: "name",
      message: "event type order.paid exists with another schema in version 1",
    });
    await expect(service.createEventType({ ...PAID, description: "x" })).rejects.toMatchObject({
      message: "event type order.paid exists with another content in version 1",
    });
    expect((await service.getEventType("order.paid")).versions[0]!.schema).toEqual(SCHEMA);
    const second = await service.createEventType({ ...other, version: "2" });
    expect(second).toMatchObject({ default_version: "1", versions: [{ version: "1" }, { version: "2" }] });
    const replaced = await service.createEventType({ ...other, replace: true });
    expect(replaced.versions.map(({ schema }) => schema)).toEqual([{ type: "object" }, { type: "object" }]);
  });

  it("tells of keywords that mean nothing", async () => {
    const { service } = await openTestHooks();
    const { warnings } = await service.createEventType({ name: "a", schema: { requierd: ["x"] } });
    expect(warnings).toEqual([expect.stringContaining('did you mean "required"?')]);
    expect(await service.getEventType("a")).not.toHaveProperty("warnings");
  });

  it.each([
    [{ name: "a b" }, "name"],
    [{ name: "hooks.mine" }, "name"],
    [{ description: "x".repeat(1_025) }, "description"],
    [{ description: "a\u0007b" }, "description"],
    [{ tags: ["a b"] }, "tags[0]"],
    [{ tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, "tags"],
    [{ version: "a b" }, "version"],
    [{ version: "" }, "version"],
    [{ deprecated: "yes" as unknown as boolean }, "deprecated"],
    [{ schema: { type: "objekt" } }, "schema.type"],
    [{ schema: { $ref: "https://example.com/x.json" } }, "schema.$ref"],
    [{ schema: { pattern: "(?=a)" } }, "schema.pattern"],
    [{ example: { id: 5 } }, "example.id"],
    [{ example: {} }, "example.id"],
    [{ schema: { title: "x".repeat(300_000) } }, "schema"],
    [{ down: { steps: [] } }, "down"],
    [{ down: { to: "7", steps: [] }, version: "2" }, "down.to"],
    [{ down: { steps: [{ drop: "x" }] }, version: "2" }, "down.steps[0].drop"],
    [{ down: { stesp: [] } as never, version: "2" }, "down.stesp"],
  ])("%j is refused at %s, and nothing is stored", async (wrong, field) => {
    const { service } = await openTestHooks();
    await service.createEventType({ name: "order.paid", schema: SCHEMA });
    const before = await service.getEventType("order.paid");
    const input = { ...PAID, ...wrong, replace: true };
    await expect(service.createEventType(input)).rejects.toMatchObject({ field });
    expect(await service.getEventType("order.paid")).toEqual(before);
    expect((await service.listEventTypes({ catalogued: true })).data).toHaveLength(1);
  });

  it("of many is all or nothing", async () => {
    const { service, cases } = await openTestHooks();
    const actor = { name: "local", from: "cli" };
    const all = (inputs: EventTypeInput[], dryRun = false) =>
      cases.eventTypes.createAll(TEST_SCOPE, inputs, actor, { dryRun });
    expect(await all([PAID, { name: "b" }], true)).toMatchObject([{ outcome: "created" }, { outcome: "created" }]);
    expect((await service.listEventTypes()).data).toEqual([]);
    await service.createEventType({ name: "b", schema: true });
    await expect(all([PAID, { name: "b", schema: false }])).rejects.toMatchObject({ code: "conflict" });
    await expect(service.getEventType("order.paid")).rejects.toMatchObject({ code: "not_found" });
    expect(await all([PAID, { name: "b" }, { name: "b", version: "2" }])).toMatchObject([
      { name: "order.paid", outcome: "created" },
      { name: "b", outcome: "unchanged" },
      { name: "b", outcome: "version_added" },
    ]);
  });

  it("at the same time as somebody else loses nothing", async () => {
    const { service, folder } = await openTestHooks();
    const other = await openTestHooks({ folder });
    const names = Array.from({ length: 8 }, (_, n) => `type.n${n}`);
    await Promise.all(names.map((name, n) => (n % 2 === 0 ? service : other.service).createEventType({ name })));
    await Promise.all([
      service.createEventType({ name: "type.n0", version: "2" }),
      other.service.createEventType({ name: "type.n0", version: "3" }),
    ]);
    expect((await service.listEventTypes({ catalogued: true })).data.map(({ name }) => name)).toEqual(names);
    const { versions } = await other.service.getEventType("type.n0");
    expect(versions.map(({ version }) => version).toSorted()).toEqual(["1", "2", "3"]);
  });
});

describe("changing an event type", () => {
  it("changes what is named, and records it", async () => {
    const { service, adminFor, clock } = await openTestHooks();
    await service.createEventType(PAID);
    clock.at += 1_000;
    const changed = await service.updateEventType("order.paid", { description: null, deprecated: true, example: null });
    expect(changed).toMatchObject({ description: "", deprecated: true, tags: ["billing", "core"] });
    expect(changed.versions[0]).toMatchObject({ schema: SCHEMA, example: null });
    expect(changed.updated_at).toBe("2026-01-31T12:00:01.000Z");
    const [entry] = (await adminFor().listAudit({ action: "event_type.update" })).data;
    expect(entry!.before).toMatchObject({ description: "An order was paid in full", deprecated: false });
    expect(entry!.after).toMatchObject({ description: "", deprecated: true });
    expect(entry!.after).not.toHaveProperty("tags");
    await service.updateEventType("order.paid", { deprecated: true });
    expect((await adminFor().listAudit({ action: "event_type.update" })).data).toHaveLength(1);
  });

  it("refuses a schema that the example does not fit any more", async () => {
    const { service } = await openTestHooks();
    await service.createEventType(PAID);
    await expect(
      service.updateEventType("order.paid", { schema: { type: "object", required: ["amount"] } }),
    ).rejects.toMatchObject({ code: "invalid_request", field: "example.amount" });
  });

  it.each([
    [{ version: "7", schema: true }, "version"],
    [{ default_version: "7" }, "default_version"],
  ])("%j is refused", async (patch, field) => {
    const { service } = await openTestHooks();
    await service.createEventType(PAID);
    await expect(service.updateEventType("order.paid", patch)).rejects.toMatchObject({
      code: "invalid_request",
      field,
    });
  });

  it("names the nearest for a name that is not there", async () => {
    const { service } = await openTestHooks();
    await service.createEventType(PAID);
    for (const call of [
      service.getEventType("order.piad"),
      service.updateEventType("order.piad", { deprecated: true }),
      service.deleteEventType("order.piad"),
      service.deleteEventTypeVersion("order.piad", "1"),
    ]) {
      await expect(call).rejects.toMatchObject({
        code: "not_found",
        message: expect.stringContaining('did you mean "order.paid"?'),
      });
    }
  });
});

describe("removing", () => {
  it("a type leaves its events, and its name free", async () => {
    const { service, adminFor } = await openTestHooks();
    await service.createEventType(PAID);
    await service.publish({ type: "order.paid", data: Buffer.from("{}") });
    await service.deleteEventType("order.paid");
    expect((await service.listEventTypes()).data).toMatchObject([
      { name: "order.paid", catalogued: false, versions: [] },
    ]);
    expect((await service.listEvents()).data).toHaveLength(1);
    const [entry] = (await adminFor().listAudit({ action: "event_type.delete" })).data;
    expect(entry).toMatchObject({ before: { default_version: "1" }, after: null });
    await service.createEventType({ name: "order.paid", schema: false });
  });

  it("converts no version down to a newer one, whoever asks for it", async () => {
    const { service } = await openTestHooks();
    await service.createEventType({ name: "order.paid" });
    await service.createEventType({ name: "order.paid", version: "2", down: { to: "1", steps: [] } });
    const refused = { code: "invalid_request", field: "down.to" };
    const down = { to: "2", steps: [] };
    for (const replace of [true, false]) {
      const input = { name: "order.paid", version: "1", down, replace };
      await expect(service.createEventType(input)).rejects.toMatchObject(refused);
    }
    await expect(service.updateEventType("order.paid", { version: "1", down })).rejects.toMatchObject(refused);
    await service.createEventType({ name: "order.paid", version: "3" });
    const again = { name: "order.paid", version: "2", replace: true };
    await expect(service.createEventType({ ...again, down: { to: "3", steps: [] } })).rejects.toMatchObject({
      ...refused,
      message: "down.to must be an older version, one of: 1",
    });
    const { versions } = await service.createEventType({ ...again, down: { steps: [{ drop: "/x" }] } });
    expect(versions.map(({ version, down: way }) => [version, way?.to])).toEqual([
      ["1", undefined],
      ["2", "1"],
      ["3", undefined],
    ]);
  });

  it("a version is refused while something needs it", async () => {
    const { service } = await openTestHooks();
    await service.createEventType(PAID);
    const remove = (version: string) => service.deleteEventTypeVersion("order.paid", version);
    await expect(remove("1")).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("the only version"),
    });
    await service.createEventType({ name: "order.paid", version: "2", down: { steps: [] } });
    await expect(remove("1")).rejects.toMatchObject({ message: expect.stringContaining("the default version") });
    await service.updateEventType("order.paid", { default_version: "2" });
    await expect(remove("1")).rejects.toMatchObject({ message: "version 2 is converted down to version 1" });
    await service.updateEventType("order.paid", { down: null });
    const { id } = await service.createSubscription({
      url: "https://example.com/",
      events: ["order.*"],
      event_version: "1",
    });
    await expect(remove("1")).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining(id) });
    await service.updateSubscription(id, { event_version: null });
    expect(await remove("1")).toMatchObject({ versions: [{ version: "2" }], removed_versions: ["1"] });
    await expect(remove("1")).rejects.toMatchObject({ code: "not_found", field: "version" });
  });

  it("a tenant that has types is refused, and takes them along when forced", async () => {
    const { serviceFor, adminFor } = await openTestHooks();
    const acme = serviceFor({ tenant: "acme", environment: "production" });
    await acme.createEventType(PAID);
    await acme.updateEnvironment({ strict_types: true });
    await expect(adminFor().deleteTenant("acme")).rejects.toMatchObject({
      code: "conflict",
      message: 'tenant "acme" has 1 event type',
    });
    await adminFor().deleteTenant("acme", { force: true });
    expect((await acme.listEventTypes()).data).toEqual([]);
    expect(await acme.getEnvironment()).toMatchObject({ strict_types: false, updated_at: null });
  });
});

describe("a catalogue", () => {
  it("is at most 16 MiB large, which nobody is kept from making smaller", { timeout: 120_000 }, async () => {
    const { service, cases } = await openTestHooks();
    const large = (text: string) => Array.from({ length: 4 }, (_, n) => ({ title: text.repeat(60_000), n }));
    const inputs = Array.from({ length: 17 }, (_, n) =>
      large("x").map(
        (schema, version): EventTypeInput => ({
          name: `t${n}`,
          version: String(version + 1),
          schema: { ...schema, description: "y".repeat(190_000) },
        }),
      ),
    );
    const actor = { name: "local", from: "cli" };
    await cases.eventTypes.createAll(TEST_SCOPE, inputs.slice(0, 16).flat(), actor);
    await expect(cases.eventTypes.createAll(TEST_SCOPE, inputs[16]!, actor)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("16777216 bytes together"),
    });
    await service.createEventType({ name: "small" });
    await service.updateEventType("t0", { schema: null });
    await service.deleteEventType("t1");
    expect((await service.listEventTypes({ catalogued: true })).data).toHaveLength(16);
  });
});

describe("a subscription's version", () => {
  it("is warned of when no type that it takes has one", async () => {
    const { service } = await openTestHooks();
    await service.createEventType(PAID);
    const input = { url: "https://example.com/", events: ["order.*"] };
    expect(await service.createSubscription({ ...input, event_version: "1" })).not.toHaveProperty("warnings");
    const { id, warnings } = await service.createSubscription({ ...input, event_version: "v1" });
    expect(warnings).toEqual([
      "event_version: none of the event types in the catalogue that it takes has a version v1",
    ]);
    expect(await service.updateSubscription(id, { name: "x" })).not.toHaveProperty("warnings");
    expect(await service.updateSubscription(id, { event_version: "1" })).not.toHaveProperty("warnings");
    expect((await service.updateSubscription(id, { event_version: "2" })).warnings).toHaveLength(1);
  });
});

describe("the list", () => {
  it("has the catalogue and what was seen, in pages and by filter", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription({ url: "https://example.com/", events: ["named.only", "x.*"] });
    await service.publish({ type: "seen.only", data: Buffer.from("1") });
    await service.createEventType(PAID);
    await service.createEventType({ name: "order.payed", deprecated: true, description: "Use ORDER.PAID" });
    const names = async (query: Parameters<typeof service.listEventTypes>[0]) =>
      (await service.listEventTypes(query)).data.map(({ name }) => name);
    expect(await names({})).toEqual(["named.only", "order.paid", "order.payed", "seen.only"]);
    expect(await names({ catalogued: true })).toEqual(["order.paid", "order.payed"]);
    expect(await names({ catalogued: false })).toEqual(["named.only", "seen.only"]);
    expect(await names({ deprecated: true })).toEqual(["order.payed"]);
    expect(await names({ tag: "core" })).toEqual(["order.paid"]);
    expect(await names({ q: "order.paid" })).toEqual(["order.paid", "order.payed"]);
    const first = await service.listEventTypes({ limit: 3 });
    expect(first.next_cursor).not.toBeNull();
    expect(await names({ cursor: first.next_cursor! })).toEqual(["seen.only"]);
    await expect(service.listEventTypes({ cursor: "nonsense" })).rejects.toMatchObject({ field: "cursor" });
    expect(first.data[1]).toEqual({
      name: "order.paid",
      description: "An order was paid in full",
      tags: ["billing", "core"],
      deprecated: false,
      catalogued: true,
      versions: ["1"],
      default_version: "1",
      updated_at: "2026-01-31T12:00:00.000Z",
    });
  });
});
