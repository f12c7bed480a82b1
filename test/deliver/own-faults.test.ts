import { expect, it } from "vitest";
import type { Profile } from "../../src/core/profiles/profile.ts";
import { BUILT_IN_PROFILES, type Profiles } from "../../src/core/profiles/registry.ts";
import { type Conclusion, type DeliverOnceOptions, deliverOnce } from "../../src/deliver/deliver-once.ts";
import { calledBack, type DeliveryTransport } from "../../src/deliver/transport.ts";
import { deliveryOf, lanesOf, subscriptionOf } from "./support/lanes.ts";

const REFUSED: DeliveryTransport = {
  send: (_outgoing, _onEnd, onFault) => queueMicrotask(() => onFault(new RangeError("a fault of ours"))),
  room: () => Number.POSITIVE_INFINITY,
};

const STANDARD = BUILT_IN_PROFILES.find("standard")!;

async function deliver(options: Partial<DeliverOnceOptions>, transport = REFUSED) {
  const subscription = subscriptionOf({
    id: "sub_1",
    name: "shop",
    profile: "standard",
    headers: {},
    secrets: [],
    retry: STANDARD.retry,
    retryOn: "any",
    on410: "retry",
    excerptChars: 0,
  });
  const lane = lanesOf([subscription]).get(subscription.rowId)!;
  const event = {
    id: "evt_1",
    type: "a",
    timestamp: 0,
    data: Buffer.from("1"),
    metadata: undefined,
    version: undefined,
  };
  const delivery = { ...deliveryOf(lane), id: "dlv_1", trigger: "auto" as const, event };
  const faults: [error: unknown, delivery: string][] = [];
  const all = {
    worker: "ses_1",
    userAgent: "hooks/test",
    now: () => 1_000,
    random: () => 0,
    onFault: (error: unknown, { id }: { id: string }) => faults.push([error, id]),
    ...options,
  };
  const recorded = await new Promise<ReturnType<Conclusion>>((resolve) => {
    deliverOnce(delivery, subscription, transport, all, (conclude) => resolve(conclude()));
  });
  return { recorded, faults, delivery };
}

const THROWING: DeliveryTransport = {
  ...REFUSED,
  send: () => {
    throw new RangeError("a fault of ours");
  },
};

it.each([
  ["told of", REFUSED],
  ["thrown", THROWING],
])(
  "a fault of ours while sending, %s, is told with its cause, and recorded as a failed attempt",
  async (_, transport) => {
    const { recorded, faults, delivery } = await deliver({}, transport);
    expect(recorded).toMatchObject({
      attempt: { outcome: "failure", errorCode: "local_error", errorMessage: "internal error" },
    });
    expect(faults).toEqual([[new RangeError("a fault of ours"), delivery.id]]);
  },
);

it("so is one while the request is built", async () => {
  const profile: Profile = {
    ...STANDARD,
    build: () => {
      throw new TypeError("cannot build");
    },
  };
  const broken = Object.assign(Object.create(BUILT_IN_PROFILES) as Profiles, { find: () => profile });
  const { recorded, faults } = await deliver({ profiles: broken });
  expect(recorded).toMatchObject({
    attempt: { outcome: "failure", errorCode: "local_error" },
    verdict: { kind: "retry" },
  });
  expect(faults).toMatchObject([[new TypeError("cannot build"), expect.any(String)]]);
});

it("what a receiver does is no fault of ours", async () => {
  const { recorded, faults } = await deliver(
    {},
    {
      ...REFUSED,
      send: calledBack(async () => ({
        kind: "error",
        code: "refused",
        message: "refused",
        startedAt: 1,
        durationMs: 1,
        phase: "connect",
        remoteAddress: undefined,
        bytesSent: 0,
      })),
    },
  );
  expect(recorded).toMatchObject({ attempt: { errorCode: "refused" } });
  expect(faults).toEqual([]);
});
