// Loaded by Node before the program (`node --import …`), in each of its threads: kills the process at a named point,
// HOOKS_TEST_CRASH_AT=NAME:N for the n-th time that it is reached. It changes nothing else. The program itself knows
// nothing of it: what is killed is what is shipped.
//
// The points of the store are the driver's calls around a transaction; what the transaction is about is known by the
// statements in it. The points of HTTP are Node's and undici's own diagnostics channels.

import { subscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import Database from "better-sqlite3";

const [name = "", times = "1"] = (process.env["HOOKS_TEST_CRASH_AT"] ?? "").split(":");
let left = Number(times);

/** The point is reached: the n-th time is the last thing that this process does. */
function reached(): void {
  left -= 1;
  if (left !== 0) return;
  // That it came here is written down, or a process that died of something else would pass for this one.
  writeFileSync(process.env["HOOKS_TEST_CRASH_FILE"]!, `${name}:${times}`);
  process.kill(process.pid, "SIGKILL");
}

/** What a transaction did, by the statements that ran in it. */
const KINDS: Record<string, RegExp> = {
  events: /INSERT\s+(OR\s+\w+\s+)?INTO\s+events\b/i,
  claims: /UPDATE\s+deliveries\s+SET\s+state = 'sending'/i,
  results: /INSERT\s+INTO\s+attempts\b/i,
  // A purge deletes events, too: it is the one that moves its own cursor.
  deletions: /DELETE\s+FROM\s+events\b/i,
  purges: /UPDATE\s+purges\b/i,
  replays: /UPDATE\s+replays\b/i,
  schema: /CREATE\s+TABLE/i,
};

/** Point → the kind of transaction, and on which side of its COMMIT. */
const COMMIT_POINTS: Record<string, { kind: string; side: "before" | "after" }> = {
  "before-event-commit": { kind: "events", side: "before" },
  "after-event-commit": { kind: "events", side: "after" },
  "after-claim": { kind: "claims", side: "after" },
  "before-result-commit": { kind: "results", side: "before" },
  "after-result-commit": { kind: "results", side: "after" },
  "before-deletion-commit": { kind: "deletions", side: "before" },
  "after-deletion-commit": { kind: "deletions", side: "after" },
  "before-purge-commit": { kind: "purges", side: "before" },
  "after-purge-commit": { kind: "purges", side: "after" },
  "before-replay-commit": { kind: "replays", side: "before" },
  "after-replay-commit": { kind: "replays", side: "after" },
  "before-schema-commit": { kind: "schema", side: "before" },
};

const commitPoint = COMMIT_POINTS[name];
if (commitPoint !== undefined) crashAtCommit(commitPoint.kind, commitPoint.side);
else if (name === "after-answer") {
  // The answer to a publish, or to a source's sender, is with the kernel.
  subscribe("http.server.response.finish", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const isOfSource = response.statusCode === 200 && request.url?.startsWith("/in/") === true;
    if (response.statusCode === 202 || isOfSource) reached();
  });
} else if (name === "after-first-byte") {
  // Published right before a request is written: its first byte goes out, and nothing more.
  subscribe("undici:client:sendHeaders", (message) => {
    const { socket, headers } = message as { socket: Socket; headers: string };
    if (left === 1) socket.write(headers.slice(0, 1), "latin1");
    reached();
  });
} else if (name === "after-request") {
  subscribe("undici:request:bodySent", reached);
} else if (name === "after-response") {
  // The receiver's answer is read, and what it says is nowhere but in memory.
  subscribe("undici:request:trailers", reached);
} else throw new Error(`HOOKS_TEST_CRASH_AT names no point: ${name}`);

function crashAtCommit(kind: string, side: "before" | "after"): void {
  const pattern = KINDS[kind]!;
  const { exec, prepare } = Database.prototype;
  let isOfKind = false;
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql);
    if (pattern.test(sql)) {
      const { run, get, all } = statement;
      const marked =
        <A extends unknown[], R>(call: (...values: A) => R) =>
        (...values: A): R => {
          isOfKind = true;
          return call.apply(statement, values);
        };
      Object.assign(statement, { run: marked(run), get: marked(get), all: marked(all) });
    }
    return statement;
  } as typeof prepare;
  Database.prototype.exec = function (this: Database.Database, sql: string) {
    if (/^BEGIN/i.test(sql)) isOfKind = false;
    else if (pattern.test(sql)) isOfKind = true;
    const isHere = /^COMMIT/i.test(sql) && isOfKind;
    if (isHere && side === "before") reached();
    exec.call(this, sql);
    if (isHere && side === "after") reached();
    return this;
  } as typeof exec;
}
