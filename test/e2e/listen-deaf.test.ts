import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { MAX_CREDIT, SESSION_CONCURRENCY } from "../../src/stream/protocol.ts";
import { RawListener } from "../stream/support/tunnel.ts";
import { HooksHome, RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { Receiver } from "../support/receiver.ts";

/** Of one round. */
const EVENTS = 160;
const DATA = JSON.stringify("x".repeat(100 * 1024));
/** A delivery in flight: its event, the body that was made of it, and the frame, MB. */
const EACH_MB = (DATA.length * (2 + 4 / 3)) / 1e6;
/** Rounds without it and beside it, by turns, until the better ones are as alike as R25 wants them … */
const MOST_PAIRS = 6;
const ALIKE = 1.2;
/** … or at least show, on a machine that others use too, that nobody was slowed down. */
const NOT_SLOWED = 1.7;
const WAIT = { timeout: 120_000 };

describe("a listener that stops reading", () => {
  it("R55: is dropped with 1013, holds little memory of the daemon, and harms neither others nor subscriptions", {
    timeout: 400_000,
  }, async () => {
    const home = new HooksHome();
    const [program, receiver] = [await openReceiver(), await openReceiver()];
    const { daemon, heldMb } = await measuredDaemon(home);
    await home.ok("sub", "create", "--url", `${receiver.url}/`, "--event", "*", ...daemon.asked);
    const listener = home.start(["listen", "--forward", program.url, "--session", "well"]);
    await listener.sees(/● connected/);
    const authorization = `Bearer ${await home.token()}`;
    const listen = async (credit: number): Promise<RawListener> => {
      const deaf = await RawListener.ready(daemon.url, { session: "deaf", credit }, { authorization });
      deaf.socket.pause();
      return deaf;
    };
    const timesDropped = (): number => daemon.program.output.stderr.match(/"code":1013/g)?.length ?? 0;

    // In every round the store gets as many deliveries: those of a session that nobody listens to wait.
    (await listen(0)).socket.terminate();
    let rounds = 0;
    const best = { without: [Infinity, Infinity], beside: [Infinity, Infinity] };
    const round = async (name: keyof typeof best): Promise<void> => {
      const waits = await waitsOf([program, receiver], daemon.url, authorization);
      // The first finds everything cold.
      if (0 < rounds) best[name] = best[name].map((ms, which) => Math.min(ms, waits[which]!));
      rounds += 1;
    };
    await round("without");
    const within = (factor: number): boolean =>
      best.beside.every((ms, which) => ms <= Math.max(factor * best.without[which]!, best.without[which]! + 50));
    for (let pair = 0; pair < MOST_PAIRS && (pair === 0 || !within(ALIKE)); pair++) {
      await round("without");
      const deaf = await listen(MAX_CREDIT);
      // What it does not read has been handed out: the others' rounds are the same work.
      await stalled(daemon.url, authorization);
      await round("beside");
      deaf.socket.terminate();
    }
    expect(within(NOT_SLOWED), JSON.stringify(best)).toBe(true);

    // By now more waits for it than it may have in flight.
    expect(rounds * EVENTS).toBeGreaterThan(SESSION_CONCURRENCY);
    for (let isMeasured = false; !isMeasured; ) {
      await expect.poll(() => inFlight(daemon.url, authorization), WAIT).toBe(0);
      const [before, dropped] = [await heldMb(), timesDropped()];
      const deaf = await listen(MAX_CREDIT);
      const count = await stalled(daemon.url, authorization);
      const grownMb = (await heldMb()) - before;
      isMeasured = timesDropped() === dropped && 0 < (await inFlight(daemon.url, authorization));
      expect(count).toBeLessThan(SESSION_CONCURRENCY / 2);
      expect(grownMb).toBeLessThan((SESSION_CONCURRENCY * EACH_MB) / 2);
      await expect.poll(timesDropped, WAIT).toBe(dropped + 1);
      deaf.socket.terminate();
    }
    // What it did not read waits for it, as what it missed.
    const again = await listen(0);
    expect(again.of("ready")[0]).toMatchObject({ resumed: true, waiting: rounds * EVENTS });
    again.socket.terminate();
    expect(await listener.kill("SIGINT")).toMatchObject({ code: 0 });
  });
});

/** Requests to receivers and listeners that are not answered. */
async function inFlight(url: string, authorization: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization } })).text();
  return Number(/^hooks_attempts_in_flight (\d+)/m.exec(metrics)![1]);
}

/** How many a listener that reads nothing was given, once it gets no more. */
async function stalled(url: string, authorization: string): Promise<number> {
  for (let seen = -1; ; await sleep(50)) {
    const count = await inFlight(url, authorization);
    if (0 < count && count === seen) return count;
    seen = count;
  }
}

/** Publishes a round; how long the slowest hundredth took to each of the receivers, ms. */
async function waitsOf(receivers: readonly Receiver[], url: string, authorization: string): Promise<number[]> {
  const before = receivers.map(({ requests }) => requests.length);
  const publishedAt = new Map<string, number>();
  const publish = async (share: number): Promise<void> => {
    for (let n = 0; n < share; n += 5) {
      const ids = Array.from({ length: 5 }, () => randomUUID());
      const events = ids.map((id) => `{"type":"order.created","id":"${id}","data":${DATA}}`);
      const headers = { "content-type": "application/json", authorization };
      for (const id of ids) publishedAt.set(id, Date.now());
      const answer = await fetch(`${url}/v1/events/batch`, {
        method: "POST",
        headers,
        body: `{"events":[${events.join()}]}`,
      });
      expect(answer.status).toBe(202);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: 4 }, () => publish(EVENTS / 4)));
  return Promise.all(
    receivers.map(async ({ requests }, which) => {
      await expect.poll(() => requests.length - before[which]!, WAIT).toBe(EVENTS);
      const waits = requests
        .slice(before[which])
        .map(({ headers, receivedAt }) => receivedAt - publishedAt.get(headers["webhook-id"]!)!);
      return waits.sort((one, other) => one - other)[Math.floor(0.99 * EVENTS) - 1]!;
    }),
  );
}

/** A daemon whose main thread says what it holds once everything that nobody holds has been collected, MB. */
async function measuredDaemon(home: HooksHome): Promise<{ daemon: RunningDaemon; heldMb(): Promise<number> }> {
  const program = home.start(["serve", "--port", "0", "--log-format", "json"], {
    env: { NODE_OPTIONS: "--inspect=127.0.0.1:0" },
  });
  const [url] = await program.sees(/http:\/\/[\w.[\]:]+:\d+/);
  const [inspector] = await program.sees(/ws:\/\/\S+/);
  const socket = new WebSocket(inspector);
  await once(socket, "open");
  onTestFinished(() => socket.terminate());
  let number = 0;
  const ask = async (method: string, params: object = {}): Promise<{ result?: { value?: unknown } }> => {
    const id = ++number;
    socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [data] = (await once(socket, "message")) as [Buffer];
      const message = JSON.parse(data.toString()) as { id?: number; result?: { result?: { value?: unknown } } };
      if (message.id === id) return message.result ?? {};
    }
  };
  const expression = "(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())";
  return {
    daemon: new RunningDaemon(program, url, home),
    heldMb: async () => {
      await ask("HeapProfiler.collectGarbage");
      return Number((await ask("Runtime.evaluate", { expression })).result?.value) / 1e6;
    },
  };
}
