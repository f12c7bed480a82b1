import { describe, expect, it } from "vitest";
import type { ListenRequest, WhileUnheard } from "../../src/service/listen-sessions.ts";
import { TunnelSessions } from "../../src/service/tunnel-sessions.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";

const HOUR_MS = 3_600_000;
const REQUEST = {
  scope: TEST_SCOPE,
  session: "laptop:/shop",
  events: ["order.*"],
  retry: false,
  timeoutMs: 10_000,
  concurrency: 5,
  keepMs: 24 * HOUR_MS,
  isEphemeral: false,
  name: "laptop",
} satisfies ListenRequest;

/** Nobody listens to any. */
const UNHEARD: WhileUnheard = (_session, work) => work();

async function openSessions(): Promise<TestHooks & { sessions: TunnelSessions }> {
  const hooks = await openTestHooks();
  return { ...hooks, sessions: new TunnelSessions(hooks.cases.parts) };
}

const order = (id: string) => ({ type: "order.created", id, data: Buffer.from("1") });

describe("a listen session", () => {
  it("is a subscription through the tunnel that tries once, and gives its listener the secret", async () => {
    const { sessions, service, secretsOf } = await openSessions();
    const { subscription, secrets, resumed, waiting } = await sessions.open(REQUEST);
    expect({ resumed, waiting }).toEqual({ resumed: false, waiting: 0 });
    expect(await service.getSubscription(subscription.id)).toMatchObject({
      url: null,
      transport: "tunnel",
      events: ["order.*"],
      retry: { delays: [] },
      concurrency: 5,
    });
    expect(secrets).toEqual(await secretsOf(TEST_SCOPE, subscription.id));
    expect((await sessions.open({ ...REQUEST, session: "other", retry: true })).subscription.retry).toMatchObject({
      delaysMs: expect.arrayContaining([5_000]),
    });
  });

  it("gets what its filter lets through, and another filter when it is taken up with one", async () => {
    const { sessions, service } = await openSessions();
    const publish = (data: string) => service.publish({ type: "order.created", data: Buffer.from(data) });
    const { subscription } = await sessions.open({ ...REQUEST, filter: "data.n > 1" });
    expect([(await publish('{"n":1}')).deliveries, (await publish('{"n":2}')).deliveries]).toEqual([0, 1]);
    expect((await service.getSubscription(subscription.id)).filter).toBe("data.n > 1");
    await sessions.open({ ...REQUEST, filter: "data.n < 2" });
    expect([(await publish('{"n":1}')).deliveries, (await publish('{"n":2}')).deliveries]).toEqual([1, 0]);
    await sessions.open(REQUEST);
    expect([(await publish('{"n":1}')).deliveries, (await publish('{"n":2}')).deliveries]).toEqual([1, 1]);
    const refused = { code: "invalid_request", field: "filter" };
    await expect(sessions.open({ ...REQUEST, filter: "data.n >" })).rejects.toMatchObject(refused);
    await expect(sessions.open({ ...REQUEST, events: ["hooks.*"], filter: "true" })).rejects.toMatchObject(refused);
  });

  it("is taken up again by its name, with what was missed, in its own scope only", async () => {
    const { sessions, service, clock } = await openSessions();
    const first = await sessions.open(REQUEST);
    await service.publish(order("one"));
    clock.at += HOUR_MS;
    await service.publish(order("two"));
    const again = await sessions.open({ ...REQUEST, events: ["*"] });
    expect(again).toMatchObject({
      resumed: true,
      waiting: 2,
      missedFrom: clock.at - HOUR_MS,
      missedTo: clock.at,
      secrets: first.secrets,
    });
    expect(again.subscription).toMatchObject({ rowId: first.subscription.rowId, events: ["*"] });
    expect((await sessions.open({ ...REQUEST, scope: { ...TEST_SCOPE, environment: "staging" } })).resumed).toBe(false);
  });

  it("goes on collecting after an unclean end, and stops after a clean one", async () => {
    const { sessions, service } = await openSessions();
    const { subscription } = await sessions.open(REQUEST);
    await sessions.close(subscription, { collect: true });
    expect((await service.publish(order("one"))).deliveries).toBe(1);
    await sessions.close(subscription, { collect: false });
    expect((await service.publish(order("two"))).deliveries).toBe(0);
    expect((await service.listDeliveries()).data).toMatchObject([{ status: "cancelled", reason: "expired" }]);
    expect((await sessions.open(REQUEST)).waiting).toBe(0);
    expect((await service.publish(order("three"))).deliveries).toBe(1);
  });

  it("keeps what waits for as long as it was asked to", async () => {
    const { sessions, service, clock } = await openSessions();
    await sessions.open({ ...REQUEST, keepMs: HOUR_MS });
    await service.publish(order("one"));
    clock.at += HOUR_MS / 2;
    await service.publish(order("two"));
    await sessions.tidy(UNHEARD);
    expect((await service.listDeliveries({ status: "pending" })).data).toHaveLength(2);
    clock.at += HOUR_MS / 2 + 1;
    await sessions.tidy(UNHEARD);
    expect((await service.listDeliveries({ status: "pending" })).data.map((one) => one.event_id)).toEqual(["two"]);
  });

  it("keeps for as long as it was asked to before when its next listener says nothing of it", async () => {
    const { sessions, service, clock } = await openSessions();
    const silent = { ...REQUEST, keepMs: undefined };
    const { subscription } = await sessions.open({ ...REQUEST, keepMs: 7 * 24 * HOUR_MS });
    await sessions.close(subscription, { collect: true });
    await service.publish(order("one"));
    clock.at += 3 * 24 * HOUR_MS;
    expect(await sessions.open(silent)).toMatchObject({ resumed: true, waiting: 1 });
    await sessions.close(subscription, { collect: true });
    clock.at += 3 * 24 * HOUR_MS;
    await sessions.tidy(UNHEARD);
    expect((await service.listDeliveries({ status: "pending" })).data).toHaveLength(1);
    // Whoever asks for less gets it, and what waits already gets the time it was promised.
    expect(await sessions.open({ ...REQUEST, keepMs: HOUR_MS })).toMatchObject({ waiting: 1 });
    await service.publish(order("two"));
    clock.at += HOUR_MS + 1;
    await sessions.tidy(UNHEARD);
    expect((await service.listDeliveries({ status: "pending" })).data).toEqual([]);
    // Once it has ended, nothing of it waits any more: it begins anew.
    await sessions.open({ ...REQUEST, keepMs: 2 * HOUR_MS });
    await sessions.close(subscription, { collect: false });
    await sessions.open(silent);
    await service.publish(order("three"));
    clock.at += 23 * HOUR_MS;
    expect(await sessions.open(silent)).toMatchObject({ waiting: 1 });
    clock.at += HOUR_MS + 1;
    expect(await sessions.open(silent)).toMatchObject({ waiting: 0 });
  });

  it("keeps for the longest time that any of its listeners asks for", async () => {
    const { sessions, service, clock } = await openSessions();
    await sessions.open({ ...REQUEST, keepMs: 3 * HOUR_MS });
    await sessions.open({ ...REQUEST, keepMs: HOUR_MS, isListening: () => true });
    await service.publish(order("one"));
    clock.at += 2 * HOUR_MS;
    await sessions.tidy(UNHEARD);
    expect((await service.listDeliveries({ status: "pending" })).data).toHaveLength(1);
    await sessions.open({ ...REQUEST, keepMs: 5 * HOUR_MS, isListening: () => true });
    clock.at += 2 * HOUR_MS;
    await sessions.tidy(UNHEARD);
    expect((await service.listDeliveries({ status: "pending" })).data).toHaveLength(1);
  });

  it("that was to be kept is kept although an ephemeral listener takes it up; an ephemeral one can be kept from then on", async () => {
    const { sessions, service } = await openSessions();
    const ephemeral = { ...REQUEST, isEphemeral: true };
    const { subscription } = await sessions.open(REQUEST);
    expect((await sessions.open(ephemeral)).isEphemeral).toBe(false);
    await sessions.close(subscription, { collect: false });
    expect((await service.listSubscriptions()).data).toHaveLength(1);

    const other = { ...ephemeral, session: "other" };
    expect((await sessions.open(other)).isEphemeral).toBe(true);
    const kept = await sessions.open({ ...other, isEphemeral: false });
    expect(kept.isEphemeral).toBe(false);
    await sessions.close(kept.subscription, { collect: false });
    expect((await service.listSubscriptions()).data).toHaveLength(2);
  });

  it("that is only looked at stays as it is; a new one collects nothing", async () => {
    const { sessions, service } = await openSessions();
    const looked = await sessions.open({ ...REQUEST, onlyLooks: true });
    expect(await service.getSubscription(looked.subscription.id)).toMatchObject({ enabled: false });
    const opened = await sessions.open(REQUEST);
    expect(opened.secrets).toEqual(looked.secrets);
    const again = await sessions.open({ ...REQUEST, events: ["*"], retry: true, onlyLooks: true });
    expect(again).toMatchObject({ secrets: looked.secrets, subscription: { events: REQUEST.events, enabled: true } });
    expect(again.subscription.retry).toEqual(opened.subscription.retry);
  });

  it.each([
    [["order.*"], "order.created"],
    [["a.*", "invoice.paid"], "invoice.paid"],
    [["*"], "order.created"],
  ])("of %j has no URL to test; the hint is an event that it takes", async (events, type) => {
    const { sessions, service } = await openSessions();
    const { subscription } = await sessions.open({ ...REQUEST, events });
    await expect(service.testSubscription(subscription.id)).rejects.toMatchObject({
      code: "conflict",
      hint: `hooks trigger ${type}`,
    });
  });

  it("is one, also when two listeners open it at the same time", async () => {
    const { sessions, service } = await openSessions();
    const [one, other] = await Promise.all([sessions.open(REQUEST), sessions.open(REQUEST)]);
    expect(one.subscription.id).toBe(other.subscription.id);
    expect((await service.listSubscriptions()).data).toHaveLength(1);
  });

  it.each([
    [{ session: "" }, "session"],
    [{ session: "a\u001b" }, "session"],
    [{ events: [] }, "events"],
    [{ events: ["a..b"] }, "events[0]"],
  ])("is refused with %j", async (wrong, field) => {
    const { sessions, service } = await openSessions();
    await expect(sessions.open({ ...REQUEST, ...wrong })).rejects.toMatchObject({ code: "invalid_request", field });
    expect((await service.listSubscriptions()).data).toEqual([]);
  });
});

