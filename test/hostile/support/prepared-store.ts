import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import type { HooksService } from "../../../src/core/hooks-service.ts";
import type { SubscriptionInput } from "../../../src/core/subscription.ts";
import { type Daemon, type DaemonOptions, startDaemon } from "../../../src/daemon.ts";
import { startTcpReceiver } from "../../support/receiver.ts";
import { runInProcess } from "../../support/run-in-process.ts";
import type { Prepared } from "./command-lines.ts";

const SCOPE = { tenant: "default", environment: "development" };

export interface Contents {
  /** Of both subscriptions, beside URL and events. */
  subscription?: Partial<SubscriptionInput>;
  /** Behind the receiver's address. */
  urlSuffix?: string;
  /** JSON texts. */
  data: string;
  metadata: string;
  /** What the receiver answers, byte for byte: once with a 2xx, once with a failure. */
  answers: { good: string | Uint8Array; bad: string | Uint8Array };
  daemon?: Partial<DaemonOptions>;
}

export interface PreparedStore extends Prepared {
  daemon: Daemon;
  service: HooksService;
}

/**
 * A daemon on a store of its own, with a subscription whose delivery succeeded and one whose delivery failed, and
 * beside the latter a backup.
 */
export async function prepareStore(contents: Contents): Promise<PreparedStore> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-hostile-"));
  const answering = await startTcpReceiver((socket, chunk) => {
    const isBad = chunk.toString("latin1").startsWith("POST /bad");
    socket.end(isBad ? contents.answers.bad : contents.answers.good);
  });
  const storePath = path.join(folder, "hooks.db");
  const daemon = await startDaemon({
    storePath,
    dataDirectory: folder,
    host: "127.0.0.1",
    port: 0,
    ...contents.daemon,
  });
  onTestFinished(async () => {
    await daemon.stop({ drainMs: 0 });
    await answering.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const service = daemon.serviceFor(SCOPE);
  const make = (name: string): Promise<{ id: string }> =>
    service.createSubscription({
      url: `${answering.url}/${name}${contents.urlSuffix ?? ""}`,
      events: ["order.*"],
      retry: { strategy: "list", delays: [], jitter: 0 },
      breaker: false,
      ...contents.subscription,
    } as SubscriptionInput);
  const [good] = [await make("good"), await make("bad")];
  const { id: event } = await service.publish({
    type: "order.paid",
    data: Buffer.from(contents.data),
    metadata: Buffer.from(contents.metadata),
  });
  const states = async (): Promise<string[]> =>
    (await service.getEvent(event)).deliveries.map(({ status }) => status).sort();
  await expect.poll(states, { timeout: 45_000 }).toEqual(["failed", "succeeded"]);
  const { deliveries } = await service.getEvent(event);
  const idOf = (status: string): string => deliveries.find((one) => one.status === status)!.id;
  const backup = await runInProcess(["backup", path.join(folder, "first-backup.db")], {
    env: { HOOKS_HOME: folder },
    cwd: folder,
  });
  expect(backup.code).toBe(0);
  return {
    daemon,
    service,
    folder,
    subscription: good!.id,
    event,
    delivery: idOf("succeeded"),
    failed: idOf("failed"),
    receiver: `${answering.url}/good`,
    secret: "env:HOOK_SECRET",
  };
}
