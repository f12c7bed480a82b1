import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxAttempts, nextDelayMs, parseRetry, RETRY_PRESETS, toRetryResource } from "../../src/core/retry-policy.ts";
import type { RetryInput } from "../../src/core/subscription.ts";

const S = 1_000;
const M = 60 * S;
const H = 60 * M;

/** Every wait of a policy, without jitter. */
function waits(name: string): number[] {
  const policy = RETRY_PRESETS[name]!;
  return Array.from({ length: maxAttempts(policy) - 1 }, (_, n) => nextDelayMs(policy, n + 1, 0.5)!);
}

describe("presets", () => {
  it.each([
    ["standard", [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H], 0.1],
    ["foresight", [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H], 0.1],
    ["aegisx", [1 * S, 2 * S], 0],
    ["arsmedica", [1 * S, 2 * S, 4 * S, 8 * S, 16 * S], 0],
    ["dotmac", [5 * M, 1 * H, 6 * H], 0],
    ["securebase", [1 * M, 5 * M, 15 * M, 1 * H, 2 * H], 0],
  ])("%s waits exactly so", (name, expected, jitter) => {
    expect(waits(name)).toEqual(expected);
    expect(RETRY_PRESETS[name]!.jitter).toBe(jitter);
    expect(nextDelayMs(RETRY_PRESETS[name]!, expected.length + 1, 0.5)).toBeUndefined();
  });

  it("are taken by name, and an unknown name is told the known ones", () => {
    expect(parseRetry("dotmac", "retry")).toBe(RETRY_PRESETS["dotmac"]);
    for (const name of ["fast", "toString", "__proto__", ""]) {
      expect(() => parseRetry(name, "--retry-preset")).toThrow(
        /^--retry-preset must be a preset \(standard, foresight/,
      );
    }
  });
});

describe("nextDelayMs", () => {
  it("grows linearly or by doubling, up to the longest", () => {
    const shape = { firstDelayMs: 2 * S, longestDelayMs: 7 * S, maxAttempts: 5, jitter: 0 };
    const delays = (strategy: "linear" | "exponential") =>
      [1, 2, 3, 4, 5].map((n) => nextDelayMs({ strategy, ...shape }, n, 0));
    expect(delays("linear")).toEqual([2 * S, 4 * S, 6 * S, 7 * S, undefined]);
    expect(delays("exponential")).toEqual([2 * S, 4 * S, 7 * S, 7 * S, undefined]);
  });

  it("moves a delay by the jitter and no further", () => {
    const policy = { strategy: "list", delaysMs: [10 * S], jitter: 0.1 } as const;
    expect(nextDelayMs(policy, 1, 0)).toBe(9 * S);
    expect(nextDelayMs(policy, 1, 0.5)).toBe(10 * S);
    expect(nextDelayMs(policy, 1, 0.999999)).toBe(11 * S);
    expect(nextDelayMs({ ...policy, jitter: 0 }, 1, 0)).toBe(10 * S);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses attempt %d as a bug", (attempt) => {
    expect(() => nextDelayMs(RETRY_PRESETS["standard"]!, attempt, 0)).toThrow(RangeError);
  });
});

const anyPolicy = fc.oneof(
  fc.record({
    delays: fc.array(fc.integer({ min: 100, max: 365 * 24 * H }), { maxLength: 19 }),
    jitter: fc.double({ min: 0, max: 0.5, noNaN: true }),
  }),
  fc
    .record({
      strategy: fc.constantFrom("linear", "exponential"),
      first_delay: fc.integer({ min: 100, max: 1_000 }),
      longest_delay: fc.integer({ min: 1_000, max: 365 * 24 * H }),
      max_attempts: fc.integer({ min: 1, max: 20 }),
      jitter: fc.double({ min: 0, max: 0.5, noNaN: true }),
    })
    .map((policy): RetryInput => policy),
);

describe("every policy that is accepted", () => {
  it("comes back from its JSON as it was", () => {
    fc.assert(
      fc.property(anyPolicy, (input) => {
        const policy = parseRetry(input, "retry");
        expect(parseRetry(toRetryResource(policy), "retry")).toEqual(policy);
      }),
    );
  });

  it("ends after at most 20 attempts, waits at least 50 ms and stays within its jitter", () => {
    fc.assert(
      fc.property(anyPolicy, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (input, random) => {
        const policy = parseRetry(input, "retry");
        const attempts = maxAttempts(policy);
        expect(attempts).toBeLessThanOrEqual(20);
        expect(nextDelayMs(policy, attempts, random)).toBeUndefined();
        for (let n = 1; n < attempts; n++) {
          const delay = nextDelayMs(policy, n, random)!;
          const base = nextDelayMs({ ...policy, jitter: 0 }, n, random)!;
          expect(delay).toBeGreaterThanOrEqual(50);
          expect(Math.abs(delay - base)).toBeLessThanOrEqual(base * policy.jitter + 1);
        }
      }),
    );
  });
});

describe("parseRetry", () => {
  it("fills in what is left out", () => {
    expect(parseRetry({ delays: ["5s", 300, "24h"] }, "retry")).toEqual({
      strategy: "list",
      delaysMs: [5 * S, 300, 24 * H],
      jitter: 0.1,
    });
    expect(parseRetry({ strategy: "exponential" }, "retry")).toEqual({
      strategy: "exponential",
      firstDelayMs: 5 * S,
      longestDelayMs: 24 * H,
      maxAttempts: 10,
      jitter: 0.1,
    });
    expect(parseRetry({ delays: [] }, "retry")).toEqual({ strategy: "list", delaysMs: [], jitter: 0.1 });
  });

  it("takes the ends of every range", () => {
    const input: RetryInput = {
      strategy: "linear",
      first_delay: "100ms",
      longest_delay: "1s",
      max_attempts: 1,
      jitter: 0.5,
    };
    expect(parseRetry(input, "retry")).toMatchObject({
      firstDelayMs: 100,
      longestDelayMs: 1000,
      maxAttempts: 1,
      jitter: 0.5,
    });
    expect(parseRetry({ ...input, max_attempts: 20, jitter: 0 }, "retry")).toMatchObject({
      maxAttempts: 20,
      jitter: 0,
    });
  });

  it.each<[unknown, string]>([
    [{}, "retry.strategy"],
    [{ strategy: "fibonacci" }, "retry.strategy"],
    [{ strategy: "list" }, "retry.delays"],
    [{ delays: "5s" }, "retry.delays"],
    [{ delays: ["5s", "5m", "soon"] }, "retry.delays[2]"],
    [{ delays: ["5s", "99ms"] }, "retry.delays[1]"],
    [{ delays: ["5s", 1.5] }, "retry.delays[1]"],
    [{ delays: [null] }, "retry.delays[0]"],
    [{ delays: ["366d"] }, "retry.delays[0]"],
    [{ delays: Array(20).fill("5s") }, "retry.delays"],
    [{ delays: ["5s"], max_attempts: 3 }, "retry.max_attempts"],
    [{ strategy: "linear", delays: ["5s"] }, "retry.delays"],
    [{ strategy: "linear", first_delay: "99ms" }, "retry.first_delay"],
    [{ strategy: "linear", first_delay: "100ms", longest_delay: "999ms" }, "retry.longest_delay"],
    [{ strategy: "linear", first_delay: "2m", longest_delay: "1m" }, "retry.longest_delay"],
    [{ strategy: "exponential", max_attempts: 0 }, "retry.max_attempts"],
    [{ strategy: "exponential", max_attempts: 21 }, "retry.max_attempts"],
    [{ strategy: "exponential", max_attempts: 2.5 }, "retry.max_attempts"],
    [{ strategy: "exponential", max_attempts: "3" }, "retry.max_attempts"],
    [{ delays: ["5s"], jitter: 0.51 }, "retry.jitter"],
    [{ delays: ["5s"], jitter: -0.1 }, "retry.jitter"],
    [{ delays: ["5s"], jitter: Number.NaN }, "retry.jitter"],
    [{ delays: ["5s"], jitter: "0.1" }, "retry.jitter"],
    [{ delays: ["5s"], dleays: 1 }, "retry.dleays"],
    [[], "retry"],
    [null, "retry"],
    [5, "retry"],
  ])("refuses %j, naming %s", (input, field) => {
    expect(() => parseRetry(input as RetryInput, "retry")).toThrow(
      expect.objectContaining({ code: "invalid_request", field, message: expect.stringContaining(field) }),
    );
  });
});
