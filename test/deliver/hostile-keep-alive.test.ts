import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { quickRetries, startSending } from "../support/sending.ts";

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Closes each connection some ms after its last answer, also when the next request is just on its way. */
async function impatientReceiver(random: () => number) {
  const handled: string[] = [];
  const counts = { requests: 0, closed: 0 };
  const idle = new Map<Socket, NodeJS.Timeout>();
  const server = http.createServer((request, response) => {
    clearTimeout(idle.get(request.socket));
    counts.requests += 1;
    request.resume().on("end", () => {
      handled.push(request.headers["webhook-id"] as string);
      response.writeHead(204).end();
    });
    response.on("finish", () => {
      const close = (): void => {
        counts.closed += 1;
        request.socket.destroy();
      };
      idle.set(request.socket, setTimeout(close, random() * 6));
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const timer of idle.values()) clearTimeout(timer);
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, handled, counts };
}

it("a receiver that closes idle connections at random loses nothing, and gets next to nothing twice", async () => {
  const random = seeded(31);
  const to = await impatientReceiver(random);
  const sending = await startSending();
  const subscription = await sending.subscribe(to.url, {
    concurrency: 16,
    retry: quickRetries(10, 10, 10, 10, 10),
  });
  const count = 10_000;
  let published = 0;
  while (published < count) {
    const wave = Math.min(1 + Math.floor(random() * 40), count - published);
    await sending.publishMany(subscription, wave);
    published += wave;
    // Connections are idle for a moment, and are used again, or closed, or both at once.
    await new Promise((resolve) => setTimeout(resolve, random() * 6));
  }
  const succeeded = () => sending.records.filter(({ outcome }) => outcome === "success");
  for (let n = count; succeeded().length < count; n++) await sending.recorded(n);

  const failed = sending.records.filter(({ outcome }) => outcome === "failure");
  expect(failed.filter(({ errorCode }) => errorCode !== "reset")).toEqual([]);
  // Nothing is lost, and every request that the receiver handled is an attempt that was recorded.
  const times = Map.groupBy(to.handled, (id) => id);
  expect(times.size).toBe(count);
  const attempts = Map.groupBy(sending.records, ({ eventId }) => eventId);
  for (const [id, handled] of times) expect(handled.length).toBeLessThanOrEqual(attempts.get(id)?.length ?? 0);
  expect(to.handled.length - count).toBeLessThanOrEqual(count / 1_000);
  // It did what it is here for: when every connection was used again, half of the attempts failed.
  expect(failed.length).toBeLessThan(count / 20);
  expect(to.counts.closed).toBeGreaterThan(100);
}, 240_000);
