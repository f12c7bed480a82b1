import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Line, Party, Turn, TurnRing } from "../../src/deliver/turn-ring.ts";

const NOW = 0;

describe("a line", () => {
  it("is first come, first served, each in it once", () => {
    const line = new Line<string>();
    const [a, b, c] = ["a", "b", "c"].map((name) => new Turn(name));
    expect([line.push(a!), line.push(b!), line.push(a!)]).toEqual([true, true, false]);
    expect(line.size).toBe(2);
    expect(line.shift()).toBe("a");
    line.push(c!);
    line.push(a!);
    expect([line.shift(), line.shift(), line.shift(), line.shift()]).toEqual(["b", "c", "a", undefined]);
    expect(line.size).toBe(0);
  });
});

describe("a ring", () => {
  function ringOf(names: readonly string[], mayGo: (name: string) => boolean = () => true) {
    const ring = new TurnRing<string, string>(mayGo);
    const parties = new Map(names.map((name) => [name, new Party<string, string>(name)]));
    return { ring, parties, push: (party: string, one: string) => ring.push(parties.get(party)!, new Turn(one)) };
  }

  it("goes around the parties, and in each party around its own", () => {
    const { ring, push } = ringOf(["a", "b"]);
    for (const one of ["a1", "a2", "a3"]) push("a", one);
    push("b", "b1");
    push("b", "b2");
    expect(ring.size).toBe(5);
    const turns = Array.from({ length: 6 }, () => ring.shift(NOW));
    expect(turns).toEqual(["a1", "b1", "a2", "b2", "a3", undefined]);
  });

  it("leaves out a party that may not go, until it is told that it may", () => {
    const shut = new Set(["a"]);
    const { ring, parties, push } = ringOf(["a", "b"], (name) => !shut.has(name));
    push("a", "a1");
    push("b", "b1");
    expect([ring.shift(NOW), ring.shift(NOW)]).toEqual(["b1", undefined]);
    push("a", "a2");
    expect(ring.size).toBe(0);
    expect(ring.shift(NOW)).toBeUndefined();
    shut.clear();
    expect(ring.shift(NOW)).toBeUndefined();
    ring.resume(parties.get("a")!);
    ring.resume(parties.get("a")!);
    expect(ring.size).toBe(2);
    expect([ring.shift(NOW), ring.shift(NOW), ring.shift(NOW)]).toEqual(["a1", "a2", undefined]);
  });

  it("gives everybody a turn before anybody has two more than another, whoever stands in line anew", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }), (sizes) => {
        const { ring, parties } = ringOf(sizes.map((_, n) => `${n}`));
        const turns = sizes.flatMap((size, n) => Array.from({ length: size }, () => new Turn(`${n}`)));
        for (const turn of turns) ring.push(parties.get(turn.owner)!, turn);
        const counts = sizes.map(() => 0);
        for (let round = 0; round < 60; round++) {
          const party = ring.shift(NOW)!;
          counts[Number(party)]! += 1;
          // Whoever had its turn has more to do.
          ring.push(parties.get(party)!, turns.find((turn) => turn.owner === party && !turn.isWaiting)!);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
