import { sourceCommit } from "../support/source-commit.ts";
import type { RunResult } from "./simulate.ts";

const LINES_SHOWN = 60;

/** What to do with a run that went wrong: what it was, how it came to it, and how to see it again. */
export function failureReport({ seed, mode, violation, history }: RunResult): string {
  if (violation === undefined) return "";
  const shown = history.slice(-LINES_SHOWN);
  return [
    `seed ${seed}, mode ${mode}, commit ${sourceCommit()}`,
    `${violation.property} violated: ${violation.message}`,
    ...(shown.length < history.length ? [`  … ${history.length - shown.length} lines before`] : []),
    ...shown.map((line) => `  ${line}`),
    `again: node test/sim/campaign.ts --mode ${mode} --seed ${seed} --trace`,
  ].join("\n");
}
