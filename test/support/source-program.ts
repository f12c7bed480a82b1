import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { LiveTerminal } from "./live-terminal.ts";

/** The program from its sources: what it does does not depend on a build. */
export const SOURCE_PROGRAM = path.join(import.meta.dirname, "../../commands/main.ts");

export interface SourceRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface SourceOptions {
  env?: Record<string, string>;
  input?: string | Uint8Array;
  /** Default: the home. */
  cwd?: string;
  /** Of Node itself. */
  nodeFlags?: readonly string[];
}

/** A folder that is HOOKS_HOME for one test. */
export function testHome(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/** Only what a command may depend on: no CI, no colour variables of whoever runs the tests. */
export function plainEnv(home: string, more: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home, HOOKS_HOME: home, TERM: "xterm-256color", ...more };
}

/** Runs a command line in a process of its own, its ends piped. */
export async function runSource(
  args: readonly string[],
  home: string,
  options: SourceOptions = {},
): Promise<SourceRun> {
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), SOURCE_PROGRAM, ...args], {
    cwd: options.cwd ?? home,
    env: plainEnv(home, options.env),
  });
  const run: SourceRun = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (run.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (run.stderr += text));
  child.stdin.on("error", () => {}); // a command that reads nothing may be gone already
  child.stdin.end(options.input ?? "");
  [run.code] = (await once(child, "close")) as [number | null];
  return run;
}

/** The same on a pseudo-terminal, where nothing is typed; both streams arrive as one. */
export async function runOnTerminal(
  args: readonly string[],
  home: string,
  options: Pick<SourceOptions, "env" | "cwd"> = {},
): Promise<{ code: number | null; output: string }> {
  const command = [process.execPath, SOURCE_PROGRAM, ...args];
  const terminal = new LiveTerminal(command, { cwd: options.cwd ?? home, env: plainEnv(home, options.env) });
  return { code: await terminal.code(), output: terminal.output };
}
