import { describe, expect, it } from "vitest";
import type { HooksService } from "../../src/core/hooks-service.ts";
import { openTestHooks } from "../support/local-hooks.ts";

const INPUT = { url: "https://example.com/hooks", events: ["order.*"] };
const EVENT = { type: "order.paid", data: Buffer.from('{"n":1}') };
const HOME = { tenant: "acme", environment: "staging" };
const ELSEWHERE = [
  { tenant: "other", environment: "staging" },
  { tenant: "acme", environment: "production" },
  { tenant: "acme", environment: "stagin" },
  // Neighbours in the order of an index.
  { tenant: "acm", environment: "estaging" },
];

/** Whatever takes a reference, by what it is a reference to. */
const BY_SUBSCRIPTION: Record<string, (service: HooksService, id: string) => Promise<unknown>> = {
  getSubscription: (service, id) => service.getSubscription(id),
  updateSubscription: (service, id) => service.updateSubscription(id, { name: "x" }),
  replaceSubscription: (service, id) => service.replaceSubscription(id, INPUT),
  deleteSubscription: (service, id) => service.deleteSubscription(id),
  enableSubscription: (service, id) => service.enableSubscription(id),
  disableSubscription: (service, id) => service.disableSubscription(id),
  pauseSubscription: (service, id) => service.pauseSubscription(id),
  resumeSubscription: (service, id) => service.resumeSubscription(id),
  testSubscription: (service, id) => service.testSubscription(id),
  rotateSecret: (service, id) => service.rotateSecret(id),
  rotateSecrets: (service, id) => service.rotateSecrets({ subscriptions: [id] }),
  listDeliveries: (service, id) => service.listDeliveries({ subscription: id }),
  subscriptionStats: (service, id) => service.subscriptionStats(id),
  subscriptionHealth: (service, id) => service.subscriptionHealth(id),
  replay: (service, id) => service.replay({ subscription: id }),
  listDeadLetters: (service, id) => service.listDeadLetters({ subscription: id }),
  purgeDeadLetters: (service, id) => service.purgeDeadLetters({ subscription: id }),
};
const BY_EVENT: Record<string, (service: HooksService, id: string) => Promise<unknown>> = {
  getEvent: (service, id) => service.getEvent(id),
  why: (service, id) => service.why({ event: id }),
  replayEvent: (service, id) => service.replayEvent(id),
  listDeliveries: (service, id) => service.listDeliveries({ event: id }),
};
const BY_REPLAY: Record<string, (service: HooksService, id: string) => Promise<unknown>> = {
  getReplay: (service, id) => service.getReplay(id),
  cancelReplay: (service, id) => service.cancelReplay(id),
};
const BY_SOURCE: Record<string, (service: HooksService, id: string) => Promise<unknown>> = {
  getSource: (service, id) => service.getSource(id),
  updateSource: (service, id) => service.updateSource(id, { enabled: false }),
  deleteSource: (service, id) => service.deleteSource(id),
  rotateSourceSecret: (service, id) => service.rotateSourceSecret(id),
  listSourceRequests: (service, id) => service.listSourceRequests(id),
  getSourceRequest: (service, id) => service.getSourceRequest(id, "req_1"),
};
const BY_PURGE: Record<string, (service: HooksService, id: string) => Promise<unknown>> = {
  getPurge: (service, id) => service.getPurge(id),
  cancelPurge: (service, id) => service.cancelPurge(id),
};
const BY_DELIVERY: Record<string, (service: HooksService, id: string) => Promise<unknown>> = {
  getDelivery: (service, id) => service.getDelivery(id),
  retryDelivery: (service, id) => service.retryDelivery(id),
  cancelDelivery: (service, id) => service.cancelDelivery(id),
};
const BY_EVENT_TYPE: Record<string, (service: HooksService, name: string) => Promise<unknown>> = {
  getEventType: (service, name) => service.getEventType(name),
  updateEventType: (service, name) => service.updateEventType(name, { description: "d" }),
  deleteEventType: (service, name) => service.deleteEventType(name),
  deleteEventTypeVersion: (service, name) => service.deleteEventTypeVersion(name, "1"),
};

