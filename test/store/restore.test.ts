import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { HooksError } from "../../src/core/errors.ts";
import { writeBackup } from "../../src/store/sqlite/backup.ts";
import { acquireDaemonLock, isDaemonLocked, writeDaemonFile } from "../../src/store/sqlite/daemon-lock.ts";
import { readHighWaterMark } from "../../src/store/sqlite/high-water-mark.ts";
import { SCHEMA_VERSION } from "../../src/store/sqlite/migrate.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { checkRestore, type Restored, type RestoreOptions, restoreBackup } from "../../src/store/sqlite/restore.ts";
import { LEASE, NOON, newEvent, newStoreEntry, newSubscription, OTHER_WORKER, recorded, SCOPE } from "./fixtures.ts";
import { smallDisk } from "./small-disk.ts";
import { tempFolder } from "./temp-folder.ts";

const MIGRATIONS = join(import.meta.dirname, "../../src/store/sqlite/migrations");

function restore(storePath: string, file: string, options: Partial<RestoreOptions> = {}): Promise<Restored> {
  const { signal } = new AbortController();
  const nothing = (): void => {};
  const keepAs = `${storePath}.old`;
  return restoreBackup({
    ...{ storePath, file, keepAs, now: NOON, signal, checkKeys: nothing, onProgress: nothing, onCopied: nothing },
    entry: ({ events }, back) => newStoreEntry("store.restore", { events, back: back ?? null }),
    ...options,
  });
}

function backUp(storePath: string, file: string): Promise<unknown> {
  const { signal } = new AbortController();
  return writeBackup({ storePath, file, signal, onProgress: () => {}, onCopied: () => {} });
}

async function refusal(work: Promise<unknown>): Promise<HooksError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof HooksError) return error;
    throw error;
  }
  throw new Error("it was done");
}

/** Adds events to a store, which is made if need be, and closes it. Answers its id. */
async function addEvents(path: string, count: number, bytes = 20): Promise<string> {
  const store = await openSqliteStore({ path });
  for (let n = 0; n < count; n++) await store.appendEvents([newEvent([], { data: Buffer.alloc(bytes, "1") })]);
  await store.close();
  return store.databaseId;
}

async function countEvents(path: string): Promise<number> {
  const store = await openSqliteStore({ path });
  const ids = await store.findEventIds(SCOPE, "", 10_000);
  await store.close();
  return ids.length;
}

/** A digest of every file below, by name. */
function bytesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  const bytes = (path: string): string =>
    statSync(path).isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "";
  return Object.fromEntries(names.map((name) => [name, bytes(join(folder, name))]));
}

/** A store of 2 events, and a backup of it elsewhere. */
async function makeBackup(events = 2): Promise<{ file: string; databaseId: string }> {
  const path = join(tempFolder(), "hooks.db");
  const file = join(tempFolder(), "b.db");
  const databaseId = await addEvents(path, events);
  await backUp(path, file);
  return { file, databaseId };
}

