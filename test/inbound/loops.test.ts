import { describe, expect, it, vi } from "vitest";
import { parseNetList } from "../../src/core/egress/net-list.ts";
import type { DaemonOptions } from "../../src/daemon.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { Receiver } from "../support/receiver.ts";
import { type Relay, startRelay } from "./support/relay.ts";

// R47, behind a name that nobody told the daemon of: here a program that passes on what it gets.

const WAIT = { timeout: 30_000, interval: 10 };
/** Of one connection, or said by `send` itself. */
const OWN_HEADERS = new Set(["host", "connection", "content-length", "transfer-encoding"]);
/** What others reach; receivers on this machine are allowed one by one. */
const REACHABLE = {
  publicUrl: new URL("https://relay.example.com"),
  trustedProxies: { kind: "hops", hops: 1 },
} as const satisfies Partial<DaemonOptions>;
const allowing = ({ port }: Receiver) => ({
  ...REACHABLE,
  allowNet: parseNetList([`127.0.0.1:${port}`], "allow", "--allow-net"),
});

/** Passes the first `most` requests on to a source, and answers what that answers. */
function passOn(alias: Receiver, relay: Relay, target: string, most: number): void {
  alias.reply(async ({ number, rawHeaders, body }) => {
    if (most < number) return 204;
    const headers = rawHeaders.filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()));
    const { status, body: answer } = await relay.send(target, { headers, body });
    return { status, body: answer };
  });
}

async function sourceWithTarget({ service }: Relay, name: string, alias: Receiver): Promise<void> {
  await service.createSource({ name, scheme: "none" });
  await service.createSubscription({ url: alias.url, events: [`${name}.*`] });
}

async function firstAttempt({ service }: Relay) {
  const { attempts } = await vi.waitFor(async () => {
    const [delivery] = (await service.listDeliveries({})).data;
    const detail = await service.getDelivery(delivery!.id);
    expect(detail.attempts).not.toEqual([]);
    return detail;
  }, WAIT);
  return attempts[0]!;
}

describe("a daemon that feeds itself through an alias", () => {
  it("refuses its own delivery when that comes back", async () => {
    const alias = await openReceiver();
    const relay = await startRelay(allowing(alias));
    await sourceWithTarget(relay, "loop", alias);
    passOn(alias, relay, "/in/loop", 10);
    expect((await relay.send("/in/loop", { body: "{}" })).status).toBe(200);
    const { headers } = await alias.request(1);
    expect(headers["cdn-loop"]).toMatch(/^hooks-[0-9a-f]{16}$/);
    expect(await firstAttempt(relay)).toMatchObject({
      outcome: "failure",
      status: 508,
      response_excerpt: expect.stringContaining("loop_detected"),
    });
    expect((await relay.service.listEvents()).data).toHaveLength(1);
  });

  it("goes round where only this machine reaches it, whose deliveries are as profiles say, to the byte", async () => {
    const alias = await openReceiver();
    const relay = await startRelay();
    await sourceWithTarget(relay, "loop", alias);
    passOn(alias, relay, "/in/loop", 2);
    await relay.send("/in/loop", { body: "{}" });
    expect((await alias.request(3)).headers).not.toHaveProperty("cdn-loop");
  });

  it("is noticed behind another hooks, too, and a chain that ends there is none", async () => {
    const [toB, toA] = [await openReceiver(), await openReceiver()];
    const [a, b] = [await startRelay(allowing(toB)), await startRelay(allowing(toA))];
    await sourceWithTarget(a, "a", toB);
    await sourceWithTarget(b, "b", toA);
    passOn(toB, b, "/in/b", 10);
    passOn(toA, a, "/in/a", 10);
    await a.send("/in/a", { body: "{}", headers: [["CDN-Loop", "somecdn; loops=1"]] });
    const mark = (await toB.request(1)).headers["cdn-loop"]!;
    expect(await firstAttempt(a)).toMatchObject({ outcome: "success", status: 200 });
    expect((await toA.request(1)).headers["cdn-loop"]).toMatch(new RegExp(`^${mark}, hooks-[0-9a-f]{16}$`));
    expect(await firstAttempt(b)).toMatchObject({ outcome: "failure", status: 508 });
    for (const relay of [a, b]) expect((await relay.service.listEvents()).data).toHaveLength(1);
  });
});

it("a daemon's public URL and its other names are no receivers, in whatever form", async () => {
  const relay = await startRelay({ ...REACHABLE, allowedHosts: ["alias.example.com"] });
  for (const url of [
    "https://relay.example.com/in/own",
    "https://RELAY.example.com./",
    "https://relay.example.com:443/v1/events",
    "http://alias.example.com/in/own",
  ]) {
    await expect(relay.service.createSubscription({ url, events: ["*"] }), url).rejects.toMatchObject({
      code: "url_refused",
      message: expect.stringContaining("hooks itself listens there"),
    });
  }
});
