import { statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { newEvent } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

const LARGE = Buffer.alloc(1_000_000, "1");

it("says once that the log has grown long while somebody reads, and shortens it when that is over", async () => {
  const path = join(tempFolder(), "hooks.db");
  const notes: string[] = [];
  const store = await openSqliteStore({ path, mode: "thread", onNote: (note) => notes.push(note) });
  onTestFinished(() => store.close());
  await store.appendEvents([newEvent()]);
  const reader = new Database(path, { readonly: true });
  onTestFinished(() => void reader.close());
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM events").get();
  for (let n = 0; n < 90; n++) await store.appendEvents([newEvent([], { data: LARGE })]);
  expect(notes).toEqual([expect.stringMatching(/hooks\.db-wal has grown to \d+ pages: something reads/)]);
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(64 * 1024 * 1024);

  reader.exec("COMMIT");
  for (let n = 0; n < 20; n++) await store.appendEvents([newEvent([], { data: LARGE })]);
  expect(notes).toHaveLength(1);
  expect(statSync(`${path}-wal`).size).toBeLessThanOrEqual(64 * 1024 * 1024);
});
