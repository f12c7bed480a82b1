import { SPANS, startOf } from "../../core/statistics/spans.ts";
import { cellOf, Tally } from "../../core/statistics/tally.ts";
import type { Connection, Statement } from "./connection.ts";
import { type MinuteTally, packCells, packMinutes, unpackCells, unpackMinutes } from "./packed-tallies.ts";
import { addMinute, SpanTallies, type SpanTally } from "./span-tallies.ts";
import { UNREAD } from "./unread-value.ts";

const MINUTE_MS = SPANS[0].lengthMs;
/** Commits, or bytes of them, after which the log is added up. */
const LOG_ENTRIES = 128;
const LOG_BYTES = 128 * 1024;
/** Rows that one commit adds to: a few ms. What is left stays in the log. */
const MAX_ROWS_AT_ONCE = 2_000;
/** More event types than a store can have: a subscription's number and a type's fit into one. */
const TYPES = 2 ** 26;

type LogRow = [entryId: number, tallies: Uint8Array];

interface SpanRow extends Omit<SpanTally, "tally"> {
  delivered: number;
  failed: number;
  durationMs: number;
  cells: Uint8Array;
}

/**
 * Counts attempts in the transaction that records them. A commit pays for one row, whatever it recorded: what it came to,
 * added up in memory, goes to the end of a short log, and now and then the log is added up into the rows that are read.
 * Whoever reads adds what is in the log still.
 */
export class StatisticsWrites {
  readonly #minutes = new Map<number, MinuteTally>();
  /** Of minutes that ended within the batch: that is rare. */
  readonly #ended: MinuteTally[] = [];
  /** What is in the log; undefined: not looked at yet. Too high after a transaction that was taken back: no harm. */
  #logged: { entries: number; bytes: number } | undefined;
  readonly #append: Statement;
  readonly #readLog: Statement<LogRow>;
  readonly #cutLog: Statement;
  readonly #countLog: Statement<[number, number]>;
  readonly #find: Statement<Uint8Array>;
  readonly #addTo: Statement;
  readonly #older: Statement<SpanRow>;
  readonly #delete: Statement;