describe("what is in one tenant and environment", () => {
  it("is not there for any other, whatever is asked and however it is named", async () => {
    const { serviceFor } = await openTestHooks();
    const home = serviceFor(HOME);
    const subscription = await home.createSubscription({ ...INPUT, name: "shop" });
    const source = await home.createSource({ name: "only-here", scheme: "none" });
    const event = await home.publish(EVENT);
    await home.createEventType({ name: "only.here" });
    await home.updateEnvironment({ strict_types: false });
    const [delivery] = (await home.listDeliveries()).data;
    // One that goes on, and that its rate holds back.
    await home.cancelDelivery(delivery!.id);
    const replay = await home.replay({ status: "cancelled", rate: "1/h" });
    const purge = await home.purgeEvents({ types: ["nothing.*"] });
    const before = [await home.getSubscription(subscription.id), await home.getDelivery(delivery!.id)];
    for (const scope of ELSEWHERE) {
      const there = serviceFor(scope);
      const own = await there.publish({ ...EVENT, id: `own-${scope.tenant}-${scope.environment}` });
      const refused = { code: "not_found" };
      const beginnings = (id: string): string[] => [id, id.slice(0, -1), id.slice(0, 12)];
      for (const [method, call] of Object.entries(BY_SUBSCRIPTION)) {
        for (const reference of [...beginnings(subscription.id), "shop"]) {
          await expect(call(there, reference), `${method} ${reference}`).rejects.toMatchObject(refused);
        }
      }
      for (const [method, call] of Object.entries(BY_EVENT)) {
        for (const reference of beginnings(event.id)) {
          await expect(call(there, reference), `${method} ${reference}`).rejects.toMatchObject(refused);
        }
      }
      for (const [method, call] of Object.entries(BY_DELIVERY)) {
        for (const reference of beginnings(delivery!.id)) {
          await expect(call(there, reference), `${method} ${reference}`).rejects.toMatchObject(refused);
        }
      }
      for (const [method, call] of Object.entries(BY_EVENT_TYPE)) {
        await expect(call(there, "only.here"), method).rejects.toMatchObject(refused);
      }
      expect((await there.listEventTypes()).data.map(({ name }) => name)).not.toContain("only.here");
      expect(await there.getEnvironment()).toMatchObject({ ...scope, updated_at: null });
      for (const [method, call] of Object.entries(BY_REPLAY)) {
        for (const reference of beginnings(replay.id!)) {
          await expect(call(there, reference), `${method} ${reference}`).rejects.toMatchObject(refused);
        }
      }
      expect((await there.listReplays()).data).toEqual([]);
      for (const [method, call] of Object.entries(BY_PURGE)) {
        for (const reference of beginnings(purge.id!)) {
          await expect(call(there, reference), `${method} ${reference}`).rejects.toMatchObject(refused);
        }
      }
      expect((await there.listPurges()).data).toEqual([]);
      for (const [method, call] of Object.entries(BY_SOURCE)) {
        for (const reference of [source.name, source.id]) {
          await expect(call(there, reference), `${method} ${reference}`).rejects.toMatchObject(refused);
        }
      }
      expect((await there.listSources()).data).toEqual([]);
      expect((await there.exportSetup()).setup).toEqual({ version: 1 });
      const shop = { setup: { subscriptions: [{ ...INPUT, name: "shop" }] }, prune: true, dry_run: true };
      expect((await there.applySetup(shop)).changes).toMatchObject([{ action: "create", id: null }]);
      const taken = { setup: { sources: [{ name: source.name, scheme: "none" }] }, prune: true };
      await expect(there.applySetup(taken)).rejects.toMatchObject({ code: "conflict", field: "sources[0].name" });
      const reach = { events: [event.id], cancel_waiting: true, dry_run: true };
      expect(await there.purgeEvents(reach)).toMatchObject({ count: 0, kept: 0 });
      await expect(there.replayEvent(own.id, { subscriptions: [subscription.id] })).rejects.toMatchObject(refused);
      expect((await there.listSubscriptions()).data).toEqual([]);
      expect((await there.listSubscriptions({ q: "shop" })).data).toEqual([]);
      expect((await there.listDeliveries()).data).toEqual([]);
      expect((await there.listEvents()).data.map(({ id }) => id)).toEqual([own.id]);
      expect(await there.replay({ status: "cancelled" })).toMatchObject({ count: 0 });
      // The same id is another event here.
      expect(await there.publish({ ...EVENT, id: event.id, data: Buffer.from("2") })).toMatchObject({ deliveries: 0 });
    }
    expect([await home.getSubscription(subscription.id), await home.getDelivery(delivery!.id)]).toEqual(before);
    expect((await home.listEvents()).data).toHaveLength(1);
  });

  it("is reached by every method of the service that takes a reference: none is left out above", async () => {
    const { service } = await openTestHooks();
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(service)).filter((name) => name !== "constructor");
    const walked = new Set(
      [BY_SUBSCRIPTION, BY_EVENT, BY_DELIVERY, BY_EVENT_TYPE, BY_REPLAY, BY_PURGE, BY_SOURCE].flatMap((calls) =>
        Object.keys(calls),
      ),
    );
    const withoutReference = new Set([
      ...[
        "publish",
        "publishBatch",
        "createSubscription",
        "listSubscriptions",
        "listEvents",
        "listEventTypes",
        "meta",
        "stats",
        "createEventType",
        "importEventTypes",
        "tryFilter",
        "getEnvironment",
        "updateEnvironment",
        "listReplays",
        "listPurges",
        "purgeEvents",
        "listAlerts",
        "exportSetup",
        "applySetup",
        "createSource",
        "listSources",
      ],
    ]);
    expect(methods.filter((name) => !walked.has(name) && !withoutReference.has(name))).toEqual([]);
  });
});
