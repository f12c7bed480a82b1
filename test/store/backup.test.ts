import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { type BackupOptions, writeBackup } from "../../src/store/sqlite/backup.ts";
import { replacesBackup } from "../../src/store/sqlite/backup-file.ts";
import type { CopyFacts } from "../../src/store/sqlite/copied-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { LEASE, NOON, newEvent, newSubscription, success, WORKER } from "./fixtures.ts";
import { smallDisk } from "./small-disk.ts";
import { tempFolder } from "./temp-folder.ts";

function backUp(storePath: string, file: string, options: Partial<BackupOptions> = {}): Promise<CopyFacts> {
  const { signal } = new AbortController();
  return writeBackup({ storePath, file, signal, onProgress: () => {}, onCopied: () => {}, ...options });
}

async function refusal(work: Promise<unknown> | (() => unknown)): Promise<HooksError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof HooksError) return error;
    throw error;
  }
  throw new Error("it was done");
}

/** A store with so many events of 20 kB for one subscription, closed. */
async function makeStore(path: string, events = 3): Promise<void> {
  const store = await openSqliteStore({ path });
  const lane = await store.insertSubscription(newSubscription());
  for (let n = 0; n < events; n++) await store.appendEvents([newEvent([lane], { data: Buffer.alloc(20_000, "1") })]);
  await store.close();
}

/** Reads a file as it is, and leaves nothing beside it. */
function content(path: string, sql: string): unknown[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

describe("a backup", () => {
  it("is the whole store in one file that needs nothing beside it, for its owner only", async () => {
    for (const umask of [0o000, 0o077, 0o777]) {
      const folder = tempFolder();
      const path = join(folder, "hooks.db");
      const store = await openSqliteStore({ path });
      onTestFinished(() => store.close());
      const lane = await store.insertSubscription(newSubscription());
      await store.appendEvents(Array.from({ length: 3 }, () => newEvent([lane])));
      const [claimed] = await store.claimDue([{ subscriptionRowId: lane, limit: 2 }], NOON, LEASE);
      await store.recordAttempts(WORKER, [success(claimed!.deliveries[0]!)]);
      const target = join(tempFolder(), "b.db");

      const before = process.umask(umask);
      const facts = await backUp(path, target);
      process.umask(before);

      expect(facts).toEqual({
        bytes: statSync(target).size,
        events: 3,
        waiting: 2,
        keyIds: ["key-1"],
        interchangeable: [],
      });
      expect(statSync(target).mode & 0o777).toBe(0o600);
      for (const table of ["events", "deliveries", "attempts", "subscriptions", "secrets", "store"]) {
        expect(content(target, `SELECT * FROM ${table}`), table).toEqual(content(path, `SELECT * FROM ${table}`));
      }
      expect(content(target, "PRAGMA journal_mode")).toEqual([{ journal_mode: "delete" }]);
      expect(readdirSync(join(target, ".."))).toEqual(["b.db"]);
    }
  });

  it("is of one moment, and comes to its end however much is committed meanwhile", async () => {
    const path = join(tempFolder(), "hooks.db");
    await makeStore(path, 400);
    const pages = content(path, "PRAGMA page_count")[0] as { page_count: number };
    const store = await openSqliteStore({ path });
    onTestFinished(() => store.close());
    const target = join(tempFolder(), "b.db");
    const late = newEvent();
    // Each step is followed by a commit of another connection, before the next one begins.
    const other = new Database(path);
    onTestFinished(() => void other.close());
    let steps = 0;
    const facts = await backUp(path, target, {
      onProgress: () => {
        steps += 1;
        if (steps === 1) void store.appendEvents([late]);
        other.exec("UPDATE store SET config_revision = config_revision + 1");
      },
    });
    expect(steps).toBeGreaterThan(5);
    expect(steps).toBeLessThanOrEqual(Math.ceil((pages.page_count * 4096) / (1024 * 1024)) + 1);
    expect(facts).toMatchObject({ events: 400, waiting: 400 });
    expect(content(target, "SELECT config_revision AS n FROM store")).toEqual([{ n: 1 }]);
    expect(content(path, "SELECT config_revision AS n FROM store")).toEqual([{ n: 1 + steps }]);
  });

  it("leaves a store that nobody has open as it is", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await makeStore(path);
    const before = readFileSync(path);
    const names = readdirSync(folder);
    await backUp(path, join(tempFolder(), "b.db"));
    expect(readdirSync(folder)).toEqual(names);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("takes what only the log holds, and leaves it there", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    const store = await openSqliteStore({ path });
    onTestFinished(() => store.close());
    await store.appendEvents([newEvent()]);
    const log = readFileSync(`${path}-wal`);
    expect(await backUp(path, join(tempFolder(), "b.db"))).toMatchObject({ events: 1 });
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
  });

  it("takes the place of another one, whole or not at all", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    const target = join(tempFolder(), "b.db");
    await makeStore(path);
    await backUp(path, target);
    const first = readFileSync(target);
    const stopping = new AbortController();
    expect(
      await refusal(backUp(path, target, { signal: stopping.signal, onProgress: () => stopping.abort() })),
    ).toMatchObject({ code: "interrupted" });
    expect(readFileSync(target).equals(first)).toBe(true);
    expect(replacesBackup(target)).toBe(true);
    const store = await openSqliteStore({ path });
    await store.appendEvents([newEvent()]);
    await store.close();
    expect(await backUp(path, target)).toMatchObject({ events: 4 });
  });
});

