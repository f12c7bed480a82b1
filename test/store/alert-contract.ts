import { describe, expect, it } from "vitest";
import type { NewAlert } from "../../src/store/alert-store.ts";
import { LEASE, NOON, newSubscription, OTHER_ENVIRONMENT, OTHER_TENANT, SCOPE } from "./fixtures.ts";
import type { StoreUnderTest } from "./store-contract.ts";

let count = 0;

function newAlert(fields: Partial<NewAlert> = {}): NewAlert {
  return {
    id: `alr_${++count}`,
    scope: SCOPE,
    subscription: undefined,
    rule: { text: "failure_count > 10 in 5m", kind: "failure_count", threshold: 10, windowMs: 300_000 },
    value: 11,
    beganAt: NOON,
    ...fields,
  };
}

export function alertContract(under: StoreUnderTest): void {
  describe("alerts", () => {
    it("fire once for each rule, environment and subscription, until they are ended, which is once", async () => {
      const store = await under.open();
      const rowId = await store.insertSubscription(newSubscription({ id: "sub_1" }));
      expect(rowId).toBeGreaterThan(0);
      const first = newAlert();
      expect(await store.alerts.beginAlert(first)).toEqual([]);
      expect(await store.alerts.beginAlert(newAlert())).toBeUndefined();
      const others = [
        newAlert({ subscription: "sub_1" }),
        newAlert({ scope: OTHER_TENANT }),
        newAlert({ scope: OTHER_ENVIRONMENT }),
        newAlert({ rule: { ...first.rule, text: "failure_count > 9 in 5m" } }),
      ];
      for (const alert of others) expect(await store.alerts.beginAlert(alert)).toEqual([]);
      expect(await store.alerts.beginAlert(newAlert({ subscription: "sub_1" }))).toBeUndefined();
      expect((await store.alerts.loadFiring()).map(({ id }) => id)).toEqual([first, ...others].map(({ id }) => id));

      expect(await store.alerts.endAlert(first.id, 3, NOON + 60_000)).toEqual([]);
      expect(await store.alerts.endAlert(first.id, 3, NOON + 70_000)).toBeUndefined();
      expect((await store.alerts.loadFiring()).map(({ id }) => id)).toEqual(others.map(({ id }) => id));
      const again = newAlert({ beganAt: NOON + 80_000 });
      expect(await store.alerts.beginAlert(again)).toEqual([]);
      const listed = await store.alerts.listAlerts(SCOPE, undefined, 10, undefined);
      expect(listed.map(({ id }) => id)).toEqual([again.id, others[3]!.id, others[0]!.id, first.id]);
      expect(listed.at(-1)).toMatchObject({ ...first, value: 3, endedAt: NOON + 60_000 });
      expect(await store.alerts.listAlerts(SCOPE, "resolved", 10, undefined)).toMatchObject([{ id: first.id }]);
      expect(await store.alerts.listAlerts(SCOPE, "firing", 1, undefined)).toMatchObject([{ id: again.id }]);
      expect(await store.alerts.listAlerts(SCOPE, "firing", 1, listed[0]!.rowId)).toMatchObject([
        { id: others[3]!.id },
      ]);
    });

    it("are told of to whoever takes such events in their environment, and to nobody else", async () => {
      const store = await under.open();
      const watcher = await store.insertSubscription(newSubscription({ events: ["hooks.alert.*"] }));
      await store.insertSubscription(newSubscription({ events: ["*"] }));
      await store.insertSubscription(newSubscription({ events: ["hooks.*"], scope: OTHER_TENANT }));
      const lane = newSubscription({ id: "sub_failing", name: "shop", url: "https://example.com/secret" });
      await store.insertSubscription(lane);
      const alert = newAlert({ subscription: lane.id });
      expect(await store.alerts.beginAlert(alert)).toEqual([watcher]);
      expect(await store.alerts.beginAlert({ ...alert, id: "alr_double" })).toBeUndefined();
      expect(await store.alerts.endAlert(alert.id, 4, NOON + 5_000)).toEqual([watcher]);
      const [claimed] = await store.claimDue([{ subscriptionRowId: watcher, limit: 10 }], NOON + 5_000, LEASE);
      const told = claimed!.deliveries.map(({ event }) => ({
        type: event.type,
        data: JSON.parse(Buffer.from(event.data).toString()),
      }));
      const subscription = { id: lane.id, name: "shop", host: "example.com" };
      const common = {
        id: alert.id,
        kind: "failure_count",
        rule: "failure_count > 10 in 5m",
        unit: "attempts",
        threshold: 10,
        window_ms: 300_000,
        began_at: "2026-01-01T12:00:00.000Z",
      };
      expect(told).toEqual([
        {
          type: "hooks.alert.failure_count",
          data: {
            subscription,
            alert: { ...common, state: "firing", value: 11, ended_at: null },
            at: "2026-01-01T12:00:00.000Z",
          },
        },
        {
          type: "hooks.alert.failure_count",
          data: {
            subscription,
            alert: { ...common, state: "resolved", value: 4, ended_at: "2026-01-01T12:00:05.000Z" },
            at: "2026-01-01T12:00:05.000Z",
          },
        },
      ]);
    });

    it("of a subscription that is gone are not stored", async () => {
      const store = await under.open();
      const rowId = await store.insertSubscription(newSubscription({ id: "sub_gone" }));
      await store.deleteSubscription(rowId, NOON);
      expect(await store.alerts.beginAlert(newAlert({ subscription: "sub_gone" }))).toBeUndefined();
      expect(await store.alerts.beginAlert(newAlert({ subscription: "sub_never" }))).toBeUndefined();
      expect(await store.alerts.listAlerts(SCOPE, undefined, 10, undefined)).toEqual([]);
    });

    it("that are over are deleted once they are old, those that fire never", async () => {
      const store = await under.open();
      const [old, firing] = [newAlert(), newAlert({ scope: OTHER_TENANT })];
      await store.alerts.beginAlert(old);
      await store.alerts.beginAlert(firing);
      await store.alerts.endAlert(old.id, 0, NOON);
      const sweep = async (before: number) => {
        const swept = (await store.retention.listScopes()).map(({ rowId }) =>
          store.retention.sweepAlerts({ scopeRowId: rowId, before, limit: 10 }),
        );
        return (await Promise.all(swept)).reduce((sum, one) => sum + one, 0);
      };
      expect(await sweep(NOON)).toBe(0);
      expect(await store.alerts.listAlerts(SCOPE, "resolved", 10, undefined)).toHaveLength(1);
      expect(await sweep(NOON + 1)).toBe(1);
      expect(await store.alerts.listAlerts(SCOPE, undefined, 10, undefined)).toHaveLength(0);
      expect(await store.alerts.listAlerts(OTHER_TENANT, "firing", 10, undefined)).toHaveLength(1);
    });
  });
}
