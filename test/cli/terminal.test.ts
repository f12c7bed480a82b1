import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../commands/index.ts";
import { isGroup, topLevel } from "../../src/cli/command-table.ts";
import { LiveTerminal } from "../support/live-terminal.ts";
import { plainEnv, runOnTerminal, runSource, SOURCE_PROGRAM, testHome } from "../support/source-program.ts";

const LEAVES = topLevel(COMMANDS).flatMap((entry) =>
  isGroup(entry) ? entry.commands.map((leaf) => `${entry.name} ${leaf.name}`) : [entry.name],
);
/** Run on and on, or take half a minute. */
const LONG = ["serve", "listen", "demo"];

const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript && process.env["CI"] !== undefined)
  throw new Error("CI needs util-linux's script for the terminal tests");

describe("in a pipe", () => {
  it.each(LEAVES)("%s sends no escape sequence, whatever it says", async (name) => {
    const home = testHome();
    // Bare, most lack something or find nothing; an error shows the error's colours.
    const words = name.split(" ");
    const lines = LONG.includes(name) ? [[...words, "--help"]] : [words, [...words, "nothing-there"]];
    for (const line of lines) {
      const { stdout, stderr } = await runSource(line, home);
      expect(stdout + stderr).not.toContain("\x1b");
    }
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

  it("there is colour", async () => {
    const home = testHome();
    for (const line of lines) expect((await runOnTerminal(line, home)).output).toMatch(/\x1b\[\d+m/);
  });

  it.each([
    ["NO_COLOR", { NO_COLOR: "1" }, []],
    ["TERM=dumb", { TERM: "dumb" }, []],
    ["--no-color", {}, ["--no-color"]],
    ["NO_COLOR against FORCE_COLOR", { NO_COLOR: "1", FORCE_COLOR: "1" }, []],
  ])("there is none with %s", async (_, env, flags) => {
    const home = testHome();
    for (const line of lines) {
      const { output } = await runOnTerminal([...line, ...flags], home, { env });
      expect(output).not.toMatch(/\x1b\[\d*m/);
    }
  });

  it("that does not say how wide it is, nothing goes on without end", async () => {
    const { code, output } = await runOnTerminal(["trigger", "order.paid", "--wait"], testHome());
    expect(code).toBe(0);
    expect(output.length).toBeLessThan(2_000);
  });

  function live(args: readonly string[], home: string): LiveTerminal {
    return new LiveTerminal([process.execPath, SOURCE_PROGRAM, ...args], { cwd: home, env: plainEnv(home) });
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
