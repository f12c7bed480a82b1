import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it, type TestContext } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { newEvent, SCOPE } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

const WRITER = join(import.meta.dirname, "crash-writer.ts");
/** In the middle of a frame of the log (24 + 4,096 bytes), of its header, and one byte before its end. */
const ENDS = [400_000, 32 + 120 * 4_120 + 7, 32 + 140 * 4_120 - 1, 32 + 160 * 4_120 + 24 + 2_048];

it("keeps what it acknowledged when a write ends in the middle of a page", async (context) => {
  expect(writtenOf(context, 4_096, 1_000)).toBe(1_000); // that is how the limit ends a write
  for (const end of ENDS) {
    const path = join(tempFolder(), "hooks.db");
    const ids = await writeUpTo(path, end);
    const store = await openSqliteStore({ path, mode: "thread" });
    expect(ids.length, String(end)).toBeGreaterThan(5);
    for (const id of ids) expect(await store.findEvent(SCOPE, id), id).toBeDefined();
    expect(await store.appendEvents([newEvent()])).toMatchObject([{ kind: "stored" }]);
    await store.close();
    const db = new Database(path, { readonly: true });
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    db.close();
  }
});

/** What a write of so many bytes comes to where no file may be longer than `limit`. */
function writtenOf(context: TestContext, bytes: number, limit: number): number {
  const file = join(tempFolder(), "file");
  const code = `console.log(fs.writeSync(fs.openSync(${JSON.stringify(file)}, "w"), Buffer.alloc(${bytes})))`;
  const child = spawnSync("prlimit", [`--fsize=${limit}`, process.execPath, "-e", code], { encoding: "utf8" });
  if (child.error !== undefined) {
    if (process.env["CI"] !== undefined) throw child.error;
    console.warn("SKIPPED, short writes: prlimit is not installed");
    context.skip();
  }
  return Number(child.stdout);
}

/** A writer of which no file may be longer than that. Answers what it had acknowledged when it came to it. */
async function writeUpTo(path: string, bytes: number): Promise<string[]> {
  const args = [`--fsize=${bytes}`, process.execPath, WRITER, path, "1"];
  const child = spawn("prlimit", args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let failure = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (failure += text));
  await once(child, "close");
  expect(failure).toContain("the store could not be written: its disk failed; nothing was stored");
  return said.split("\n").slice(0, -1);
}
