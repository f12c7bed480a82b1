import { describe, expect, it } from "vitest";
import { TEST_RATE, TestLimit } from "../../src/service/test-limit.ts";
import { openTestHooks } from "../support/local-hooks.ts";

const INPUT = { url: "https://example.com/hooks", events: ["*"] };

describe("how often a subscription may be tested", () => {
  it("is so often, each by itself, and again when the first is a span ago", () => {
    const limit = new TestLimit({ count: 2, perMs: 60_000 });
    limit.take("sub_a", 1_000);
    limit.take("sub_a", 21_000);
    expect(() => limit.take("sub_a", 31_000)).toThrow(
      expect.objectContaining({ code: "rate_limited", field: "id", retryAfterMs: 30_000 }),
    );
    limit.take("sub_b", 31_000);
    expect(() => limit.take("sub_a", 60_999)).toThrow();
    limit.take("sub_a", 61_000);
    expect(() => limit.take("sub_a", 61_000)).toThrow();
  });

  it("is no limit for whoever owns the store", async () => {
    let sent = 0;
    const { service } = await openTestHooks({
      send: async () => {
        sent += 1;
        return { kind: "not_sent" };
      },
    });
    const { id } = await service.createSubscription(INPUT);
    const most = 3 * TEST_RATE.count;
    for (let n = 0; n < most; n++) await expect(service.testSubscription(id)).rejects.toThrow("the test was not sent");
    expect(sent).toBe(most);
  });
});
