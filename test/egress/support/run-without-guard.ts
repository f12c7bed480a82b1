// Tests of the egress guard, run while the guard lets everything through: those that hold it must fail.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "../../..");
const CONFIG = path.join(import.meta.dirname, "without-guard.config.ts");
const VITEST = path.join(path.dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

const MOST_OUTPUT = 64 * 1024 * 1024;

/** R42 of the design: fewer would mean that the guard could go without anybody's noticing. */
export const LEAST_FAILURES = 30;

export interface RunWithoutGuard {
  passed: number;
  failed: number;
  /** By file, relative to the root. */
  failures: ReadonlyMap<string, readonly string[]>;
}

/** What the JSON reporter writes, as far as it is read. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { name: string; message: string; assertionResults: { title: string; status: string }[] }[];
}

/** @param files all tests of the guard when none is named. @throws Error when a file did not even load. */
export async function runWithoutGuard(files: readonly string[], signal?: AbortSignal): Promise<RunWithoutGuard> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-mutation-"));
  const outputFile = path.join(folder, "report.json");
  const report = ["--reporter", "json", "--outputFile", outputFile];
  const argv = [VITEST, "run", "--config", CONFIG, "--root", ROOT, ...report, ...files];
  // What this program was told as a test's worker is not meant for its child.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  let text: string;
  try {
    await new Promise<void>((resolve, reject) => {
      execFile(process.execPath, argv, { cwd: ROOT, env, signal, maxBuffer: MOST_OUTPUT }, (error, out, said) => {
        // Its exit code says that tests failed, which is what they shall do.
        if (existsSync(outputFile)) resolve();
        else reject(new Error(`no report: ${out}${said}`, { cause: error }));
      });
    });
    text = readFileSync(outputFile, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
  const { numPassedTests: passed, numFailedTests: failed, testResults } = JSON.parse(text) as Report;
  const failures = new Map<string, string[]>();
  for (const { name, message, assertionResults } of testResults) {
    if (assertionResults.length === 0) throw new Error(`${name} did not run: ${message}`);
    const titles = assertionResults.filter(({ status }) => status === "failed").map(({ title }) => title);
    failures.set(path.relative(ROOT, name), titles);
  }
  return { passed, failed, failures };
}
