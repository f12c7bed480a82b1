import { ANY, type Reach } from "../../core/key.ts";
import type { Scope } from "../../core/scope.ts";
import { Figures, type SpanFigures } from "../../core/statistics/figures.ts";
import { Tally } from "../../core/statistics/tally.ts";
import type {
  ScopeStatistics,
  ScopesRead,
  StatisticsQuery,
  StoredGroup,
  StoredStatistics,
  WaitingRead,
  WaitingSubscription,
} from "../statistics-store.ts";
import type { Connection } from "./connection.ts";
import { firstDue, WAITS_FOR_TURN } from "./delivery-order.ts";
import { unpackCells, unpackMinutes } from "./packed-tallies.ts";
import { IS_NOT_DELETED } from "./scope-sql.ts";
import { addMinute, SpanTallies } from "./span-tallies.ts";
import { Statements } from "./statements.ts";

interface SpanRow {
  start: number;
  delivered: number;
  failed: number;
  durationMs: number;
  cells: Uint8Array;
}

/** All spans of a member in one row. */
interface JoinedSpans {
  /** Numbers with commas. */
  starts: string;
  lengths: string;
  /** Hexadecimal. */
  cells: string;
  delivered: number;
  failed: number;
  durationMs: number;
}

/** A blob costs the driver four times what all else of its row does: a page of groups has 10,000 of them. */
const JOINED_SPANS = `
  SELECT group_concat(start) AS starts, group_concat(length(cells)) AS lengths, group_concat(hex(cells), '') AS cells,
    sum(delivered) AS delivered, sum(failed) AS failed, sum(duration_ms) AS durationMs
  FROM statistics
  WHERE scope_id = ? AND subscription_id = ? AND event_type_id = ? AND start >= ?
  GROUP BY scope_id
`;

interface MemberRow {
  id: number;
  attempts: number;
}

type Series = Map<number, Tally>;

/** By which column of `statistics` a group is found; the other one is 0. */
const GROUPS = {
  subscription: {
    next: "SELECT subscription_id FROM statistics WHERE scope_id = @scope AND subscription_id > member.id ORDER BY subscription_id LIMIT 1",
    ofMember: "subscription_id = member.id AND event_type_id = 0",
    name: "SELECT public_id AS key, name FROM subscriptions WHERE subscription_id = ?",
  },
  type: {
    next: "SELECT event_type_id FROM statistics WHERE scope_id = @scope AND subscription_id = 0 AND event_type_id > member.id ORDER BY event_type_id LIMIT 1",
    ofMember: "subscription_id = 0 AND event_type_id = member.id",
    name: "SELECT name AS key, '' AS name FROM event_types WHERE event_type_id = ?",
  },
} as const;

/** The next subscription, of any scope, for which something waits. */
const NEXT_WAITING =
  "SELECT subscription_id FROM deliveries INDEXED BY deliveries_waiting WHERE worker_id IS NULL AND claimable_at IS NOT NULL AND subscription_id > member.id ORDER BY subscription_id LIMIT 1";

