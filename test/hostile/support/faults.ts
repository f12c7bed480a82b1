// Loaded by Node before the program: faults of our own, where somebody's secrets are at hand. As soon as the file
// HOOKS_TEST_FAULT exists, what is read from the store throws; SIGUSR2 throws where nobody catches.

import { existsSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import Database from "better-sqlite3";

const file = process.env["HOOKS_TEST_FAULT"];
const { prepare } = Database.prototype;

if (file !== undefined && isMainThread) {
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql);
    if (!/^\s*SELECT[\s\S]*\bFROM (events|deliveries|subscriptions|keys)\b/i.test(sql)) return statement;
    for (const name of ["get", "all", "iterate"] as const) {
      const original = statement[name] as (...values: unknown[]) => unknown;
      Object.assign(statement, {
        [name]: (...values: unknown[]) => {
          if (existsSync(file)) throw new TypeError("broken on purpose");
          return original.apply(statement, values);
        },
      });
    }
    return statement;
  } as typeof prepare;
  process.on("SIGUSR2", () => {
    throw new TypeError("broken on purpose");
  });
}
