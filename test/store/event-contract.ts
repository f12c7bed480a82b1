import { describe, expect, it } from "vitest";
import type { EventFilter } from "../../src/store/store.ts";
import {
  LEASE,
  NOON,
  newDelivery,
  newEvent,
  newSubscription,
  OTHER_ENVIRONMENT,
  OTHER_TENANT,
  SCOPE,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

export function eventContract(under: StoreUnderTest): void {
  describe("events", () => {
    it("keeps every byte and field", async () => {
      const store = await under.open();
      const data = Buffer.from('{"big":12345678901234567890,"a":1,"a":"\\u0000 é"}\n');
      const metadata = Buffer.from('{"trace":"1"}');
      const event = newEvent([], { data, metadata, version: "2", timestamp: NOON - 1, createdAt: NOON + 1 });
      expect(await store.appendEvents([event])).toEqual([{ kind: "stored", deliveryRowIds: [] }]);

      const found = await store.findEvent(SCOPE, event.id);
      expect(found).toMatchObject({
        scope: SCOPE,
        id: event.id,
        type: "order.created",
        timestamp: NOON - 1,
        version: "2",
        deliveryCount: 0,
        createdAt: NOON + 1,
      });
      expect(Buffer.from(found!.data)).toEqual(data);
      expect(Buffer.from(found!.metadata!)).toEqual(metadata);
    });

    it("keeps empty data, and the absence of metadata and version", async () => {
      const store = await under.open();
      const event = newEvent([], { data: new Uint8Array(0) });
      await store.appendEvents([event]);
      expect(await store.findEvent(SCOPE, event.id)).toMatchObject({ metadata: undefined, version: undefined });
      expect((await store.findEvent(SCOPE, event.id))!.data).toHaveLength(0);
    });

    it("leaves the publisher's own bytes usable", async () => {
      const store = await under.open();
      const event = newEvent();
      await store.appendEvents([event]);
      expect(Buffer.from(event.data).toString()).toBe('{"total":12.50}');
    });

    it("answers a repeated id with the first result and stores nothing", async () => {
      const store = await under.open();
      const rowId = await store.insertSubscription(newSubscription());
      const event = newEvent([rowId]);
      await store.appendEvents([event]);
      const again = newEvent([rowId], { id: event.id });
      expect(await store.appendEvents([again])).toEqual([{ kind: "repeated", deliveryCount: 1 }]);
      expect(await store.findDelivery(SCOPE, again.deliveries[0]!.id)).toBeUndefined();
    });

    it("refuses the same id with another fingerprint", async () => {
      const store = await under.open();
      const event = newEvent();
      await store.appendEvents([event]);
      const other = newEvent([], { id: event.id, data: Buffer.from("{}") });
      expect(await store.appendEvents([other])).toEqual([{ kind: "conflict" }]);
      expect(Buffer.from((await store.findEvent(SCOPE, event.id))!.data)).toEqual(event.data);
    });

    it("stores one event of a thousand concurrent appends of one id, in few commits", async () => {
      const store = await under.open();
      const rowId = await store.insertSubscription(newSubscription());
      const before = store.commits;
      const id = newEvent().id;
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, () => store.appendEvents([newEvent([rowId], { id })])),
      );
      const kinds = answers.map(([answer]) => answer!.kind);
      expect(kinds.filter((kind) => kind === "stored")).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "repeated")).toHaveLength(999);
      expect(await store.listEvents(SCOPE, {}, 10, undefined)).toHaveLength(1);
      expect(store.commits - before).toBeLessThanOrEqual(20);
    });

    it("commits one by one what comes one by one", async () => {
      const store = await under.open();
      const before = store.commits;
      for (let n = 0; n < 5; n++) await store.appendEvents([newEvent()]);
      expect(store.commits - before).toBe(5);
    });

    it.each(["a batch", "one by one"])(
      "tells each of many events (%s) the rows of its own deliveries, in order",
      async (how) => {
        const store = await under.open();
        const subscriptions = [
          await store.insertSubscription(newSubscription()),
          await store.insertSubscription(newSubscription()),
          await store.insertSubscription(newSubscription()),
        ];
        const known = newEvent();
        await store.appendEvents([known]);
        // Most are not named by who published them, and have no fingerprint.
        const events = Array.from({ length: 120 }, (_, n) => {
          const deliveries = subscriptions.slice(n % 4).map((rowId, index) => {
            if (index === 0 && n % 3 === 0) return newDelivery(rowId, { lease: LEASE });
            return newDelivery(rowId, index === 1 && n % 5 === 0 ? { orderKey: n % 2 } : {});
          });
          if (n % 50 === 49) return newEvent([], { id: known.id });
          return newEvent([], n % 7 === 0 ? { deliveries } : { deliveries, fingerprint: Buffer.alloc(0) });
        });
        const before = store.commits;
        const answers =
          how === "a batch"
            ? await store.appendEvents(events)
            : (await Promise.all(events.map((event) => store.appendEvents([event])))).flat();
        // Those that came one by one are committed together, too.
        expect(store.commits - before).toBeLessThan(20);
        const stored = answers.flatMap((answer) => (answer.kind === "stored" ? answer.deliveryRowIds : []));
        expect(stored).toEqual(stored.toSorted((one, other) => one - other));
        const found: string[] = [];
        for (const [n, answer] of answers.entries()) {
          expect(answer.kind).toBe(n % 50 === 49 ? "repeated" : "stored");
          if (answer.kind !== "stored") continue;
          const { id, deliveries } = events[n]!;
          found.push(id);
          expect(answer.deliveryRowIds).toHaveLength(deliveries.length);
          for (const [index, delivery] of deliveries.entries()) {
            expect(await store.findDelivery(SCOPE, delivery.id)).toMatchObject({
              rowId: answer.deliveryRowIds[index],
              eventId: id,
              subscriptionRowId: delivery.subscriptionRowId,
              state: delivery.lease === undefined ? "pending" : "sending",
            });
          }
        }
        const listed = await store.listEvents(SCOPE, {}, 200, undefined);
        expect(listed.map(({ id }) => id).toReversed()).toEqual([known.id, ...found]);
        // Of those that wait the first comes first.
        const [claimed] = await store.claimDue([{ subscriptionRowId: subscriptions[2]!, limit: 200 }], NOON, LEASE);
        const rowIds = claimed!.deliveries.map(({ rowId }) => rowId);
        expect(rowIds).toEqual(rowIds.toSorted((one, other) => one - other));
        expect(rowIds.length).toBeGreaterThan(50);
      },
    );

    it("spoils only the bad one of those that are committed together", async () => {
      const store = await under.open();
      const good = [newEvent(), newEvent(), newEvent()];
      const bad = newEvent([9_999]); // no such subscription
      const answers = await Promise.allSettled(
        [good[0]!, bad, good[1]!, good[2]!].map((event) => store.appendEvents([event])),
      );
      expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
      expect(await store.findEvent(SCOPE, bad.id)).toBeUndefined();
      for (const { id } of good) expect(await store.findEvent(SCOPE, id)).toBeDefined();
      expect(await store.listEventTypes(SCOPE)).toEqual(["order.created"]);
    });

    it("stores all of a batch but the conflicts, atomic: nothing when there is one", async () => {
      const store = await under.open();
      const known = newEvent();
      await store.appendEvents([known]);
      const conflict = () => newEvent([], { id: known.id, data: Buffer.from("{}") });

      const refused = [newEvent(), conflict(), newEvent()];
      const refusal = await store.appendEvents(refused, { atomic: true });
      expect(refusal.map(({ kind }) => kind)).toEqual(["repeated", "conflict", "repeated"]);
      expect(await store.findEvent(SCOPE, refused[0]!.id)).toBeUndefined();

      const inside = newEvent();
      const twins = [inside, newEvent([], { id: inside.id, data: Buffer.from("[]") })];
      expect((await store.appendEvents(twins, { atomic: true }))[1]).toEqual({ kind: "conflict" });
      expect(await store.findEvent(SCOPE, inside.id)).toBeUndefined();

      const mixed = [newEvent(), conflict(), newEvent()];
      const answers = await store.appendEvents(mixed);
      expect(answers.map(({ kind }) => kind)).toEqual(["stored", "conflict", "stored"]);
      expect(await store.findEvent(SCOPE, mixed[2]!.id)).toBeDefined();
      expect((await store.appendEvents([newEvent(), known], { atomic: true })).map(({ kind }) => kind)).toEqual([
        "stored",
        "repeated",
      ]);
    });

    it("says of a trial what would become of each, and stores nothing: no event, no type, no scope", async () => {
      const store = await under.open();
      const known = newEvent();
      await store.appendEvents([known]);
      const scope = { tenant: "nobody-yet", environment: "trial" };
      const [fresh, elsewhere] = [newEvent([], { type: "never.seen" }), newEvent([], { scope })];
      const tried = [
        fresh,
        known,
        newEvent([], { id: known.id, data: Buffer.from("{}") }),
        newEvent([], { ...fresh }),
        newEvent([], { id: fresh.id, data: Buffer.from("[]") }),
        elsewhere,
        newEvent([], { scope, id: known.id }),
      ];
      expect(await store.appendEvents(tried, { trial: true })).toEqual([
        { kind: "stored", deliveryRowIds: [] },
        { kind: "repeated", deliveryCount: 0 },
        { kind: "conflict" },
        { kind: "repeated", deliveryCount: 0 },
        { kind: "conflict" },
        { kind: "stored", deliveryRowIds: [] },
        { kind: "stored", deliveryRowIds: [] },
      ]);
      expect(await store.findEvent(SCOPE, fresh.id)).toBeUndefined();
      expect(await store.listEventTypes(SCOPE)).not.toContain("never.seen");
      expect(await store.admin.findTenant(scope.tenant)).toBeUndefined();
      expect(await store.appendEvents([fresh])).toMatchObject([{ kind: "stored" }]);
    });

    it("answers a thousand events of one batch in their order", async () => {
      const store = await under.open();
      const rowId = await store.insertSubscription(newSubscription());
      const events = Array.from({ length: 1_000 }, () => newEvent([rowId]));
      const answers = await store.appendEvents(events);
      const rowIds = answers.flatMap((answer) => (answer.kind === "stored" ? answer.deliveryRowIds : []));
      expect(new Set(rowIds).size).toBe(1_000);
      const last = await store.findDelivery(SCOPE, events[999]!.deliveries[0]!.id);
      expect(last!.rowId).toBe(rowIds[999]);
    });

    it("shows a scope only its own events, and lets each have the same id", async () => {
      const store = await under.open();
      const event = newEvent();
      await store.appendEvents([event]);
      for (const scope of [OTHER_TENANT, OTHER_ENVIRONMENT]) {
        expect(await store.findEvent(scope, event.id)).toBeUndefined();
        expect(await store.findEventIds(scope, "evt_", 10)).toEqual([]);
        expect(await store.listEvents(scope, {}, 10, undefined)).toEqual([]);
        expect(await store.listEventTypes(scope)).toEqual([]);
        const twin = newEvent([], { scope, id: event.id, data: Buffer.from("{}") });
        expect(await store.appendEvents([twin])).toMatchObject([{ kind: "stored" }]);
      }
      expect(await store.listEvents(SCOPE, {}, 10, undefined)).toHaveLength(1);
    });

    it("finds ids by their beginning", async () => {
      const store = await under.open();
      await store.appendEvents(["order-1", "order-2", "invoice-1"].map((id) => newEvent([], { id })));
      expect(await store.findEventIds(SCOPE, "order-", 10)).toEqual(["order-1", "order-2"]);
      expect(await store.findEventIds(SCOPE, "order-", 1)).toHaveLength(1);
      expect(await store.findEventIds(SCOPE, "", 10)).toHaveLength(3);
      expect(await store.findEventIds(SCOPE, "order-%", 10)).toEqual([]);
    });

    it("lists newest first, by type, beginning of a type and time", async () => {
      const store = await under.open();
      const types = ["invoice.paid", "order.created", "invoice.sent", "invoices.x", "invoice.paid"];
      await store.appendEvents(types.map((type, n) => newEvent([], { type, id: `e${n}`, createdAt: NOON + n })));
      const ids = async (filter: Partial<EventFilter>) =>
        (await store.listEvents(SCOPE, filter, 10, undefined)).map(({ id }) => id);
      expect(await ids({})).toEqual(["e4", "e3", "e2", "e1", "e0"]);
      expect(await ids({ type: "invoice.paid" })).toEqual(["e4", "e0"]);
      expect(await ids({ type: "invoice" })).toEqual([]);
      expect(await ids({ typePrefix: "invoice." })).toEqual(["e4", "e2", "e0"]);
      expect(await ids({ since: NOON + 1, until: NOON + 3 })).toEqual(["e2", "e1"]);
      expect(await ids({ type: "invoice.paid", until: NOON + 4 })).toEqual(["e0"]);
      expect((await store.listEvents(SCOPE, {}, 1, undefined))[0]!.data).toHaveLength(0);
      expect(await store.listEventTypes(SCOPE)).toEqual([
        "invoice.paid",
        "invoice.sent",
        "invoices.x",
        "order.created",
      ]);
    });

    it("pages without gaps or repeats while rows arrive", async () => {
      const store = await under.open();
      const events = Array.from({ length: 25 }, () => newEvent());
      await store.appendEvents(events);
      const seen: string[] = [];
      let before: number | undefined;
      for (;;) {
        const page = await store.listEvents(SCOPE, {}, 10, before);
        if (page.length === 0) break;
        seen.push(...page.map(({ id }) => id));
        before = page.at(-1)!.rowId;
        await store.appendEvents([newEvent()]);
      }
      expect(seen).toEqual(events.map(({ id }) => id).toReversed());
    });

    it("is there for another connection once it is answered", async () => {
      const store = await under.open();
      const event = newEvent();
      await store.appendEvents([event]);
      const other = await under.openAgain();
      expect(await other.findEvent(SCOPE, event.id)).toBeDefined();
      expect(other.databaseId).toBe(store.databaseId);
    });
  });
}
