import { afterEach, describe, expect, it } from "vitest";
import { Cable } from "./support/cable.ts";
import { tunnelSubscription } from "./support/memory-sessions.ts";
import { delivery, RawListener, Tunnel } from "./support/tunnel.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function tunnel(options: ConstructorParameters<typeof Tunnel>[0] = {}): Promise<Tunnel> {
  const made = await new Tunnel(options).start();
  closers.push(() => made.stop());
  return made;
}

const TUNNEL = tunnelSubscription(1);
/** Longer than a test: what happens has another reason. */
const LONG = { pingMs: 100_000, silentMs: 200_000 };

describe("a delivery that is not answered in time", () => {
  it("by a listener that sleeps is no attempt: the connection is given up, and the delivery comes again", async () => {
    const to = await tunnel({ keepAlive: LONG, limits: { answerSlackMs: 0, signMs: 50 } });
    const cable = await Cable.to(to.port);
    closers.push(() => cable.close());
    await RawListener.ready(cable.url);
    cable.fallSilent();
    const asleep = delivery({ timeoutMs: 20 });
    to.publish(asleep);
    await to.until(() => to.notSent === 1);
    expect(to.results).toEqual([]);
    expect(to.news.at(-1)).toMatchObject({ kind: "gone", reason: "silent", clean: false });
    const awake = await RawListener.ready(to.url);
    const again = await awake.frame("delivery");
    expect(again["delivery_id"]).toBe(asleep.delivery.id);
  });

  it("by a listener that is awake is a failed attempt, and the connection stays", async () => {
    const to = await tunnel({ keepAlive: LONG, limits: { answerSlackMs: 0, signMs: 30_000 } });
    const listener = await RawListener.ready(to.url);
    to.publish(delivery({ timeoutMs: 20 }));
    await to.until(() => to.results.length === 1);
    expect(to.results[0]?.result).toMatchObject({ kind: "error", code: "timeout" });
    expect(to.notSent).toBe(0);
    to.publish(delivery());
    listener.answer(await listener.frame("delivery", 2));
    await to.until(() => to.results.length === 2);
  });

  it("but just then, is answered", async () => {
    const to = await tunnel({ keepAlive: LONG, limits: { answerSlackMs: 0, signMs: 30_000 } });
    const listener = await RawListener.ready(to.url);
    // Its pong would say that it is there; here the answer itself does.
    listener.socket.pong = () => {};
    to.publish(delivery({ timeoutMs: 20 }));
    const frame = await listener.frame("delivery");
    await new Promise<void>((resolve) => listener.socket.once("ping", () => resolve()));
    listener.answer(frame, 201);
    await to.until(() => to.results.length === 1);
    expect(to.results[0]?.result).toMatchObject({ kind: "answered", status: 201 });
  });
});

describe("what a listener may make the server hold", () => {
  it("is so many bytes of bodies in flight, whatever its credit", async () => {
    const to = await tunnel({ limits: { maxInFlightBytes: 1024 * 1024 } });
    const listener = await RawListener.ready(to.url, { credit: 1_000 });
    const body = Buffer.alloc(300 * 1024);
    to.publish(...Array.from({ length: 12 }, () => delivery({ body })));
    for (let answered = 0; answered < 8; answered++) {
      await listener.frame("delivery", answered + 4);
      expect(listener.of("delivery")).toHaveLength(answered + 4);
      expect(to.server.room(TUNNEL)).toBe(0);
      expect(to.server.isThere(TUNNEL)).toBe(true);
      listener.answer(listener.of("delivery")[answered]!);
    }
    await listener.frame("delivery", 12);
  });

  it("is no flood of answers that it does not read", async () => {
    const to = await tunnel({ limits: { maxBufferedBytes: 64 * 1024, stallMs: 200_000 } });
    const deaf = await RawListener.ready(to.url);
    deaf.socket.pause();
    const isDropped = (): boolean => to.news.some((news) => news.kind === "gone" && news.code === 1013);
    while (!isDropped()) {
      for (let n = 0; n < 1_000; n++) deaf.send({ type: "replay" });
      await new Promise((resolve) => setImmediate(resolve));
    }
    deaf.socket.terminate();
  });
});
