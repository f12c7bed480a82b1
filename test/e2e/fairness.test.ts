import { describe, expect, it } from "vitest";
import { startDaemon } from "../../src/daemon.ts";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { ReceivedRequest, Receiver } from "../support/receiver.ts";

// The real daemon and real sockets: events are counted and orders compared; how fast it is, the benchmarks say.

/** Calls the daemon's API. */
async function ask<T>(daemon: RunningDaemon, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${daemon.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await daemon.home.token()}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const subscribe = (daemon: RunningDaemon, settings: object): Promise<{ id: string }> =>
  ask(daemon, "POST", "/v1/subscriptions", settings);

/** `count` events of this type, in batches. */
async function publish(daemon: RunningDaemon, type: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 500) {
    const events = Array.from({ length: Math.min(500, count - from) }, (_, n) => ({ type, data: { n: from + n } }));
    await ask(daemon, "POST", "/v1/events/batch", { events });
  }
}

interface Shown {
  enabled: boolean;
  health: { state: string; breaker: { state: string; open_until: string | null } };
  counts: { succeeded: number; failed: number };
}

const show = (daemon: RunningDaemon, id: string): Promise<Shown> => ask(daemon, "GET", `/v1/subscriptions/${id}`);

/**
 * By the second in which they were signed, just after they were let go: when they arrive depends on the machine. A few
 * that were let go in one second and signed in the next are to be allowed for.
 */
function mostInASecond(requests: readonly ReceivedRequest[]): number {
  const counts = Map.groupBy(requests, ({ headers }) => headers["webhook-timestamp"]);
  return Math.max(...Array.from(counts.values(), (signed) => signed.length));
}

/** Asks until it is so. */
async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (let seen = await look(); ; seen = await look()) {
    if (isSo(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const arrived = (receiver: Receiver, path: string): number =>
  receiver.requests.filter((request) => request.path === path).length;

describe("subscriptions that hang", () => {
  it.each([
    [10, 1],
    [100, 50],
  ])("of %i, %i: the others get all of theirs meanwhile", async (count, hanging) => {
    const home = new HooksHome();
    const [stuck, well] = [await openReceiver({ reply: () => "hang" }), await openReceiver()];
    const daemon = await home.serve();
    await Promise.all(
      Array.from({ length: count }, (_, n) =>
        subscribe(daemon, {
          url: n < hanging ? `${stuck.url}/${n}` : `${well.url}/${n}`,
          events: ["order.paid"],
          timeout_ms: 60_000,
        }),
      ),
    );
    // What hangs has taken its slots before the rest of the events comes.
    await publish(daemon, "order.paid", 5);
    await stuck.request(hanging);
    await publish(daemon, "order.paid", 20);
    await well.request(25 * (count - hanging));
    for (let n = hanging; n < count; n++) expect(arrived(well, `/${n}`)).toBe(25);
    expect(stuck.inFlight).toBe(stuck.requests.length); // none of theirs had ended by then
    expect(stuck.inFlight).toBeLessThan(256);
    await daemon.program.kill("SIGKILL");
  });
});

describe("a subscription that comes back", () => {
  it("with 2,000 waiting gets them within its rate limit, and the others get theirs before it is done", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await home.serve();
    const { id } = await subscribe(daemon, {
      url: `${receiver.url}/back`,
      events: ["order.*"],
      rate_limit: "1000/s",
      concurrency: 50,
    });
    await subscribe(daemon, { url: `${receiver.url}/other`, events: ["order.late"] });
    await ask(daemon, "POST", `/v1/subscriptions/${id}/pause`);
    await publish(daemon, "order.early", 2_000);
    expect(receiver.requests).toHaveLength(0);
    await ask(daemon, "POST", `/v1/subscriptions/${id}/resume`);
    await publish(daemon, "order.late", 100);
    await receiver.request(2_200);
    const back = receiver.requests.filter(({ path }) => path === "/back");
    expect(back).toHaveLength(2_100);
    expect(mostInASecond(back)).toBeLessThanOrEqual(1_050);
    const lastOther = receiver.requests.findLastIndex(({ path }) => path === "/other");
    expect(lastOther).toBeLessThan(2_199);
  });
});

describe("tenants", () => {
  it("with ten events do not wait for one with 5,000", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver({
      reply: () => new Promise((resolve) => setTimeout(() => resolve(204), 2)),
    });
    const daemon = await home.serve("--concurrency", "16");
    for (const tenant of ["a", "b"]) {
      const url = `${receiver.url}/${tenant}`;
      await home.ok("sub", "create", "--tenant", tenant, "--url", url, "--event", "*", "--concurrency", "16");
    }
    const lines = Array.from({ length: 5_000 }, (_, n) => `{"type":"order.paid","data":{"n":${n}}}\n`).join("");
    const many = await home.run(["publish", "--tenant", "a", "--file", "-"], { input: lines });
    expect(many.code).toBe(0);
    const few = await home.run(["publish", "--tenant", "b", "--file", "-"], {
      input: lines.split("\n").slice(0, 10).join("\n"),
    });
    expect(few.code).toBe(0);
    const before = receiver.requests.length;
    await until(
      async () => arrived(receiver, "/b"),
      (count) => count === 10,
    );
    const place = receiver.requests.findLastIndex(({ path }) => path === "/b");
    await receiver.request(5_010);
    // However many of the others were through by then: between the first of the ten and the last there were few.
    const first = receiver.requests.findIndex(({ path }) => path === "/b");
    expect(place - first).toBeLessThan(1_000);
    expect(before).toBeLessThan(5_010);
    await daemon.program.kill("SIGTERM");
  });
});

describe("a storm of retries", () => {
  it("does not make a fresh event wait until it is over", async () => {
    const home = new HooksHome();
    const failing = await openReceiver({ reply: () => 500 });
    const well = await openReceiver();
    const daemon = await home.serve("--retry-rate", "50/s");
    const retry = { delays: ["1s"], jitter: 0 };
    for (let n = 0; n < 20; n++) {
      await subscribe(daemon, {
        url: `${failing.url}/${n}`,
        events: ["order.paid"],
        retry,
        breaker: false,
        auto_disable: { failures: 0 },
      });
    }
    await subscribe(daemon, { url: well.url, events: ["order.fresh"] });
    await publish(daemon, "order.paid", 10);
    await failing.request(200);
    await failing.request(220); // the retries are under way: four seconds of them
    await publish(daemon, "order.fresh", 20);
    await well.request(20);
    expect(failing.requests.length).toBeLessThan(400);
    await failing.request(400);
    expect(mostInASecond(failing.requests.slice(200))).toBeLessThanOrEqual(55);
  });
});

describe("a circuit breaker", () => {
  it("is open over a restart of the daemon, and nobody else notices", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver({ reply: ({ path }) => (path === "/down" ? 500 : 204) });
    const first = await home.serve();
    const { id } = await subscribe(first, { url: `${receiver.url}/down`, events: ["order.*"], concurrency: 1 });
    await subscribe(first, { url: `${receiver.url}/well`, events: ["order.*"] });
    await publish(first, "order.paid", 8);
    const open = await until(
      () => show(first, id),
      ({ health }) => health.breaker.state === "open",
    );
    expect(arrived(receiver, "/down")).toBe(5);
    await first.program.kill("SIGKILL");

    const second = await home.serve();
    expect((await show(second, id)).health.breaker).toEqual(open.health.breaker);
    await publish(second, "order.paid", 2);
    await until(
      async () => arrived(receiver, "/well"),
      (count) => count === 10,
    );
    expect(arrived(receiver, "/down")).toBe(5);
    expect(await home.ok("sub", "health", id)).toMatch(/^breaker +open until /m);
    // Whoever knows better enables it: that closes the breaker.
    receiver.reply(() => 204);
    await ask(second, "POST", `/v1/subscriptions/${id}/disable`);
    await ask(second, "POST", `/v1/subscriptions/${id}/enable`);
    await until(
      async () => arrived(receiver, "/down"),
      (count) => 5 < count,
    );
    expect((await show(second, id)).health.breaker).toEqual({ state: "closed", open_until: null });
  });
});

