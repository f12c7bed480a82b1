import { spawnSync } from "node:child_process";
import {
  chmodSync,
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
import { isHooksError } from "../../src/core/errors.ts";
import { openConnection, pragmaNumber } from "../../src/store/sqlite/connection.ts";
import { SCHEMA_VERSION } from "../../src/store/sqlite/migrate.ts";
import { type OpenSqliteStoreOptions, openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { newEvent, newSubscription, SCOPE } from "./fixtures.ts";
import { tempFolder } from "./temp-folder.ts";

const MODES: Partial<OpenSqliteStoreOptions>[] = [{ mode: "inline" }, { mode: "thread" }, { readOnly: true }];

describe("a store that is not usable", () => {
  for (const options of MODES) {
    const name = options.readOnly === true ? "read only" : options.mode;

    it(`is refused and left as it was, byte for byte (${name})`, async () => {
      const folder = tempFolder();
      for (const [file, { make, says }] of Object.entries(badStores)) {
        const path = join(folder, file);
        await make(path);
        const before = bytesIn(folder);
        const error = await refusal({ path, ...options });
        expect(error, file).toMatchObject({ code: "store_unusable", field: "store" });
        expect(error.message, file).toMatch(says);
        expect(error.message, file).toContain(file);
        expect(bytesIn(folder), file).toEqual(before);
      }
    });
  }

  it("has a name that means another file to SQLite", async () => {
    const folder = tempFolder();
    expect((await refusal({ path: join(folder, "hooks\0.db") })).message).toMatch(/NUL/);
    expect((await refusal({ path: join(folder, "hooks.db ") })).message).toMatch(/white space/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is missing and may not be made", async () => {
    const folder = tempFolder();
    const path = join(folder, "new", "hooks.db");
    expect((await refusal({ path, create: false })).message).toMatch(/does not exist/);
    expect((await refusal({ path, readOnly: true })).message).toMatch(/does not exist/);
    writeFileSync(join(folder, "file"), "");
    expect((await refusal({ path: join(folder, "file", "hooks.db") })).message).toMatch(/not a folder/);
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("is damaged where only a check of the whole finds it, which the daemon does", async () => {
    const path = join(tempFolder(), "hooks.db");
    const store = await openSqliteStore({ path });
    await store.appendEvents(Array.from({ length: 500 }, () => newEvent()));
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, bytes.length - 2 * 4096, bytes.length - 4096);
    writeFileSync(path, bytes);
    expect((await refusal({ path, mode: "thread" })).message).toMatch(/damaged/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it("belongs to somebody else", () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    const locked = join(folder, "locked");
    writeFileSync(path, "");
    mkdirSync(locked);
    chmodSync(path, 0o444);
    chmodSync(locked, 0o555);
    chmodSync(folder, 0o755);
    // As root everything may be written: the child gives that up.
    const child = spawnSync(
      process.execPath,
      [join(import.meta.dirname, "open-as-nobody.ts"), path, join(locked, "a", "hooks.db")],
      {
        encoding: "utf8",
      },
    );
    expect(child.stderr).toBe("");
    const [file, newOne] = JSON.parse(child.stdout) as { code: string; message: string }[];
    expect(file).toMatchObject({
      code: "store_unusable",
      message: expect.stringMatching(/written by this user: permission/),
    });
    expect(newOne).toMatchObject({ code: "store_unusable", message: expect.stringMatching(/created: permission/) });
    expect(readdirSync(locked)).toEqual([]);
  });
});

describe("a store that is locked", () => {
  it("waits for the lock without standing still, and gives up after a while", async () => {
    const folder = tempFolder();
    const path = join(folder, "hooks.db");
    const store = await openSqliteStore({ path });
    onTestFinished(() => store.close());
    const other = new Database(path);
    onTestFinished(() => void other.close());

    other.exec("BEGIN IMMEDIATE");
    const patient = store.appendEvents([newEvent()]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    other.exec("ROLLBACK");
    expect(await patient).toMatchObject([{ kind: "stored" }]);

    other.exec("BEGIN IMMEDIATE");
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 1);
    onTestFinished(() => clearInterval(counting));
    await expect(store.appendEvents([newEvent()])).rejects.toMatchObject({ code: "store_busy" });
    expect(turns).toBeGreaterThan(20);
    other.exec("ROLLBACK");
    expect(await store.appendEvents([newEvent()])).toMatchObject([{ kind: "stored" }]);
  });

  it("is not opened while another program has it for itself", async () => {
    const path = join(tempFolder(), "hooks.db");
    await (await openSqliteStore({ path })).close();
    const other = new Database(path);
    onTestFinished(() => void other.close());
    other.pragma("locking_mode = EXCLUSIVE");
    other.exec("BEGIN EXCLUSIVE");
    expect(await refusal({ path })).toMatchObject({ code: "store_busy" });
  });
});

describe("opening", () => {
  it("commits with FULL durability, on a new file and on a reopened one", () => {
    const path = join(tempFolder(), "hooks.db");
    writeFileSync(path, "");
    for (let n = 0; n < 2; n++) {
      const connection = openConnection(path, "write");
      connection.pragma("journal_mode = WAL");
      expect(pragmaNumber(connection, "synchronous")).toBe(2);
      expect(pragmaNumber(connection, "foreign_keys")).toBe(1);
      expect(pragmaNumber(connection, "trusted_schema")).toBe(0);
      const reading = openConnection(path, "read");
      expect(pragmaNumber(reading, "synchronous")).toBe(2);
      reading.close();
      connection.close();
    }
    const careless = new Database(path);
    expect(careless.pragma("synchronous", { simple: true })).toBe(1); // what the driver does by itself
    careless.close();
  });

  it("makes file and folders for their owner only, whatever the umask is", async () => {
    const folder = tempFolder();
    for (const umask of [0o000, 0o022, 0o777]) {
      const home = join(folder, String(umask));
      const path = join(home, "deep", "hooks.db");
      const before = process.umask(umask);
      const store = await openSqliteStore({ path });
      await store.appendEvents([newEvent()]);
      process.umask(before);
      for (const name of [home, join(home, "deep")]) expect(statSync(name).mode & 0o777).toBe(0o700);
      for (const name of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
      await store.close();
    }
  });

  it("makes a store that gives space back and says whose it is", async () => {
    const path = join(tempFolder(), "hooks.db");
    writeFileSync(path, ""); // an empty file is a new store
    await (await openSqliteStore({ path })).close();
    const db = new Database(path, { readonly: true });
    onTestFinished(() => void db.close());
    expect(db.pragma("auto_vacuum", { simple: true })).toBe(2);
    expect(db.pragma("application_id", { simple: true })).toBe(0x686f6f6b);
    expect(db.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION);
    expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
    const loose = db.prepare(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict ORDER BY name",
    );
    // SQLite's own.
    expect(loose.pluck().all()).toEqual(["sqlite_schema", "sqlite_sequence"]);
  });

  it("lets several processes make the same store at once", async () => {
    const path = join(tempFolder(), "a", "hooks.db");
    const stores = await Promise.all(
      Array.from({ length: 5 }, (_, n) => openSqliteStore({ path, mode: n === 0 ? "thread" : "inline" })),
    );
    onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
    expect(new Set(stores.map(({ databaseId }) => databaseId)).size).toBe(1);
    await Promise.all(stores.map((store) => store.appendEvents([newEvent()])));
    expect(await stores[0]!.findEventIds(SCOPE, "", 10)).toHaveLength(5);
  });

  it("reads without writing: no log is folded in, nothing can be changed", async () => {
    const path = join(tempFolder(), "hooks.db");
    const writing = await openSqliteStore({ path });
    onTestFinished(() => writing.close());
    await writing.insertSubscription(newSubscription());
    const before = readFileSync(path);
    const log = readFileSync(`${path}-wal`);
    const reading = await openSqliteStore({ path, readOnly: true });
    expect(await reading.loadSubscriptions()).toHaveLength(1);
    await expect(reading.appendEvents([newEvent()])).rejects.toMatchObject({ code: "internal" });
    await reading.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
  });

  it("calls back when the disk fails under it, and takes no more writes", async () => {
    const path = join(tempFolder(), "hooks.db");
    const making = await openSqliteStore({ path });
    await making.appendEvents(Array.from({ length: 2_000 }, () => newEvent()));
    await making.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 96 * 4096);
    writeFileSync(path, bytes);
    const failures: Error[] = [];
    const store = await openSqliteStore({ path, onFatal: (error) => failures.push(error) });
    const known = newEvent();
    await expect(store.appendEvents([known])).rejects.toMatchObject({ code: "store_unusable", message: /damaged/ });
    expect(failures).toMatchObject([{ code: "store_unusable" }]);
    await expect(store.insertSubscription(newSubscription())).rejects.toMatchObject({ code: "store_unusable" });
    await store.close();
  });
});

/** File name → how to make it, and what the refusal says. */
const badStores: Record<string, { make: (path: string) => Promise<void> | void; says: RegExp }> = {
  "notes.txt": { make: (path) => writeFileSync(path, "my notes\n".repeat(500)), says: /not a database/ },
  "short.db": { make: (path) => writeFileSync(path, "SQLite"), says: /not a database/ },
  "zeroed.db": {
    make: async (path) => {
      await makeStore(path);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0, 0, 100));
    },
    says: /not a database/,
  },
  "truncated.db": {
    make: async (path) => {
      await makeStore(path);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, bytes.length / 2));
    },
    says: /damaged/,
  },
  "other.db": { make: (path) => makeForeign(path, 0), says: /another program/ },
  "fossil.db": { make: (path) => makeForeign(path, 252006673), says: /another program/ },
  "newer.db": {
    make: async (path) => {
      await makeStore(path);
      const db = new Database(path);
      db.pragma("user_version = 99");
      db.close();
    },
    says: new RegExp(`newer hooks \\(schema 99; this one knows ${SCHEMA_VERSION}\\)`),
  },
  folder: { make: (path) => mkdirSync(path), says: /is a directory/ },
  "link.db": {
    make: async (path) => {
      await makeStore(`${path}.target`);
      symlinkSync(`${path}.target`, path);
    },
    says: /symbolic link/,
  },
  "dangling.db": { make: (path) => symlinkSync(`${path}.nowhere`, path), says: /symbolic link/ },
  "lost.db": { make: (path) => writeFileSync(`${path}-wal`, "a log"), says: /is missing, but its log/ },
  "emptied.db": {
    make: (path) => {
      writeFileSync(path, "");
      writeFileSync(`${path}-wal`, "a log");
    },
    says: /is missing, but its log/,
  },
};

async function makeStore(path: string): Promise<void> {
  const store = await openSqliteStore({ path });
  await store.appendEvents([newEvent()]);
  await store.close();
}

function makeForeign(path: string, applicationId: number): void {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma(`application_id = ${applicationId}`);
  db.exec("CREATE TABLE secrets (a)");
  db.close();
}

async function refusal(options: OpenSqliteStoreOptions): Promise<Error> {
  try {
    await (await openSqliteStore(options)).close();
  } catch (error) {
    if (isHooksError(error)) return error;
    throw error;
  }
  throw new Error(`${options.path} was opened`);
}

/** Every file below, by name. */
function bytesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      return [name, existsSync(path) && statSync(path).isFile() ? readFileSync(path).toString("base64") : ""];
    }),
  );
}
