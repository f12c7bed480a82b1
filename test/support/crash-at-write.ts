// Loaded by Node before the program (`node --import …`): kills the process before or after its n-th write to disk that
// somebody could find, HOOKS_TEST_CRASH_AT_WRITE=N: each side of a COMMIT, and of the moment that a file gets its name.
// The program itself knows nothing of it.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import Database from "better-sqlite3";

let left = Number(process.env["HOOKS_TEST_CRASH_AT_WRITE"]);

function reached(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}

function around<Args extends unknown[], Result>(write: (...args: Args) => Result): (...args: Args) => Result {
  return (...args) => {
    reached();
    const result = write(...args);
    reached();
    return result;
  };
}

const { exec } = Database.prototype;
Database.prototype.exec = function (this: Database.Database, sql: string) {
  if (sql !== "COMMIT") return exec.call(this, sql);
  return around(() => exec.call(this, sql))();
};
fs.linkSync = around(fs.linkSync);
fs.renameSync = around(fs.renameSync);
syncBuiltinESMExports();