describe("a restored store", () => {
  it("is the one that was backed up, in a place where there was none, for its owner only", async () => {
    const from = join(tempFolder(), "hooks.db");
    const store = await openSqliteStore({ path: from });
    const lane = await store.insertSubscription(newSubscription());
    await store.appendEvents(Array.from({ length: 3 }, () => newEvent([lane])));
    await store.claimDue([{ subscriptionRowId: lane, limit: 1 }], NOON, LEASE);
    const file = join(tempFolder(), "b.db");
    await backUp(from, file);
    const backup = readFileSync(file);

    const folder = join(tempFolder(), "new", "home");
    const path = join(folder, "hooks.db");
    const before = process.umask(0);
    const restored = await restore(path, file);
    process.umask(before);
    expect(restored).toMatchObject({ events: 3, waiting: 3, kept: [] });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
    expect(readdirSync(folder).toSorted()).toEqual(["hooks.db", "hooks.db-hwm", "hooks.lock"]);

    const notes: string[] = [];
    const again = await openSqliteStore({ path, mode: "thread", onNote: (note) => notes.push(note) });
    onTestFinished(() => again.close());
    expect(notes).toEqual([]);
    expect(again.databaseId).toBe(store.databaseId);
    // What was in flight is another worker's, and is taken back by the next one.
    expect(await again.reclaimLeases(OTHER_WORKER, NOON)).toBe(1);
    const [claimed] = await again.claimDue([{ subscriptionRowId: lane, limit: 9 }], NOON, {
      ...LEASE,
      worker: OTHER_WORKER,
    });
    expect(claimed!.deliveries).toHaveLength(3);
    await store.close();
    expect(readFileSync(file).equals(backup)).toBe(true);
    expect(readdirSync(join(file, ".."))).toEqual(["b.db"]);
  });

  it("takes the place of one that went on, which is kept; the mark goes back with it", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    const file = join(tempFolder(), "b.db");
    await addEvents(path, 2);
    await backUp(path, file);
    await addEvents(path, 5);
    const mark = readHighWaterMark(path);

    expect(await restore(path, file)).toMatchObject({ events: 2, kept: [`${path}.old`] });
    expect(readHighWaterMark(path)).toMatchObject({ sequence: (mark as { sequence: number }).sequence - 5 });
    expect(await countEvents(path)).toBe(2);
    const restored = await openSqliteStore({ path });
    // The record is in the store before that is in its place, and is no commit that the mark would count.
    expect(await recorded(restored, "store.")).toEqual([
      { action: "store.restore", after: { events: 2, back: { keys: 0, secrets: 0 } } },
    ]);
    await restored.close();
    // And back again: what was kept is as good as a backup.
    expect(await restore(path, `${path}.old`, { keepAs: undefined })).toMatchObject({ events: 7, kept: [] });
    expect(await countEvents(path)).toBe(7);
    expect(readdirSync(folder).toSorted()).toEqual(["hooks.db", "hooks.db-hwm", "hooks.db.old", "hooks.lock"]);
  });

  it("has nothing of the log of the one before, which is kept with all that the log held", async () => {
    const running = tempFolder();
    const store = await openSqliteStore({ path: join(running, "hooks.db") });
    onTestFinished(() => store.close());
    for (let n = 0; n < 4; n++) await store.appendEvents([newEvent()]);
    // As kill -9 leaves them.
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    for (const name of ["hooks.db", "hooks.db-wal", "hooks.db-hwm"])
      copyFileSync(join(running, name), join(folder, name));

    const { file, databaseId } = await makeBackup();
    await restore(path, file);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect((await openAndClose(path)).databaseId).toBe(databaseId);
    expect(await countEvents(path)).toBe(2);
    expect(await countEvents(`${path}.old`)).toBe(4);
  });

  it("takes the place of a damaged one, whose log is kept as it is", async () => {
    const running = tempFolder();
    const store = await openSqliteStore({ path: join(running, "hooks.db") });
    onTestFinished(() => store.close());
    for (let n = 0; n < 4; n++) await store.appendEvents([newEvent()]);
    const log = readFileSync(join(running, "hooks.db-wal"));
    log[log.length - 5_000]! ^= 1;
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    for (const name of ["hooks.db", "hooks.db-hwm"]) copyFileSync(join(running, name), join(folder, name));
    writeFileSync(`${path}-wal`, log);
    expect((await refusal(openSqliteStore({ path }))).message).toContain("lacks its newest");

    const { file } = await makeBackup();
    expect((await restore(path, file)).kept.toSorted()).toEqual([`${path}.old`, `${path}.old-wal`]);
    expect(readFileSync(`${path}.old-wal`).equals(log)).toBe(true);
    expect(await countEvents(path)).toBe(2);
  });

  const unreadable: Record<string, (path: string) => unknown> = {
    "a store whose first page is gone, with a log": async (path) => {
      await addEvents(path, 1);
      writeFileSync(path, readFileSync(path).fill(0, 0, 100));
      writeFileSync(`${path}-wal`, "log");
    },
    "a text": (path) => writeFileSync(path, "my notes\n".repeat(500)),
    "a file of zeroes, with a log": (path) => {
      writeFileSync(path, Buffer.alloc(8192));
      writeFileSync(`${path}-wal`, "log");
    },
    "a log without its database": (path) => writeFileSync(`${path}-wal`, "log"),
    "an empty file": (path) => writeFileSync(path, ""),
  };
  it.each(Object.entries(unreadable))("takes the place of what no hooks can open: %s", async (_, make) => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await make(path);
    const before = bytesIn(folder);
    const { file } = await makeBackup();
    await restore(path, file);
    expect(await countEvents(path)).toBe(2);
    const after = bytesIn(folder);
    if (before["hooks.db"] !== undefined) expect(after["hooks.db.old"]).toBe(before["hooks.db"]);
    if (before["hooks.db-wal"] !== undefined) expect(after["hooks.db.old-wal"]).toBe(before["hooks.db-wal"]);
  });

  it("takes the place of a newer hooks' one", async () => {
    const path = join(tempFolder(), "hooks.db");
    await addEvents(path, 1);
    setVersion(path, 99);
    expect(await refusal(openSqliteStore({ path }))).toMatchObject({ code: "store_unusable" });
    await restore(path, (await makeBackup()).file);
    expect(await countEvents(path)).toBe(2);
    expect(setVersion(`${path}.old`, SCHEMA_VERSION)).toBe(99);
    expect(await countEvents(`${path}.old`)).toBe(1);
  });

  it("is brought to this program's schema before it takes the place", async () => {
    const file = join(tempFolder(), "b.db");
    const old = new Database(file);
    old.exec(readFileSync(join(MIGRATIONS, "0001-initial.sql"), "utf8"));
    old.pragma(`application_id = ${0x686f6f6b}`);
    old.pragma("user_version = 1");
    old.close();
    const path = join(tempFolder(), "hooks.db");
    await restore(path, file);
    await (await openSqliteStore({ path, readOnly: true })).close(); // it would refuse an older one
    expect(await addEvents(path, 1)).toBe((await openAndClose(path)).databaseId);
  });
});

