import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { nextProbeAt } from "../../src/core/health.ts";
import { ReEnabler } from "../../src/service/re-enable.ts";
import type { OneOffRequest } from "../../src/service/service-parts.ts";
import { answered } from "../support/attempts.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";
import { recordedAs } from "./support/recorded.ts";

const HOUR = 3_600_000;

interface Probing {
  hooks: TestHooks;
  /** Requests sent, oldest first. */
  sent: OneOffRequest[];
  /** Answers of the receiver, by URL; 500 where there is none. */
  status: Map<string, number>;
  /** Resolves with the number of probes once there were so many. */
  probed(count: number): Promise<number>;
  begin(): ReEnabler;
}

async function openProbing(): Promise<Probing> {
  const sent: OneOffRequest[] = [];
  const status = new Map<string, number>();
  const hooks = await openTestHooks({
    send: (request) => {
      sent.push(request);
      return Promise.resolve(answered(status.get(request.url) ?? 500));
    },
  });
  await hooks.directory.load();
  let count = 0;
  const waiting: { count: number; resolve: (count: number) => void }[] = [];
  return {
    hooks,
    sent,
    status,
    probed: (wanted) =>
      wanted <= count ? Promise.resolve(count) : new Promise((resolve) => waiting.push({ count: wanted, resolve })),
    begin: () => {
      const reEnabler = new ReEnabler({
        parts: hooks.cases.parts,
        onProbed: () => {
          count += 1;
          for (const waiter of waiting) if (waiter.count <= count) waiter.resolve(count);
        },
        onFault: (error) => {
          throw error;
        },
      });
      onTestFinished(() => reEnabler.stop());
      return reEnabler;
    },
  };
}

/** A subscription that its failures have disabled now. */
async function disabled(hooks: TestHooks, url: string, reEnable: "probe" | null = "probe"): Promise<string> {
  const { service, store, directory, clock } = hooks;
  const { id } = await service.createSubscription({
    url,
    events: ["order.paid"],
    auto_disable: { failures: 1, min_span: 0, re_enable: reEnable },
  });
  const { rowId } = (await store.findSubscription(TEST_SCOPE, id))!;
  await service.publish({ type: "order.paid", data: Buffer.from("{}") });
  const lease = { worker: "boot-1", endsAt: clock.at + 60_000 };
  const [claimed] = await store.claimDue([{ subscriptionRowId: rowId, limit: 1 }], clock.at, lease);
  const failed = { status: 500, verdict: { kind: "retry", at: clock.at + 60_000 } } as const;
  await store.recordAttempts("boot-1", [recordedAs(claimed!.deliveries[0]!, failed, clock.at)]);
  await directory.reload();
  expect(await service.getSubscription(id)).toMatchObject({ health: { disabled_reason: "failing" } });
  return id;
}

describe("a subscription that its failures disabled", () => {
  it("is enabled by a test event that its receiver takes, and not by one that it refuses", async () => {
    const { hooks, sent, status, probed, begin } = await openProbing();
    const well = await disabled(hooks, "https://well.example/");
    const ill = await disabled(hooks, "https://ill.example/");
    status.set("https://well.example/", 204);
    hooks.clock.at += HOUR;
    begin();
    hooks.clock.at += HOUR; // the planned moment has come when the timer looks
    await hooks.directory.reload();
    await probed(2);
    expect(sent.map(({ url }) => url).sort()).toEqual(["https://ill.example/", "https://well.example/"]);
    expect(Buffer.from(sent[0]!.body).toString()).toContain('"type":"webhook.test"');
    expect(await hooks.service.getSubscription(well)).toMatchObject({
      enabled: true,
      health: { disabled_reason: null, consecutive_failures: 0 },
    });
    expect(await hooks.service.getSubscription(ill)).toMatchObject({ enabled: false });
    const told = await hooks.service.listEvents({ type: "hooks.subscription.enabled" });
    expect(told.data).toHaveLength(1);
  });

  it("is not tried before its time, nor when nobody asked for it, nor when it was disabled otherwise", async () => {
    const { hooks, sent, probed, begin } = await openProbing();
    await disabled(hooks, "https://not-wanted.example/", null);
    const byHand = await disabled(hooks, "https://by-hand.example/");
    await hooks.service.enableSubscription(byHand);
    await hooks.service.disableSubscription(byHand);
    begin();
    hooks.clock.at += 30 * 60_000;
    await disabled(hooks, "https://later.example/");
    hooks.clock.at += HOUR - 1;
    await hooks.directory.reload();
    const first = await disabled(hooks, "https://first.example/");
    hooks.clock.at += 1;
    await hooks.directory.reload();
    await probed(1);
    expect(sent.map(({ url }) => url)).toEqual(["https://later.example/"]);
    expect(await hooks.service.getSubscription(first)).toMatchObject({ enabled: false });
  });

  it("is tried again an hour later, and by a process that starts meanwhile neither earlier nor twice", async () => {
    const { hooks, sent, probed, begin } = await openProbing();
    await disabled(hooks, "https://ill.example/");
    const first = begin();
    hooks.clock.at += HOUR;
    await hooks.directory.reload();
    await probed(1);
    first.stop();
    hooks.clock.at += HOUR / 2;
    begin();
    hooks.clock.at += HOUR / 2 - 1;
    await hooks.directory.reload();
    expect(sent).toHaveLength(1);
    hooks.clock.at += 1;
    await hooks.directory.reload();
    await probed(2);
    expect(sent).toHaveLength(2);
  });

  it.each(["goes on", "is started again"])(
    "is tried within the hour when it was disabled by a clock that was a day ahead, and the process %s",
    async (process) => {
      const { hooks, sent, probed, begin } = await openProbing();
      hooks.clock.at += 24 * HOUR;
      await disabled(hooks, "https://ill.example/");
      const first = begin();
      hooks.clock.at -= 24 * HOUR;
      if (process === "is started again") {
        first.stop();
        begin();
      }
      await hooks.directory.reload();
      hooks.clock.at += HOUR - 1;
      await hooks.directory.reload();
      expect(sent).toHaveLength(0);
      hooks.clock.at += 1;
      await hooks.directory.reload();
      await probed(1);
      hooks.clock.at += HOUR;
      await hooks.directory.reload();
      await probed(2);
      expect(sent).toHaveLength(2);
    },
  );
});

describe("the time of the next probe", () => {
  it("is a whole number of intervals after the disabling, the first one to come", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2e12 }),
        fc.integer({ min: -1e9, max: 1e11 }),
        fc.integer({ min: 1, max: 1e8 }),
        (disabledAt, passed, interval) => {
          const now = disabledAt + passed;
          const next = nextProbeAt(disabledAt, now, interval);
          expect(now < next).toBe(true);
          expect(next - now).toBeLessThanOrEqual(interval);
          // Disabled by a clock that was ahead.
          if (now < disabledAt) expect(next - now).toBe(interval);
          else expect((next - disabledAt) % interval).toBe(0);
        },
      ),
    );
  });
});
