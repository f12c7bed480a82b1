import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { storeContract } from "./store-contract.ts";

const folders: string[] = [];
const stores: SqliteStore[] = [];
let path = "";

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

for (const mode of ["inline", "thread"] as const) {
  const open = async () => {
    const store = await openSqliteStore({ path, mode });
    stores.push(store);
    return store;
  };
  storeContract(`SQLite, ${mode}`, {
    open: () => {
      const folder = mkdtempSync(join(tmpdir(), "hooks-store-"));
      folders.push(folder);
      path = join(folder, "hooks.db");
      return open();
    },
    openAgain: open,
  });
}
