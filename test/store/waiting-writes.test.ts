import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WaitingWrites } from "../../src/store/sqlite/waiting-writes.ts";
import type { WriteInput } from "../../src/store/sqlite/write-operations.ts";

const MOST_ROWS = 100;
const MOST_BYTES = 1_000;

type Kind = "append" | "probe";

interface Numbered {
  kind: Kind;
  n: number;
  rows: number;
  size: number;
  input: WriteInput<Kind>;
}

function numbered(kind: Kind, n: number, rows = 1, size = 0): Numbered {
  return { kind, n, rows, size, input: { mode: "each", events: () => [], rows, size } };
}

function waiting(...writes: Numbered[]): WaitingWrites<Numbered> {
  const line = new WaitingWrites<Numbered>(MOST_ROWS, MOST_BYTES);
  for (const write of writes) line.push(write);
  return line;
}

function sum(writes: readonly Numbered[], kind: Kind): number {
  return writes.filter((write) => write.kind === kind).reduce((total, { rows }) => total + rows, 0);
}

describe("writes that wait", () => {
  it("are all done, each kind in its order, whatever comes when", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom<Kind>("append", "probe"), rows: fc.nat(250), size: fc.nat(1_500) }),
      fc.constant("take" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const line = waiting();
        const came: Numbered[] = [];
        const done: Numbered[] = [];
        for (const [n, one] of steps.entries()) {
          if (one === "take") done.push(...line.take());
          else {
            came.push(numbered(one.kind, n, one.rows, one.size));
            line.push(came.at(-1)!);
          }
        }
        // Whoever asks for a portion while something waits gets one.
        while (0 < line.size) {
          const portion = line.take();
          expect(portion).not.toEqual([]);
          done.push(...portion);
        }
        for (const kind of ["append", "probe"]) {
          const ofKind = (writes: Numbered[]) => writes.filter((write) => write.kind === kind).map(({ n }) => n);
          expect(ofKind(done)).toEqual(ofKind(came));
        }
        expect(line.take()).toEqual([]);
      }),
    );
  });

  it("come in portions of so many rows and bytes, or of a single one", () => {
    const rows = fc.record({ rows: fc.nat(250), size: fc.nat(1_500) });
    fc.assert(
      fc.property(fc.constantFrom<Kind>("append", "probe"), fc.array(rows, { maxLength: 50 }), (kind, sizes) => {
        const line = waiting(...sizes.map(({ rows, size }, n) => numbered(kind, n, rows, size)));
        while (0 < line.size) {
          const portion = line.take();
          if (portion.length === 1) continue;
          expect(sum(portion, kind)).toBeLessThanOrEqual(MOST_ROWS);
          expect(portion.reduce((total, { size }) => total + size, 0)).toBeLessThanOrEqual(MOST_BYTES);
        }
      }),
    );
  });

  it("let all others overtake new events, and these others not each other", () => {
    const appends = Array.from({ length: 300 }, (_, n) => numbered("append", n));
    const line = waiting(...appends, numbered("probe", 300), numbered("probe", 301));
    expect(line.take().map(({ n }) => n)).toEqual([300, 301, ...Array.from({ length: MOST_ROWS / 2 }, (_, n) => n)]);
    // Nobody to be overtaken by: a whole portion.
    expect(line.take()).toHaveLength(MOST_ROWS);
  });

  it("give new events their part, however much else there always is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1, max: 1_000 }), (otherRows, appendRows) => {
        const line = waiting(...Array.from({ length: 1_000 }, (_, n) => numbered("append", n, appendRows)));
        let rows = 0;
        const portions = 100;
        for (let n = 0; n < portions; n++) {
          while (line.size < 1_100) line.push(numbered("probe", n, otherRows));
          rows += sum(line.take(), "append");
        }
        // Half a portion each time: what was more is taken off later, and what was less comes on top of the next.
        const part = (portions * MOST_ROWS) / 2;
        expect(rows).toBeGreaterThanOrEqual(Math.min(1_000 * appendRows, part - appendRows - MOST_ROWS));
        expect(rows).toBeLessThanOrEqual(part + appendRows);
      }),
    );
  });
});
