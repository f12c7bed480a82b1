import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Bench, judged } from "./bench.ts";

const ROUNDS = 25;
const HOOKS = path.join(import.meta.dirname, "../bin/hooks.js");

/** Command line → at most so many times an empty program. */
const TARGETS: [command: string, mostTimes: number][] = [
  ["--version", 1.3],
  ["--help", 2],
  ["sub list", 3],
];

export const startUp: Bench = {
  name: "start-up",
  run: (size) => {
    const result = run(size === "full" ? ROUNDS : 1);
    const rows = result.commands.map(({ command, medianMs, times, target }) =>
      judged({ measure: `${command} (${medianMs} ms) ÷ an empty program` }, times, { most: target }, String),
    );
    return Promise.resolve({ rows, details: result });
  },
};

export interface StartUpResult {
  rounds: number;
  /** `node -e 0`, median. */
  emptyProgramMs: number;
  commands: { command: string; medianMs: number; times: number; target: number; met: boolean }[];
}

/**
 * How long commands take against an empty program on the same Node (`node -e 0`): medians of interleaved runs, so that
 * a busy machine slows all of them alike. `sub list` works on an empty store. Needs the built program.
 */
export function run(rounds = ROUNDS): StartUpResult {
  const home = mkdtempSync(path.join(tmpdir(), "hooks-bench-start-up-"));
  try {
    const lines = [["-e", "0"], ...TARGETS.map(([command]) => [HOOKS, ...command.split(" ")])];
    const samples: number[][] = lines.map(() => []);
    // Round 0 fills the compile cache and makes the store; it is not counted.
    for (let round = 0; round <= rounds; round++) {
      lines.forEach((line, index) => {
        const tookMs = timeOf(line, home);
        if (round > 0) samples[index]?.push(tookMs);
      });
    }
    const [emptyProgramMs = Number.NaN, ...medians] = samples.map(median);
    const commands = TARGETS.map(([command, target], index) => {
      const medianMs = medians[index] ?? Number.NaN;
      const times = round2(medianMs / emptyProgramMs);
      return { command: `hooks ${command}`, medianMs: round2(medianMs), times, target, met: times <= target };
    });
    return { rounds, emptyProgramMs: round2(emptyProgramMs), commands };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function timeOf(line: readonly string[], home: string): number {
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    HOOKS_HOME: path.join(home, "hooks"),
  };
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, line, { env, cwd: home });
  const tookMs = performance.now() - startedAt;
  if (status !== 0) throw new Error(`${line.join(" ")} ended with ${status}: ${stderr.toString()}`);
  return tookMs;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

if (import.meta.main) console.log(JSON.stringify(run(), undefined, 2));
