import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run as measureStartUp } from "../../bench/start-up.ts";

const run = promisify(execFile);
const root = path.join(import.meta.dirname, "../..");
const main = path.join(root, "dist/cli/main.cjs");

let home: string;
let preload: string;
beforeAll(() => {
  if (!existsSync(main)) throw new Error("build first: npm run build");
  home = mkdtempSync(path.join(tmpdir(), "hooks-start-up-"));
  preload = path.join(home, "preload.cjs");
  writeFileSync(
    preload,
    `const fs = require("node:fs");
    process.on("exit", () => fs.writeFileSync(process.env.LOADED, Object.keys(require.cache).join("\\n")));`,
  );
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What each command may load of the built program, in KiB: a static import too many, and it is a multiple of this. */
describe("a command loads what it needs and nothing else", () => {
  it.each([
    [["--help"], 120],
    [["sub", "list", "--help"], 150],
    [["sign", "--help"], 150],
    [["verify", "--help"], 150],
    // The records of all schemes, and no store, no delivery, no dashboard.
    [["verify", "--list-schemes"], 215],
    // All use-cases of the service, the store's writer and reader; no filter's parser, no schemes, no packs, no explanations.
    [["sub", "list"], 575],
    // The flags of every command.
    [["completion", "bash"], 540],
  ])("hooks %j", async (words, mostKiB) => {
    const loaded = await loadedBy(words);
    expect(loaded.kib).toBeLessThan(mostKiB);
    expect(loaded.has).toEqual({ fastify: false, undici: false });
  });

  it("and the daemon loads its parts (so the look above can see them)", async () => {
    expect(await loadedBy(["demo"])).toMatchObject({ has: { fastify: true, undici: true } });
  });
});

// What it takes exactly is the bench's to judge (`npm run bench start-up`), on a quiet machine; this notices what would
// make a command another one. Medians of interleaved runs; again if the machine was too busy for them to mean anything.
it("starts in about the time that was promised", { retry: 3 }, () => {
  const { commands } = measureStartUp(11);
  expect(commands.filter(({ times, target }) => 1.2 * target < times)).toEqual([]);
});

async function loadedBy(
  words: readonly string[],
): Promise<{ kib: number; has: { fastify: boolean; undici: boolean } }> {
  const list = path.join(home, "loaded");
  const env = { PATH: process.env["PATH"], HOME: home, TMPDIR: home, LOADED: list };
  await run(process.execPath, ["--require", preload, path.join(root, "bin/hooks.js"), ...words], { env });
  const ours = readFileSync(list, "utf8")
    .split("\n")
    .filter((file) => file.startsWith(path.dirname(main)));
  const texts = ours.map((file) => readFileSync(file, "utf8"));
  return {
    kib: ours.reduce((sum, file) => sum + statSync(file).size, 0) / 1024,
    has: {
      fastify: texts.some((text) => text.includes("FST_ERR_")),
      undici: texts.some((text) => text.includes("UND_ERR_")),
    },
  };
}
