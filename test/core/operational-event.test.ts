import { describe, expect, it } from "vitest";
import { isOperationalType } from "../../src/core/event-pattern.ts";
import { parseId } from "../../src/core/ids.ts";
import { type Happening, operationalDeliveryId, operationalEvent } from "../../src/core/operational-event.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const SUBJECT = {
  id: "sub_1",
  name: "shop",
  url: "https://user:pw@shop.example:8443/hooks/s3cret?token=s3cret#s3cret",
};

const HAPPENINGS: Happening[] = [
  { type: "hooks.subscription.disabled", reason: "failing", consecutiveFailures: 20, failingSince: NOON - 3_600_000 },
  { type: "hooks.subscription.enabled", reason: "probe" },
  { type: "hooks.subscription.unhealthy", successRate: 0.4, consecutiveFailures: 5 },
  {
    type: "hooks.delivery.exhausted",
    delivery: { id: "dlv_1", eventId: "evt_1", eventType: "order.paid", attempts: 10, reason: "exhausted" },
    lastAttempt: { status: undefined, errorCode: "timeout" },
  },
];

const textOf = (happening: Happening, at = NOON) =>
  JSON.parse(Buffer.from(operationalEvent(SUBJECT, happening, at).data).toString()) as Record<string, unknown>;

describe("an operational event", () => {
  it("says of which subscription, what happened and when", () => {
    const subscription = { id: "sub_1", name: "shop", host: "shop.example:8443" };
    const at = "2026-01-01T12:00:00.000Z";
    expect(HAPPENINGS.map((happening) => textOf(happening))).toEqual([
      { subscription, reason: "failing", consecutive_failures: 20, failing_since: "2026-01-01T11:00:00.000Z", at },
      { subscription, reason: "probe", at },
      { subscription, success_rate: 0.4, consecutive_failures: 5, at },
      {
        subscription,
        delivery: { id: "dlv_1", event_id: "evt_1", event_type: "order.paid", attempts: 10, reason: "exhausted" },
        last_attempt: { status: null, error: "timeout" },
        at,
      },
    ]);
    for (const happening of HAPPENINGS) {
      const event = operationalEvent(SUBJECT, happening, NOON);
      expect(isOperationalType(event.type)).toBe(true);
      expect(event.timestamp).toBe(NOON);
      expect(Buffer.from(event.data).toString()).not.toMatch(/s3cret|pw/);
    }
  });

  it("has the same id for the same happening, and another for any other", () => {
    const ids = HAPPENINGS.flatMap((happening) => [
      operationalEvent(SUBJECT, happening, NOON).id,
      operationalEvent(SUBJECT, happening, NOON + 1).id,
      operationalEvent({ ...SUBJECT, id: "sub_2" }, happening, NOON).id,
    ]);
    // A delivery is exhausted whatever its subscription is called.
    expect(new Set(ids).size).toBe(ids.length - 1);
    for (const id of ids) expect(parseId("evt", id)).toBeDefined();
    for (const happening of HAPPENINGS) {
      expect(operationalEvent({ ...SUBJECT, name: "renamed" }, happening, NOON).id).toBe(
        operationalEvent(SUBJECT, happening, NOON).id,
      );
    }
  });

  it("has an id that sorts by its time, and one for each of its deliveries", () => {
    const [first, later] = [NOON, NOON + 1].map((at) => operationalEvent(SUBJECT, HAPPENINGS[0]!, at));
    expect(first!.id < later!.id).toBe(true);
    const ids = [1, 2, 1].map((rowId) => operationalDeliveryId(first!, rowId));
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
    for (const id of ids) expect(parseId("dlv", id)).toBeDefined();
  });
});
