import type { Health } from "../../core/health.ts";
import type { DisabledReason } from "../../core/subscription.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection, Statement } from "./connection.ts";

/** What recording an attempt has to know of its subscription. */
export interface RecordingSubscription {
  scopeId: number;
  isEnabled: boolean;
  disabledReason: DisabledReason | undefined;
  isDeleted: boolean;
  /** Its rule for disabling it; 0 failures: never. */
  failures: number;
  minSpanMs: number;
  /** As of the last attempt recorded. */
  health: Health;
  /** Since when it is unhealthy, so far as its owner was told; undefined: it has been healthy since. Unix ms. */
  unhealthySince: number | undefined;
}

interface Row {
  scopeId: number;
  enabled: number;
  disabledReason: DisabledReason | null;
  deletedAt: number | null;
  failures: number;
  minSpanMs: number;
  recent: number;
  recentCount: number;
  consecutiveFailures: number;
  failingSince: number | null;
  lastAttemptAt: number | null;
  lastSuccessAt: number | null;
  unhealthySince: number | null;
}

/** Beyond it the memory starts afresh. */
const MAX_REMEMBERED = 20_000;

/**
 * Remembers the subscriptions whose attempts are recorded: one event to a thousand of them would read a thousand rows in
 * each batch. Only whoever holds the daemon's lock records, so nobody else moves the health; every other change of a
 * subscription moves the revision, and a transaction that is taken back makes all of it be forgotten.
 */
export class RecordingSubscriptions {
  readonly #revision: ConfigRevision;
  readonly #connection: Connection;
  #find: Statement<Row> | undefined;
  readonly #known = new Map<number, RecordingSubscription>();
  #knownAt: number | undefined;

  constructor(connection: Connection, revision: ConfigRevision) {
    this.#revision = revision;
    this.#connection = connection;
  }

  /** To be changed by nobody but the recorder, which sets `health` and `unhealthySince`. @throws TypeError when there is none. */
  get(rowId: number): RecordingSubscription {
    if (this.#knownAt !== this.#revision.current) {
      this.#known.clear();
      this.#knownAt = this.#revision.current;
    }
    let known = this.#known.get(rowId);
    if (known === undefined) {
      const row = this.#read(rowId);
      if (row === undefined) throw new TypeError(`no subscription has the row id ${rowId}`);
      known = fromRow(row);
      if (MAX_REMEMBERED <= this.#known.size) this.#known.clear();
      this.#known.set(rowId, known);
    }
    return known;
  }

  #read(rowId: number): Row | undefined {
    this.#find ??= this.#connection.prepare(`
      SELECT subscriptions.scope_id AS scopeId, enabled, disabled_reason AS disabledReason, deleted_at AS deletedAt,
        auto_disable_failures AS failures, auto_disable_span_ms AS minSpanMs,
        recent, recent_count AS recentCount, consecutive_failures AS consecutiveFailures,
        failing_since AS failingSince, last_attempt_at AS lastAttemptAt, last_success_at AS lastSuccessAt,
        unhealthy_since AS unhealthySince
      FROM subscriptions JOIN subscription_health USING (subscription_id)
      WHERE subscription_id = ?
    `);
    return this.#find.get(rowId);
  }

  forget(): void {
    this.#known.clear();
  }
}

function fromRow(row: Row): RecordingSubscription {
  return {
    scopeId: row.scopeId,
    isEnabled: row.enabled === 1,
    disabledReason: row.disabledReason ?? undefined,
    isDeleted: row.deletedAt !== null,
    failures: row.failures,
    minSpanMs: row.minSpanMs,
    health: {
      recent: row.recent,
      recentCount: row.recentCount,
      consecutiveFailures: row.consecutiveFailures,
      failingSince: row.failingSince ?? undefined,
      lastAttemptAt: row.lastAttemptAt ?? undefined,
      lastSuccessAt: row.lastSuccessAt ?? undefined,
    },
    unhealthySince: row.unhealthySince ?? undefined,
  };
}
