import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";

/** A store file as a first start makes it, in memory: each run begins with a copy. */
export async function makeTemplate(): Promise<Buffer> {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-sim-"));
  try {
    const file = path.join(folder, "hooks.db");
    const store = await openSqliteStore({ path: file });
    await store.close();
    const database = new Database(file);
    database.pragma("journal_mode = DELETE");
    const bytes = database.serialize();
    database.close();
    return bytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface DeliveryState {
  state: string;
  worker: string | undefined;
  attempts: number;
  round: number;
  roundAttempts: number;
  claimableAt: number | null;
  reason: string | null;
  /** What a person asked for. */
  trigger: string | null;
}

/** Told of every row that is written, in the order of the writes. */
export interface HistoryListener {
  eventStored(eventRowId: number, publicId: string, data: Uint8Array): void;
  deliveryStored(rowId: number, eventRowId: number, subscriptionRowId: number, now: DeliveryState): void;
  deliveryMoved(rowId: number, now: DeliveryState): void;
  attemptRecorded(rowId: number, number: number, attempt: RecordedRow): void;
  eventDeleted(eventRowId: number, createdAt: number): void;
  /** `completedAt`: unix ms; null: it had not ended. */
  deliveryDeleted(rowId: number, completedAt: number | null): void;
  subscriptionStored(rowId: number, name: string): void;
  subscriptionSwitched(rowId: number, isEnabled: boolean, isPaused: boolean, isDeleted: boolean): void;
}

export interface RecordedRow {
  outcome: string;
  status: number | null;
  error: string | null;
  /** Where the simulated network leaves a request's number. */
  remoteAddress: string | null;
}

const STATE_COLUMNS = [
  "state",
  "worker_id",
  "attempt_count",
  "round",
  "round_attempts",
  "claimable_at",
  "reason",
  "trigger",
] as const;
const NEW_STATE = STATE_COLUMNS.map((column) => `NEW."${column}"`).join(", ");

type Value = number | string | null;

/**
 * The database of a run. It outlives the simulated processes, as a file does. Triggers tell of every row that is
 * written, at the moment of the write and whoever makes it: the history that the checks go by is not the sources' own.
 */
export function openHistory(template: Buffer, listener: HistoryListener): Database.Database {
  const database = new Database(template);
  database.pragma("foreign_keys = ON");
  const workers = new Map<number, string>();
  const stateOf = (values: Value[]): DeliveryState => {
    const [state, worker, attempts, round, roundAttempts, claimableAt, reason, trigger] = values;
    return {
      state: state as string,
      worker: worker === null ? undefined : workers.get(worker as number),
      attempts: attempts as number,
      round: round as number,
      roundAttempts: roundAttempts as number,
      claimableAt: claimableAt as number | null,
      reason: reason as string | null,
      trigger: trigger as string | null,
    };
  };
  const on = (name: string, when: string, args: string, call: (...args: Value[]) => void): void => {
    database.function(name, { varargs: true }, (...values: unknown[]) => {
      call(...(values as Value[]));
      return null;
    });
    database.exec(`CREATE TEMP TRIGGER on_${name} AFTER ${when} BEGIN SELECT ${name}(${args}); END`);
  };
  on("sim_worker", "INSERT ON main.workers", "NEW.worker_id, NEW.name", (id, name) => {
    workers.set(id as number, name as string);
  });
  on("sim_event", "INSERT ON main.events", "NEW.event_id, NEW.public_id, NEW.data", (id, publicId, data) =>
    listener.eventStored(id as number, publicId as string, data as unknown as Uint8Array),
  );
  on(
    "sim_new_delivery",
    "INSERT ON main.deliveries",
    `NEW.delivery_id, NEW.event_id, NEW.subscription_id, ${NEW_STATE}`,
    (id, eventId, subscriptionId, ...state) =>
      listener.deliveryStored(id as number, eventId as number, subscriptionId as number, stateOf(state)),
  );
  on("sim_delivery", "UPDATE ON main.deliveries", `NEW.delivery_id, ${NEW_STATE}`, (id, ...state) =>
    listener.deliveryMoved(id as number, stateOf(state)),
  );
  on(
    "sim_attempt",
    "INSERT ON main.attempts",
    "NEW.delivery_id, NEW.number, NEW.outcome, NEW.status, NEW.error_message, NEW.remote_address",
    (id, number, outcome, status, error, remoteAddress) =>
      listener.attemptRecorded(id as number, number as number, {
        outcome: outcome as string,
        status: status as number | null,
        error: error as string | null,
        remoteAddress: remoteAddress as string | null,
      }),
  );
  on("sim_event_gone", "DELETE ON main.events", "OLD.event_id, OLD.created_at", (id, createdAt) =>
    listener.eventDeleted(id as number, createdAt as number),
  );
  on("sim_delivery_gone", "DELETE ON main.deliveries", "OLD.delivery_id, OLD.completed_at", (id, completedAt) =>
    listener.deliveryDeleted(id as number, completedAt as number | null),
  );
  on("sim_new_subscription", "INSERT ON main.subscriptions", "NEW.subscription_id, NEW.name", (id, name) =>
    listener.subscriptionStored(id as number, name as string),
  );
  on(
    "sim_subscription",
    "UPDATE OF enabled, paused, deleted_at ON main.subscriptions",
    "NEW.subscription_id, NEW.enabled, NEW.paused, NEW.deleted_at IS NOT NULL",
    (id, enabled, paused, deleted) =>
      listener.subscriptionSwitched(id as number, enabled === 1, paused === 1, deleted === 1),
  );
  return database;
}
