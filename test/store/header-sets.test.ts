import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HeaderPairs } from "../../src/core/attempt.ts";
import { decodeHeaders, HeaderSets } from "../../src/store/sqlite/header-sets.ts";

const LANE = 1;
const headers = fc.array(
  fc.tuple(
    fc.constantFrom("date", "server", "x-a", "X-A", ""),
    fc.oneof(fc.constant("same"), fc.string({ unit: "binary" })),
  ),
  { maxLength: 5 },
);

function roundTrip(sets: HeaderSets<number>, pairs: HeaderPairs, lane = LANE): HeaderPairs {
  const { set, values } = sets.encode(lane, pairs);
  return decodeHeaders(set ?? null, values);
}

describe("sets of headers", () => {
  it("give back what was put in, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(headers, fc.constantFrom(1, 2)), { maxLength: 100 }), (attempts) => {
        const sets = new HeaderSets<number>();
        for (const [pairs, lane] of attempts) expect(roundTrip(sets, pairs, lane)).toEqual(pairs);
      }),
    );
  });

  it("keep what stays the same once, and what differs with the attempt", () => {
    const sets = new HeaderSets<number>();
    const of = (id: string, date: string): HeaderPairs => [
      ["content-type", "application/json"],
      ["webhook-id", id],
      ["date", date],
    ];
    expect(sets.encode(LANE, of("a", "monday")).set).toBeUndefined();
    const second = sets.encode(LANE, of("b", "monday"));
    expect(JSON.parse(second.set!)).toEqual([
      ["content-type", "application/json"],
      ["webhook-id", null],
      ["date", "monday"],
    ]);
    expect(second.values).toBe("b");
    const third = sets.encode(LANE, of("c", "tuesday"));
    expect(third.values).toBe("c\ntuesday");
    expect(sets.encode(LANE, of("d", "wednesday"))).toEqual({ set: third.set, values: "d\nwednesday" });
  });

  it("make no more sets for a receiver that answers with other names each time", () => {
    const sets = new HeaderSets<number>();
    const made = new Set<string | undefined>();
    for (let n = 0; n < 500; n++) {
      for (const value of ["1", "2"]) made.add(sets.encode(LANE, [[`x-${n}`, value]]).set);
    }
    expect(made.size).toBeLessThan(100);
    expect(roundTrip(sets, [["x-new", "v"]])).toEqual([["x-new", "v"]]);
  });
});
