import { describe, expect, it } from "vitest";
import { BENCHES } from "../../bench/benches.ts";
import { terminalTable } from "../../bench/report/tables.ts";

// As small as each goes: that it works, and what it says; never how fast this machine is. The build is measured, so it
// must be there. Peers that are not installed say so in their row.
describe("every benchmark runs", () => {
  it.each(BENCHES.map((bench) => [bench.name, bench] as const))("%s", { timeout: 180_000 }, async (_, bench) => {
    const { rows, details } = await bench.run("quick");
    expect(rows.length).toBeGreaterThan(0);
    for (const { measure, value, target, met } of rows) {
      expect(`${measure} ${value} ${target ?? ""}`).not.toMatch(/NaN|undefined|\bnull\b|∞/);
      expect(met === undefined).toBe(target === undefined);
    }
    expect(terminalTable(rows).split("\n")).toHaveLength(rows.length);
    // What cannot be kept as JSON (NaN) would be null.
    expect(JSON.stringify(details)).not.toContain("null");
  });
});
