import { pbkdf2 } from "node:crypto";
import { mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  HighWaterMark,
  highWaterMarkPath,
  readHighWaterMark,
  resetHighWaterMark,
} from "../../src/store/sqlite/high-water-mark.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { NOON, newEvent, newSubscription, WORKER } from "./fixtures.ts";
import { killedStore } from "./killed-store.ts";
import { tempFolder } from "./temp-folder.ts";

function sequenceOf(path: string): number {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare<[], number>("SELECT commit_sequence FROM store").pluck().get()!;
  } finally {
    db.close();
  }
}

describe("the mark of a store", () => {
  it("moves with every commit that changes something, by daemon and command, and with no other", async () => {
    const path = join(tempFolder(), "hooks.db");
    for (const mode of ["thread", "inline"] as const) {
      const store = await openSqliteStore({ path, mode });
      await store.releaseLeases(WORKER, [], NOON); // makes the worker known
      const before = sequenceOf(path);
      const lane = await store.insertSubscription(newSubscription());
      await store.appendEvents([newEvent([lane])]);
      await Promise.all([store.appendEvents([newEvent()]), store.appendEvents([newEvent()])]); // together: one commit
      expect(sequenceOf(path)).toBe(before + 3);
      expect(readHighWaterMark(path)).toMatchObject({ databaseId: store.databaseId, sequence: before + 3 });
      await store.releaseLeases(WORKER, [], NOON); // nothing to give back
      expect(sequenceOf(path)).toBe(before + 3);
      await store.close();
      expect(readHighWaterMark(path)).toMatchObject({ sequence: before + 3 });
    }
  });

  it("is its owner's only, whatever the umask is", async () => {
    const path = join(tempFolder(), "hooks.db");
    const before = process.umask(0o000);
    await (await openSqliteStore({ path })).close();
    process.umask(before);
    expect(statSync(highWaterMarkPath(path)).mode & 0o777).toBe(0o600);
  });

  it("is at the newest commit after several connections have written at once", async () => {
    const path = join(tempFolder(), "hooks.db");
    const stores = await Promise.all(
      (["thread", "inline", "inline"] as const).map((mode) => openSqliteStore({ path, mode })),
    );
    onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
    const writing = stores.map(async (store) => {
      for (let n = 0; n < 30; n++) await store.appendEvents([newEvent()]);
    });
    await Promise.all(writing);
    const mark = readHighWaterMark(path);
    expect(sequenceOf(path)).toBeGreaterThanOrEqual(30);
    // Never ahead; behind by what two of them may have written past each other, until the next commit.
    expect(mark).toMatchObject({ sequence: expect.toSatisfy((n: number) => n <= sequenceOf(path)) });
    await stores[0]!.appendEvents([newEvent()]);
    expect(readHighWaterMark(path)).toMatchObject({ sequence: sequenceOf(path) });
  });

  it("is at the last commit that was acknowledged when its process is killed", async () => {
    const { path, ids } = await killedStore(30);
    // The first one made the subscription; each event was a commit of its own.
    expect(readHighWaterMark(path)).toMatchObject({ sequence: expect.toSatisfy((n: number) => ids.length < n) });
  });

  it("can be set to what the database says", async () => {
    const path = join(tempFolder(), "hooks.db");
    const store = await openSqliteStore({ path });
    await store.appendEvents([newEvent()]);
    await store.close();
    const db = new Database(path);
    db.exec("UPDATE store SET commit_sequence = 0");
    db.close();
    await expect(openSqliteStore({ path })).rejects.toMatchObject({ message: /lacks its newest commit, of about/ });
    resetHighWaterMark(path);
    expect(readHighWaterMark(path)).toMatchObject({ databaseId: store.databaseId, sequence: 0 });
    await (await openSqliteStore({ path })).close();
  });

  it("can be closed while it is being synced: no alarm, and its file is closed after that", async () => {
    const [failures, path] = [[] as Error[], join(tempFolder(), "hooks.db")];
    const openFiles = (): number => readdirSync("/dev/fd").length;
    const before = openFiles();
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    // What else the pool does comes first: the file is closed before its sync begins.
    const busy = Array.from({ length: 16 }, () => promisify(pbkdf2)("", "", 50_000, 32, "sha256"));
    const mark = new HighWaterMark(path, "00".repeat(16), (error) => failures.push(error));
    mark.raise(1);
    vi.advanceTimersByTime(1_000);
    mark.close();
    vi.useRealTimers();
    await Promise.all(busy);
    await expect.poll(openFiles, { timeout: 30_000 }).toBeLessThanOrEqual(before);
    expect(failures).toEqual([]);
    expect(readHighWaterMark(path)).toMatchObject({ sequence: 1 });
  });

  it("must be a file", async () => {
    for (const make of [(mark: string) => mkdirSync(mark), (mark: string) => symlinkSync("elsewhere", mark)]) {
      const path = join(tempFolder(), "hooks.db");
      make(highWaterMarkPath(path));
      await expect(openSqliteStore({ path })).rejects.toMatchObject({
        code: "store_unusable",
        message: expect.stringContaining(`${highWaterMarkPath(path)} is not a regular file`),
        hint: expect.stringContaining("remove it"),
      });
    }
  });
});