describe("a session that nobody listens to", () => {
  const HEARD: WhileUnheard = () => Promise.resolve();
  const deliveriesOf = async ({ service }: TestHooks) =>
    (await service.publish({ ...order(""), id: undefined })).deliveries;

  it("stops collecting when nobody came back in the time that it was kept for, and is there to be taken up", async () => {
    const hooks = await openSessions();
    const { sessions, service, clock } = hooks;
    const { subscription, secrets } = await sessions.open(REQUEST);
    await sessions.close(subscription, { collect: true });
    await service.publish(order("one"));
    clock.at += REQUEST.keepMs - 1;
    await sessions.tidy(UNHEARD);
    expect(await deliveriesOf(hooks)).toBe(1);
    clock.at += 1;
    await sessions.tidy(UNHEARD);
    expect(await deliveriesOf(hooks)).toBe(0);
    expect((await service.listDeliveries({ status: "pending" })).data).toEqual([]);
    expect(await sessions.open(REQUEST)).toMatchObject({ resumed: true, waiting: 0, secrets });
    expect(await deliveriesOf(hooks)).toBe(1);
  });

  it("goes on as long as somebody listens", async () => {
    const hooks = await openSessions();
    const { sessions, clock } = hooks;
    const { subscription } = await sessions.open(REQUEST);
    await sessions.close(subscription, { collect: true });
    await sessions.open(REQUEST);
    clock.at += 10 * REQUEST.keepMs;
    await sessions.tidy(HEARD);
    expect(await deliveriesOf(hooks)).toBe(1);
  });

  it("is counted from the next start of a daemon when the last one died with its listener", async () => {
    const hooks = await openSessions();
    const { sessions, clock } = hooks;
    await sessions.open(REQUEST);
    clock.at += 10 * REQUEST.keepMs;
    const next = new TunnelSessions(hooks.cases.parts);
    await next.tidy(UNHEARD);
    clock.at += REQUEST.keepMs - 1;
    await next.tidy(UNHEARD);
    expect(await deliveriesOf(hooks)).toBe(1);
    clock.at += 1;
    await next.tidy(UNHEARD);
    expect(await deliveriesOf(hooks)).toBe(0);
  });

  it("is gone after a minute if it is ephemeral, also when the daemon was started anew; its history stays", async () => {
    const hooks = await openSessions();
    const { sessions, service, clock } = hooks;
    const { subscription } = await sessions.open({ ...REQUEST, isEphemeral: true });
    await sessions.close(subscription, { collect: true });
    await service.publish(order("one"));
    const next = new TunnelSessions(hooks.cases.parts);
    clock.at += 59_999;
    await next.tidy(UNHEARD);
    expect((await service.listSubscriptions()).data).toHaveLength(1);
    clock.at += 1;
    await next.tidy(UNHEARD);
    expect((await service.listSubscriptions()).data).toEqual([]);
    expect((await service.listDeliveries()).data).toMatchObject([{ event_id: "one", status: "cancelled" }]);
  });

  it("is gone at once if it is ephemeral and its listener quit", async () => {
    const { sessions, service } = await openSessions();
    const { subscription } = await sessions.open({ ...REQUEST, isEphemeral: true });
    await sessions.close(subscription, { collect: false });
    expect((await service.listSubscriptions()).data).toEqual([]);
  });

  it("keeps what a person changes about it, and is still one afterwards", async () => {
    const hooks = await openSessions();
    const { sessions, service, clock } = hooks;
    const { subscription } = await sessions.open({ ...REQUEST, isEphemeral: true });
    await service.updateSubscription(subscription.id, { description: "mine" });
    await sessions.close(subscription, { collect: true });
    expect(await service.getSubscription(subscription.id)).toMatchObject({ description: "mine" });
    clock.at += 60_000;
    await sessions.tidy(UNHEARD);
    expect((await service.listSubscriptions()).data).toEqual([]);
  });

  it.each(["patched", "put back whole"])("is still one of its sources after it was %s", async (how) => {
    const { sessions, service, store, cases } = await openSessions();
    await service.createSource({ name: "github", scheme: "none" });
    await cases.parts.sources.load();
    const { subscription } = await sessions.open({ ...REQUEST, sources: ["github"] });
    const { id } = subscription;
    const settings = async () => {
      const stored = (await store.loadSubscriptions(TEST_SCOPE)).find((one) => one.id === id)!;
      return JSON.parse(stored.settings) as { sources?: string[]; session?: object };
    };
    const { sources, session } = await settings();
    expect(sources).toEqual(["github"]);
    if (how === "patched") await service.updateSubscription(id, { timeout_ms: 60_000, description: "mine" });
    else {
      const read = await service.getSubscription(id);
      await service.replaceSubscription(id, { ...read, timeout_ms: 60_000, description: "mine" } as never);
    }
    expect(await settings()).toMatchObject({ timeoutMs: 60_000, description: "mine", sources, session });
  });

  it("hands nothing on of what was given back after it ended", async () => {
    const { sessions, service, store, clock } = await openSessions();
    const { subscription } = await sessions.open(REQUEST);
    for (const id of ["one", "two"]) await service.publish(order(id));
    const lease = { worker: "boot", endsAt: clock.at + 60_000 };
    const [claimed] = await store.claimDue([{ subscriptionRowId: subscription.rowId, limit: 2 }], clock.at, lease);
    const [one, two] = claimed!.deliveries.map(({ rowId }) => rowId);
    await sessions.close(subscription, { collect: false });
    await store.releaseLeases("boot", [one!], clock.at);
    await sessions.tidy(UNHEARD);
    expect((await service.listDeliveries({ status: "cancelled" })).data).toMatchObject([{ event_id: "one" }]);
    await store.releaseLeases("boot", [two!], clock.at);
    expect((await sessions.open(REQUEST)).waiting).toBe(0);
  });

  it("that a person switched off keeps what waits; one that he switches on collects for as long again", async () => {
    const hooks = await openSessions();
    const { sessions, service, clock } = hooks;
    const { subscription } = await sessions.open(REQUEST);
    await service.publish(order("one"));
    await service.disableSubscription(subscription.id);
    await sessions.tidy(UNHEARD);
    expect((await sessions.open(REQUEST)).waiting).toBe(1);
    await sessions.close(subscription, { collect: false });
    await service.enableSubscription(subscription.id);
    clock.at += REQUEST.keepMs;
    await sessions.tidy(UNHEARD);
    expect(await deliveriesOf(hooks)).toBe(1);
    clock.at += REQUEST.keepMs;
    await sessions.tidy(UNHEARD);
    expect(await deliveriesOf(hooks)).toBe(0);
  });
});

