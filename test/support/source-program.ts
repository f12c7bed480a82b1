import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { LiveTerminal } from "./live-terminal.ts";

const ROOT = path.join(import.meta.dirname, "../..");
/** What Node runs as it stands, a module a file. */
export const SOURCE_PROGRAM = path.join(ROOT, "commands/main.ts");

/**
 * The program as it is now, whether or not somebody has built it: the build, where none of the sources is younger (it starts in
 * less than half the time), else the sources.
 */
export const PROGRAM = isBuilt() ? path.join(ROOT, "bin/hooks.js") : SOURCE_PROGRAM;

function isBuilt(): boolean {
  if (!existsSync(path.join(ROOT, "dist/cli"))) return false;
  const sources = ["bin", "commands", "src"].flatMap(modificationsIn);
  return Math.max(...sources) < Math.min(...modificationsIn("dist/cli"));
}

/** When each file below it was written, ms. */
function modificationsIn(folder: string): number[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(path.join(entry.parentPath, entry.name)).mtimeMs);
}

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
  /** Of Node itself. They look at modules, so the program then runs from its sources. */
  nodeFlags?: readonly string[];
  /** In its place: another program of the sources. */
  program?: string;
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
  const { nodeFlags = [], program = nodeFlags.length === 0 ? PROGRAM : SOURCE_PROGRAM } = options;
  const child = spawn(process.execPath, [...nodeFlags, program, ...args], {
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
  options: Pick<SourceOptions, "env" | "cwd" | "program"> = {},
): Promise<{ code: number | null; output: string }> {
  const command = [process.execPath, options.program ?? PROGRAM, ...args];
  const terminal = new LiveTerminal(command, { cwd: options.cwd ?? home, env: plainEnv(home, options.env) });
  return { code: await terminal.code(), output: terminal.output };
}
