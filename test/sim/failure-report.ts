import { execFileSync } from "node:child_process";
import type { RunResult } from "./simulate.ts";

const LINES_SHOWN = 60;

/** What to do with a run that went wrong: what it was, how it came to it, and how to see it again. */
export function failureReport({ seed, mode, violation, history }: RunResult): string {
  if (violation === undefined) return "";
  const shown = history.slice(-LINES_SHOWN);
  return [
    `seed ${seed}, mode ${mode}, commit ${commit()}`,
    `${violation.property} violated: ${violation.message}`,
    ...(shown.length < history.length ? [`  … ${history.length - shown.length} lines before`] : []),
    ...shown.map((line) => `  ${line}`),
    `again: npm run test:sim -- --mode ${mode} --seed ${seed} --trace`,
  ].join("\n");
}

export function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8", cwd: import.meta.dirname }).trim();
    const changed = git("status", "--porcelain", "--", "../../src", ".") === "" ? "" : " with changes";
    return `${git("rev-parse", "--short=12", "HEAD")}${changed}`;
  } catch {
    return "unknown";
  }
}
