import { cpus } from "node:os";
import { VERSION } from "../../src/core/version.ts";
import { sourceCommit } from "../support/source-commit.ts";
import type { Mode } from "./plan.ts";
import { REQUIRED } from "./sometimes.ts";

export interface Totals {
  runs: number;
  requests: number;
  events: number;
  seconds: number;
  jobs: number;
  byMode: Map<Mode, { runs: number; failed: number }>;
}

/** The figures of a campaign, as Markdown. */
export function campaignReport(totals: Totals, counts: ReadonlyMap<string, number>): string {
  const { runs, requests, events, seconds, jobs, byMode } = totals;
  const lines = [
    `${day()}, hooks ${VERSION} (${sourceCommit()}), Node ${process.versions.node}, ${cpus()[0]?.model.trim() ?? "?"}, ${jobs} processes.`,
    "",
    "| mode | simulated days | days on which a property was violated |",
    "| --- | ---: | ---: |",
    ...Array.from(byMode, ([mode, one]) => `| ${mode} | ${number(one.runs)} | ${number(one.failed)} |`),
    "",
    `${number(events)} events and ${number(requests)} requests in ${number(runs)} days of 24 hours, ${Math.round(seconds)} s.`,
    "",
    "| what happened | times |",
    "| --- | ---: |",
    ...REQUIRED.map((what) => `| ${what} | ${number(counts.get(what) ?? 0)} |`),
  ];
  return lines.join("\n");
}

function day(): string {
  return new Date().toISOString().slice(0, 10);
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
