import { describe, expect, it } from "vitest";
import type { HooksService } from "../../src/core/hooks-service.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const SCHEMA = {
  type: "object",
  required: ["id"],
  properties: {
    id: { type: "string" },
    lines: { type: "array", items: { properties: { price: { type: "number" } } } },
  },
};

async function strictHooks(): Promise<TestHooks> {
  const hooks = await openTestHooks();
  await hooks.service.createEventType({ name: "order.paid", schema: SCHEMA });
  await hooks.service.createEventType({ name: "order.sent" });
  await hooks.service.updateEnvironment({ strict_types: true });
  return hooks;
}

const stored = async (service: HooksService) => (await service.listEvents()).data.map(({ type }) => type).reverse();

describe("a strict environment", () => {
  it("takes what is in the catalogue and fits", async () => {
    const { service } = await strictHooks();
    await service.publish({ type: "order.paid", data: json({ id: "a", lines: [{ price: 1 }] }) });
    await service.publish({ type: "order.sent", data: json(["anything"]) });
    expect(await stored(service)).toEqual(["order.paid", "order.sent"]);
  });

  it("refuses a type that is not, names the nearest, and stores nothing", async () => {
    const { service } = await strictHooks();
    await expect(service.publish({ type: "order.piad", data: json({ id: "a" }) })).rejects.toMatchObject({
      code: "unknown_event_type",
      field: "type",
      message:
        'type "order.piad" is not in the catalogue, and this environment takes no other\n  did you mean "order.paid"?',
      hint: expect.stringContaining("hooks event-type create order.piad"),
    });
    await expect(service.publish({ type: "x", data: json(1) })).rejects.toMatchObject({ code: "unknown_event_type" });
    expect(await stored(service)).toEqual([]);
  });

  it("refuses data that does not fit, names the place, and stores nothing", async () => {
    const { service } = await strictHooks();
    await service.createSubscription({ url: "https://example.com/", events: ["*"] });
    await expect(
      service.publish({ type: "order.paid", data: json({ id: 5, lines: [{}, { price: "1" }] }) }),
    ).rejects.toMatchObject({
      code: "invalid_request",
      field: "data.id",
      message:
        "data.id must be a string, got 5; data.lines[1].price must be a number, got a string (schema of order.paid, version 1)",
    });
    expect(await stored(service)).toEqual([]);
    expect((await service.listDeliveries()).data).toEqual([]);
  });

  it("judges each event of a batch for itself, and of an atomic one all together", async () => {
    const { service } = await strictHooks();
    const events = [
      { type: "order.paid", data: json({ id: "a" }) },
      { type: "order.paid", data: json({}) },
      { type: "order.lost", data: json({}) },
    ];
    const { results } = await service.publishBatch(events);
    expect(results).toMatchObject([
      { deliveries: 0 },
      { error: { code: "invalid_request", field: "data.id" } },
      { error: { code: "unknown_event_type", field: "type" } },
    ]);
    expect(await stored(service)).toEqual(["order.paid"]);
    await expect(service.publishBatch(events, { atomic: true })).rejects.toMatchObject({
      code: "invalid_request",
      field: "events[1].data.id",
    });
    expect(await stored(service)).toEqual(["order.paid"]);
  });

  it("is one of its own: others of the tenant, and other tenants, take what they took", async () => {
    const { service, serviceFor } = await strictHooks();
    for (const scope of [
      { ...TEST_SCOPE, environment: "staging" },
      { ...TEST_SCOPE, tenant: "other" },
    ]) {
      await serviceFor(scope).publish({ type: "never.heard", data: json(1) });
    }
    await expect(service.publish({ type: "never.heard", data: json(1) })).rejects.toThrow();
  });

  it("judges by the version that an event names, or by its type's default", async () => {
    const { service } = await strictHooks();
    await service.createEventType({ name: "order.paid", version: "2", schema: { required: ["order"] } });
    const publish = (data: unknown, version?: string) =>
      service.publish({ type: "order.paid", data: json(data), version });
    await publish({ id: "a" });
    await publish({ order: {} }, "2");
    await expect(publish({ order: {} })).rejects.toMatchObject({ field: "data.id" });
    await expect(publish({ id: "a" }, "2")).rejects.toMatchObject({ field: "data.order" });
    await expect(publish({ id: "a" }, "3")).rejects.toMatchObject({ code: "invalid_request", field: "version" });
    await service.updateEventType("order.paid", { default_version: "2" });
    await publish({ order: {} });
    await service.deleteEventTypeVersion("order.paid", "1");
    await expect(publish({ id: "a" }, "1")).rejects.toMatchObject({
      code: "gone_version",
      field: "version",
      message: "version 1 of order.paid was removed; there is: 2",
    });
    expect((await service.listEvents()).data.map(({ version }) => version)).toEqual(["2", "2", "1"]);
  });

  it("lets tests and what hooks says of itself through", async () => {
    const sent: string[] = [];
    const hooks = await openTestHooks({
      send: async ({ body }) => {
        sent.push(Buffer.from(body).toString());
        return {
          kind: "error",
          code: "refused",
          message: "",
          startedAt: 0,
          durationMs: 0,
          phase: "connect",
          remoteAddress: undefined,
          bytesSent: 0,
        } as never;
      },
    });
    await hooks.service.updateEnvironment({ strict_types: true });
    const { id } = await hooks.service.createSubscription({ url: "https://example.com/", events: ["order.*"] });
    const ops = await hooks.service.createSubscription({ url: "https://example.com/ops", events: ["hooks.*"] });
    await hooks.service.testSubscription(id, { type: "any.type" });
    expect(sent).toEqual([expect.stringContaining('"any.type"')]);
    await hooks.service.disableSubscription(id);
    expect((await hooks.service.listDeliveries({ subscription: ops.id })).data).toMatchObject([
      { event_type: "hooks.subscription.disabled" },
    ]);
  });

  it("answers a repeated event as before", async () => {
    const { service } = await strictHooks();
    const event = { type: "order.paid", data: json({ id: "a" }), id: "once" };
    const receipt = await service.publish(event);
    expect(await service.publish(event)).toEqual(receipt);
    await expect(service.publish({ ...event, data: json({ id: "b" }) })).rejects.toMatchObject({ code: "conflict" });
  });

  it("is seen by another process, and so is a changed schema", async () => {
    const hooks = await openTestHooks();
    const other = await openTestHooks({ folder: hooks.folder });
    await hooks.directory.load();
    await hooks.cases.parts.catalogue.load();
    const stop = hooks.store.watch(({ configChanged }) => {
      if (configChanged) void hooks.reload();
    });
    const publish = (data: unknown) =>
      hooks.service.publish({ type: "order.paid", data: json(data) }).then(
        () => "taken",
        ({ code }) => code,
      );
    expect(await publish({})).toBe("taken");
    await other.service.updateEnvironment({ strict_types: true });
    await expect.poll(() => publish({}), { timeout: 30_000 }).toBe("unknown_event_type");
    await other.service.createEventType({ name: "order.paid", schema: SCHEMA });
    await expect.poll(() => publish({}), { timeout: 30_000 }).toBe("invalid_request");
    await other.service.updateEventType("order.paid", { schema: null });
    await expect.poll(() => publish({}), { timeout: 30_000 }).toBe("taken");
    stop();
  });

  it("is recorded when it is switched, once", async () => {
    const { service, adminFor } = await openTestHooks();
    await service.updateEnvironment({ strict_types: true });
    await service.updateEnvironment({ strict_types: true });
    await service.updateEnvironment({});
    const { data } = await adminFor().listAudit({ action: "environment.update" });
    expect(data).toMatchObject([
      {
        resource: { kind: "environment", id: "development" },
        before: { strict_types: false },
        after: { strict_types: true },
      },
    ]);
    await expect(service.updateEnvironment({ strict_types: "on" as never })).rejects.toMatchObject({
      field: "strict_types",
    });
  });
});

