import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../commands/index.ts";
import { isGroup, topLevel } from "../../src/cli/command-table.ts";
import type { CommandTree } from "../../src/cli/command-tree.ts";
import { VERSION } from "../../src/core/version.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { runSource, testHome } from "../support/source-program.ts";

const PATHS = topLevel(COMMANDS).flatMap((entry) =>
  isGroup(entry) ? entry.commands.map((leaf) => [entry.name, leaf.name]) : entry.hidden === true ? [] : [[entry.name]],
);

describe("help", () => {
  it.each(PATHS.map((words) => [words.join(" "), words] as const))(
    "of %s has at least two examples",
    async (name, words) => {
      const { code, stdout, stderr } = await runInProcess([...words, "--help"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`^USAGE hooks ${name} `));
      expect(stdout.match(/^ {2}\$ .*hooks /gm)?.length).toBeGreaterThanOrEqual(2);
      expect(await runInProcess(["help", ...words])).toEqual({ code, stdout, stderr });
    },
  );

  it("is the same in colour but for the colours", async () => {
    for (const words of [["sub", "create"], ["trigger"]]) {
      const plain = await runInProcess([...words, "--help"]);
      const colored = await runInProcess([...words, "--help"], { env: { FORCE_COLOR: "1" } });
      expect(colored.stdout).toContain("\x1b[1mEXAMPLES\x1b[");
      expect(stripVTControlCharacters(colored.stdout)).toBe(plain.stdout);
    }
  });

  it("of the program and of a group names every command, on stdout", async () => {
    const root = await runInProcess(["--help"]);
    expect(root).toMatchObject({ code: 0, stderr: "" });
    for (const entry of topLevel(COMMANDS)) {
      if (!isGroup(entry) && entry.hidden === true) expect(root.stdout).not.toContain(entry.name);
      else expect(root.stdout).toMatch(new RegExp(`^ {2}${entry.name} +${entry.summary.slice(0, 10)}`, "m"));
    }
    expect(await runInProcess(["help"])).toEqual(root);
    const group = await runInProcess(["sub"]);
    expect(group).toMatchObject({ code: 0, stderr: "" });
    expect(group.stdout).toContain("rotate-secret");
    expect(await runInProcess(["sub", "--help"])).toEqual(group);
    expect(await runInProcess(["sub", "help"])).toEqual(group);
    expect(await runInProcess(["help", "sub"])).toEqual(group);
  });

  it.each(["exit-codes", "environment", "filters", "output"])("topic %s", async (topic) => {
    const { code, stdout } = await runInProcess(["help", topic]);
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(200);
  });

  it("as JSON is the whole tree with flags, types and defaults", async () => {
    const { code, stdout } = await runInProcess(["help", "--json"]);
    expect(code).toBe(0);
    const tree = JSON.parse(stdout) as CommandTree;
    const sub = tree.commands.find(({ name }) => name === "sub");
    const create = sub?.commands.find(({ name }) => name === "create");
    expect(create?.flags.find(({ name }) => name === "--event")).toMatchObject({
      short: "-e",
      value: "pattern",
      repeatable: true,
    });
    expect(create?.flags.find(({ name }) => name === "--on-410")?.choices).toEqual(["disable", "retry", "fail"]);
    expect(tree.global_flags.map(({ name }) => name)).toContain("--api-key-file");
  });
});

