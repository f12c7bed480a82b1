// Loaded by Node before the program: breaks a promise of it, HOOKS_TEST_BREAK=NAME, as a fault in the program could. The
// campaign must notice each.

import Database from "better-sqlite3";

const name = process.env["HOOKS_TEST_BREAK"];
/** Every so many transactions of the kind. */
const OFTEN = 5;
/** Of the kind: those after them are kept. A store that lacks its newest commit says so itself and does not start. */
const LAST_LOST = 20;

if (name === "loses-events") loseTransactions(/INSERT\s+(OR\s+\w+\s+)?INTO\s+events\b/i);
else if (name === "keeps-dead-leases") ignore(/SET.*reclaims = reclaims \+ 1/is);
else throw new Error(`HOOKS_TEST_BREAK names nothing that can be broken: ${name}`);

/** Takes a transaction back and says that it was committed. */
function loseTransactions(pattern: RegExp): void {
  const { exec } = Database.prototype;
  let isOfKind = false;
  let count = 0;
  onRun(pattern, (run) => {
    isOfKind = true;
    return run();
  });
  Database.prototype.exec = function (this: Database.Database, sql: string) {
    if (/^BEGIN/i.test(sql)) isOfKind = false;
    if (/^COMMIT/i.test(sql) && isOfKind) count += 1;
    const isLost = /^COMMIT/i.test(sql) && isOfKind && count % OFTEN === 0 && count <= LAST_LOST;
    exec.call(this, isLost ? "ROLLBACK" : sql);
    return this;
  } as typeof exec;
}

/** Does nothing, and says that it did. */
function ignore(pattern: RegExp): void {
  onRun(pattern, () => ({ changes: 1, lastInsertRowid: 1 }));
}

/** `instead` is what happens when a statement that matches is run. */
function onRun(pattern: RegExp, instead: (run: () => unknown) => unknown): void {
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql);
    if (pattern.test(sql)) {
      const run = statement.run as (...values: unknown[]) => unknown;
      Object.assign(statement, { run: (...values: unknown[]) => instead(() => run.apply(statement, values)) });
    }
    return statement;
  } as typeof prepare;
}