describe("an environment that is not strict", () => {
  it("takes any type and any data: schemas are a description there", async () => {
    const { service } = await openTestHooks();
    await service.createEventType({ name: "order.paid", schema: SCHEMA });
    expect(await service.publish({ type: "order.paid", data: json([1]) })).not.toHaveProperty("warnings");
    await service.publish({ type: "never.heard", data: json(1) });
    await service.publish({ type: "order.paid", data: json({}), version: "9" });
    expect((await service.listEvents()).data.map(({ version }) => version)).toEqual(["9", null, "1"]);
  });

  it("refuses a version that was removed all the same: somebody took it away on purpose", async () => {
    const { service } = await openTestHooks();
    await service.createEventType({ name: "a" });
    await service.createEventType({ name: "a", version: "2", make_default: true });
    await service.deleteEventTypeVersion("a", "1");
    await expect(service.publish({ type: "a", data: json(1), version: "1" })).rejects.toMatchObject({
      code: "gone_version",
    });
  });
});

describe("a deprecated type", () => {
  it("is taken, and its publisher is told: in a batch once", async () => {
    const { service } = await openTestHooks();
    await service.createEventType({ name: "order.payed", deprecated: true, description: "use order.paid" });
    await service.createEventType({ name: "order.old", deprecated: true });
    const warning = "event type order.payed is deprecated: use order.paid";
    const event = { type: "order.payed", data: json(1) };
    expect(await service.publish(event)).toMatchObject({ warnings: [warning] });
    const { results } = await service.publishBatch([
      event,
      { type: "order.ok", data: json(1) },
      event,
      { ...event, type: "order.old" },
    ]);
    expect(results.map((one) => ("warnings" in one ? one.warnings : undefined))).toEqual([
      [warning],
      undefined,
      undefined,
      ["event type order.old is deprecated"],
    ]);
    await service.updateEventType("order.payed", { deprecated: false });
    expect(await service.publish(event)).not.toHaveProperty("warnings");
  });
});
