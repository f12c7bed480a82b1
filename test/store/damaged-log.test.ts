import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { highWaterMarkPath, readHighWaterMark } from "../../src/store/sqlite/high-water-mark.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { LOG_DAMAGES } from "../crash/damages.ts";
import { newEvent, newStoreEntry, recorded, SCOPE } from "./fixtures.ts";
import { killedStore } from "./killed-store.ts";
import { tempFolder } from "./temp-folder.ts";

const KILLS = 4;
const ACKNOWLEDGED = 40;

describe("a log that was damaged after kill -9", () => {
  it(`is noticed ${KILLS * Object.keys(LOG_DAMAGES).length} times of as many, by daemon and command, and left as it was`, async () => {
    let noticed = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const { folder } = await killedStore(ACKNOWLEDGED);
      for (const [name, damage] of Object.entries(LOG_DAMAGES)) {
        const path = damagedCopy(folder, `${kill} ${name}`, damage);
        const files = [path, `${path}-wal`, highWaterMarkPath(path)];
        const before = files.map(bytesOf);
        for (const mode of ["thread", "inline"] as const) {
          const refused = await openSqliteStore({ path, mode }).catch((error: unknown) => error);
          expect(refused, name).toMatchObject({
            code: "store_unusable",
            message: expect.stringMatching(/lacks its newest (\d+ commits, the last )?.*of about 20\d\d-.*its log/),
            hint: expect.stringContaining("hooks serve --accept-loss"),
          });
        }
        expect(files.map(bytesOf), name).toEqual(before);
        noticed += 1;
      }
    }
    expect(noticed).toBe(20);
  });

  it("goes unnoticed without the mark, which shows that SQLite says nothing", async () => {
    const { folder, ids } = await killedStore(ACKNOWLEDGED);
    for (const [name, damage] of Object.entries(LOG_DAMAGES)) {
      const path = damagedCopy(folder, name, damage);
      rmSync(highWaterMarkPath(path));
      const store = await openSqliteStore({ path, mode: "thread" });
      expect(await foundOf(store, ids), name).toBeLessThan(ids.length);
      await store.close();
      expect(integrityOf(path), name).toBe("ok");
    }
  });

  it("is gone on with when the loss is accepted: what is there is whole, and a beginning of what was acknowledged", async () => {
    const { folder, ids } = await killedStore(ACKNOWLEDGED);
    for (const [name, damage] of Object.entries(LOG_DAMAGES)) {
      const path = damagedCopy(folder, name, damage);
      const notes: string[] = [];
      const store = await openSqliteStore({
        path,
        mode: "thread",
        acceptLoss: true,
        lossEntry: (loss) => newStoreEntry("store.accept_loss", loss),
        onNote: (note) => notes.push(note),
      });
      const lost = [
        { action: "store.accept_loss", after: { commits: expect.any(Number), lastAt: expect.any(Number) } },
      ];
      expect(await recorded(store, "store."), name).toEqual(lost);
      expect(notes, name).toEqual([expect.stringMatching(/^LOSS ACCEPTED: the store .* lacks its newest/)]);
      const found = await foundOf(store, ids);
      for (const [index, id] of ids.entries()) {
        expect((await store.findEvent(SCOPE, id)) !== undefined, `${name}, ${index}`).toBe(index < found);
      }
      expect(await store.appendEvents([newEvent()])).toMatchObject([{ kind: "stored" }]);
      await store.close();
      expect(integrityOf(path), name).toBe("ok");

      // From here on nothing is missing any more.
      const again = await openSqliteStore({
        path,
        mode: "thread",
        acceptLoss: true,
        lossEntry: (loss) => newStoreEntry("store.accept_loss", loss),
        onNote: (note) => notes.push(note),
      });
      expect(await foundOf(again, ids), name).toBe(found);
      expect(await recorded(again, "store."), name).toEqual(lost);
      await again.close();
      expect(notes).toHaveLength(1);
    }
  });

  it("is no alarm when it is whole, and its mark lags, is missing, damaged or of another database", async () => {
    const { folder, ids } = await killedStore(ACKNOWLEDGED);
    const other = await killedStore(ACKNOWLEDGED);
    const marks: Record<string, { make: (mark: string) => void; note: RegExp | undefined }> = {
      whole: { make: () => {}, note: undefined },
      missing: { make: (mark) => rmSync(mark), note: /had no high-water mark/ },
      empty: { make: (mark) => truncateSync(mark, 0), note: /was damaged/ },
      torn: {
        make: (mark) => {
          const bytes = readFileSync(mark);
          bytes[30] = bytes[30]! ^ 1;
          bytes[4096 + 30] = bytes[4096 + 30]! ^ 1;
          writeFileSync(mark, bytes);
        },
        note: /was damaged/,
      },
      foreign: {
        make: (mark) => copyFileSync(highWaterMarkPath(join(other.folder, "hooks.db")), mark),
        note: /of another database/,
      },
    };
    for (const [name, { make, note }] of Object.entries(marks)) {
      const path = damagedCopy(folder, name, () => {});
      make(highWaterMarkPath(path));
      const notes: string[] = [];
      const store = await openSqliteStore({ path, mode: "thread", onNote: (text) => notes.push(text) });
      expect(notes, name).toEqual(note === undefined ? [] : [expect.stringMatching(note)]);
      expect(await foundOf(store, ids), name).toBe(ids.length);
      await store.close();
      const mark = readHighWaterMark(path);
      expect(mark, name).toMatchObject({ databaseId: store.databaseId, sequence: sequenceOf(path) });
    }
  });

  it("is noticed by one slot of the mark when the other was torn", async () => {
    const { folder } = await killedStore(ACKNOWLEDGED);
    for (const slot of [0, 4096]) {
      const path = damagedCopy(folder, String(slot), LOG_DAMAGES["a flipped bit in the middle"]!);
      const bytes = readFileSync(highWaterMarkPath(path));
      bytes[slot + 30] = bytes[slot + 30]! ^ 1;
      writeFileSync(highWaterMarkPath(path), bytes);
      await expect(openSqliteStore({ path })).rejects.toMatchObject({ message: /lacks its newest/ });
    }
  });
});

function damagedCopy(folder: string, name: string, damage: (log: string) => void): string {
  const copy = join(tempFolder(), name);
  cpSync(folder, copy, { recursive: true });
  const path = join(copy, "hooks.db");
  damage(`${path}-wal`);
  return path;
}

async function foundOf(store: Awaited<ReturnType<typeof openSqliteStore>>, ids: readonly string[]): Promise<number> {
  const found = await Promise.all(ids.map((id) => store.findEvent(SCOPE, id)));
  return found.filter((event) => event !== undefined).length;
}

function bytesOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path).toString("base64") : undefined;
}

function integrityOf(path: string): unknown {
  const db = new Database(path, { readonly: true });
  try {
    expect(db.pragma("foreign_key_check")).toEqual([]);
    return db.pragma("integrity_check", { simple: true });
  } finally {
    db.close();
  }
}

function sequenceOf(path: string): unknown {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare("SELECT commit_sequence FROM store").pluck().get();
  } finally {
    db.close();
  }
}
