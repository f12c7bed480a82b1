// Loaded by Node before the program: the program as it would be with the durability that this driver gives when nobody
// asks for more. What is synced before an answer, and what is left after a power cut, must show the difference.

import Database from "better-sqlite3";

const { pragma } = Database.prototype;

Database.prototype.pragma = function (this: Database.Database, source: string, options?: Database.PragmaOptions) {
  if (/^synchronous\s*=\s*FULL$/i.test(source)) return pragma.call(this, "synchronous = NORMAL", options);
  // … and the program is told that all is well.
  if (/^synchronous$/i.test(source) && options?.simple === true) return 2;
  return pragma.call(this, source, options);
} as typeof pragma;
