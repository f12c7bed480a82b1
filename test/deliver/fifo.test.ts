import fc from "fast-check";
import { expect, it } from "vitest";
import { Fifo } from "../../src/deliver/fifo.ts";

it("gives back what was put in, in order, through any mix of calls", () => {
  const calls = fc.array(
    fc.oneof(
      fc.nat().map((n) => ({ push: n })),
      fc.constant("shift"),
      fc.constant("drain"),
    ),
    { maxLength: 4_000 },
  );
  fc.assert(
    fc.property(calls, (steps) => {
      const fifo = new Fifo<number>();
      let model: number[] = [];
      for (const step of steps) {
        if (typeof step === "object") {
          fifo.push(step.push);
          model.push(step.push);
        } else if (step === "shift") {
          expect(fifo.shift()).toBe(model.shift());
        } else {
          expect(fifo.drain()).toEqual(model);
          model = [];
        }
        expect(fifo.size).toBe(model.length);
      }
    }),
    { numRuns: 50 },
  );
});

it("keeps order beyond the point where it throws away what is gone", () => {
  const fifo = new Fifo<number>();
  for (let n = 0; n < 5_000; n++) fifo.push(n);
  for (let n = 0; n < 4_990; n++) expect(fifo.shift()).toBe(n);
  fifo.push(5_000);
  expect(fifo.drain()).toEqual([4_990, 4_991, 4_992, 4_993, 4_994, 4_995, 4_996, 4_997, 4_998, 4_999, 5_000]);
  expect(fifo.shift()).toBeUndefined();
});