describe("sessions that were opened and left", () => {
  const MOST = 5;
  const named = (session: string, scope = TEST_SCOPE): ListenRequest => ({ ...REQUEST, session, scope });

  async function openFew() {
    const hooks = await openTestHooks();
    const sessions = new TunnelSessions(hooks.cases.parts, MOST);
    const names = async (scope = TEST_SCOPE): Promise<string[]> =>
      (await hooks.store.loadSubscriptions(scope)).map(({ session }) => session ?? "").toSorted();
    return { ...hooks, sessions, names };
  }

  it("make room for a new one, those that stopped collecting first, the oldest before the others", async () => {
    const { sessions, names, clock } = await openFew();
    for (const name of ["a", "b", "c", "d", "e"]) {
      clock.at += 1_000;
      const { subscription } = await sessions.open(named(name));
      if (name === "c" || name === "b") await sessions.close(subscription, { collect: false });
    }
    await sessions.open(named("f"));
    expect(await names()).toEqual(["a", "c", "d", "e", "f"]);
    await sessions.open(named("g"));
    expect(await names()).toEqual(["a", "d", "e", "f", "g"]);
    // Nothing is over now: what is there was promised to wait.
    await expect(sessions.open(named("h"))).rejects.toMatchObject({ code: "conflict", field: "session" });
    expect(await names()).toEqual(["a", "d", "e", "f", "g"]);
    // One that is there is no new one.
    expect((await sessions.open(named("a"))).resumed).toBe(true);
    clock.at += REQUEST.keepMs - 500;
    await sessions.open(named("h"));
    expect(await names()).toEqual(["a", "e", "f", "g", "h"]);
  });

  it("are never those that somebody listens to", async () => {
    const { sessions, names, clock } = await openFew();
    const rows = new Map<string, number>();
    for (const name of ["a", "b", "c", "d", "e"]) {
      rows.set(name, (await sessions.open(named(name))).subscription.rowId);
    }
    clock.at += 2 * REQUEST.keepMs;
    await sessions.open({ ...named("f"), isListening: (rowId) => rowId !== rows.get("d") });
    expect(await names()).toEqual(["a", "b", "c", "e", "f"]);
    const all = { ...named("g"), isListening: () => true };
    await expect(sessions.open(all)).rejects.toMatchObject({ code: "conflict" });
  });

  it("are counted for each tenant by itself, over its environments; subscriptions with a URL do not count", async () => {
    const { sessions, service, names } = await openFew();
    const staging = { ...TEST_SCOPE, environment: "staging" };
    const other = { ...TEST_SCOPE, tenant: "other" };
    await service.createSubscription({ url: "http://localhost:9/", events: ["*"] });
    for (const name of ["a", "b", "c"]) await sessions.open(named(name));
    for (const name of ["d", "e"]) await sessions.open(named(name, staging));
    await sessions.open(named("x", other));
    await expect(sessions.open(named("f"))).rejects.toMatchObject({ code: "conflict" });
    await sessions.open(named("y", other));
    expect([await names(staging), await names(other)]).toEqual([
      ["d", "e"],
      ["x", "y"],
    ]);
  });
});
