import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { simulationDocs } from "../../commands/simulation-docs.ts";
import { simulateAll } from "../core/simulations/support/simulated.ts";

const page = readFileSync(path.join(import.meta.dirname, "../../docs/simulations.md"), "utf8");

describe("docs/simulations.md", () => {
  it("is what the records say; else: node commands/write-simulation-docs.ts", async () => {
    expect(page).toBe(await simulationDocs());
  });

  it("names every event", () => {
    for (const { name } of simulateAll()) expect(page).toContain(`\`${name}\``);
  });
});
