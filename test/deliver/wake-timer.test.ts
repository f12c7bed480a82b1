import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WakeTimer } from "../../src/deliver/wake-timer.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STORM = 10_000;

// Fake timers know, as Node's do, that a wait of more than 2^31 − 1 ms is over at once.
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A timer that is set again whenever it went off, until its moment has come; answers when it went off, ms from now. */
function wakesUntil(waitMs: number): number[] {
  const from = Date.now();
  const wakes: number[] = [];
  const timer = new WakeTimer(() => {
    wakes.push(Date.now() - from);
    if (STORM < wakes.length) throw new Error("it goes off again and again");
    if (Date.now() < from + waitMs) timer.wakeAt(from + waitMs, Date.now());
  });
  timer.wakeAt(from + waitMs, from);
  vi.advanceTimersByTime(Math.min(waitMs, DAY));
  return wakes;
}

it("R22: a moment that lies 40 days ahead is slept for a minute at a time, never overflowing into a storm", () => {
  const wakes = wakesUntil(40 * DAY);
  expect(wakes).toHaveLength(DAY / MINUTE);
  expect(wakes[0]).toBe(MINUTE);
  expect(wakes.at(-1)).toBe(DAY);
});

it("goes off at its moment, and at the earliest of several", () => {
  expect(wakesUntil(2_500)).toEqual([2_500]);
  expect(wakesUntil(90_000)).toEqual([60_000, 90_000]);
  const wakes: number[] = [];
  const from = Date.now();
  const timer = new WakeTimer(() => wakes.push(Date.now() - from));
  timer.wakeAt(from + 9_000, from);
  timer.wakeAt(from + 3_000, from);
  timer.wakeAt(from + 6_000, from);
  vi.advanceTimersByTime(60_000);
  expect(wakes).toEqual([3_000]);
});

it("is set for no moment without one, and after it was cleared", () => {
  const wakes: number[] = [];
  const timer = new WakeTimer(() => wakes.push(Date.now()));
  timer.wakeAt(Number.POSITIVE_INFINITY, Date.now());
  expect(vi.getTimerCount()).toBe(0);
  timer.wakeAt(Date.now() + 1_000, Date.now());
  timer.clear();
  vi.advanceTimersByTime(HOUR);
  expect(wakes).toEqual([]);
});