/** Reads `statistics`, and what is in the log still. What one call reads is of one moment. */
export class StatisticsReader {
  readonly #connection: Connection;
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = new Statements(connection);
  }

  read(scope: Scope, query: StatisticsQuery): StoredStatistics {
    return this.#atOneMoment(() => {
      const beganAt = this.#beganAt();
      const scopeId = this.#scopeId(scope);
      if (scopeId === undefined) return { beganAt, total: new Map(), groups: [], leftOut: 0 };
      const { since, by, subscriptionRowId = 0, limit } = query;
      const log = this.#log(since, (id) => id === scopeId);
      const total = this.#series(scopeId, subscriptionRowId, 0, since, log);
      const { groups, leftOut } =
        by === undefined ? { groups: [], leftOut: 0 } : this.#groups(scopeId, by, since, limit, log);
      return { beganAt, total, groups, leftOut };
    });
  }

  readScopes(reach: Reach, since: number, limit: number): ScopesRead {
    return this.#atOneMoment(() => {
      const rows = this.#statements
        .rows<Scope & { scopeId: number }>(`
          SELECT scope_id AS scopeId, tenant, environment FROM scopes
          WHERE ${IS_NOT_DELETED} AND (@tenant = '${ANY}' OR tenant = @tenant)
            AND (@environment = '${ANY}' OR environment = @environment)
        `)
        .all({ tenant: reach.tenant, environment: reach.environment });
      const known = new Set(rows.map(({ scopeId }) => scopeId));
      const log = this.#log(since, (id) => known.has(id));
      const total = new Tally();
      const scopes: ScopeStatistics[] = [];
      for (const { scopeId, tenant, environment } of rows) {
        const tally = new Tally();
        for (const part of this.#series(scopeId, 0, 0, since, log).values()) tally.merge(part);
        if (tally.cells.size === 0) continue;
        total.merge(tally);
        scopes.push({ tenant, environment, tally });
      }
      scopes.sort((a, b) => b.tally.attempts - a.tally.attempts);
      const shown = scopes.slice(0, limit);
      return { beganAt: this.#beganAt(), scopes: shown, total, leftOut: scopes.length - shown.length };
    });
  }

  readWaiting(scope: Scope, most: number): WaitingRead {
    return this.#atOneMoment(() => {
      const scopeId = this.#scopeId(scope);
      const ids = this.#statements
        .rows<{ rowId: number; id: string; name: string }>(`
          ${members(NEXT_WAITING)}
          SELECT subscription_id AS rowId, public_id AS id, name
          FROM member CROSS JOIN subscriptions ON subscription_id = member.id
          WHERE member.id > 0 AND scope_id = ?
        `)
        .all(scopeId ?? 0);
      const subscriptions: WaitingSubscription[] = [];
      let left = most;
      for (const { rowId, id, name } of ids) {
        if (left === 0) return { subscriptions, isWhole: false };
        const waiting = this.#statements
          .values<number>(`
            SELECT count(*) FROM (
              SELECT 1 FROM deliveries INDEXED BY deliveries_waiting
              WHERE subscription_id = ? AND worker_id IS NULL AND claimable_at IS NOT NULL LIMIT ?
            )
          `)
          .get(rowId, left)!;
        const dueAt = this.#statements
          .values<number>(`SELECT min(${firstDue("?", 0)}, ${firstDue("?", 1)})`)
          .get(rowId, rowId)!;
        subscriptions.push({ id, name, waiting, firstDueAt: WAITS_FOR_TURN <= dueAt ? undefined : dueAt });
        left -= waiting;
      }
      return { subscriptions, isWhole: 0 < left };
    });
  }

  #groups(
    scopeId: number,
    by: "type" | "subscription",
    since: number,
    limit: number,
    log: SpanTallies,
  ): { groups: StoredGroup[]; leftOut: number } {
    const { next, ofMember, name } = GROUPS[by];
    const attempts = new Map<number, number>();
    const rows = this.#statements
      .rows<MemberRow>(`
        ${members(next)}
        SELECT id, sum(attempts) AS attempts
        FROM member CROSS JOIN statistics ON scope_id = @scope AND ${ofMember} AND start >= @since
        WHERE id > 0 GROUP BY id
      `)
      .all({ scope: scopeId, since });
    for (const row of rows) attempts.set(row.id, row.attempts);
    for (const { subscriptionRowId, eventTypeId, tally } of log.all()) {
      const id = by === "subscription" ? subscriptionRowId : eventTypeId;
      if (id !== 0) attempts.set(id, (attempts.get(id) ?? 0) + tally.attempts);
    }
    const busiest = [...attempts].sort(([a, x], [b, y]) => y - x || a - b);
    const groups = busiest.slice(0, limit).map(([id]): StoredGroup => {
      const named = this.#statements.rows<{ key: string; name: string }>(name).get(id);
      const figures =
        by === "subscription" ? this.#figures(scopeId, id, 0, since, log) : this.#figures(scopeId, 0, id, since, log);
      return { key: named?.key ?? "", name: named?.name ?? "", ...figures };
    });
    return { groups, leftOut: busiest.length - groups.length };
  }

  #series(scopeId: number, subscriptionRowId: number, eventTypeId: number, since: number, log: SpanTallies): Series {
    const series: Series = new Map();
    const rows = this.#statements
      .rows<SpanRow>(`
        SELECT start, delivered, failed, duration_ms AS durationMs, cells FROM statistics
        WHERE scope_id = ? AND subscription_id = ? AND event_type_id = ? AND start >= ?
      `)
      .all(scopeId, subscriptionRowId, eventTypeId, since);
    for (const row of rows) {
      const tally = tallyAt(series, row.start);
      unpackCells(row.cells, tally);
      tally.delivered += row.delivered;
      tally.failed += row.failed;
      tally.durationMs += row.durationMs;
    }
    for (const part of log.ofMember(scopeId, subscriptionRowId, eventTypeId)) {
      tallyAt(series, part.start).merge(part.tally);
    }
    return series;
  }

  /** Like `#series`, for when outcomes are not asked for. */
  #figures(
    scopeId: number,
    subscriptionRowId: number,
    eventTypeId: number,
    since: number,
    log: SpanTallies,
  ): { total: Figures; series: Map<number, SpanFigures> } {
    const total = new Figures();
    const series = new Map<number, SpanFigures>();
    /** To the span, what came to the total since it had so many. */
    const addTo = (start: number, attempts: number, succeeded: number): void => {
      const before = series.get(start) ?? { attempts: 0, failed: 0 };
      const added = total.attempts - attempts;
      series.set(start, {
        attempts: before.attempts + added,
        failed: before.failed + added - (total.succeeded - succeeded),
      });
    };
    const joined = this.#statements.rows<JoinedSpans>(JOINED_SPANS).get(scopeId, subscriptionRowId, eventTypeId, since);
    if (joined !== undefined) {
      const { starts, lengths, cells, delivered, failed, durationMs } = joined;
      const bytes = Buffer.from(cells, "hex");
      const ends = lengths.split(",");
      let at = 0;
      for (const [n, start] of starts.split(",").entries()) {
        const { attempts, succeeded } = total;
        const end = at + Number(ends[n]);
        unpackCells(bytes.subarray(at, end), total);
        addTo(Number(start), attempts, succeeded);
        at = end;
      }
      Object.assign(total, { delivered, failed, durationMs });
    }
    for (const { start, tally } of log.ofMember(scopeId, subscriptionRowId, eventTypeId)) {
      const { attempts, succeeded } = total;
      total.merge(tally);
      addTo(start, attempts, succeeded);
    }
    return { total, series };
  }

  /** What was recorded since the last time that the log was added up. */
  #log(since: number, isMeant: (scopeId: number) => boolean): SpanTallies {
    const sums = new SpanTallies();
    for (const tallies of this.#statements.values<Uint8Array>("SELECT tallies FROM statistics_log").all()) {
      for (const one of unpackMinutes(tallies)) {
        if (isMeant(one.scopeId)) addMinute(sums, one, since);
      }
    }
    return sums;
  }

  #scopeId({ tenant, environment }: Scope): number | undefined {
    return this.#statements
      .values<number>("SELECT scope_id FROM scopes WHERE tenant = ? AND environment = ?")
      .get(tenant, environment);
  }

  #beganAt(): number {
    return this.#statements.values<number>("SELECT at FROM statistics_began").get()!;
  }

  #atOneMoment<T>(read: () => T): T {
    this.#connection.exec("BEGIN");
    try {
      return read();
    } finally {
      this.#connection.exec("COMMIT");
    }
  }
}

/** Every member of a group, by steps from one to the next: what lies between them is not walked over. */
function members(next: string): string {
  return `WITH RECURSIVE member (id) AS (SELECT 0 UNION ALL SELECT (${next}) FROM member WHERE id IS NOT NULL)`;
}

function tallyAt(series: Series, start: number): Tally {
  let tally = series.get(start);
  if (tally === undefined) {
    tally = new Tally();
    series.set(start, tally);
  }
  return tally;
}
