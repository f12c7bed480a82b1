import { expect, it } from "vitest";
import { failureReport } from "./failure-report.ts";
import type { Mode } from "./plan.ts";
import { simulate } from "./simulate.ts";
import { Sometimes } from "./sometimes.ts";

const SEEDS = 500;
const MODES: readonly Mode[] = ["safety", "liveness"];

it("a seed decides everything: the same one twice gives the same history", async () => {
  for (const [seed, mode] of [
    [7, "safety"],
    [8, "liveness"],
    [9, "safety"],
  ] as const) {
    const first = await simulate(seed, mode, { isTraced: true });
    const second = await simulate(seed, mode, { isTraced: true });
    expect(first.requests).toBeGreaterThan(0);
    expect(second.history).toEqual(first.history);
    expect(second.hash).toBe(first.hash);
    expect((await simulate(seed + 10, mode)).hash).not.toBe(first.hash);
  }
});

it(`${2 * SEEDS} days in the life of a daemon, with all that can go wrong`, { timeout: 600_000 }, async () => {
  const sometimes = new Sometimes();
  const failures: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    for (const mode of MODES) {
      const result = await simulate(seed, mode);
      sometimes.add(result.sometimes);
      if (result.violation !== undefined) failures.push(failureReport(result));
    }
  }
  expect(failures.slice(0, 3).join("\n\n"), `${failures.length} runs`).toBe("");
  expect(sometimes.missing(), "never happened").toEqual([]);
});
