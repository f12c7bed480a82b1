import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Daemon, startDaemon } from "../../src/daemon.ts";
import { verify } from "../../src/index.ts";
import { openReceiver } from "../support/open-receiver.ts";
import type { Receiver, ReceiverOptions } from "../support/receiver.ts";
import { RunningCommand } from "./support/running-listen.ts";

const SCOPE = { tenant: "default", environment: "development" };

interface World {
  app: Receiver;
  running: RunningCommand;
  /** Publishes; answers the events' ids. */
  publish(...types: string[]): Promise<string[]>;
  daemon: Daemon;
  secret: string;
}

async function world(flags: readonly string[], options: ReceiverOptions = {}): Promise<World> {
  const home = mkdtempSync(path.join(tmpdir(), "hooks-faults-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const storePath = path.join(home, "hooks.db");
  const daemon = await startDaemon({ storePath, dataDirectory: home, host: "127.0.0.1", port: 0 });
  onTestFinished(() => daemon.stop({ drainMs: 0 }));
  const app = await openReceiver(options);
  const running = new RunningCommand(["listen", "--forward", app.url, "--session", "s", ...flags], { home });
  onTestFinished(async () => {
    running.interrupt();
    await running.ended;
  });
  await running.sees("stderr", /● connected/);
  const asked = new RunningCommand(["listen", "--session", "s", "--print-secret"], { home });
  await asked.ended;
  return {
    app,
    running,
    daemon,
    secret: asked.stdout.trim(),
    publish: async (...types) => {
      const ids: string[] = [];
      for (const type of types) {
        ids.push((await daemon.serviceFor(SCOPE).publish({ type, data: Buffer.from("{}") })).id);
      }
      return ids;
    },
  };
}

async function verdictOfFirst({ app, secret, publish }: World): Promise<object> {
  await publish("order.paid");
  const { headers, body } = await app.request(1);
  return verify("standard-webhooks", { headers, body }, secret);
}

describe("hooks listen --fault", () => {
  it.each([
    [[], { valid: true }],
    [["--fault", "bad-signature"], { valid: false, reason: "signature_mismatch" }],
    [["--fault", "stale-timestamp"], { valid: false, reason: "timestamp_too_old" }],
    [["--fault", "rotate-secret"], { valid: true }],
  ] as const)("%j", async (flags, expected) => {
    expect(await verdictOfFirst(await world(flags))).toMatchObject(expected);
  });

  it("duplicate: each comes twice, under one id; the first answer counts, and both are told", async () => {
    const { app, running, publish } = await world(["--fault", "duplicate"], { reply: [200, 409] });
    const [id] = await publish("order.paid");
    await app.request(2);
    await running.sees("stderr", new RegExp(`${id}  duplicate: answered 200, then answered 409`));
    await running.sees("stdout", /\t200\t/);
    expect(app.requests.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
  });

  it("reorder: two by two, the later one first; one that stays alone comes all the same", async () => {
    const { app, publish } = await world(["--fault", "reorder"]);
    const [one, two] = await publish("a", "b");
    await app.request(2);
    const [three] = await publish("c");
    await app.request(3);
    expect(app.requests.map(({ headers }) => headers["webhook-id"])).toEqual([two, one, three]);
  });

  it("drop: the first attempt never arrives, and is told to be so", async () => {
    const { app, running, publish, daemon } = await world(["--fault", "drop"]);
    const [id] = await publish("a");
    await running.sees("stdout", /dropped by --fault drop/);
    expect(app.requests).toHaveLength(0);
    const service = daemon.serviceFor(SCOPE);
    const deliveryOf = async () => (await service.getEvent(id!)).deliveries[0];
    await expect.poll(async () => (await deliveryOf())?.status, { timeout: 30_000 }).toBe("failed");
    const delivery = await deliveryOf();
    await service.retryDelivery(delivery!.id);
    expect((await app.request(1)).headers["webhook-id"]).toBe(id);
  });

  it("delay: it comes no sooner than that", async () => {
    const { app, publish } = await world(["--fault", "delay=700ms"]);
    const startedAt = performance.now();
    await publish("a");
    await app.request(1);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(650);
  });
});
