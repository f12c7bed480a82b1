import { expect, it } from "vitest";
import { failureReport } from "./failure-report.ts";
import type { Mode } from "./plan.ts";
import { simulate } from "./simulate.ts";
import { Sometimes } from "./sometimes.ts";

/** The same in each run, and some that are other ones in each: printed, so that they can be run again. */
const SEEDS = { same: 400, others: 100 };
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

it("a thousand days in the life of a daemon, with all that can go wrong", { timeout: 600_000 }, async () => {
  const first = Math.floor(Date.now() / 1_000) % 900_000_000;
  const again = `node test/sim/campaign.ts --first ${first} --seeds ${SEEDS.others} --no-write`;
  console.log(`simulated: seeds 1 to ${SEEDS.same}, and ${first} to ${first + SEEDS.others - 1} (again: ${again})`);
  const sometimes = new Sometimes();
  const failures: string[] = [];
  const seeds = [...seedsFrom(1, SEEDS.same), ...seedsFrom(first, SEEDS.others)];
  for (const seed of seeds) {
    for (const mode of MODES) {
      const result = await simulate(seed, mode);
      sometimes.add(result.sometimes);
      if (result.violation !== undefined) failures.push(failureReport(result));
    }
  }
  expect(failures.slice(0, 3).join("\n\n"), `${failures.length} runs`).toBe("");
  expect(sometimes.missing(), `never happened; ${again}`).toEqual([]);
});

function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => first + n);
}
