import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Daemon, startDaemon } from "../../src/daemon.ts";
import { ACCEPTED } from "../../src/stream/delivery-desk.ts";
import { ListenClient } from "../../src/stream/listen-client.ts";
import type { DeliveryFrame } from "../../src/stream/protocol.ts";
import { Cable } from "./support/cable.ts";

const SCOPE = { tenant: "default", environment: "development" };
const WAIT = { timeout: 120_000 };
/** What the real program has, shortened: the same code, so that a hundred silent connections fit into a test. */
const KEEP_ALIVE = { pingMs: 50, silentMs: 1_500 };
/** Each loss is like the first one: how the waits grow is shown elsewhere (redial.test.ts). */
const TIMING = { firstDelayMs: 20, longestAfterLossMs: 200, stableMs: 0, silentMs: 300 };

async function daemon(): Promise<Daemon> {
  const home = mkdtempSync(path.join(tmpdir(), "hooks-cuts-"));
  const started = await startDaemon({
    storePath: path.join(home, "hooks.db"),
    dataDirectory: home,
    host: "127.0.0.1",
    port: 0,
    allowedHosts: ["127.0.0.1"],
    listenKeepAlive: KEEP_ALIVE,
  });
  onTestFinished(async () => {
    await started.stop({ drainMs: 0 });
    rmSync(home, { recursive: true, force: true });
  });
  return started;
}

interface Client {
  client: ListenClient;
  /** Ids of the events that it forwarded, in that order. */
  forwarded: string[];
  ready: number;
  /** ms from each loss to the next open session. */
  away: number[];
}

function listen(url: string, to: Daemon, options: { credit: number; session?: string; workMs?: number }): Client {
  const listening: Client = { client: undefined as never, forwarded: [], ready: 0, away: [] };
  listening.client = new ListenClient({
    endpoint: () => ({ url, key: to.token }),
    hello: { session: options.session ?? "mine", events: ["*"], credit: options.credit },
    answer: async (delivery: DeliveryFrame) => {
      listening.forwarded.push(delivery.event_id);
      await sleep(options.workMs ?? 0);
      return ACCEPTED;
    },
    now: Date.now,
    random: Math.random,
    timing: TIMING,
  });
  let lostAt: number | undefined;
  listening.client.on("ready", () => {
    listening.ready += 1;
    if (lostAt !== undefined) listening.away.push(performance.now() - lostAt);
  });
  listening.client.on("disconnected", () => {
    lostAt = performance.now();
  });
  const ended = listening.client.run();
  ended.catch(() => {});
  onTestFinished(() => listening.client.stop());
  return listening;
}

async function publish(to: Daemon, ids: readonly string[]): Promise<void> {
  const events = ids.map((id) => ({ type: "order.created", id, data: Buffer.from("{}") }));
  await to.serviceFor(SCOPE).publishBatch(events, { atomic: true });
}

function idsOf(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `e${String(from + n).padStart(6, "0")}`);
}

describe("a listener whose connection is lost", () => {
  it("R53: 100 times during 10,000 events, reset and silent in turn: every event is forwarded, none twice by it", {
    timeout: 300_000,
  }, async () => {
    const to = await daemon();
    const cable = await Cable.to(Number(new URL(to.url).port));
    onTestFinished(() => cable.close());
    const listener = listen(cable.url, to, { credit: 10 });
    await expect.poll(() => listener.ready, WAIT).toBe(1);
    const CUTS = 100;
    const EACH = 100;
    for (let cut = 0; cut < CUTS; cut++) {
      const before = listener.forwarded.length;
      await publish(to, idsOf(cut * EACH, EACH));
      // In the middle of them.
      await expect.poll(() => listener.forwarded.length, { ...WAIT, interval: 1 }).toBeGreaterThan(before + 10);
      if (cut % 2 === 0) cable.cut();
      else cable.fallSilent();
      await expect.poll(() => listener.ready, { ...WAIT, interval: 5 }).toBeGreaterThan(cut + 1);
    }
    await expect.poll(() => new Set(listener.forwarded).size, WAIT).toBe(CUTS * EACH);
    expect(listener.away.length).toBeGreaterThanOrEqual(CUTS);
    expect(Math.max(...listener.away)).toBeLessThan(5_000);
    // It remembers what it has in hand: its program got nothing twice.
    expect(listener.forwarded).toHaveLength(CUTS * EACH);
    const { data } = await to.serviceFor(SCOPE).listSubscriptions();
    await expect
      .poll(async () => (await to.serviceFor(SCOPE).getSubscription(data[0]!.id)).counts, WAIT)
      .toMatchObject({ succeeded: CUTS * EACH, failed: 0 });
  });

  it("for good, again and again: the next one gets what it had in hand and no more twice, in the order of events", {
    timeout: 300_000,
  }, async () => {
    const to = await daemon();
    const CREDIT = 5;
    const LIVES = 12;
    const EACH = 60;
    const seen: string[][] = [];
    for (let life = 0; life < LIVES; life++) {
      const listener = listen(to.url, to, { credit: CREDIT, workMs: 2 });
      // Before the first there is no session that would keep them.
      if (life === 0) await expect.poll(() => listener.ready, WAIT).toBe(1);
      await publish(to, idsOf(life * EACH, EACH));
      const isLast = life === LIVES - 1;
      const all = (): number => new Set([...seen.flat(), ...listener.forwarded]).size;
      if (isLast) await expect.poll(all, WAIT).toBe(LIVES * EACH);
      else await expect.poll(() => listener.forwarded.length, { ...WAIT, interval: 1 }).toBeGreaterThan(20);
      // As if it had been killed: nothing is said any more, and what is in hand is not answered.
      listener.client.stop();
      seen.push([...listener.forwarded]);
    }
    for (const [life, ids] of seen.entries()) {
      expect(ids).toEqual(ids.toSorted());
      const again = ids.filter((id) => seen.slice(0, life).flat().includes(id));
      expect(again.length).toBeLessThanOrEqual(CREDIT);
    }
  });

  it("two that share a session: what the one loses the other gets, and no event is missing", {
    timeout: 300_000,
  }, async () => {
    const to = await daemon();
    const cable = await Cable.to(Number(new URL(to.url).port));
    onTestFinished(() => cable.close());
    const [steady, shaky] = [
      listen(to.url, to, { credit: 4, workMs: 1 }),
      listen(cable.url, to, { credit: 4, workMs: 1 }),
    ];
    await expect.poll(() => [steady!.ready, shaky!.ready], WAIT).toEqual([1, 1]);
    const COUNT = 2_000;
    for (let cut = 0; cut < 20; cut++) {
      const before = shaky!.forwarded.length;
      await publish(to, idsOf((cut * COUNT) / 20, COUNT / 20));
      await expect.poll(() => shaky!.forwarded.length, { ...WAIT, interval: 1 }).toBeGreaterThan(before);
      cable.cut();
      await expect.poll(() => shaky!.ready, { ...WAIT, interval: 5 }).toBeGreaterThan(cut + 1);
    }
    const all = (): string[] => [...steady!.forwarded, ...shaky!.forwarded];
    await expect.poll(() => new Set(all()).size, WAIT).toBe(COUNT);
    expect(all().length - COUNT).toBeLessThanOrEqual(20 * 4);
    expect(steady!.ready).toBe(1);
  });
});
