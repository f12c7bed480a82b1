import { describe, expect, it } from "vitest";
import type { HooksError } from "../../src/core/errors.ts";
import { Backlog } from "../../src/service/backlog.ts";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";

const EVENT = { type: "order.paid", data: Buffer.from("{}") };
const SUBSCRIPTION = { url: "https://example.com/", events: ["*"] };
const FULL = { code: "unavailable", retryAfterMs: 5_000, message: expect.stringContaining("(max_backlog)") };

describe("a backlog with a limit", () => {
  it("takes events until so many deliveries wait, and again when they no longer do", async () => {
    const { service } = await openTestHooks({ maxBacklog: 4 });
    await service.createSubscription(SUBSCRIPTION);
    const { id } = await service.createSubscription(SUBSCRIPTION);
    for (const _ of [1, 2]) await service.publish(EVENT);
    await expect(service.publish({ ...EVENT, id: "evt_no" })).rejects.toMatchObject(FULL);
    await expect(service.publishBatch([EVENT])).rejects.toMatchObject(FULL);
    await expect(service.publishBatch([EVENT], { atomic: true })).rejects.toMatchObject(FULL);
    expect((await service.listEvents()).data).toHaveLength(2);
    expect((await service.listDeliveries()).data).toHaveLength(4);

    await service.deleteSubscription(id);
    // Counting anew takes its share of the time only.
    await expect
      .poll(
        () =>
          service.publish(EVENT).then(
            () => "taken",
            () => "full",
          ),
        { timeout: 30_000 },
      )
      .toBe("taken");
  });

  it("bounds nothing when none is set", async () => {
    const { service } = await openTestHooks();
    await service.createSubscription(SUBSCRIPTION);
    for (let n = 0; n < 10; n++) await service.publish(EVENT);
    expect((await service.listDeliveries()).data).toHaveLength(10);
    expect((await service.meta()).limits.backlog).toBeNull();
  });

  it("is not passed by many that come at once", async () => {
    const { service } = await openTestHooks({ maxBacklog: 5 });
    await service.createSubscription(SUBSCRIPTION);
    const answers = await Promise.allSettled(Array.from({ length: 40 }, () => service.publish(EVENT)));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    for (const answer of answers) {
      if (answer.status === "rejected") expect(answer.reason as HooksError).toMatchObject(FULL);
    }
    expect((await service.listDeliveries()).data).toHaveLength(5);
  });

  it("takes what nobody wants without end, and what is wrong costs no room", async () => {
    const { service } = await openTestHooks({ maxBacklog: 1 });
    for (let n = 0; n < 5; n++) await service.publish(EVENT);
    await service.createSubscription(SUBSCRIPTION);
    for (let n = 0; n < 5; n++) await expect(service.publish({ ...EVENT, type: "a b" })).rejects.toThrow(/type/);
    await service.publish(EVENT);
    await expect(service.publish(EVENT)).rejects.toMatchObject(FULL);
  });

  it("sees within a second what another process published", async () => {
    const hooks = await openTestHooks();
    await hooks.service.createSubscription(SUBSCRIPTION);
    const clock = { at: 0 };
    const backlog = new Backlog(hooks.store, 2, () => clock.at);
    (await backlog.admit()).leave();
    const other = await openTestHooks({ folder: hooks.folder });
    for (const _ of [1, 2]) await other.serviceFor(TEST_SCOPE).publish(EVENT);
    clock.at += 1_000;
    await expect(backlog.admit()).rejects.toMatchObject(FULL);
  });

  it("counts once a second, and else when the limit seems to be reached, in a small share of the time", async () => {
    const clock = { at: 0 };
    let [counts, waiting] = [0, 0];
    const store = {
      countWaiting: async () => {
        counts++;
        clock.at += 10;
        return waiting;
      },
    };
    const backlog = new Backlog(store, 1_000, () => clock.at);
    const publish = async (deliveries: number) => {
      const place = await backlog.admit();
      place.takes(deliveries);
      place.leave();
    };
    for (let n = 0; n < 999; n++) await publish(1);
    expect(counts).toBe(1);
    clock.at += 999;
    await publish(1);
    expect(counts).toBe(1);
    // It seems to be full, and is not: all was delivered.
    await publish(1_000);
    expect(counts).toBe(2);
    waiting = 1_000;
    await expect(publish(1)).rejects.toMatchObject(FULL);
    expect(counts).toBe(2);
    clock.at += 500;
    for (let n = 0; n < 50; n++) await expect(publish(1)).rejects.toMatchObject(FULL);
    expect(counts).toBe(3);
    waiting = 0;
    clock.at += 500;
    await publish(1);
    expect(counts).toBe(4);
    clock.at += 1_000;
    await publish(1);
    expect(counts).toBe(5);
  });
});
