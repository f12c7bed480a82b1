import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { readStoreState } from "../../src/store/sqlite/store-state.ts";
import { newEvent } from "./fixtures.ts";
import { makeSchemaOne } from "./schema-one.ts";
import { tempFolder } from "./temp-folder.ts";

/** What SQLite finds in a copy of the two files, as its recovery leaves it. */
function stateBySqlite(path: string): { userVersion: unknown; databaseId: unknown; commitSequence: unknown } {
  const copy = join(tempFolder(), "copy.db");
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  const db = new Database(copy);
  try {
    const row = db.prepare<[], { id: string; sequence: number }>(
      "SELECT database_id AS id, commit_sequence AS sequence FROM store",
    );
    const { id, sequence } = row.get()!;
    return { userVersion: db.pragma("user_version", { simple: true }), databaseId: id, commitSequence: sequence };
  } finally {
    db.close();
  }
}

describe("what a store says of itself, read without SQLite", () => {
  it("is what SQLite finds, whatever was committed, rolled back, copied from the log, begun anew or cut off", async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant("commit" as const), rows: fc.integer({ min: 0, max: 40 }) }),
      },
      { weight: 1, arbitrary: fc.constant({ kind: "rollback" as const }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("PASSIVE", "RESTART", "TRUNCATE").map((mode) => ({ kind: "copy" as const, mode })),
      },
      { weight: 1, arbitrary: fc.constant({ kind: "vacuum" as const }) },
    );
    const made = join(tempFolder(), "hooks.db");
    await (await openSqliteStore({ path: made })).close();
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (steps, cut) => {
          const path = join(tempFolder(), "hooks.db");
          copyFileSync(made, path);
          const db = new Database(path);
          db.pragma("wal_autocheckpoint = 0");
          db.exec("CREATE TABLE filler (bytes BLOB)");
          const advance = (rows: number): void => {
            for (let row = 0; row < rows; row++) db.exec("INSERT INTO filler VALUES (randomblob(3000))");
            db.exec("UPDATE store SET commit_sequence = commit_sequence + 1");
          };
          for (const one of steps) {
            if (one.kind === "copy") db.pragma(`wal_checkpoint(${one.mode})`);
            else if (one.kind === "vacuum") db.exec("VACUUM");
            else {
              db.exec("BEGIN");
              advance(one.kind === "commit" ? one.rows : 50);
              db.exec(one.kind === "commit" ? "COMMIT" : "ROLLBACK");
            }
          }
          expect(readStoreState(path)).toMatchObject(stateBySqlite(path));
          // As a crash may leave the log, in the middle of what it says.
          const copy = join(tempFolder(), "hooks.db");
          copyFileSync(path, copy);
          copyFileSync(`${path}-wal`, `${copy}-wal`);
          db.close();
          truncateSync(`${copy}-wal`, Math.floor(readFileSync(`${copy}-wal`).length * cut));
          expect(readStoreState(copy)).toMatchObject(stateBySqlite(copy));
        },
      ),
      { numRuns: 25 },
    );
  });

  it("says from where on a log counts for nothing", async () => {
    const path = join(tempFolder(), "hooks.db");
    const store = await openSqliteStore({ path });
    for (let n = 0; n < 3; n++) await store.appendEvents([newEvent()]);
    expect(readStoreState(path)).toMatchObject({ commitSequence: 3, logBrokenAt: undefined });
    const copy = join(tempFolder(), "hooks.db");
    copyFileSync(path, copy);
    const bytes = readFileSync(`${path}-wal`);
    await store.close();
    const frame = 32 + 2 * 4_120;
    bytes[frame + 100] = bytes[frame + 100]! ^ 1;
    writeFileSync(`${copy}-wal`, bytes);
    const { logBrokenAt } = readStoreState(copy)!;
    expect(logBrokenAt).toBeLessThanOrEqual(frame);
    writeFileSync(`${copy}-wal`, bytes.fill(0, 0, 32));
    expect(readStoreState(copy)).toMatchObject({ logBrokenAt: 0 });
  });

  it("has no sequence before there was one, and nothing of what is no store", () => {
    const path = join(tempFolder(), "hooks.db");
    makeSchemaOne(path);
    expect(readStoreState(path)).toMatchObject({ userVersion: 1, commitSequence: 0, databaseId: /^[0-9a-f]{32}$/ });
    const other = join(tempFolder(), "other.db");
    const db = new Database(other);
    db.exec("CREATE TABLE notes (text TEXT)");
    db.close();
    expect(readStoreState(other)).toMatchObject({ databaseId: undefined, commitSequence: 0 });
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(10_000, 0xff), Buffer.from("SQLite format 3\0")]) {
      writeFileSync(other, bytes);
      expect(readStoreState(other)?.databaseId).toBeUndefined();
    }
  });
});
