import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExpectationTally } from "../../src/core/expectation.ts";

function tally(...expectations: [pattern: string, count: number][]): ExpectationTally {
  return new ExpectationTally(expectations.map(([pattern, count]) => ({ pattern, count })));
}

describe("what is expected", () => {
  it("is met by so many that were answered well, and by no fewer", () => {
    const one = tally(["order.paid", 2]);
    one.add("order.paid", true);
    one.add("order.paid", false);
    one.add("order.created", true);
    expect(one.isMet).toBe(false);
    one.add("order.paid", true);
    expect(one.isMet).toBe(true);
  });

  it("is met only when each of several is", () => {
    const both = tally(["order.*", 1], ["invoice.paid", 1]);
    both.add("order.paid", true);
    expect(both.isMet).toBe(false);
    both.add("invoice.paid", true);
    expect(both.isMet).toBe(true);
  });

  it("tells what came instead", () => {
    const one = tally(["order.paid", 2]);
    one.add("order.paid", true);
    one.add("order.paid", false);
    one.add("invoice.paid", true);
    one.add("invoice.paid", false);
    one.add("user.created", true);
    expect(one.inWords()).toBe("order.paid: 1 of 2 (1 failed), invoice.paid: 2 (1 failed), user.created: 1");
    expect(tally(["a", 1]).inWords()).toBe("a: 0 of 1");
  });

  it("counts every event once for each that takes it, and loses none", () => {
    const types = fc.constantFrom("a", "a.b", "a.b.c", "b", "hooks.x");
    fc.assert(
      fc.property(fc.array(fc.tuple(types, fc.boolean())), (events) => {
        const counted = tally(["a.*", 1], ["b", 3]);
        for (const [type, isOk] of events) counted.add(type, isOk);
        const below = events.filter(([type]) => type.startsWith("a."));
        expect(counted.results()[0]).toMatchObject({
          ok: below.filter(([, isOk]) => isOk).length,
          failed: below.filter(([, isOk]) => !isOk).length,
        });
        const others = counted.others().reduce((sum, { came }) => sum + came.ok + came.failed, 0);
        expect(others + below.length + events.filter(([type]) => type === "b").length).toBe(events.length);
      }),
    );
  });
});
