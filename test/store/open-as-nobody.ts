// Run by a test: opens each store that is named, as a user who owns nothing, and prints the errors. After --read: for
// reading only, and prints how many events it has.

import Database from "better-sqlite3";
import { isHooksError } from "../../src/core/errors.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { SCOPE } from "./fixtures.ts";

new Database(":memory:").close(); // loads the addon while it may still be read
if (process.getuid!() === 0) {
  process.setgid!(65_534);
  process.setuid!(65_534);
}
const errors: unknown[] = [];
const [first, ...rest] = process.argv.slice(2);
const readOnly = first === "--read";
for (const path of readOnly ? rest : process.argv.slice(2)) {
  try {
    const store = await openSqliteStore({ path, readOnly });
    errors.push(readOnly ? { events: (await store.findEventIds(SCOPE, "", 1_000)).length } : "opened");
  } catch (error) {
    errors.push(isHooksError(error) ? { code: error.code, message: error.message } : String(error));
  }
}
console.log(JSON.stringify(errors));
