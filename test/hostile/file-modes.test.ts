import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { RunningProgram } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

// Everything that hooks makes is its owner's alone, whatever the umask, while it runs and after it has ended.

const PROGRAM = path.join(import.meta.dirname, "../../bin/hooks.js");
const NOBODY = 65_534;

const isRoot = process.getuid?.() === 0;
if (!isRoot && process.env["CI"] !== undefined) throw new Error("CI runs as root: only root can become another user");

/** A home of its own that anybody may walk through, and programs with an umask in it. */
class LooseHome {
  readonly folder = mkdtempSync(path.join(tmpdir(), "hooks-modes-"));
  readonly umask: string;

  constructor(umask: string) {
    this.umask = umask;
    chmodSync(this.folder, 0o755);
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  spawn(args: readonly string[]): ChildProcessWithoutNullStreams {
    const shell = `umask ${this.umask}; exec "$@"`;
    return spawn("sh", ["-c", shell, "sh", process.execPath, PROGRAM, ...args], {
      cwd: this.folder,
      env: { PATH: process.env["PATH"] ?? "", HOME: this.folder, XDG_RUNTIME_DIR: this.folder },
    });
  }

  async run(...args: string[]): Promise<string> {
    const child = this.spawn(args);
    let [out, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.stdin.end("hk_key_from_standard_input\n");
    const [code] = (await once(child, "close")) as [number];
    if (code !== 0) throw new Error(`hooks ${args.join(" ")} ended with ${code}: ${errors}`);
    return out;
  }

  /** Paths below the folder. What Node's compile cache holds is behind a folder that is checked itself. */
  get paths(): string[] {
    return (readdirSync(this.folder, { recursive: true, encoding: "utf8" }) as string[])
      .filter((name) => !name.startsWith(".cache/hooks/"))
      .map((name) => path.join(this.folder, name));
  }

  /** Those that somebody else may do anything with: `0644 .local/share/hooks/hooks.db`. */
  get open(): string[] {
    return this.paths.flatMap((file) => {
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats === undefined || (stats.mode & 0o077) === 0) return [];
      return [`${(stats.mode & 0o777).toString(8)} ${path.relative(this.folder, file)}`];
    });
  }
}

describe("files and folders", () => {
  it.each(["000", "022", "077"])("are their owner's alone under umask %s", async (umask) => {
    const home = new LooseHome(umask);
    const receiver = await openReceiver();
    const daemon = new RunningProgram(home.spawn(["serve", "--port", "0", "--ready-file", "ready.json"]));
    await daemon.sees(/http:\/\/[\w.[\]:]+:\d+/);
    await home.run("sub", "create", "--url", receiver.url, "--event", "*", "--header", "authorization: Bearer x");
    await home.run("trigger", "order.paid", "--wait");
    await home.run("backup", "backup.db");
    const listening = new RunningProgram(home.spawn(["listen", "--print", "--ready-file", "listen.json"]));
    await listening.sees(/● connected/);
    await expect
      .poll(() => home.paths.map((file) => path.basename(file)), { timeout: 30_000 })
      .toContain("listen.json");

    const names = home.paths.map((file) => path.basename(file));
    for (const name of ["hooks.db", "hooks.db-wal", "hooks.db-shm", "hooks.db-hwm", "hooks.lock"]) {
      expect(names).toContain(name);
    }
    for (const name of ["daemon.json", "token", "master.key", "backup.db", "ready.json"]) expect(names).toContain(name);
    expect(home.open).toEqual([]);
    if (isRoot) {
      const files = home.paths.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
      expect(readableToNobody(files)).toEqual([]);
    }

    await listening.kill("SIGINT");
    await daemon.kill("SIGKILL");
    expect(home.open).toEqual([]);
    await home.run("restore", "backup.db", "--yes");
    await home.run("trigger", "order.paid");
    expect(home.open).toEqual([]);
  });

  it("that others may read or write are refused, or pointed out", async () => {
    const home = new LooseHome("077");
    await home.run("sub", "create", "--url", "http://127.0.0.1:1/", "--event", "*");
    const data = path.join(home.folder, ".local/share/hooks");
    for (const [name, mode] of [
      ["master.key", 0o644],
      ["hooks.db", 0o640],
    ] as const) {
      chmodSync(path.join(data, name), mode);
      const ran = await home.run("doctor").catch((error: unknown) => String(error));
      expect(ran).toContain("chmod 600");
      chmodSync(path.join(data, name), 0o600);
    }
    chmodSync(data, 0o755);
    expect(await home.run("doctor").catch((error: unknown) => String(error))).toContain("chmod 700");
    chmodSync(data, 0o700);
    await home.run("doctor");
  });

  it("compiled code is taken from no folder that others may write to", async () => {
    const home = new LooseHome("022");
    await home.run("config");
    const cache = path.join(home.folder, ".cache/hooks");
    const made = readdirSync(cache, { recursive: true });
    expect(made.length).toBeGreaterThan(0);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    rmSync(cache, { recursive: true });
    spawnSync("mkdir", ["-m", "777", cache]);
    await home.run("config");
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe.skipIf(!isRoot)("another user of this machine (skipped: only root can become one)", () => {
  it("may read what is open to all, so that the test above means something", () => {
    const home = new LooseHome("022");
    const file = path.join(home.folder, "open");
    writeFileSync(file, "x", { mode: 0o644 });
    expect(readFileSync(file, "utf8")).toBe("x");
    expect(readableToNobody([file])).toEqual([file]);
    chmodSync(file, 0o600);
    expect(readableToNobody([file])).toEqual([]);
  });
});

/** Those of the files that a user who owns nothing can open. */
function readableToNobody(files: readonly string[]): string[] {
  const script = `
    const { openSync } = require("node:fs");
    process.setgroups([]);
    process.setgid(${NOBODY});
    process.setuid(${NOBODY});
    console.log(JSON.stringify(JSON.parse(process.argv[1]).filter((file) => {
      try {
        openSync(file, "r");
        return true;
      } catch (error) {
        if (error.code !== "EACCES") throw error;
        return false;
      }
    })));
  `;
  const ran = spawnSync(process.execPath, ["-e", script, JSON.stringify(files)], { encoding: "utf8" });
  if (ran.stderr !== "") throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as string[];
}
