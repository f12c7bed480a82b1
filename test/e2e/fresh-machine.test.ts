import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { machinePath, newcomersEnvironment } from "../support/npm.ts";

// The README's first command on a machine that has npm, some Node, and nothing that could build native code.

const run = promisify(execFile);
const root = path.join(import.meta.dirname, "../..");
const LIMIT_MS = 240_000;
const HIDDEN =
  /^(python|pip|gcc|g\+\+|cc$|c\+\+|c89|c99|clang|cpp|make|gmake|node-gyp|x86_64-linux-gnu-|aarch64-linux-gnu-)/;

const NOT_IN_A_CHECKOUT = /^(\.git|dist|coverage|.*\.tgz|(.*\/)?node_modules)$/;

let folder: string;
let env: Record<string, string>;
let tracked: string[];
const checkout = (): string => path.join(folder, "checkout");

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "hooks-fresh-machine-"));
  const home = path.join(folder, "home");
  mkdirSync(home);
  env = await newcomersEnvironment(home);
  env["PATH"] = toolsWithoutCompilers(path.join(folder, "bin"));
  cpSync(root, checkout(), { recursive: true, filter: (file) => !NOT_IN_A_CHECKOUT.test(path.relative(root, file)) });
  tracked = filesOf(checkout());
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("has no compiler and no Python", async () => {
  for (const tool of ["python3", "python", "cc", "gcc", "g++", "make"]) {
    await expect(run("sh", ["-c", `command -v ${tool}`], { env }), tool).rejects.toThrow();
  }
  await run("sh", ["-c", "command -v npm && command -v node"], { env });
});

it(
  "is set up by the README's first command, and tells the whole story",
  async () => {
    const command = /^npm ci && npm run demo$/m.exec(readFileSync(path.join(root, "README.md"), "utf8"))?.[0];
    expect(command).toBeDefined();
    const { stdout, stderr } = await run("sh", ["-c", command ?? ""], { cwd: checkout(), env });
    expect(stdout).toMatch(/order\.paid\tshaky\t3\t200\t\d+\t\S+\tsucceeded\n/);
    expect(stderr).toContain("signature valid");

    // Set-up and demo change nothing in the checkout, and leave nothing in the home but caches.
    expect(filesOf(checkout())).toEqual(tracked);
    expect(readdirSync(path.join(folder, "home")).filter((name) => name !== ".npm" && name !== ".cache")).toEqual([]);
  },
  LIMIT_MS,
);

/** A folder of links to all programs of this machine but compilers, make and Python; answers its path. */
function toolsWithoutCompilers(bin: string): string {
  mkdirSync(bin);
  const taken = new Set<string>();
  for (const directory of machinePath()) {
    for (const name of namesIn(directory)) {
      if (HIDDEN.test(name) || taken.has(name)) continue;
      taken.add(name);
      symlinkSync(path.join(directory, name), path.join(bin, name));
    }
  }
  return bin;
}

/** The files of a checkout, without what set-up makes and git ignores. */
function filesOf(directory: string, below = ""): string[] {
  return readdirSync(path.join(directory, below), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(below, entry.name);
    if (NOT_IN_A_CHECKOUT.test(name)) return [];
    return entry.isDirectory() ? filesOf(directory, name) : [name];
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