describe("a restore that is refused", () => {
  const bad: Record<string, { make: (path: string) => unknown; code: string; says: RegExp }> = {
    "nothing of that name": { make: () => {}, code: "usage", says: /cannot read .*b\.db: there is no such file/ },
    "a folder": { make: (path) => mkdirSync(path), code: "usage", says: /b\.db is a folder/ },
    "a FIFO": { make: (path) => execFileSync("mkfifo", [path]), code: "usage", says: /is not a regular file/ },
    "a link": { make: (path) => symlinkSync("/etc/passwd", path), code: "usage", says: /is a symbolic link/ },
    "an empty file": { make: (path) => writeFileSync(path, ""), code: "store_unusable", says: /is not a database/ },
    "a text": {
      make: (path) => writeFileSync(path, "my notes\n".repeat(500)),
      code: "store_unusable",
      says: /b\.db is not a database/,
    },
    "another program's database": {
      make: (path) => new Database(path).exec("CREATE TABLE a (b)").close(),
      code: "store_unusable",
      says: /is another program's database/,
    },
    "a database that says it is ours and is not": {
      make: (path) => {
        const db = new Database(path).exec("CREATE TABLE events (b)");
        db.pragma(`application_id = ${0x686f6f6b}`);
        db.close();
      },
      code: "store_unusable",
      says: /b\.db is damaged: it does not read as a store/,
    },
    "a newer hooks' backup": {
      make: (path) => change(path, (bytes) => bytes.writeUInt32BE(99, 60)),
      code: "store_unusable",
      says: /written by a newer hooks \(schema 99; this one knows \d+\)/,
    },
    "one that is cut off": {
      make: (path) => change(path, (bytes) => bytes.subarray(0, bytes.length / 2)),
      code: "store_unusable",
      says: /b\.db is damaged: its end is missing/,
    },
    "one that is damaged inside": {
      make: (path) => change(path, (bytes) => bytes.fill(0x5a, bytes.length - 2 * 4096, bytes.length - 4096)),
      code: "store_unusable",
      says: /b\.db is damaged/,
    },
    "a store with its log": {
      make: (path) => {
        change(path, () => {});
        writeFileSync(`${path}-wal`, "log");
      },
      code: "store_unusable",
      says: /is a store in use/,
    },
  };
  const change = (path: string, edit: (bytes: Buffer) => unknown): void => {
    const bytes = readFileSync(sample);
    const edited = edit(bytes);
    writeFileSync(path, Buffer.isBuffer(edited) ? edited : bytes);
  };
  let sample: string;

  it.each(Object.entries(bad))("leaves everything as it is: %s", async (_, { make, code, says }) => {
    sample = (await makeBackup(40)).file;
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await addEvents(path, 1);
    await (await openSqliteStore({ path })).close();
    acquireDaemonLock(path)!.release(); // the file of the lock is there from now on
    const before = bytesIn(folder);
    const file = join(tempFolder(), "b.db");
    make(file);
    const refused = await refusal(restore(path, file));
    expect(refused).toMatchObject({ code, field: "file" });
    expect(refused.message).toMatch(says);
    expect(bytesIn(folder)).toEqual(before);
    expect(isDaemonLocked(path)).toBe(false);
  });

  it.each<[string, (path: string) => unknown, RegExp]>([
    ["another program's database", (path) => new Database(path).exec("CREATE TABLE a (b)").close(), /another program/],
    ["a folder", (path) => mkdirSync(path), /is a directory/],
    ["a FIFO", (path) => execFileSync("mkfifo", [path]), /is not a regular file/],
    ["a link", (path) => symlinkSync("elsewhere", path), /symbolic link/],
  ])("puts no store in the place of %s", async (_, make, says) => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    make(path);
    const names = readdirSync(folder);
    const { file } = await makeBackup();
    const refused = await refusal(restore(path, file));
    expect(refused).toMatchObject({ code: "store_unusable", field: "store", message: expect.stringMatching(says) });
    expect(readdirSync(folder)).toEqual(names);
  });

  it("is of the store itself", async () => {
    const path = join(tempFolder(), "hooks.db");
    await addEvents(path, 1);
    expect(await refusal((async () => checkRestore(path, path))())).toMatchObject({
      code: "usage",
      message: `${path} is the store itself`,
    });
  });

  it("runs into a daemon, which it names", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await addEvents(path, 1);
    const { file } = await makeBackup();
    const lock = acquireDaemonLock(path)!;
    writeDaemonFile(path, { pid: 4711, url: "http://127.0.0.1:4680", bootId: "ses_1", startedAt: NOON });
    const before = bytesIn(folder);
    const refused = await refusal(restore(path, file));
    expect(refused).toMatchObject({ code: "daemon_running", hint: "stop it first: kill 4711" });
    expect(bytesIn(folder)).toEqual(before);
    lock.release();
    expect(await restore(path, file)).toMatchObject({ events: 2 });
  });

  it("waits for a command that has the store open, and gives up after a while", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await addEvents(path, 1);
    const { file } = await makeBackup();
    const command = await openSqliteStore({ path });
    await command.appendEvents([newEvent()]);
    const names = readdirSync(folder);
    expect(await refusal(restore(path, file))).toMatchObject({ code: "store_busy" });
    expect(readdirSync(folder).filter((name) => name !== "hooks.lock")).toEqual(names);
    const waiting = restore(path, file);
    await command.appendEvents([newEvent()]);
    await command.close();
    expect(await waiting).toMatchObject({ events: 2 });
    expect(await countEvents(`${path}.old`)).toBe(3);
  });

  it("lacks what sealed the secrets", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    const from = join(tempFolder(), "hooks.db");
    const store = await openSqliteStore({ path: from });
    await store.insertSubscription(newSubscription());
    await store.close();
    const file = join(tempFolder(), "b.db");
    await backUp(from, file);
    const asked: string[] = [];
    const checkKeys = ({ keyIds }: { keyIds: readonly string[] }): void => {
      asked.push(...keyIds);
      throw new HooksError("store_unusable", "no key");
    };
    expect(await refusal(restore(path, file, { checkKeys }))).toMatchObject({ message: "no key" });
    expect(asked).toEqual(["key-1"]);
    expect(readdirSync(folder)).toEqual(["hooks.lock"]);
  });

  it("is interrupted, at any step", async () => {
    const { file } = await makeBackup(2);
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    await addEvents(path, 1);
    acquireDaemonLock(path)!.release();
    const before = bytesIn(folder);
    for (const step of ["onProgress", "onCopied"] as const) {
      const stopping = new AbortController();
      const stopped = restore(path, file, { signal: stopping.signal, [step]: () => stopping.abort() });
      expect(await refusal(stopped)).toMatchObject({ code: "interrupted" });
      expect(bytesIn(folder)).toEqual(before);
    }
  });

  it("has no room", async (context) => {
    const disk = smallDisk(context);
    const path = join(disk, "hooks.db");
    await addEvents(path, 1);
    acquireDaemonLock(path)!.release();
    const before = bytesIn(disk);
    const from = join(tempFolder(), "hooks.db");
    await addEvents(from, 400, 20_000);
    const file = join(tempFolder(), "b.db");
    await backUp(from, file);
    expect(await refusal(restore(path, file))).toMatchObject({ code: "store_full" });
    expect(bytesIn(disk)).toEqual(before);
    expect(await countEvents(path)).toBe(1);
  });
});

/** Answers the one before. */
function setVersion(path: string, version: number): unknown {
  const db = new Database(path);
  try {
    const before = db.pragma("user_version", { simple: true });
    db.pragma(`user_version = ${version}`);
    return before;
  } finally {
    db.close();
  }
}

async function openAndClose(path: string): Promise<{ databaseId: string }> {
  const store = await openSqliteStore({ path });
  await store.close();
  return store;
}