describe("a subscription that its failures disable", () => {
  it("tells its owner, and is enabled again by a probe that its receiver takes", async () => {
    const home = new HooksHome();
    let isUp = false;
    const receiver = await openReceiver({ reply: () => (isUp ? 204 : 500) });
    const owner = await openReceiver();
    const daemon = await startDaemon({
      storePath: home.storePath,
      dataDirectory: home.folder,
      host: "127.0.0.1",
      port: 0,
      probeEveryMs: 200,
    });
    try {
      const service = daemon.serviceFor({ tenant: "default", environment: "development" });
      await service.createSubscription({ url: owner.url, events: ["hooks.subscription.*"] });
      const { id } = await service.createSubscription({
        url: receiver.url,
        events: ["order.*"],
        name: "shop",
        retry: { delays: Array<string>(5).fill("100ms"), jitter: 0 },
        breaker: false,
        auto_disable: { failures: 6, min_span: 0, re_enable: "probe" },
      });
      const event = await service.publish({ type: "order.paid", data: Buffer.from("{}") });
      const types = () => owner.requests.map(({ text }) => (JSON.parse(text) as { type: string }).type);
      await owner.request(2);
      expect(types().sort()).toEqual(["hooks.subscription.disabled", "hooks.subscription.unhealthy"]);
      const told = JSON.parse(owner.requests.find(({ text }) => text.includes("disabled"))!.text) as { data: object };
      expect(told.data).toMatchObject({
        subscription: { id, name: "shop", host: `127.0.0.1:${receiver.port}` },
        reason: "failing",
        consecutive_failures: 6,
      });
      expect((await service.getEvent(event.id)).deliveries[0]).toMatchObject({ status: "failed" });

      await receiver.request(8); // six attempts, and probes that were refused
      expect(await service.getSubscription(id)).toMatchObject({ enabled: false });
      isUp = true;
      await owner.request(3);
      expect(types()[2]).toBe("hooks.subscription.enabled");
      expect(JSON.parse(owner.requests[2]!.text)).toMatchObject({ data: { reason: "probe", subscription: { id } } });
      const after = receiver.requests.length;
      await service.publish({ type: "order.paid", data: Buffer.from('{"after":true}') });
      expect((await receiver.request(after + 1)).text).toContain('"after":true');
      expect(owner.requests).toHaveLength(3);
    } finally {
      await daemon.stop({ drainMs: 0 });
    }
  });
});