  constructor(connection: Connection) {
    this.#append = connection.prepare("INSERT INTO statistics_log (tallies) VALUES (?)");
    this.#readLog = connection
      .prepare<unknown[], LogRow>("SELECT entry_id, tallies FROM statistics_log ORDER BY entry_id")
      .raw();
    this.#cutLog = connection.prepare("DELETE FROM statistics_log WHERE entry_id <= ?");
    this.#countLog = connection
      .prepare<unknown[], [number, number]>("SELECT count(*), ifnull(sum(length(tallies)), 0) FROM statistics_log")
      .raw();
    const ofKey = ["scope_id", "subscription_id", "event_type_id", "start", "span_ms"]
      .map((column) => `${column} = ${UNREAD}`)
      .join(" AND ");
    this.#find = connection.prepare<unknown[], Uint8Array>(`SELECT cells FROM statistics WHERE ${ofKey}`).pluck();
    this.#addTo = connection.prepare(`
      INSERT INTO statistics (scope_id, subscription_id, event_type_id, start, span_ms, attempts, delivered, failed,
        duration_ms, cells)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET attempts = excluded.attempts, delivered = delivered + excluded.delivered,
        failed = failed + excluded.failed, duration_ms = duration_ms + excluded.duration_ms, cells = excluded.cells
    `);
    this.#older = connection.prepare(`
      SELECT scope_id AS scopeId, subscription_id AS subscriptionRowId, event_type_id AS eventTypeId, start,
        span_ms AS spanMs, delivered, failed, duration_ms AS durationMs, cells
      FROM statistics INDEXED BY statistics_by_age
      WHERE span_ms = ? AND start < ?
      LIMIT ${UNREAD}
    `);
    this.#delete = connection.prepare(`DELETE FROM statistics WHERE ${ofKey}`);
  }

  /** Before the first attempt of a batch: what a batch that failed has left behind counts for nothing. */
  begin(): void {
    this.#minutes.clear();
    this.#ended.length = 0;
  }

  /** `end`: what the attempt ended its delivery as. `endedAt` unix ms. */
  count(
    scopeId: number,
    subscriptionRowId: number,
    eventTypeId: number,
    endedAt: number,
    outcome: number,
    durationMs: number,
    end: "delivered" | "failed" | undefined,
  ): void {
    const tally = this.#tallyOf(scopeId, subscriptionRowId, eventTypeId, Math.floor(endedAt / MINUTE_MS));
    tally.add(cellOf(outcome, durationMs));
    tally.durationMs += Math.max(0, durationMs);
    if (end !== undefined) tally[end] += 1;
  }

  /** After the last attempt of a batch. */
  commit(): void {
    if (this.#minutes.size === 0) return;
    const logged = this.#log();
    const tallies = packMinutes([...this.#ended, ...this.#minutes.values()]);
    this.#append.run(tallies);
    logged.entries += 1;
    logged.bytes += tallies.length;
    if (LOG_ENTRIES <= logged.entries || LOG_BYTES <= logged.bytes) this.#addUp();
  }

  /**
   * Adds what is old enough to longer spans, and deletes what is older than any.
   * @returns how many rows were moved or deleted; `limit` when there may be more
   */
  age(now: number, limit: number): number {
    let left = limit;
    SPANS.forEach(({ lengthMs, keptMs }, index) => {
      if (left === 0) return;
      const longer = SPANS[index + 1];
      const before = startOf(now - keptMs, longer?.lengthMs ?? lengthMs);
      const rows = this.#older.all(lengthMs, before, left);
      const sums = new SpanTallies();
      for (const row of rows) {
        if (longer !== undefined) {
          sums
            .of(
              row.scopeId,
              row.subscriptionRowId,
              row.eventTypeId,
              startOf(row.start, longer.lengthMs),
              longer.lengthMs,
            )
            .merge(tallyOf(row));
        }
        this.#delete.run(row.scopeId, row.subscriptionRowId, row.eventTypeId, row.start, row.spanMs);
      }
      for (const sum of sums.all()) this.#save(sum);
      left -= rows.length;
    });
    return limit - left;
  }

  #tallyOf(scopeId: number, subscriptionRowId: number, eventTypeId: number, minute: number): Tally {
    const key = subscriptionRowId * TYPES + eventTypeId;
    const known = this.#minutes.get(key);
    if (known?.minute === minute) return known.tally;
    if (known !== undefined) this.#ended.push(known);
    const tally = new Tally();
    this.#minutes.set(key, { scopeId, subscriptionRowId, eventTypeId, minute, tally });
    return tally;
  }

  #log(): { entries: number; bytes: number } {
    if (this.#logged === undefined) {
      const [entries, bytes] = this.#countLog.get()!;
      this.#logged = { entries, bytes };
    }
    return this.#logged;
  }

  #addUp(): void {
    const entries = this.#readLog.all();
    const sums = new SpanTallies();
    const left: MinuteTally[] = [];
    for (const [, tallies] of entries) {
      for (const one of unpackMinutes(tallies)) {
        if (MAX_ROWS_AT_ONCE <= sums.size) left.push(one);
        else addMinute(sums, one);
      }
    }
    for (const sum of sums.all()) this.#save(sum);
    this.#cutLog.run(entries.at(-1)![0]);
    this.#logged = { entries: 0, bytes: 0 };
    if (left.length === 0) return;
    const tallies = packMinutes(left);
    this.#append.run(tallies);
    this.#logged = { entries: 1, bytes: tallies.length };
  }

  #save({ scopeId, subscriptionRowId, eventTypeId, start, spanMs, tally }: SpanTally): void {
    const key = [scopeId, subscriptionRowId, eventTypeId, start, spanMs];
    const { delivered, failed, durationMs } = tally;
    const before = this.#find.get(...key);
    if (before !== undefined) unpackCells(before, tally);
    this.#addTo.run(...key, tally.attempts, delivered, failed, durationMs, packCells(tally));
  }
}

function tallyOf({ delivered, failed, durationMs, cells }: SpanRow): Tally {
  const tally = new Tally();
  Object.assign(tally, { delivered, failed, durationMs });
  unpackCells(cells, tally);
  return tally;
}
