// Run by a test: opens each store that is named, as a user who owns nothing, and prints the errors.

import Database from "better-sqlite3";
import { isHooksError } from "../../src/core/errors.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";

new Database(":memory:").close(); // loads the addon while it may still be read
if (process.getuid!() === 0) {
  process.setgid!(65_534);
  process.setuid!(65_534);
}
const errors: unknown[] = [];
for (const path of process.argv.slice(2)) {
  try {
    await openSqliteStore({ path });
    errors.push("opened");
  } catch (error) {
    errors.push(isHooksError(error) ? { code: error.code, message: error.message } : String(error));
  }
}
console.log(JSON.stringify(errors));
