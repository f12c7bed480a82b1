import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { COMPLETION_FILES, SHELLS, type Shell } from "../../src/cli/completion/shells.ts";
import { LiveTerminal } from "../support/live-terminal.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { PROGRAM, plainEnv, runSource, testHome } from "../support/source-program.ts";

const FOLDER = path.join(import.meta.dirname, "../../completions");
const scriptOf = (shell: Shell): string => path.join(FOLDER, COMPLETION_FILES[shell]);

describe("the scripts", () => {
  it.each(SHELLS)("for %s in completions/ are current (else: node commands/write-completions.ts)", async (shell) => {
    const { code, stdout } = await runInProcess(["completion", shell]);
    expect(code).toBe(0);
    expect(stdout).toBe(readFileSync(scriptOf(shell), "utf8"));
  });

  it.each(SHELLS)("for %s name every command and a flag of each", (shell) => {
    const script = readFileSync(scriptOf(shell), "utf8");
    for (const word of ["rotate-secret", "publish", "listen", "verify", "longest-delay", "exit-codes"])
      expect(script).toContain(word);
    expect(script).not.toContain("\r");
    // Of verify --scheme, --retry-preset and --profile.
    expect(script).toContain("standard-webhooks");
    expect(script).toContain("securebase");
  });
});

describe("__complete", () => {
  let home = "";

  beforeEach(async () => {
    home = testHome();
  });

  async function complete(...words: string[]): Promise<string[]> {
    const run = await runInProcess(["__complete", "--", ...words], { env: { HOOKS_HOME: home }, cwd: home });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    return run.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\t")[0] ?? "");
  }

  async function fill(): Promise<string> {
    const env = { HOOKS_HOME: home };
    await runInProcess(["sub", "create", "--url", "http://localhost:9/a", "--event", "order.*", "--name", "shop"], {
      env,
    });
    const created = await runInProcess(
      ["sub", "create", "--url", "http://localhost:9", "--event", "order.paid", "--name", "shop", "--quiet"],
      { env },
    );
    await runInProcess(
      [
        "sub",
        "create",
        "--url",
        "https://hooks.example.com/",
        "--event",
        "*",
        "--name",
        "two words",
        "--env",
        "staging",
      ],
      { env },
    );
    await runInProcess(["publish", "order.sent", "--data", "1", "--id", "evt_a"], { env });
    return created.stdout.trim();
  }

  it("knows subscriptions, event types, patterns, events and deliveries", async () => {
    const id = await fill();
    expect(await complete("sub", "get", "")).toContain("shop");
    expect(await complete("sub", "get", "sub_")).toContain(id);
    expect(await complete("verify", "--sub", "sh")).toContain("shop");
    expect(await complete("delivery", "list", "--sub=sh")).toContain("shop");
    expect(await complete("trigger", "order.")).toEqual(["order.paid", "order.sent"]);
    expect(await complete("sub", "create", "--event", "ord")).toEqual(["order.paid", "order.sent", "order.*"]);
    expect(await complete("event", "get", "evt")).toEqual(["evt_a"]);
    expect(await complete("delivery", "get", "dlv_")).not.toEqual([]);
  });

  it("looks where the words say", async () => {
    await fill();
    expect(await complete("--env", "staging", "sub", "get", "sub_")).toHaveLength(1);
    expect(await complete("--env", "nothing", "sub", "get", "")).toEqual([]);
    expect(await complete("sub", "get", "--store=none.db", "")).toEqual([]);
    expect(existsSync(path.join(home, "none.db"))).toBe(false);
  });

  it.each([
    [["sub", "get", "shop", ""]],
    [["sub", ""]],
    [["nonsense", ""]],
    [["sub", "create", "--name", ""]],
    [["sub", "get", "--", ""]],
    [["--store"]],
    [[]],
    [["--tenant", "NOT A TENANT", "sub", "get", ""]],
    [["--server", "http://127.0.0.1:1", "sub", "get", ""]],
  ])("is silent for %j", async (words) => {
    await fill();
    expect(await complete(...words)).toEqual([]);
  });

  it("makes no store, and leaves a file that is none as it is", async () => {
    expect(await complete("sub", "get", "")).toEqual([]);
    expect(existsSync(path.join(home, "hooks.db"))).toBe(false);
    writeFileSync(path.join(home, "hooks.db"), "not ours");
    expect(await complete("sub", "get", "")).toEqual([]);
    expect(readFileSync(path.join(home, "hooks.db"), "utf8")).toBe("not ours");
  });
});

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
const available = { bash: has("bash") && has("script"), zsh: has("zsh") && has("script"), fish: has("fish") };
for (const [shell, there] of Object.entries(available)) {
  if (there) continue;
  if (process.env["CI"] !== undefined)
    throw new Error(`CI must have ${shell}: its completions are tested in the shell itself`);
  process.stderr.write(`SKIPPED: ${shell} is not installed, its completions are not tested\n`);
}

