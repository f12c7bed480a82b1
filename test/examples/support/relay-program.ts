// One relay of an outbox, as a process of its own: `relay-program.ts <sqlite|postgres> <database> <how>`. `how` is
// `crash`: it dies by SIGKILL when everything is published and nothing is deleted; or `once`: it relays what is there.
import Database from "better-sqlite3";
import { createPublisher, type Publisher } from "hooks-relay";
import pg from "pg";
import { relayOnce as relayPostgres } from "../../../examples/outbox-postgres.ts";
import { relayOnce as relaySqlite } from "../../../examples/outbox-sqlite.ts";

const [kind, database = "", how] = process.argv.slice(2);
const publisher = createPublisher({ requests: 1, retry: { attempts: 2, firstDelayMs: 10 } });

/** Its results are known to the server, and this process never learns of them. */
const dying: Pick<Publisher, "publishMany"> = {
  async *publishMany(events) {
    for await (const result of publisher.publishMany(events)) {
      if (!result.accepted) throw result.error;
    }
    process.kill(process.pid, "SIGKILL");
    yield* [];
  },
};

const used = how === "crash" ? dying : publisher;
let left: number;
if (kind === "sqlite") {
  left = await relaySqlite(new Database(database), used);
} else {
  const pool = new pg.Pool({ connectionString: database });
  left = await relayPostgres(pool, used);
  await pool.end();
}
await publisher.close();
console.log(left);
