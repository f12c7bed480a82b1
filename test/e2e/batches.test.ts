import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { SubscriptionWithSecret } from "../../src/core/subscription.ts";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { ReceivedRequest, Receiver } from "../support/receiver.ts";

interface BatchedEvent {
  id: string;
  type: string;
  timestamp: string;
  data: { n: number };
}

/** Answers the ids, in the order published. */
async function publish(daemon: RunningDaemon, count: number): Promise<string[]> {
  const answer = await fetch(`${daemon.url}/v1/events/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${await daemon.home.token()}`, "content-type": "application/json" },
    body: JSON.stringify({ events: Array.from({ length: count }, (_, n) => ({ type: "order.paid", data: { n } })) }),
  });
  expect(answer.status).toBe(202);
  const { results } = (await answer.json()) as { results: { id: string }[] };
  return results.map(({ id }) => id);
}

async function subscribe(home: HooksHome, url: string, ...flags: string[]): Promise<SubscriptionWithSecret> {
  return JSON.parse(await home.ok("sub", "create", "--url", url, "--event", "*", "--json", ...flags));
}

function eventsOf(request: ReceivedRequest): BatchedEvent[] {
  return JSON.parse(request.text) as BatchedEvent[];
}

function idsOf(receiver: Receiver): string[] {
  return receiver.requests.flatMap((request) => eventsOf(request).map(({ id }) => id));
}

describe("a subscription with --batch", () => {
  it("gets 100 events in 5 requests of 20, each signed, with every id inside", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await home.serve();
    const { id, secret } = await subscribe(home, receiver.url, ...daemon.asked, "--batch", "20,30s");
    const published = await publish(daemon, 100);
    await receiver.request(5);
    expect(idsOf(receiver).sort()).toEqual(published.toSorted());
    for (const request of receiver.requests) {
      expect(eventsOf(request)).toHaveLength(20);
      const [first] = eventsOf(request);
      expect(first).toEqual({ id: first!.id, type: "order.paid", timestamp: first!.timestamp, data: first!.data });
      expect(first!.data.n).toBe(published.indexOf(first!.id));
      expect(request.headers["webhook-id"]).toMatch(/^bat_[0-9a-z]{26}$/);
      new Webhook(secret).verify(request.body, request.headers as Record<string, string>);
    }
    const test = await home.run(["sub", "test", id]);
    expect(test).toMatchObject({ code: 0 });
    expect(eventsOf(await receiver.request(6))).toMatchObject([{ type: "webhook.test" }]);
    expect(await daemon.program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it("gets a batch that failed again, under the same id, and what does not fill one after its wait", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver({ reply: [500, 204] });
    const daemon = await home.serve();
    await subscribe(home, receiver.url, ...daemon.asked, "--batch", "20,200ms", "--retry", "100ms");
    const published = await publish(daemon, 7);
    const [first, second] = [await receiver.request(1), await receiver.request(2)];
    expect(eventsOf(first).map((event) => event.id)).toEqual(published);
    expect(second.text).toBe(first.text);
    expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    expect(second.headers["webhook-signature"]).toBeDefined();
  });

  it("misses nothing when the daemon is killed among them", async () => {
    const home = new HooksHome();
    let isUnderWay = () => {};
    const underWay = new Promise<void>((resolve) => {
      isUnderWay = resolve;
    });
    const receiver = await openReceiver({
      reply: (request) => {
        if (request.number === 2) isUnderWay();
        return 204;
      },
    });
    const daemon = await home.serve();
    await subscribe(home, receiver.url, ...daemon.asked, "--batch", "10,500ms", "--concurrency", "1");
    const published = await publish(daemon, 100);
    await underWay;
    await daemon.program.kill("SIGKILL");
    await home.serve();
    const isAllThere = (): boolean => new Set(idsOf(receiver)).size === published.length;
    for (let n = 10; !isAllThere(); n++) await receiver.request(n);
    expect(new Set(idsOf(receiver))).toEqual(new Set(published));
    for (const request of receiver.requests) expect(eventsOf(request).length).toBeLessThanOrEqual(10);
    // One request was in flight, and its outcome or that of the one before it may not have been on disk.
    expect(idsOf(receiver).length).toBeLessThanOrEqual(published.length + 20);
  });
});
