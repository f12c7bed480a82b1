import { describe, expect, it } from "vitest";
import type { SendResult } from "../../src/core/attempt.ts";
import { HandshakeWatch } from "../../src/service/handshake-watch.ts";
import type { OneOffRequest } from "../../src/service/service-parts.ts";
import { answered } from "../support/attempts.ts";
import { openTestHooks } from "../support/local-hooks.ts";

const ORIGIN = "events.example.com";
const INPUT = {
  url: "https://example.com/hooks",
  events: ["*"],
  profile: "cloudevents",
  handshake: { origin: ORIGIN },
};

function answer(headers: Record<string, string> = {}): SendResult {
  return answered(200, { responseHeaders: Object.entries(headers) });
}

const ALLOWED = answer({ "WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "60" });
const REFUSED = answer();

async function open(replies: readonly SendResult[]) {
  const sent: OneOffRequest[] = [];
  const hooks = await openTestHooks({
    send: async (request) => {
      sent.push(request);
      return replies[Math.min(sent.length, replies.length) - 1]!;
    },
  });
  await hooks.directory.load();
  const find = async (id: string) =>
    (await hooks.store.findSubscription({ tenant: "default", environment: "development" }, id))!;
  const opened = async (id: string) => hooks.directory.get((await find(id)).rowId)!;
  return { ...hooks, sent, find, opened };
}

describe("a subscription with a handshake", () => {
  it("is not asked about at create, and collects what it may not be sent yet", async () => {
    const { service, sent, opened } = await open([]);
    const { id, handshake } = await service.createSubscription({ ...INPUT, handshake: { origin: ORIGIN, rate: 120 } });
    const pending = { origin: ORIGIN, rate: 120, state: "pending", allowed_rate: null, checked_at: null, error: null };
    expect(handshake).toEqual(pending);
    expect(await service.subscriptionHealth(id)).toMatchObject({ handshake: pending });
    expect(await service.publish({ type: "a.b", data: Buffer.from("{}") })).toMatchObject({ deliveries: 1 });
    expect((await opened(id)).paused).toBe(true);
    expect(sent).toEqual([]);
    // One without is sent to at once.
    const other = await service.createSubscription({ ...INPUT, handshake: null });
    expect(other.handshake).toBeNull();
    expect((await opened(other.id)).paused).toBe(false);
  });

  it("is asked once, with its own headers and under its receiver's rules, and sent to when it is allowed", async () => {
    const { service, sent, opened, cases } = await open([ALLOWED]);
    const { id } = await service.createSubscription({
      ...INPUT,
      headers: { Authorization: "Bearer x" },
      rate_limit: "10/s",
    });
    const asked = Promise.withResolvers<string>();
    const watch = new HandshakeWatch({
      parts: cases.parts,
      onAsked: (_, { state }) => asked.resolve(state),
      onFault: (error) => asked.reject(error),
    });
    expect(await asked.promise).toBe("allowed");
    watch.stop();
    expect(sent).toMatchObject([{ method: "OPTIONS", url: INPUT.url, rules: { environment: "development" } }]);
    expect(sent[0]!.headers).toEqual([
      "user-agent",
      "hooks/0.0.0-test",
      "webhook-request-origin",
      ORIGIN,
      "authorization",
      "Bearer x",
    ]);
    expect(await opened(id)).toMatchObject({
      paused: false,
      requestOrigin: ORIGIN,
      rateLimit: { count: 60, perMs: 60_000 },
    });
    expect(await service.getSubscription(id)).toMatchObject({
      rate_limit: "10/s",
      handshake: { state: "allowed", allowed_rate: 60, error: null },
    });
  });

  it("that is refused says why, keeps its deliveries, and is asked again after an hour", async () => {
    const { service, sent, opened, cases, clock } = await open([REFUSED, ALLOWED]);
    const { id } = await service.createSubscription(INPUT);
    let states: string[] = [];
    const after = (state: string) =>
      new Promise<void>((resolve, reject) => {
        const watch = new HandshakeWatch({
          parts: cases.parts,
          onAsked: (_, handshake) => {
            states = [...states, handshake.state];
            watch.stop();
            if (handshake.state === state) resolve();
            else reject(new Error(handshake.state));
          },
          onFault: reject,
        });
      });
    await after("refused");
    expect(await service.getSubscription(id)).toMatchObject({
      handshake: { state: "refused", error: "it answered 200, and no WebHook-Allowed-Origin" },
    });
    const event = await service.publish({ type: "a.b", data: Buffer.from("{}") });
    expect(event).toMatchObject({ deliveries: 1 });
    expect((await opened(id)).paused).toBe(true);
    expect((await service.why({ event: event.id })).subscriptions).toMatchObject([
      { code: "handshake", summary: expect.stringContaining("no WebHook-Allowed-Origin") },
    ]);
    clock.at += 3_600_000;
    await after("allowed");
    expect(states).toEqual(["refused", "allowed"]);
    expect(sent).toHaveLength(2);
    expect((await service.listDeliveries()).data).toMatchObject([{ status: "pending" }]);
    expect((await opened(id)).paused).toBe(false);
  });

  it("asks anew for another URL and when it is named in a change, and not for anything else", async () => {
    const { service, sent } = await open([ALLOWED]);
    const { id } = await service.createSubscription(INPUT);
    // A test asks first.
    expect(await service.testSubscription(id)).toMatchObject({ success: true });
    expect(sent.map(({ method }) => method)).toEqual(["OPTIONS", undefined]);
    expect(sent[1]!.headers).toContain("webhook-request-origin");
    const stateAfter = async (patch: Parameters<typeof service.updateSubscription>[1]) =>
      (await service.updateSubscription(id, patch)).handshake?.state;
    expect(await stateAfter({ name: "shop", headers: { "x-a": "b" } })).toBe("allowed");
    const { secrets: _, ...read } = await service.getSubscription(id);
    const written = await service.replaceSubscription(id, read as never);
    expect(written.handshake).toEqual(read.handshake);
    expect(await stateAfter({ url: "https://example.com/other" })).toBe("pending");
    await service.testSubscription(id);
    expect(await stateAfter({ name: "again" })).toBe("allowed");
    expect(await stateAfter({ handshake: { origin: ORIGIN } })).toBe("pending");
    await service.testSubscription(id);
    expect(await stateAfter({ handshake: { origin: "other.example.com" } })).toBe("pending");
    expect(await stateAfter({ handshake: null })).toBeUndefined();
  });

  it("whose receiver refuses gets no test either, and is told why", async () => {
    const { service, sent } = await open([REFUSED]);
    const { id } = await service.createSubscription(INPUT);
    expect(await service.testSubscription(id)).toEqual({
      success: false,
      status: null,
      duration_ms: 0,
      response: null,
      error: "handshake_refused: it answered 200, and no WebHook-Allowed-Origin",
    });
    expect(sent).toHaveLength(1);
  });

  it("takes no origin that is none, and no own header of that name", async () => {
    const { service } = await open([]);
    await expect(service.createSubscription({ ...INPUT, handshake: { origin: "a b" } })).rejects.toMatchObject({
      field: "handshake.origin",
    });
    await expect(
      service.createSubscription({ ...INPUT, headers: { "WebHook-Request-Origin": "x" } }),
    ).rejects.toMatchObject({ field: "headers.WebHook-Request-Origin" });
  });
});
