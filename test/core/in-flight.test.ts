import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InFlight, NOWHERE, type Placed } from "../../src/core/in-flight.ts";

interface Thing extends Placed {
  name: number;
}

describe("what is in flight", () => {
  it("holds what a Set would, whatever comes and goes", () => {
    const step = fc.tuple(fc.constantFrom("add", "delete", "delete", "clear"), fc.nat(7));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const things = Array.from({ length: 8 }, (_, name): Thing => ({ name, place: NOWHERE }));
        const [inFlight, model] = [new InFlight<Thing>(), new Set<Thing>()];
        for (const [action, name] of steps) {
          const thing = things[name]!;
          if (action === "add") {
            inFlight.add(thing);
            model.add(thing);
          } else if (action === "delete") expect(inFlight.delete(thing)).toBe(model.delete(thing));
          else if (name === 0) {
            inFlight.clear();
            model.clear();
          }
          expect(inFlight.size).toBe(model.size);
          expect(new Set(inFlight.all())).toEqual(model);
          for (const each of things) expect(each.place !== NOWHERE).toBe(model.has(each));
        }
      }),
    );
  });

  it("may lose some while they are gone through", () => {
    const things = [0, 1, 2].map((name): Thing => ({ name, place: NOWHERE }));
    const inFlight = new InFlight<Thing>();
    for (const thing of things) inFlight.add(thing);
    const seen = inFlight.all().map((thing) => {
      inFlight.delete(thing);
      return thing.name;
    });
    expect(seen).toEqual([0, 1, 2]);
    expect(inFlight.size).toBe(0);
  });
});
