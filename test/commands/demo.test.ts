import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoContext, type DemoOptions, programName, runDemo } from "../../commands/demo.ts";
import type { Colors, Output } from "../../src/cli/context.ts";

const main = path.join(import.meta.dirname, "../../commands/main.ts");
const LIMIT_MS = 60_000;

/** TMPDIR and HOME of the programs: what they leave behind is seen in it. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "hooks-demo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the commands that it shows", () => {
  it.each([
    ["hooks", {}],
    ["npx hooks", { npm_lifecycle_event: "demo", npm_command: "run-script" }],
    ["npx hooks", { npm_lifecycle_event: "npx", npm_command: "exec", PATH: "/src/hooks/node_modules/.bin:/bin" }],
    [
      "npx hooks-relay",
      { npm_lifecycle_event: "npx", npm_command: "exec", PATH: "/h/.npm/_npx/1f/node_modules/.bin:/bin" },
    ],
    ["hooks", { npm_lifecycle_event: "start", npm_command: "run-script" }],
  ])("begin with %s where the environment is %j", (program, env) => {
    expect(programName(env)).toBe(program);
  });
});

describe("hooks demo", () => {
  it("tells the story and leaves nothing behind", { timeout: LIMIT_MS }, async () => {
    const startedAt = Date.now();
    const { code, stdout, stderr } = await demo(["--json"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(
      rows
        .filter((row) => row.type === "order.paid")
        .map((row) => row.response_status)
        .toSorted((a, b) => a - b),
    ).toEqual([200, 200, 500, 500]);
    expect(rows.every((row) => row.status === "succeeded")).toBe(true);
    expect(stderr.match(/signature valid/g)).toHaveLength(5);
    expect(stderr).toContain("All delivered");
    expect(Date.now() - startedAt).toBeLessThan(30_000);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is a table for pipes, and ids with --quiet", { timeout: LIMIT_MS }, async () => {
    const [plain, quiet] = await Promise.all([demo([]), demo(["--quiet"])]);
    expect(
      plain.stdout
        .trim()
        .split("\n")
        .map((line) => line.split("\t").length),
    ).toEqual([8, 8, 8, 8, 8]);
    expect(quiet.stdout).toMatch(/^(dlv_\w+\n){3}$/);
    expect(new Set(quiet.stdout.trim().split("\n")).size).toBe(3);
    expect(quiet.stderr).toBe("");
  });

  it.each(["SIGINT", "SIGTERM"] as const)("cleans up when %s ends it", { timeout: LIMIT_MS }, async (signal) => {
    const { code, stdout } = await demo([], signal);
    expect(code).toBe(signal === "SIGINT" ? 130 : 143);
    expect(stdout).toBe("");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("fails, saying what did not happen, when a delivery does not arrive", { timeout: LIMIT_MS }, async () => {
    const oneRetryTooFew: DemoOptions = { retryDelays: ["100ms"], limitMs: 20_000 };
    const context = new PlainContext();
    try {
      await expect(runDemo(oneRetryTooFew, context)).rejects.toMatchObject({
        code: "failed",
        message: expect.stringMatching(
          /dlv_\w+ is failed after 2 attempts; "shaky" should have answered 500, 500, 200, it answered 500, 500$/,
        ),
      });
    } finally {
      await context.close();
    }
    expect(context.notes.join("\n")).not.toContain("All delivered");
  });
});

/** Runs the sources; with `signal`, that is sent as soon as the story begins. */
async function demo(
  flags: readonly string[],
  signal?: "SIGINT" | "SIGTERM",
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, "demo", ...flags], {
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      TMPDIR: folder,
      HOOKS_HOME: path.join(folder, "none"),
      NODE_NO_WARNINGS: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    // Once: a second signal ends a program on the spot.
    if (signal !== undefined && !child.killed && stderr.includes("A relay listens")) child.kill(signal);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

const asIs: Colors = { bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };

/** A context that keeps what is said. */
class PlainContext implements DemoContext {
  readonly notes: string[] = [];
  readonly signal = new AbortController().signal;
  readonly env = {};
  readonly out: Output = {
    mode: "plain",
    print: () => {},
    write: () => {},
    note: (line) => this.notes.push(line),
    notesWaiting: 0,
    divertNotes: () => {},
    hint: () => {},
    colors: asIs,
    noteColors: asIs,
    columns: undefined,
    isTty: false,
  };
  readonly #closers: (() => Promise<void> | void)[] = [];

  now(): number {
    return Date.now();
  }
  onExit(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }
  async close(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }
}
