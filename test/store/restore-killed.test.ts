import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, type TestContext } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { writeBackup } from "../../src/store/sqlite/backup.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { restoreBackup } from "../../src/store/sqlite/restore.ts";
import { newEvent, newStoreEntry, SCOPE } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/hooks.js");
const CALLS = "link,linkat,rename,renameat,renameat2,unlink,unlinkat,fsync,fdatasync";
const BEFORE = 2;
const AFTER = 5;
const NOBODY_WATCHES = { signal: new AbortController().signal, onProgress: () => {}, onCopied: () => {} };

it("a restore that is killed at any step leaves the old store or the new one, and the old one is never lost", async (context) => {
  checkStrace(context);
  // A store as kill -9 leaves it, its log not folded in, and a backup of it from before.
  const running = tempFolder();
  const store = await openSqliteStore({ path: join(running, "hooks.db") });
  onTestFinished(() => store.close());
  const file = join(tempFolder(), "b.db");
  for (let n = 0; n < AFTER; n++) {
    if (n === BEFORE) await writeBackup({ ...NOBODY_WATCHES, storePath: join(running, "hooks.db"), file });
    await store.appendEvents([newEvent()]);
  }

  let kills = 0;
  for (let code: number | null = null; code !== 0; kills++) {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    for (const name of ["hooks.db", "hooks.db-wal", "hooks.db-hwm"])
      copyFileSync(join(running, name), join(folder, name));
    code = restoreKilledAt(kills + 1, folder, file);
    const found = await eventsIn(path);
    if (code === 0) expect(found).toBe(BEFORE);
    // Between the new store and its mark it is refused, as it is behind the mark of the old one.
    else expect([AFTER, BEFORE, "behind"]).toContain(found);
    if (found !== AFTER) {
      const kept = readdirSync(folder).find((name) => /\.before-restore-[^-]*$/.test(name));
      expect(await eventsIn(join(folder, kept!))).toBe(AFTER);
    }
    // The same once more finishes it.
    await restoreBackup({
      ...NOBODY_WATCHES,
      ...{ storePath: path, file, keepAs: `${path}.second`, now: 0, checkKeys: () => {} },
      entry: () => newStoreEntry("store.restore", {}),
    });
    expect(await eventsIn(path)).toBe(BEFORE);
  }
  expect(kills).toBeGreaterThan(5);
});

/** Answers its exit code; null: it was killed, at its n-th call of those that change names or wait for the disk. */
function restoreKilledAt(n: number, folder: string, file: string): number | null {
  const strace = [
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    "-e",
    `trace=${CALLS}`,
    "-e",
    `inject=${CALLS}:signal=SIGKILL:when=${n}`,
  ];
  const command = [process.execPath, PROGRAM, "restore", file, "--yes", "--store", join(folder, "hooks.db")];
  const ran = spawnSync("strace", [...strace, ...command], {
    cwd: folder,
    encoding: "utf8",
    // No home of its own: what is compiled is not kept, which would be calls of other files.
    env: { PATH: process.env["PATH"] ?? "", XDG_DATA_HOME: folder },
  });
  if (ran.status !== 0 && ran.signal !== "SIGKILL") throw new Error(`ended with ${ran.status}:\n${ran.stderr}`);
  return ran.status;
}

async function eventsIn(path: string): Promise<number | "behind"> {
  try {
    const store = await openSqliteStore({ path, create: false });
    const ids = await store.findEventIds(SCOPE, "", 100);
    await store.close();
    return ids.length;
  } catch (error) {
    if (error instanceof HooksError && error.message.includes("lacks its newest")) return "behind";
    throw error;
  }
}

function checkStrace(context: TestContext): void {
  const { error } = spawnSync("strace", ["--version"]);
  if (error === undefined) return;
  if (process.env["CI"] !== undefined) throw error;
  console.warn("SKIPPED, a restore that is killed: strace is not installed");
  context.skip();
}
