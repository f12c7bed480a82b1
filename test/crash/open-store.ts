// Run by a scenario (PATH), to be killed while it does so: opens a store as a daemon does, and closes it.

import { writeSync } from "node:fs";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";

const store = await openSqliteStore({ path: process.argv[2]!, mode: "thread" });
await store.close();
writeSync(1, "opened\n");
