import { expect, it } from "vitest";
import { NO_COLORS } from "../../src/cli/color.ts";
import type { Output } from "../../src/cli/context.ts";
import { whyLines } from "../../src/cli/why-view.ts";
import { explainSubscription } from "../../src/core/why/explain.ts";
import type { WhyResource } from "../../src/core/why/why.ts";
import { ATTEMPT, DELIVERY, factsOf, MINUTE, NOW, SUBSCRIPTION } from "../core/why/support.ts";

const why = (subscriptions: WhyResource["subscriptions"], others = 0): WhyResource => ({
  event: {
    id: "evt_1",
    type: "order.paid",
    timestamp: new Date(NOW).toISOString(),
    version: null,
    tenant: "default",
    environment: "development",
    created_at: new Date(NOW - 10 * MINUTE).toISOString(),
  },
  checked_at: new Date(NOW).toISOString(),
  live: true,
  notes: [],
  subscriptions,
  others,
});
const shown = (resource: WhyResource, columns: number): string =>
  whyLines(resource, { colors: NO_COLORS, columns } as Output, NOW).join("\n");

it("shows people each subscription: the reason, its attempts in words and what to do", () => {
  const failed = explainSubscription(
    factsOf({
      delivery: { ...DELIVERY, state: "failed", reason: "exhausted", attemptCount: 1, completedAt: NOW - 9 * MINUTE },
      attempts: [ATTEMPT],
    }),
  );
  const filterThen = {
    text: "data.a > 1",
    outcome: { kind: "not_matched" as const },
    conditions: [
      { expression: "data.a > 1", result: false, error: null, values: [{ expression: "data.a", value: "0" }] },
    ],
  };
  const filtered = explainSubscription(
    factsOf({ subscription: { ...SUBSCRIPTION, name: "", reference: "sub_1" }, filter: filterThen, filterThen }),
  );
  expect(shown(why([failed, filtered], 2), 200)).toBe(
    `order.paid  evt_1  published 10 min ago

✗ shop  https://example.com/hook
  it was given up after its only attempt; the last time the receiver answered 503: it is overloaded or being restarted
  ✗ try 1  9 min ago, 40 ms
      the receiver answered 503: it is overloaded or being restarted
  → see whether it is up again; --rate and --concurrency limit what it is sent
  → send it again:  hooks delivery retry dlv_1

– sub_1  https://example.com/hook
  its filter is not true for the event: data.a > 1
  false  data.a > 1   data.a = 0
  → see what the filter looks at:  hooks sub filter-test sub_1 --event evt_1
  → send it all the same:  hooks event replay evt_1 --sub sub_1

2 more subscriptions take no order.paid`,
  );
});

it("breaks lines at the terminal's width, and shows control characters of what was published", () => {
  const hostile = explainSubscription(
    factsOf({ subscription: { ...SUBSCRIPTION, name: "a\u001b[2Jb", events: ["x"] } }),
  );
  const text = shown(why([hostile]), 30);
  expect(text).toContain("a\\x1b[2Jb");
  for (const line of text.split("\n").filter((one) => !/→|https/.test(one) && one.startsWith("  "))) {
    expect(line.length).toBeLessThanOrEqual(30);
  }
  expect(shown(why([], 1), 80)).toContain("1 subscription takes no order.paid");
});