describe("version", () => {
  it.each([["--version"], ["-V"]])("%s", async (flag) => {
    expect(await runInProcess([flag])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  it("is the package's", () => {
    const file = path.join(import.meta.dirname, "../../package.json");
    expect((JSON.parse(readFileSync(file, "utf8")) as { version: string }).version).toBe(VERSION);
  });
});

describe("a mistake", () => {
  it.each<[string, string[], RegExp]>([
    [
      "a command",
      ["triger", "x"],
      /^error: unknown command "triger"\n {2}did you mean "trigger"\?\nhint: see: hooks --help\n$/,
    ],
    ["a command by its beginning", ["deliv"], /did you mean "delivery"/],
    ["a longer word for a command", ["subscriptions"], /did you mean "sub"/],
    [
      "a command of a group",
      ["sub", "crate"],
      /^error: unknown command "sub crate"\n {2}did you mean "sub create"\?\nhint: see: hooks sub --help/,
    ],
    ["a help topic", ["help", "exit-code"], /did you mean "exit-codes"/],
    [
      "a flag",
      ["sub", "create", "--evnts", "x"],
      /^error: unknown option "--evnts"\n {2}did you mean "--event"\?\nhint: see: hooks sub create --help/,
    ],
    ["a flag with its value", ["sub", "list", "--limt=5"], /unknown option "--limt"\n {2}did you mean "--limit"/],
    [
      "a global flag before the command",
      ["--stoer", "x", "sub", "list"],
      /unknown option "--stoer"\n {2}did you mean "--store"/,
    ],
    [
      "a choice",
      ["delivery", "list", "--status", "faild"],
      /^error: --status must be one of .*, got "faild"\n {2}did you mean "failed"/,
    ],
    [
      "an argument's choice",
      ["completion", "bsh"],
      /^error: <shell> must be one of .*, got "bsh"\n {2}did you mean "bash"/,
    ],
    ["a missing value", ["sub", "list", "--limit"], /^error: --limit needs a value/],
    ["a missing argument", ["sub", "get"], /^error: <subscription> is missing\nhint: hooks sub get /],
    [
      "one argument too many",
      ["sub", "get", "a", "b"],
      /^error: hooks sub get takes one argument; "b" is one too many/,
    ],
    ["a flag given twice", ["sub", "list", "--limit", "1", "--limit", "2"], /^error: --limit is given twice/],
    ["a switch given twice", ["sub", "list", "--json", "--json"], /"message":"--json is given twice/],
    ["a global flag given twice", ["--tenant", "a", "sub", "list", "--tenant", "b"], /^error: --tenant is given twice/],
    ["colour both ways", ["sub", "list", "--color", "always", "--no-color"], /is given twice/],
    ["json and quiet", ["sub", "list", "--json", "--quiet"], /--json and --quiet/],
    ["two filters that exclude each other", ["sub", "list", "--enabled", "--disabled"], /cannot be used with/],
    ["a value for a switch", ["sub", "list", "--json=yes"], /^error: --json takes no value, got "yes"/],
    ["a value for a command's switch", ["sub", "list", "--enabled=x"], /^error: --enabled takes no value, got "x"/],
    ["a short flag", ["-v"], /^error: unknown option "-v"\n {2}did you mean "-V"\?/],
    ["a short flag of nothing", ["sub", "list", "-x"], /^error: unknown option "-x"\nhint/],
    ["HOOKS_OUTPUT", ["sub", "list"], /^error: HOOKS_OUTPUT must be json or text, got "xml"/],
  ])("%s: exit 2, everything on stderr", async (name, argv, message) => {
    const env: Record<string, string> = name === "HOOKS_OUTPUT" ? { HOOKS_OUTPUT: "xml" } : {};
    const { code, stdout, stderr } = await runInProcess(argv, { env: { HOOKS_HOME: "/nonexistent/hooks", ...env } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("is one line of JSON with --json, wherever the flag stands", async () => {
    for (const argv of [
      ["--json", "triger"],
      ["sub", "list", "--limit", "x", "--json"],
    ]) {
      const { code, stdout, stderr } = await runInProcess(argv);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      const { error } = JSON.parse(stderr) as { error: Record<string, unknown> };
      expect(Object.keys(error)).toEqual(["code", "message", "field", "hint", "exit"]);
      expect(error["exit"]).toBe(2);
    }
  });
});

describe("global flags", () => {
  it("may stand before, between and after the command's words", async () => {
    const home = testHome();
    const env = { HOOKS_HOME: home };
    const runs = await Promise.all([
      runInProcess(["--json", "config"], { env }),
      runInProcess(["config", "--json"], { env }),
      runInProcess(["--store", `${home}/x.db`, "sub", "--quiet", "list"], { env }),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(runs[0]).toEqual(runs[1]);
  });

  it("are not looked for behind --", async () => {
    const { stderr } = await runInProcess(["sub", "get", "--", "--json", "x"]);
    expect(stderr).toMatch(/^error: hooks sub get takes one argument; "x"/);
  });
});

describe("start-up", () => {
  /** Paths of the modules that a run loads, by Node's own hooks. */
  async function loadedModules(args: readonly string[]): Promise<string[]> {
    const home = testHome();
    const log = path.join(home, "modules");
    const preload = `data:text/javascript,${encodeURIComponent(`
      import module from "node:module";
      import { appendFileSync } from "node:fs";
      module.registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(log)}, url + "\\n"); return next(url, context); } });
    `)}`;
    const { code } = await runSource(args, home, { nodeFlags: ["--import", preload] });
    expect(code).toBe(0);
    return readFileSync(log, "utf8")
      .split("\n")
      .filter((url) => url.startsWith("file:"));
  }

  it("of --help loads no command and no package but the parser", async () => {
    const modules = await loadedModules(["--help"]);
    const commands = modules.filter((url) => /\/commands\/(?!main|index|(?:event-type|source)\/commands)/.test(url));
    const packages = modules.filter((url) => url.includes("/node_modules/") && !url.includes("/commander/"));
    expect({ commands, packages }).toEqual({ commands: [], packages: [] });
    expect(modules.length).toBeLessThan(45);
  });

  it("of sub list loads the store and that one command", async () => {
    const modules = await loadedModules(["sub", "list"]);
    expect(
      modules
        .filter((url) => /\/commands\/(?!main|index|(?:event-type|source)\/commands)/.test(url))
        .map((url) => url.replace(/.*\/commands\//, "")),
    ).toEqual(["sub/list.ts"]);
    const heavy = /\/node_modules\/(undici|fastify|ws|pino|chalk|ora|@inquirer|ajv|typebox)\//;
    expect(modules.filter((url) => heavy.test(url))).toEqual([]);
  });
});

describe("a reader that leaves early", () => {
  it("ends the program silently and with 0", async () => {
    const home = testHome();
    const lines = Array.from({ length: 3_000 }, (_, at) => JSON.stringify({ type: `a.b${at}`, data: {} }));
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, "events.ndjson"), lines.join("\n"));
    const { spawn } = await import("node:child_process");
    const { PROGRAM, plainEnv } = await import("../support/source-program.ts");
    const command = `"${process.execPath}" "${PROGRAM}" publish --file events.ndjson --json; echo "code $?" >&2`;
    const shell = spawn("sh", ["-c", `{ ${command}; } | head -n 1`], { cwd: home, env: plainEnv(home) });
    let stderr = "";
    shell.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    await new Promise((resolve) => shell.on("close", resolve));
    expect(stderr).toBe("code 0\n");
  });
});
