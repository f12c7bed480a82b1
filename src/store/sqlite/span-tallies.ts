import { SPANS } from "../../core/statistics/spans.ts";
import { Tally } from "../../core/statistics/tally.ts";
import type { MinuteTally } from "./packed-tallies.ts";

const MINUTE_MS = SPANS[0].lengthMs;

/** A row of `statistics`: a span of a scope (subscription 0, type 0), of one of its subscriptions, or of one of its types. */
export interface SpanTally {
  scopeId: number;
  subscriptionRowId: number;
  eventTypeId: number;
  /** Unix ms. */
  start: number;
  spanMs: number;
  tally: Tally;
}

/** Rows while they are added up. */
export class SpanTallies {
  /** Scope, subscription, type → start and length → row. */
  readonly #members = new Map<string, Map<string, SpanTally>>();
  size = 0;

  *all(): Generator<SpanTally> {
    for (const member of this.#members.values()) yield* member.values();
  }

  ofMember(scopeId: number, subscriptionRowId: number, eventTypeId: number): Iterable<SpanTally> {
    return this.#members.get(`${scopeId}/${subscriptionRowId}/${eventTypeId}`)?.values() ?? [];
  }

  /** The tally of a row, made on first use. */
  of(scopeId: number, subscriptionRowId: number, eventTypeId: number, start: number, spanMs: number): Tally {
    const key = `${scopeId}/${subscriptionRowId}/${eventTypeId}`;
    let member = this.#members.get(key);
    if (member === undefined) {
      member = new Map();
      this.#members.set(key, member);
    }
    const span = `${start}/${spanMs}`;
    let sum = member.get(span);
    if (sum === undefined) {
      sum = { scopeId, subscriptionRowId, eventTypeId, start, spanMs, tally: new Tally() };
      member.set(span, sum);
      this.size += 1;
    }
    return sum.tally;
  }
}

/** A minute of a subscription and type, to the three rows that it is part of. Nothing of before `since` (unix ms). */
export function addMinute(
  sums: SpanTallies,
  { scopeId, subscriptionRowId, eventTypeId, minute, tally }: MinuteTally,
  since = Number.NEGATIVE_INFINITY,
): void {
  const start = minute * MINUTE_MS;
  if (start < since) return;
  sums.of(scopeId, 0, 0, start, MINUTE_MS).merge(tally);
  sums.of(scopeId, subscriptionRowId, 0, start, MINUTE_MS).merge(tally);
  sums.of(scopeId, 0, eventTypeId, start, MINUTE_MS).merge(tally);
}
