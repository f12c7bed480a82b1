import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Sleeper, WakeHeap } from "../../src/deliver/wake-heap.ts";

const sleeper = (): Sleeper => ({ wakeAt: Number.POSITIVE_INFINITY, heapIndex: 0 });

describe("a heap of sleepers", () => {
  it("wakes those whose time has come, the earliest first, and each once", () => {
    const heap = new WakeHeap<Sleeper>();
    const [a, b, c] = [sleeper(), sleeper(), sleeper()];
    heap.wakeBy(a, 30);
    heap.wakeBy(b, 10);
    heap.wakeBy(c, 20);
    expect(heap.nextAt).toBe(10);
    expect(heap.shift(9)).toBeUndefined();
    expect([heap.shift(20), heap.shift(20), heap.shift(20)]).toEqual([b, c, undefined]);
    expect(heap.nextAt).toBe(30);
    expect(heap.drain()).toEqual([a]);
    expect(heap.nextAt).toBe(Number.POSITIVE_INFINITY);
    heap.wakeBy(a, 5);
    expect(heap.shift(5)).toBe(a);
  });

  it("moves a sleeper forward, never back, and wakes none that never asked", () => {
    const heap = new WakeHeap<Sleeper>();
    const [a, b] = [sleeper(), sleeper()];
    heap.wakeBy(a, 20);
    heap.wakeBy(a, 40);
    expect(heap.nextAt).toBe(20);
    heap.wakeBy(a, 10);
    heap.wakeBy(b, Number.POSITIVE_INFINITY);
    expect(heap.shift(10)).toBe(a);
    expect(heap.shift(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it("wakes whom a plain list would wake", () => {
    const step = fc.record({ who: fc.nat(30), at: fc.nat(1_000), isWake: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
        const heap = new WakeHeap<Sleeper>();
        const sleepers = Array.from({ length: 31 }, sleeper);
        const asked = new Map<Sleeper, number>();
        for (const { who, at, isWake } of steps) {
          if (isWake) {
            for (let one = heap.shift(at); one !== undefined; one = heap.shift(at)) {
              expect(asked.get(one)).toBe(Math.min(...asked.values()));
              asked.delete(one);
            }
            for (const left of asked.values()) expect(at < left).toBe(true);
          } else {
            const one = sleepers[who]!;
            heap.wakeBy(one, at);
            asked.set(one, Math.min(at, asked.get(one) ?? Number.POSITIVE_INFINITY));
          }
          expect(heap.nextAt).toBe(Math.min(Number.POSITIVE_INFINITY, ...asked.values()));
        }
      }),
    );
  });
});
