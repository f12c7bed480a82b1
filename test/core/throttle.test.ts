import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONGEST_REST_MS, Throttle } from "../../src/core/throttle.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

describe("a receiver that has too much to do", () => {
  it.each([429, 502, 503, 504])("gets half as many at once after a %i", (status) => {
    const throttle = new Throttle();
    throttle.failed(status, undefined, { startedAt: NOON, endedAt: NOON + 100, inFlight: 10 });
    expect(throttle.limit).toBe(5);
    expect(throttle.restsUntil(NOON + 100)).toBe(0);
  });

  it.each([200, 302, 400, 404, 408, 410, 425, 500, 501, 505])("is slowed down by no %i", (status) => {
    const throttle = new Throttle();
    throttle.failed(status, 60_000, { startedAt: NOON, endedAt: NOON + 100, inFlight: 10 });
    expect(throttle.limit).toBe(Number.POSITIVE_INFINITY);
    expect(throttle.restsUntil(NOON + 100)).toBe(0);
  });

  it("is slowed down once by all that were in flight together", () => {
    const throttle = new Throttle();
    for (let n = 0; n < 10; n++) {
      throttle.failed(503, undefined, { startedAt: NOON, endedAt: NOON + 100 + n, inFlight: 10 - n });
    }
    expect(throttle.limit).toBe(5);
    throttle.failed(503, undefined, { startedAt: NOON + 200, endedAt: NOON + 300, inFlight: 5 });
    expect(throttle.limit).toBe(2);
    for (let n = 0; n < 9; n++) {
      throttle.failed(503, undefined, { startedAt: NOON + 400 + n, endedAt: NOON + 400 + n, inFlight: 2 });
    }
    expect(throttle.limit).toBe(1);
  });

  it("gets one more with each success, until its concurrency is reached", () => {
    const throttle = new Throttle();
    throttle.failed(503, undefined, { startedAt: NOON, endedAt: NOON, inFlight: 4 });
    throttle.succeeded(4);
    expect(throttle.limit).toBe(3);
    throttle.succeeded(4);
    expect(throttle.limit).toBe(Number.POSITIVE_INFINITY);
    throttle.succeeded(4);
    expect(throttle.limit).toBe(Number.POSITIVE_INFINITY);
  });

  it("rests as long as a 429 or 503 asks for, at most ten minutes, and then gets one at a time", () => {
    const throttle = new Throttle();
    throttle.failed(429, 120_000, { startedAt: NOON, endedAt: NOON + 50, inFlight: 10 });
    expect(throttle.restsUntil(NOON + 50)).toBe(NOON + 120_050);
    expect(throttle.restsUntil(NOON + 120_050)).toBe(0);
    expect(throttle.limit).toBe(1);
    throttle.failed(503, 86_400_000, { startedAt: NOON, endedAt: NOON + 60, inFlight: 9 });
    expect(throttle.restsUntil(NOON + 60)).toBe(NOON + 60 + LONGEST_REST_MS);
    throttle.failed(503, 1_000, { startedAt: NOON, endedAt: NOON + 70, inFlight: 8 });
    expect(throttle.restsUntil(NOON + 70)).toBe(NOON + 60 + LONGEST_REST_MS);
    // The clock steps back: better one request too many than hours of rest.
    expect(throttle.restsUntil(NOON - 7_200_000)).toBe(0);
  });

  it("does not rest for a 502 or 504 that asks for it, nor for a Retry-After of 0", () => {
    const throttle = new Throttle();
    throttle.failed(502, 120_000, { startedAt: NOON, endedAt: NOON, inFlight: 10 });
    throttle.failed(504, 120_000, { startedAt: NOON, endedAt: NOON, inFlight: 10 });
    throttle.failed(503, 0, { startedAt: NOON, endedAt: NOON, inFlight: 10 });
    expect(throttle.restsUntil(NOON)).toBe(0);
  });

  it("always gets one, and is never kept from its concurrency by so many successes", () => {
    const answer = fc.record({
      status: fc.constantFrom(200, 404, 429, 502, 503, 504),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 90_000_000 }), { nil: undefined }),
      waitMs: fc.integer({ min: 0, max: 1_000_000 }),
      inFlight: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 100 }), (answers) => {
        const throttle = new Throttle();
        let now = NOON;
        for (const { status, retryAfterMs, waitMs, inFlight } of answers) {
          now += waitMs;
          if (status === 200) throttle.succeeded(10);
          else throttle.failed(status, retryAfterMs, { startedAt: now, endedAt: now, inFlight });
          expect(throttle.limit).toBeGreaterThanOrEqual(1);
          expect(throttle.restsUntil(now)).toBeLessThanOrEqual(now + LONGEST_REST_MS);
        }
        for (let n = 0; n < 10; n++) throttle.succeeded(10);
        expect(throttle.limit).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });
});
