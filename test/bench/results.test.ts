import { describe, expect, it } from "vitest";
import { merged } from "../../bench/report/keep-results.ts";
import { withBenchSection } from "../../bench/report/readme-section.ts";
import { median, percentile } from "../../bench/report/statistics.ts";
import {
  latestMarkdown,
  type NamedOutcome,
  type Results,
  readmeMarkdown,
  terminalTable,
} from "../../bench/report/tables.ts";

const MACHINE = {
  date: "2026-11-22",
  cpu: "2 × Some CPU",
  memoryGb: 24,
  system: "linux",
  node: "v24.0.0",
  undici: "8.0.0",
  "better-sqlite3": "13.0.0",
};
const MET = { measure: "rate", value: "9", target: "at least 8", met: true, isHeadline: true };
const MISSED = { measure: "memory", value: "300 MB", target: "at most 250 MB", met: false };
const RESULTS: Results = { machine: MACHINE, results: [outcome("drain", [MET, MISSED])] };

describe("tables", () => {
  it("says on a terminal what is met and what is not", () => {
    expect(terminalTable([MET, MISSED, { measure: "of note", value: "1" }]).split("\n")).toEqual([
      "  rate          9  met      at least 8",
      "  memory   300 MB  NOT met  at most 250 MB",
      "  of note       1",
    ]);
  });

  it("puts every row into latest.md, and only headlines into the README", () => {
    const latest = latestMarkdown(RESULTS);
    expect(latest).toContain("| rate | 9 | at least 8 | yes |");
    expect(latest).toContain("| memory | 300 MB | at most 250 MB | **no** |");
    const readme = readmeMarkdown(RESULTS);
    expect(readme).toContain("| rate | 9 | at least 8 | yes |");
    expect(readme).not.toContain("memory |");
    expect(readme).toContain("2026-11-22 · 2 × Some CPU");
  });

  it("shows the chart where there are bars, and none where there are not", () => {
    const bars = [{ label: "hooks", perSecond: 20_000, kind: "ours" as const }];
    const withBars = { machine: MACHINE, results: [{ ...outcome("peers", [MET]), bars }] };
    expect(readmeMarkdown(withBars)).toContain("![Deliveries a second: hooks 20,000](bench/results/chart.svg)");
    expect(readmeMarkdown(RESULTS)).not.toContain("chart.svg");
  });
});

describe("merged", () => {
  const names = ["drain", "latency", "store"];

  it("replaces what was measured again and keeps the rest, in the table's order", () => {
    const before = {
      machine: { ...MACHINE, date: "2026-11-21" },
      results: [outcome("latency", []), outcome("drain", [])],
    };
    const after = merged(before, { machine: MACHINE, results: [outcome("store", []), outcome("drain", [MET])] }, names);
    expect(after.machine.date).toBe("2026-11-22");
    expect(after.results.map(({ name, rows }) => [name, rows.length])).toEqual([
      ["drain", 1],
      ["latency", 0],
      ["store", 0],
    ]);
  });

  it("keeps nothing of another machine", () => {
    const before = { machine: { ...MACHINE, node: "v22.0.0" }, results: [outcome("latency", [])] };
    expect(merged(before, RESULTS, names).results.map(({ name }) => name)).toEqual(["drain"]);
  });
});

describe("withBenchSection", () => {
  it("replaces what is between the comments and nothing else, whatever the figures hold", () => {
    const readme = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n";
    expect(withBenchSection(readme, "$& new\n")).toBe("before\n<!-- bench -->\n$& new\n<!-- /bench -->\nafter\n");
  });

  it("refuses a README without them", () => {
    expect(() => withBenchSection("no section", "new")).toThrow(/<!-- bench -->/);
  });
});

describe("statistics", () => {
  it("takes the middle, or the mean of the two in the middle", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it("takes the nearest rank as a percentile", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });
});

function outcome(name: string, rows: NamedOutcome["rows"]): NamedOutcome {
  return { name, rows, details: {}, seconds: 1 };
}
