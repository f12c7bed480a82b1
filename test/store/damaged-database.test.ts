import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { isHooksError } from "../../src/core/errors.ts";
import { highWaterMarkPath } from "../../src/store/sqlite/high-water-mark.ts";
import { SCHEMA_VERSION } from "../../src/store/sqlite/migrate.ts";
import { type OpenSqliteStoreOptions, openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { newDelivery, newEvent, newStoreEntry, newSubscription, recorded, SCOPE } from "./fixtures.ts";
import { killedStore } from "./killed-store.ts";
import { tempFolder } from "./temp-folder.ts";

const PAGE = 4096;
const MODES = ["thread", "inline"] as const;

describe("a database of which 4 KB were overwritten", () => {
  it("is refused by a daemon whichever page it is, and left as it was", async () => {
    const path = join(tempFolder(), "hooks.db");
    await makeStore(path, 60);
    const whole = readFileSync(path);
    for (let page = 0; page < whole.length / PAGE; page++) {
      const bytes = Buffer.from(whole);
      randomBytes(PAGE).copy(bytes, page * PAGE);
      writeFileSync(path, bytes);
      const before = filesOf(path);
      const { message } = await refusal({ path, mode: "thread" });
      expect(message, `page ${page + 1}`).toMatch(page === 0 ? /is not a database/ : /is damaged/);
      expect(filesOf(path), `page ${page + 1}`).toEqual(before);
    }
    writeFileSync(path, whole);
    await (await openSqliteStore({ path, mode: "thread" })).close();
  });

  it("is refused with its log beside it, and neither is folded into the other", async () => {
    const { path } = await killedStore(20);
    // The killed one never got to a checkpoint: the pages of its file are those of an empty store.
    const bytes = readFileSync(path);
    const inLog = new Set(pagesIn(`${path}-wal`));
    const page = Array.from({ length: bytes.length / PAGE }, (_, n) => n + 1).findLast((n) => !inLog.has(n))!;
    randomBytes(PAGE).copy(bytes, (page - 1) * PAGE);
    writeFileSync(path, bytes);
    const log = readFileSync(`${path}-wal`);
    expect((await refusal({ path, mode: "thread" })).message).toMatch(/is damaged/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
  });

  it("is found by a daemon in the tables that everything needs, and else when it is met, in a large one", async () => {
    const path = join(tempFolder(), "hooks.db");
    await makeStore(path, 20);
    const large = new Database(path);
    // So large that not all of it is read at the start.
    large.exec("CREATE TABLE filler (bytes BLOB)");
    const insert = large.prepare("INSERT INTO filler VALUES (zeroblob(1048576))");
    for (let mebibytes = 0; mebibytes < 66; mebibytes++) insert.run();
    const rootOf = large.prepare<[string], number>("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck();
    const pages = { subscriptions: rootOf.get("subscriptions")!, events: rootOf.get("events")! };
    large.close();
    const whole = readFileSync(path);
    for (const [table, page] of Object.entries(pages)) {
      const bytes = Buffer.from(whole);
      randomBytes(PAGE).copy(bytes, (page - 1) * PAGE);
      writeFileSync(path, bytes);
      if (table === "subscriptions") {
        expect((await refusal({ path, mode: "thread" })).message).toMatch(/is damaged/);
        continue;
      }
      const failures: Error[] = [];
      const store = await openSqliteStore({ path, mode: "thread", onFatal: (error) => failures.push(error) });
      await expect(store.appendEvents([newEvent()])).rejects.toMatchObject({ code: "store_unusable" });
      expect(failures).toMatchObject([{ message: expect.stringContaining(path) }]);
      await store.close();
    }
  });
});

describe("an older copy in the place of the database", () => {
  it("is refused, with what it lacks, and left as it was", async () => {
    const path = join(tempFolder(), "hooks.db");
    await makeStore(path, 5);
    const old = readFileSync(path);
    const store = await openSqliteStore({ path });
    for (let n = 0; n < 3; n++) await store.appendEvents([newEvent()]);
    await store.close();
    writeFileSync(path, old);
    for (const mode of MODES) {
      const error = await refusal({ path, mode });
      expect(error.message).toMatch(/lacks its newest 3 commits, the last of about 20.*or this is an older copy/);
      expect(readFileSync(path).equals(old)).toBe(true);
    }
    // To look at it is no harm.
    const reading = await openSqliteStore({ path, readOnly: true });
    expect(await reading.loadSubscriptions()).toHaveLength(1);
    await reading.close();
    expect(readdirSync(join(path, "..")).toSorted()).toEqual(["hooks.db", "hooks.db-hwm"]);
  });

  it("is no older copy when the mark did not come with it", async () => {
    const path = join(tempFolder(), "hooks.db");
    await makeStore(path, 5);
    const copy = join(tempFolder(), "hooks.db");
    copyFileSync(path, copy);
    const store = await openSqliteStore({ path: copy, mode: "thread" });
    expect(await store.appendEvents([newEvent()])).toMatchObject([{ kind: "stored" }]);
    await store.close();
    expect(existsSync(highWaterMarkPath(copy))).toBe(true);
  });
});

describe("a database that is gone", () => {
  it("is not made anew while its mark says what it held, unless that is accepted", async () => {
    for (const remove of [(path: string) => rmSync(path), (path: string) => writeFileSync(path, "")]) {
      const path = join(tempFolder(), "hooks.db");
      await makeStore(path, 5);
      remove(path);
      const before = filesOf(path);
      for (const mode of MODES) {
        const error = await refusal({ path, mode });
        expect(error.message).toMatch(/is (missing|empty), but held \d+ commits, the last of about 20/);
        expect(error.hint).toContain(`rm '${highWaterMarkPath(path)}'`);
        expect(filesOf(path)).toEqual(before);
      }
      const lossEntry = (loss: object) => newStoreEntry("store.accept_loss", loss);
      const store = await openSqliteStore({ path, mode: "thread", acceptLoss: true, lossEntry });
      expect(await recorded(store, "store.")).toMatchObject([{ action: "store.accept_loss" }]);
      await store.appendEvents([newEvent()]);
      await store.close();
      await (await openSqliteStore({ path })).close();
    }
  });

  it("is made anew when it held nothing", async () => {
    const path = join(tempFolder(), "hooks.db");
    await (await openSqliteStore({ path })).close();
    rmSync(path);
    await (await openSqliteStore({ path })).close();
  });
});

describe("a schema that this program does not know", () => {
  it("is refused when only the log knows of it, and the log is not folded in", async () => {
    const killed = await killedStore(20);
    const newer = new Database(killed.path);
    newer.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    const folder = join(tempFolder(), "copy");
    cpSync(killed.folder, folder, { recursive: true }); // before it is closed, which folds the log in
    newer.close();
    const path = join(folder, "hooks.db");
    const before = filesOf(path);
    for (const mode of MODES) {
      const { message } = await refusal({ path, mode });
      expect(message).toContain(`schema ${SCHEMA_VERSION + 1}; this one knows ${SCHEMA_VERSION}`);
      expect(filesOf(path)).toEqual(before);
    }
  });
});

describe("a store that may only be read", () => {
  it("is left alone: nothing is made beside it", async () => {
    const path = join(tempFolder(), "hooks.db");
    await makeStore(path, 3);
    const before = filesOf(path);
    const store = await openSqliteStore({ path, readOnly: true });
    expect(await store.findEventIds(SCOPE, "", 10)).toHaveLength(3);
    await store.close();
    expect(filesOf(path)).toEqual(before);
  });

  it("can be read where nothing can be written", async () => {
    const folder = join(tempFolder(), "media");
    mkdirSync(folder);
    const path = join(folder, "hooks.db");
    await makeStore(path, 3);
    const before = filesOf(path);
    chmodSync(path, 0o444);
    chmodSync(folder, 0o555);
    const read = asNobody(path);
    chmodSync(folder, 0o755);
    expect(read).toEqual([{ events: 3 }]);
    expect(filesOf(path)).toEqual(before);
  });
});

function asNobody(path: string): unknown {
  chmodSync(join(path, "../.."), 0o755);
  const child = spawnSync(process.execPath, [join(import.meta.dirname, "open-as-nobody.ts"), "--read", path], {
    encoding: "utf8",
  });
  expect(child.stderr).toBe("");
  return JSON.parse(child.stdout) as unknown;
}

async function makeStore(path: string, events: number): Promise<void> {
  const store = await openSqliteStore({ path });
  const lane = await store.insertSubscription(newSubscription());
  for (let n = 0; n < events; n++) {
    await store.appendEvents([newEvent([], { deliveries: [newDelivery(lane)] })]);
  }
  await store.close();
}

/** Numbers of the pages that a log holds. */
function pagesIn(log: string): number[] {
  const bytes = readFileSync(log);
  const frames = Math.floor((bytes.length - 32) / (24 + PAGE));
  return Array.from({ length: frames }, (_, n) => bytes.readUInt32BE(32 + n * (24 + PAGE)));
}

async function refusal(options: OpenSqliteStoreOptions): Promise<Error & { hint: string | undefined }> {
  try {
    await (await openSqliteStore(options)).close();
  } catch (error) {
    if (isHooksError(error)) {
      expect(error).toMatchObject({ code: "store_unusable", field: "store" });
      return error as Error & { hint: string | undefined };
    }
    throw error;
  }
  throw new Error(`${options.path} was opened`);
}

/** Everything beside the store, byte for byte. */
function filesOf(path: string): Record<string, string> {
  const folder = join(path, "..");
  const names = readdirSync(folder).toSorted();
  return Object.fromEntries(
    names.filter((name) => statSync(join(folder, name)).isFile()).map((name) => [name, hashOf(join(folder, name))]),
  );
}

function hashOf(path: string): string {
  return readFileSync(path).toString("base64");
}
