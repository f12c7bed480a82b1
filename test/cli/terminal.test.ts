import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../commands/index.ts";
import { isGroup, topLevel } from "../../src/cli/command-table.ts";
import { LiveTerminal } from "../support/live-terminal.ts";
import { PROGRAM, plainEnv, runOnTerminal, runSource, testHome } from "../support/source-program.ts";

const LEAVES = topLevel(COMMANDS).flatMap((entry) =>
  isGroup(entry) ? entry.commands.map((leaf) => `${entry.name} ${leaf.name}`) : [entry.name],
);
const COMMAND_LINES = path.join(import.meta.dirname, "../support/command-lines-program.ts");
/** Run on and on, or take half a minute. */
const LONG = ["serve", "listen", "demo"];

const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript && process.env["CI"] !== undefined)
  throw new Error("CI needs util-linux's script for the terminal tests");

describe("in a pipe", () => {
  /** Bare, most lack something or find nothing; an error shows the error's colours. */
  const linesOf = (name: string): string[][] => {
    const words = name.split(" ");
    return LONG.includes(name) ? [[...words, "--help"]] : [words, [...words, "nothing-there"]];
  };

  it("no command sends an escape sequence, whatever it says", async () => {
    const lines = LEAVES.flatMap(linesOf);
    // One process for all: its ends are pipes as any command's.
    const ran = await runSource([JSON.stringify(lines)], testHome(), { program: COMMAND_LINES });
    expect(ran.code, ran.stderr).toBe(0);
    for (const output of [ran.stdout, ran.stderr]) {
      const parts = output.split(/^<<<(.*)>>>$/m).slice(1);
      expect(parts.filter((_, at) => at % 2 === 0)).toEqual(lines.map((words) => words.join(" ")));
      for (const [at, part] of parts.entries()) expect(part, parts[at - 1]).not.toContain("\x1b");
    }
    // They have run, and said something.
    expect(ran.stderr.match(/^(?:error|hint|note):/gm)?.length).toBeGreaterThan(LEAVES.length);
  });

  it("a command of its own sends none either", async () => {
    const { stdout, stderr } = await runSource(["sub", "get", "nothing-there"], testHome());
    expect(stderr).toContain("error:");
    expect(stdout + stderr).not.toContain("\x1b");
  });

  it("takes colour when it is told to", async () => {
    const home = testHome();
    expect((await runSource(["triger"], home, { env: { FORCE_COLOR: "1" } })).stderr).toMatch(
      /\x1b\[31merror:\x1b\[39m/,
    );
    expect((await runSource(["triger", "--color", "always"], home)).stderr).toMatch(/\x1b\[31merror:/);
    expect((await runSource(["sub", "--help", "--color=always"], home)).stdout).toMatch(/\x1b\[1mUSAGE/);
  });
});

describe.skipIf(!hasScript)("on a terminal (skipped without util-linux's script)", () => {
  const lines = [
    ["--help"],
    ["triger"],
    ["sub", "create", "--url", "http://localhost:9", "--event", "a.*"],
    ["config"],
    ["doctor"],
  ];

  /** What each of them says, run in one process on one terminal. */
  async function shown(flags: readonly string[], env: Record<string, string>): Promise<string[]> {
    const all = lines.map((line) => [...line, ...flags]);
    const ran = await runOnTerminal([JSON.stringify(all)], testHome(), { env, program: COMMAND_LINES });
    // Both of its outputs have the mark.
    const parts = ran.output.split(/(?:\r?\n<<<.*>>>\r?\n){2}/).slice(1);
    expect(parts).toHaveLength(lines.length);
    return parts;
  }

  it("there is colour", async () => {
    for (const output of await shown([], {})) expect(output).toMatch(/\x1b\[\d+m/);
    // Also with one that has the process for itself.
    expect((await runOnTerminal(["config"], testHome())).output).toMatch(/\x1b\[\d+m/);
  });

  it.each([
    ["NO_COLOR", { NO_COLOR: "1" }, []],
    ["TERM=dumb", { TERM: "dumb" }, []],
    ["--no-color", {}, ["--no-color"]],
    ["NO_COLOR against FORCE_COLOR", { NO_COLOR: "1", FORCE_COLOR: "1" }, []],
  ])("there is none with %s", async (_, env, flags) => {
    for (const output of await shown(flags, env)) {
      expect(output.trim()).not.toBe("");
      expect(output).not.toMatch(/\x1b\[\d*m/);
    }
  });

  it("that does not say how wide it is, nothing goes on without end", async () => {
    const { code, output } = await runOnTerminal(["trigger", "order.paid", "--wait"], testHome());
    expect(code).toBe(0);
    expect(output.length).toBeLessThan(2_000);
  });

  function live(args: readonly string[], home: string): LiveTerminal {
    return new LiveTerminal([process.execPath, PROGRAM, ...args], { cwd: home, env: plainEnv(home) });
  }

  it("asks for what is missing, and takes the answers", async () => {
    const home = testHome();
    const terminal = live(["sub", "create"], home);
    await terminal.sees(/URL that receives/);
    terminal.type("example.com/hook\r");
    await terminal.sees(/must be an http/);
    terminal.type("\x15http://localhost:9/x\r");
    await terminal.sees(/Event types/);
    terminal.type("order.*, a.b\r");
    await terminal.sees(/created subscription/);
    expect(await terminal.code()).toBe(0);
    expect((await runSource(["sub", "list", "--fields", "url,events"], home)).stdout).toBe(
      "http://localhost:9/x\torder.*,a.b\n",
    );
  });

  it("asks before it deletes, and does not without a yes", async () => {
    const home = testHome();
    await runSource(["sub", "create", "--url", "http://localhost:9", "--event", "a", "--name", "shop"], home);
    for (const [answer, left] of [
      ["n\r", 1],
      ["y\r", 0],
    ] as const) {
      const terminal = live(["sub", "delete", "shop"], home);
      await terminal.sees(/Delete shop/);
      terminal.type(answer);
      expect(await terminal.code()).toBe(left);
      expect((await runSource(["sub", "list", "--quiet"], home)).stdout.split("\n")).toHaveLength(left + 1);
    }
  });

  it("Ctrl-C at a question is 130", async () => {
    const terminal = live(["sub", "create"], testHome());
    await terminal.sees(/URL that receives/);
    terminal.type("\x03");
    expect(await terminal.code()).toBe(130);
  });

  it.each([
    ["--no-input", {}, ["--no-input"]],
    ["CI", { CI: "true" }, []],
    ["HOOKS_NO_INPUT", { HOOKS_NO_INPUT: "1" }, []],
    ["--json", {}, ["--json"]],
  ])("never asks with %s", async (_, env, flags) => {
    const home = testHome();
    const { code, output } = await runOnTerminal(["sub", "create", ...flags], home, { env });
    expect(code).toBe(2);
    expect(output).toContain("--url is missing");
  });
});