describe("a backup that is not made", () => {
  it("leaves nothing behind when it is interrupted, at any step", async () => {
    const path = join(tempFolder(), "hooks.db");
    await makeStore(path, 200);
    for (const at of [1, 2, 4]) {
      const folder = tempFolder();
      const stopping = new AbortController();
      let steps = 0;
      const onProgress = (): void => {
        steps += 1;
        if (steps === at) stopping.abort();
      };
      const stopped = await refusal(backUp(path, join(folder, "b.db"), { signal: stopping.signal, onProgress }));
      expect(stopped.code).toBe("interrupted");
      expect(readdirSync(folder)).toEqual([]);
    }
    const folder = tempFolder();
    const stopping = new AbortController();
    const late = backUp(path, join(folder, "b.db"), { signal: stopping.signal, onCopied: () => stopping.abort() });
    expect((await refusal(late)).code).toBe("interrupted");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves nothing behind on a disk that is full", async (context) => {
    const disk = smallDisk(context);
    const path = join(tempFolder(), "hooks.db");
    await makeStore(path, 400);
    const full = await refusal(backUp(path, join(disk, "b.db")));
    expect(full).toMatchObject({ code: "store_full", message: `no space left on the disk of ${disk}/b.db` });
    expect(readdirSync(disk)).toEqual([]);
    writeFileSync(join(disk, "filler"), Buffer.alloc(6 * 1024 * 1024 - 4096 * 4));
    expect((await refusal(backUp(path, join(disk, "b.db")))).code).toBe("store_full");
    expect(readdirSync(disk)).toEqual(["filler"]);
  });

  it("says that the store is damaged, and is not taken for one", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await makeStore(path, 20);
    const bytes = readFileSync(path);
    const index = content(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'deliveries_of_subscription'");
    const { rootpage } = index[0] as { rootpage: number };
    bytes.fill(0x5a, (rootpage - 1) * 4096, rootpage * 4096);
    writeFileSync(path, bytes);
    const target = tempFolder();
    const found = await refusal(backUp(path, join(target, "b.db")));
    expect(found).toMatchObject({ code: "store_unusable", field: "store" });
    expect(found.message).toContain(`the store ${path} is damaged`);
    expect(readdirSync(target)).toEqual([]);
  });

  it("has no store to be of", async () => {
    const folder = tempFolder();
    const missing = await refusal(backUp(join(folder, "hooks.db"), join(folder, "b.db")));
    expect(missing).toMatchObject({ code: "store_unusable", message: expect.stringContaining("does not exist") });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["a folder that is not there", (folder: string) => join(folder, "no", "b.db"), /there is no such file/],
    ["a file as a folder", (folder: string) => join(folder, "hooks.db", "b.db"), /a part of its path is no folder/],
    ["a name that is too long", (folder: string) => join(folder, "b".repeat(300)), /name is too long/],
  ])("cannot be written: %s", async (_, place, says) => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await makeStore(path);
    const names = readdirSync(folder);
    const refused = await refusal(backUp(path, place(folder)));
    expect(refused).toMatchObject({ code: "usage", field: "file", message: expect.stringMatching(says) });
    expect(readdirSync(folder)).toEqual(names);
  });
});

describe("what a backup may take the place of", () => {
  it("is nothing, an empty file and a backup", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await makeStore(path);
    expect(replacesBackup(join(folder, "b.db"))).toBe(false);
    writeFileSync(join(folder, "empty"), "");
    expect(replacesBackup(join(folder, "empty"))).toBe(true);
    await backUp(path, join(folder, "b.db"));
    expect(replacesBackup(join(folder, "b.db"))).toBe(true);
  });

  it.each<[string, (path: string) => unknown, RegExp]>([
    ["a store, which has its log beside it", (path) => makeStore(path), /is no backup/],
    ["a text", (path) => writeFileSync(path, "my notes\n".repeat(50)), /is no backup/],
    ["a few bytes", (path) => writeFileSync(path, "SQLite"), /is no backup/],
    ["another program's database", (path) => new Database(path).exec("CREATE TABLE a (b)").close(), /is no backup/],
    ["a folder", (path) => mkdirSync(path), /is a folder/],
    ["a FIFO", (path) => execFileSync("mkfifo", [path]), /is not a regular file/],
    ["a link", (path) => symlinkSync("elsewhere", path), /is a symbolic link/],
  ])("is not %s", async (_, make, says) => {
    const path = join(tempFolder(), "b.db");
    await make(path);
    const refused = await refusal(() => replacesBackup(path));
    expect(refused).toMatchObject({ code: "usage", field: "file", message: expect.stringMatching(says) });
  });
});
