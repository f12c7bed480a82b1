import { describe, expect, it } from "vitest";
import { openTestHooks, TEST_SCOPE } from "../support/local-hooks.ts";
import type { AttemptOptions } from "./support/recorded.ts";
import { recordAll } from "./support/recorded.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("statistics", () => {
  it("say how many attempts there were in a period, what came of them, and how long they took", async () => {
    const hooks = await openTestHooks();
    const { service, clock } = hooks;
    const shop = await service.createSubscription({ name: "shop", url: "https://shop.example/", events: ["order.*"] });
    const other = await service.createSubscription({ url: "https://other.example/", events: ["order.*"] });
    const ok = { status: 200, durationMs: 10 };
    const slow = { status: 503, durationMs: 4_000 };
    await recordAll(hooks, "order.paid", [ok, ok, ok, slow]);
    await recordAll(hooks, "order.sent", [{ errorCode: "timeout", durationMs: 10_000 }]);

    const stats = await service.stats({ period: "1h", by: "subscription" });
    expect(stats).toMatchObject({
      period: "1h",
      step_ms: MINUTE,
      totals: { attempts: 10, succeeded: 6, failed: 4, success_rate: 0.6, deliveries: { succeeded: 6, failed: 0 } },
      by: "subscription",
      left_out: 0,
      backlog: { waiting: 4, at_least: false },
    });
    expect(stats.totals.duration_ms).toMatchObject({ mean: (6 * 10 + 2 * 4_000 + 2 * 10_000) / 10, p50: 10 });
    expect(stats.totals.duration_ms!.p99).toBeGreaterThan(9_600);
    expect(stats.totals.duration_ms!.p99).toBeLessThan(10_400);
    expect(stats.series).toHaveLength(61);
    expect(stats.series.at(-1)).toMatchObject({ attempts: 10, failed: 4 });
    expect(stats.series.slice(0, -1).every(({ attempts, p95_ms }) => attempts === 0 && p95_ms === null)).toBe(true);
    expect(stats.groups).toMatchObject([
      { key: shop.id, name: "shop", attempts: 5, failed: 2 },
      { key: other.id, name: null, attempts: 5, failed: 2 },
    ]);
    expect(stats.groups[0]!.series!.attempts.at(-1)).toBe(5);

    const statuses = await service.stats({ by: "status" });
    expect(statuses.groups.map(({ key, attempts, deliveries, series }) => [key, attempts, deliveries, series])).toEqual(
      [
        ["200", 6, null, null],
        ["503", 2, null, null],
        ["timeout", 2, null, null],
      ],
    );
    expect(statuses.groups.map(({ success_rate }) => success_rate)).toEqual([1, 0, 0]);
    const types = await service.stats({ by: "type", limit: 1 });
    expect(types.groups.map(({ key, attempts }) => [key, attempts])).toEqual([["order.paid", 8]]);
    expect(types.left_out).toBe(1);

    const one = await service.subscriptionStats("shop", { by: "status" });
    expect(one.totals.attempts).toBe(5);
    expect(one.groups).toMatchObject([{ key: "200", attempts: 3 }, { attempts: 1 }, { attempts: 1 }]);
    expect(one.backlog).toMatchObject({ waiting: 2, subscriptions: [{ id: shop.id, name: "shop", waiting: 2 }] });

    // Later it is no longer in the hour, and still in the day.
    clock.at += 2 * HOUR;
    expect((await service.stats({ period: "1h" })).totals).toMatchObject({
      attempts: 0,
      success_rate: null,
      duration_ms: null,
    });
    expect((await service.stats()).totals.attempts).toBe(10);
    expect((await service.stats()).groups).toEqual([]);
    expect((await service.stats()).backlog.oldest_due_at).not.toBeNull();
  });

  it("are of one tenant and environment, and those of all of them for whoever reaches them", async () => {
    const hooks = await openTestHooks();
    await hooks.service.createSubscription({ url: "https://shop.example/", events: ["order.*"] });
    await recordAll(hooks, "order.paid", [{ status: 200, durationMs: 1 }]);
    const elsewhere = { ...TEST_SCOPE, tenant: "acme" };
    expect((await hooks.serviceFor(elsewhere).stats({ by: "type" })).totals.attempts).toBe(0);
    const own = { role: "reader" as const, name: "r", from: "test", ...elsewhere };
    expect((await hooks.adminFor(own).tenantStats()).data).toEqual([]);
    expect((await hooks.adminFor({ ...own, ...TEST_SCOPE }).tenantStats()).data).toMatchObject([{ attempts: 1 }]);
    await expect(hooks.adminFor(own).tenantStats({ tenant: TEST_SCOPE.tenant })).rejects.toMatchObject({
      code: "forbidden",
      field: "tenant",
    });
    const all = await hooks.adminFor().tenantStats({ period: "30d" });
    expect(all).toMatchObject({ totals: { attempts: 1 }, data: [{ ...TEST_SCOPE, attempts: 1 }], left_out: 0 });
  });

  it("refuse what is no period, no grouping and no limit, and name it", async () => {
    const { service, adminFor } = await openTestHooks();
    await service.createSubscription({ name: "shop", url: "https://shop.example/", events: ["*"] });
    const refused = (field: string) => ({ code: "invalid_request", field });
    await expect(service.stats({ period: "2h" as never })).rejects.toMatchObject(refused("period"));
    await expect(service.stats({ by: "moon" as never })).rejects.toMatchObject(refused("by"));
    await expect(service.stats({ limit: 0 })).rejects.toMatchObject(refused("limit"));
    await expect(service.subscriptionStats("shop", { by: "type" })).rejects.toMatchObject(refused("by"));
    await expect(adminFor().tenantStats({ period: "" as never })).rejects.toMatchObject(refused("period"));
    await expect(service.subscriptionStats("shpo")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("the health of a subscription", () => {
  it("has the last 24 hours and the newest delivery", async () => {
    const hooks = await openTestHooks();
    const { service, clock } = hooks;
    const { id } = await service.createSubscription({
      name: "shop",
      url: "https://shop.example/",
      events: ["order.*"],
    });
    expect(await service.subscriptionHealth("shop")).toMatchObject({
      id,
      state: "healthy",
      success_rate_24h: null,
      attempts_24h: 0,
      deliveries_24h: 0,
      last_delivery: null,
    });
    const answers: AttemptOptions[] = [
      { status: 200, durationMs: 5 },
      { status: 200, durationMs: 5 },
      { status: 500, durationMs: 5 },
    ];
    await recordAll(hooks, "order.paid", answers);
    const health = await service.subscriptionHealth("shop");
    expect(health).toMatchObject({
      success_rate_24h: 2 / 3,
      attempts_24h: 3,
      deliveries_24h: 2,
      counts: { succeeded: 2, failed: 0 },
      last_delivery: { subscription: id, status: "retrying", response_status: 500 },
    });
    expect(health).toMatchObject((await service.getSubscription(id)).health);
    clock.at += 26 * HOUR;
    expect(await service.subscriptionHealth("shop")).toMatchObject({ success_rate_24h: null, success_rate: 2 / 3 });
  });
});