/** HOOKS_HOME with a store, and a folder for PATH with `hooks` in it. */
async function shellHome(): Promise<string> {
  const home = testHome();
  writeFileSync(path.join(home, "hooks"), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  chmodSync(path.join(home, "hooks"), 0o755);
  await runSource(["sub", "create", "--url", "http://localhost:9", "--event", "order.paid", "--name", "shop"], home);
  writeFileSync(path.join(home, "body.json"), "{}");
  return home;
}

const LINES = [
  ["hooks sub cre\t", "<sub><create>"],
  ["hooks sub get sh\t", "<sub><get><shop>"],
  ["hooks trigger ord\t", "<trigger><order.paid>"],
  ["hooks delivery list --sub=sh\t", "<delivery><list><--sub=shop>"],
  ["hooks delivery list --status fai\t", "<delivery><list><--status><failed>"],
  ["hooks delivery list --status=fai\t", "<delivery><list><--status=failed>"],
  ["hooks --env x compl\tba\t", "<--env><x><completion><bash>"],
  ["hooks sub create --longest\t", "<sub><create><--longest-delay>"],
  ["hooks sign bod\t", "<sign><body.json>"],
] as const;

describe.each(["bash", "zsh"] as const)("%s", (shell) => {
  it.skipIf(!available[shell])("completes in the shell itself, sourced twice", async () => {
    const home = await shellHome();
    const start = shell === "bash" ? ["bash", "--norc", "--noprofile", "-i"] : ["zsh", "-f", "-i"];
    const live = new LiveTerminal(start, {
      cwd: home,
      env: { ...plainEnv(home), PS1: "$ ", TERM: "xterm", HISTFILE: "" },
    });
    const file = scriptOf(shell);
    live.type(`PATH=$PWD:$PATH; ${shell === "zsh" ? "autoload -Uz compinit; compinit -u -d $PWD/zcompdump; " : ""}`);
    live.type(`source '${file}'; source '${file}'; `);
    // Completing asks the program; running the line only shows it.
    live.type(
      `hooks() { if [ "$1" = __complete ]; then command hooks "$@"; else printf 'RA''N'; printf '<%s>' "$@"; echo END; fi; }; `,
    );
    live.type("echo REA''DY\n");
    await live.sees(/READY\r?\n/);
    for (const [keys, expected] of LINES) {
      // The answer of the program has a time limit, which a busy machine may need several goes to keep.
      for (let go = 1; ; go++) {
        live.type(`${keys}\n`);
        const [, ran] = await live.sees(/RAN(.*)END/);
        if (ran === expected) break;
        if (go === 10) expect({ keys, ran }).toEqual({ keys, ran: expected });
      }
    }
    live.type("exit\n");
    await live.code();
  });
});

describe("fish", () => {
  it.skipIf(!available.fish)("completes in the shell itself", async () => {
    const home = await shellHome();
    const complete = (line: string): string[] => {
      const code = `set -x PATH ${home} $PATH; source '${scriptOf("fish")}'; source '${scriptOf("fish")}'; complete -C '${line}'`;
      const { stdout } = spawnSync("fish", ["--no-config", "-c", code], {
        cwd: home,
        env: plainEnv(home),
        encoding: "utf8",
      });
      return stdout
        .trim()
        .split("\n")
        .map((candidate) => candidate.split("\t")[0] ?? "");
    };
    expect(complete("hooks sub ")).toContain("rotate-secret");
    expect(complete("hooks sub cre")).toEqual(["create"]);
    expect(complete("hooks sub get s")).toContain("shop");
    expect(complete("hooks trigger ord")).toEqual(["order.paid"]);
    expect(complete("hooks --env development delivery list --sub s")).toContain("shop");
    expect(complete("hooks delivery list --status fa")).toEqual(["failed"]);
    expect(complete("hooks sub create --longest")).toEqual(["--longest-delay"]);
    expect(complete("hooks sign bod")).toEqual(["body.json"]);
  });
});
