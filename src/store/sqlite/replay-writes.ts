import { parseRateLimit } from "../../core/rate-limit.ts";
import type { Scope } from "../../core/scope.ts";
import type { DeliverySelection, NewReplay, PurgeStep, ReplayStep } from "../replay-store.ts";
import type { CleaningOwed } from "./cleaning-owed.ts";
import type { Connection } from "./connection.ts";
import type { DeliveryChanges } from "./delivery-changes.ts";
import { MOST_LOOKED_AT, OF_CANDIDATE, selectionSql } from "./delivery-selection.ts";
import type { Interned } from "./interned.ts";
import { deleteDeliveries } from "./retention-writes.ts";
import { Statements } from "./statements.ts";
import { wiping } from "./wiping.ts";

/** What was not used of a rate is not caught up with: at most that of this long. */
const BURST_MS = 1_000;

interface ReplayRow {
  scopeId: number;
  selection: string;
  rate: string | null;
  pacedAt: number;
  cursor: number;
  lastRowId: number;
}

interface CandidateRow {
  rowId: number;
  subscriptionRowId: number;
  isMeant: number;
}

/** Jobs that send ended deliveries again, and the deletion of those that failed. */
export class ReplayWrites {
  readonly #connection: Connection;
  readonly #interned: Interned;
  readonly #changes: DeliveryChanges;
  readonly #cleaning: CleaningOwed;
  readonly #statements: Statements;

  constructor(connection: Connection, interned: Interned, changes: DeliveryChanges, cleaning: CleaningOwed) {
    this.#connection = connection;
    this.#interned = interned;
    this.#changes = changes;
    this.#cleaning = cleaning;
    this.#statements = new Statements(connection);
  }

  insert(replay: NewReplay): boolean {
    this.#connection
      .prepare(`
        INSERT INTO replays (public_id, scope_id, state, selection, asked, rate, paced_at, found, last_row_id, created_at,
          updated_at)
        SELECT @id, @scopeId, 'running', @selection, @asked, @rate, @at, @found,
          ifnull((SELECT max(delivery_id) FROM deliveries), 0), @at, @at
      `)
      .run({
        id: replay.id,
        scopeId: this.#interned.scopeId(replay.scope),
        selection: JSON.stringify(replay.selection),
        asked: replay.asked,
        rate: replay.rate ?? null,
        found: replay.found,
        at: replay.createdAt,
      });
    return true;
  }

  step(rowId: number, limit: number, now: number): ReplayStep {
    const row = this.#find(rowId);
    if (row === undefined) return { goesOn: false, reopened: 0, subscriptionRowIds: [], nextAt: undefined };
    const selection = JSON.parse(row.selection) as DeliverySelection;
    const pace = paceOf(row, limit, now);
    const candidates = pace.allowed === 0 ? [] : this.#candidates(row.scopeId, selection, row.cursor, row.lastRowId);
    const chosen: CandidateRow[] = [];
    let looked = 0;
    for (const candidate of candidates) {
      if (chosen.length === pace.allowed) break;
      looked += 1;
      if (candidate.isMeant === 1) chosen.push(candidate);
    }
    const reopened = new Set(
      this.#changes.reopen(
        chosen.map((one) => one.rowId),
        now,
        "replay",
      ),
    );
    const isDone = 0 < pace.allowed && looked === candidates.length && candidates.length < MOST_LOOKED_AT;
    const pacedAt = pace.from + reopened.size * pace.eachMs;
    this.#statements
      .rows(`
        UPDATE replays SET state = ?, cursor = ?, reopened = reopened + ?, paced_at = ?, updated_at = ?, ended_at = ?
        WHERE replay_id = ?
      `)
      .run(
        isDone ? "completed" : "running",
        looked === 0 ? row.cursor : candidates[looked - 1]!.rowId,
        reopened.size,
        pacedAt,
        now,
        isDone ? now : null,
        rowId,
      );
    const due = chosen.filter((one) => reopened.has(one.rowId));
    return {
      goesOn: !isDone,
      reopened: reopened.size,
      subscriptionRowIds: [...new Set(due.map((one) => one.subscriptionRowId))],
      nextAt: isDone || pace.eachMs === 0 ? undefined : Math.ceil(pacedAt + pace.eachMs),
    };
  }

  cancel(rowId: number, now: number): boolean {
    const { changes } = this.#statements
      .rows(
        "UPDATE replays SET state = 'cancelled', updated_at = ?, ended_at = ? WHERE replay_id = ? AND state = 'running'",
      )
      .run(now, now, rowId);
    return changes === 1;
  }

  /** Of what is behind `cursor`, at most `limit`. */
  purge(scope: Scope, selection: DeliverySelection, cursor: number, limit: number): PurgeStep {
    const scopeId = this.#interned.scopeId(scope);
    const candidates = this.#candidates(scopeId, selection, cursor, Number.MAX_SAFE_INTEGER);
    const chosen: number[] = [];
    let last = cursor;
    for (const { rowId, isMeant } of candidates) {
      if (chosen.length === limit) break;
      last = rowId;
      if (isMeant === 1) chosen.push(rowId);
    }
    wiping(this.#connection, () => deleteDeliveries(this.#statements, chosen));
    if (0 < chosen.length) this.#cleaning.add();
    const isDone = last === (candidates.at(-1)?.rowId ?? cursor) && candidates.length < MOST_LOOKED_AT;
    return { purged: chosen.length, cursor: isDone ? undefined : last };
  }

  #find(rowId: number): ReplayRow | undefined {
    return this.#statements
      .rows<ReplayRow>(`
        SELECT scope_id AS scopeId, selection, rate, paced_at AS pacedAt, cursor, last_row_id AS lastRowId
        FROM replays WHERE replay_id = ? AND state = 'running'
      `)
      .get(rowId);
  }

  #candidates(scopeId: number, selection: DeliverySelection, after: number, upTo: number): CandidateRow[] {
    const { from, candidates, meant } = selectionSql(scopeId, selection);
    candidates.add("d.delivery_id > ? AND d.delivery_id <= ?", after, upTo);
    return this.#statements
      .rows<CandidateRow>(`
        SELECT d.delivery_id AS rowId, d.subscription_id AS subscriptionRowId, ${meant.sql} AS isMeant
        FROM (SELECT d.delivery_id ${from} WHERE ${candidates.sql} ORDER BY d.delivery_id LIMIT ${MOST_LOOKED_AT}) AS c
          ${OF_CANDIDATE}
        ORDER BY d.delivery_id
      `)
      .all(...meant.values, ...candidates.values);
  }
}

/** How many the rate allows now, from when it counts, and how long each takes up of it. */
function paceOf({ rate, pacedAt }: ReplayRow, limit: number, now: number): Pace {
  if (rate === null) return { allowed: limit, from: pacedAt, eachMs: 0 };
  const { count, perMs } = parseRateLimit(rate, "rate");
  const eachMs = perMs / count;
  // A clock that was set back must not stop it for long.
  const from = now + BURST_MS < pacedAt ? now : Math.max(pacedAt, now - Math.max(BURST_MS, eachMs));
  return { allowed: Math.min(limit, Math.max(0, Math.floor((now - from) / eachMs + 1e-9))), from, eachMs };
}

interface Pace {
  allowed: number;
  from: number;
  eachMs: number;
}
