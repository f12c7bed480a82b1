import { readFileSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { APPLICATION_ID } from "../../src/store/sqlite/connection.ts";
import { LEASE, NOON } from "./fixtures.ts";

const INITIAL = new URL("../../src/store/sqlite/migrations/0001-initial.sql", import.meta.url);

/** What the store of the first version below holds. */
export const SCHEMA_ONE = {
  events: ["evt-waiting", "evt-leased", "evt-retrying", "evt-failed", "evt-succeeded", "evt-cancelled"],
  states: ["pending", "sending", "retrying", "failed", "succeeded", "cancelled"],
} as const;

/** A store as hooks 0.1.0 left it when it was killed: a delivery in every state, one of them leased. */
export function makeSchemaOne(path: string): void {
  writeFileSync(path, "", { mode: 0o600 });
  const db = new Database(path);
  db.pragma("auto_vacuum = INCREMENTAL");
  db.exec(`BEGIN; ${readFileSync(INITIAL, "utf8")};
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = 1;
    COMMIT`);
  db.pragma("journal_mode = WAL");
  db.exec(`
    INSERT INTO scopes VALUES (1, 'default', 'development');
    INSERT INTO workers VALUES (1, '${LEASE.worker}');
    INSERT INTO event_types VALUES (1, 1, 'order.created');
    INSERT INTO subscriptions (subscription_id, public_id, scope_id, name, transport, url, events, enabled, paused,
        auto_disable_failures, auto_disable_span_ms, settings, created_at, updated_at)
      VALUES (1, 'sub_old', 1, 'shop', 'http', 'https://example.com/', '["*"]', 1, 0, 20, 3600000, '{}', ${NOON}, ${NOON});
    INSERT INTO secrets VALUES (1, 1, 1, 'sec_old', 'key-1', x'736561', 'whsec_…Qx', ${NOON}, NULL);
    INSERT INTO subscription_health VALUES (1, 1, 5, 3, 1, ${NOON}, ${NOON}, ${NOON}, 1, 1);
  `);
  const event = db.prepare(`
    INSERT INTO events (event_id, scope_id, public_id, event_type_id, timestamp, delivery_count, created_at, fingerprint,
        data)
      VALUES (?, 1, ?, 1, ${NOON}, 1, ${NOON}, zeroblob(32), CAST('{"n":1}' AS BLOB))
  `);
  const delivery = db.prepare(`
    INSERT INTO deliveries (delivery_id, public_id, scope_id, event_id, subscription_id, state, reason, attempt_count,
        round_attempts, claimable_at, worker_id, created_at, completed_at)
      VALUES (?, randomblob(16), 1, ?, 1, ?, ?, ?, ?, ?, ?, ${NOON}, ?)
  `);
  const attempt = db.prepare(`
    INSERT INTO attempts VALUES (?, 1, 1, ${NOON}, 3, ?, ?, NULL, NULL, 'done', '127.0.0.1', 570, '[]', '[]', NULL, 0,
      NULL, 1)
  `);
  for (const [index, state] of SCHEMA_ONE.states.entries()) {
    const id = index + 1;
    const hasEnded = state === "failed" || state === "succeeded" || state === "cancelled";
    const reason = { failed: "exhausted", cancelled: "cancelled" }[state as string] ?? null;
    const attempts = state === "retrying" || state === "failed" || state === "succeeded" ? 1 : 0;
    event.run(id, SCHEMA_ONE.events[index]);
    const claimableAt = hasEnded ? null : state === "sending" ? LEASE.endsAt : NOON;
    delivery.run(
      id,
      id,
      state,
      reason,
      attempts,
      attempts,
      claimableAt,
      state === "sending" ? 1 : null,
      hasEnded ? NOON : null,
    );
    if (attempts === 1)
      attempt.run(id, state === "succeeded" ? "success" : "failure", state === "succeeded" ? 204 : 500);
  }
  db.close();
}
