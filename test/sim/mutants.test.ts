import { describe, expect, it } from "vitest";
import { MUTANTS } from "./mutants.ts";
import { simulate } from "./simulate.ts";

const SEEDS = 60;

describe("the simulation notices", () => {
  it.each(MUTANTS)("$name", { timeout: 600_000 }, async (mutant) => {
    const { mode, swarm, breaks } = mutant;
    let noticed: string | undefined;
    for (let seed = 1; noticed === undefined && seed <= SEEDS; seed++) {
      noticed = (await simulate(seed, mode, { mutant, swarm })).violation?.property;
    }
    expect(breaks).toContain(noticed);
  });

  it("nothing where nothing is wrong", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect((await simulate(seed, "safety", { mutant: {} })).violation).toBeUndefined();
    }
  });
});
