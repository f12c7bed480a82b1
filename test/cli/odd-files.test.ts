import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { appendFile, open } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { PROGRAM, runSource, testHome } from "../support/source-program.ts";

const MIB = 1024 * 1024;

const ODDITIES = {
  "a FIFO": (file: string) => spawnSync("mkfifo", ["-m", "600", file]),
  "a folder": (file: string) => mkdirSync(file),
};

/** A subscription is what needs the master key. */
const CREATE = ["sub", "create", "--url", "http://localhost:9", "--event", "a"];
const SERVE = ["serve", "--port", "0"];

describe("in the place of a file of hooks", () => {
  const says = { "a FIFO": "it is not a regular file", "a folder": "it is a folder" };
  it.each(
    Object.entries(ODDITIES).flatMap(([kind, make]) =>
      (
        [
          ["hooks.config.json", ["status"], 2],
          ["config.json", ["status"], 2],
          ["master.key", CREATE, 5],
          ["token", SERVE, 5],
        ] as const
      ).map(([file, command, code]) => ({ kind, make, file, command, code, why: says[kind as keyof typeof says] })),
    ),
  )("$kind as $file is said, and not waited for", async ({ make, file, command, code, why }) => {
    const home = testHome();
    make(path.join(home, file));
    const ran = await runSource(command, home);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toMatch(/^error: /m);
    expect(ran.stderr).toContain(path.join(home, file));
    expect(ran.stderr).toContain(why);
  });

  it.each(
    Object.entries(ODDITIES).flatMap(([kind, make]) => [SERVE, ["status"]].map((command) => ({ kind, make, command }))),
  )("$kind as hooks.lock is said, and not waited for: $command.0", async ({ make, command }) => {
    const home = testHome();
    make(path.join(home, "hooks.lock"));
    const ran = await runSource(command, home);
    expect(ran).toMatchObject({ code: 5, stdout: "" });
    expect(ran.stderr).toContain(`${home}/hooks.lock, which locks the store, is not a regular file`);
  });

  it("a folder as daemon.json is said, and left as it is", async () => {
    const home = testHome();
    mkdirSync(path.join(home, "daemon.json"));
    const ran = await runSource(SERVE, home);
    expect(ran).toMatchObject({ code: 5, stdout: "" });
    expect(ran.stderr).toContain(`${home}/daemon.json cannot be written: it is a folder`);
  });

  it("a file that is far too large is said, and not read", async () => {
    const home = testHome();
    const file = path.join(home, "hooks.config.json");
    writeFileSync(file, "{}");
    truncateSync(file, MIB + 1);
    const ran = await runSource(["status"], home);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`cannot read ${file}: it is larger than 1 MiB`);
    truncateSync(file, 2);
    expect((await runSource(["status"], home)).code).toBe(0);
  });
});

describe("a file that the user names", () => {
  const VERIFY = ["verify", "--secret", "env:HOOK_SECRET"];
  const env = { HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw" };

  it.each([
    ["--headers", [...VERIFY, "--headers", "/dev/zero", "body"], "1 MiB"],
    ["--request", [...VERIFY, "--request", "/dev/zero"], "64 MiB"],
    ["the body", [...VERIFY, "--header", "a: b", "/dev/zero"], "64 MiB"],
    ["--secret-file", ["verify", "--secret-file", "/dev/zero", "body"], "64 KiB"],
    ["--data", ["publish", "a", "--data", "@/dev/zero"], "64 MiB"],
  ])("is read no further than it can mean anything: %s", async (what, command, limit) => {
    const home = testHome();
    writeFileSync(path.join(home, "body"), "{}");
    const ran = await runSource(command, home, { env });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(`${what}: cannot read /dev/zero: it is larger than ${limit}`);
  });

  it("may be a device that holds nothing, and a headers file that is too large is named", async () => {
    const home = testHome();
    writeFileSync(path.join(home, "body"), "{}");
    writeFileSync(path.join(home, "headers"), "a".repeat(MIB + 1));
    const large = await runSource([...VERIFY, "--headers", "headers", "body"], home, { env });
    expect(large.stderr).toContain("--headers: cannot read headers: it is larger than 1 MiB");
    const empty = await runSource([...VERIFY, "--headers", "/dev/null", "body"], home, { env });
    expect(empty).toMatchObject({ code: 1, stderr: expect.not.stringContaining("cannot read") });
  });

  it("may be a pipe", () => {
    const home = testHome();
    const shell = `exec "$0" "$1" sign --secret-file <(echo "$HOOK_SECRET") --id a --timestamp 1 <(echo hello)`;
    const ran = spawnSync("bash", ["-c", shell, process.execPath, PROGRAM], {
      cwd: home,
      env: { PATH: process.env["PATH"], HOME: home, HOOKS_HOME: home, ...env },
      encoding: "utf8",
    });
    expect(ran.stderr).toBe("");
    expect(ran.stdout).toContain("v1,");
  });

  it("may be a FIFO: what is written to it is read, and Ctrl-C ends the wait for it", async () => {
    const home = new HooksHome();
    const fifo = path.join(home.folder, "headers");
    spawnSync("mkfifo", [fifo]);
    writeFileSync(path.join(home.folder, "body"), "{}");
    const line = ["verify", "--secret", env.HOOK_SECRET, "--headers", "headers", "body"];
    const reading = home.start(line);
    await appendFile(fifo, "webhook-id: a\n"); // waits for who reads it
    expect(await reading.ended).toMatchObject({ code: 1 });
    expect(reading.output.stderr).toContain("webhook-timestamp");

    const waiting = home.start(line);
    const writer = await open(fifo, "w"); // comes to be when it is being read
    onTestFinished(() => writer.close());
    expect(await waiting.kill("SIGINT")).toMatchObject({ code: 130 });
  });

  it("and standard input have the same end", async () => {
    const home = testHome();
    const ran = await runSource([...VERIFY, "--header", "a: b"], home, { env, input: Buffer.alloc(64 * MIB + 1) });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain("the body: cannot read standard input: it is larger than 64 MiB");
  });

  it("a link that goes round in a circle is said", async () => {
    const home = testHome();
    symlinkSync("loop", path.join(home, "loop"));
    const ran = await runSource([...VERIFY, "--headers", "loop"], home, { env, input: "{}" });
    expect(ran.stderr).toContain("--headers: cannot read loop: its symbolic links go round in a circle");
  });
});

describe("in a folder that was deleted", () => {
  const inDeleted = (...args: string[]) => {
    const home = testHome();
    const env = { PATH: process.env["PATH"], HOME: home, HOOKS_HOME: home };
    const shell = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
    return spawnSync("sh", ["-c", shell, "sh", process.execPath, PROGRAM, ...args], {
      cwd: home,
      env,
      encoding: "utf8",
    });
  };

  it("a command says so", () => {
    expect(inDeleted("status")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: the current folder does not exist any more\nhint: .*cd\n$/),
    });
  });

  it("help is help", () => {
    expect(inDeleted("status", "--help")).toMatchObject({ status: 0, stderr: "" });
  });
});
