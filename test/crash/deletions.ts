import { acceptedIds, type History, isSuccess, key, type ReceivedRequest } from "./history.ts";

/** The store has whole milliseconds. */
const ROUNDING_MS = 2;

/**
 * Events that may be gone: those that a purge was asked to erase, and those that were over for so long before the end of
 * a life which kept them no longer. Over: every subscription that takes everything had answered 2xx. What waits for
 * anybody, and what failed, is kept whatever its age.
 */
export function deletable(history: History, pairs: ReadonlyMap<string, readonly ReceivedRequest[]>): Set<string> {
  const gone = new Set(history.erased);
  const sweeps = history.lives.filter(({ keepsMs, readyAt }) => keepsMs !== undefined && readyAt !== undefined);
  if (sweeps.length === 0) return gone;
  const takers = history.subscriptions.filter((plan) => plan.takesAll).map(({ name }) => name);
  const sentAt = new Map<string, number>();
  for (const { id, startedAt } of history.tries) sentAt.set(id, Math.min(startedAt, sentAt.get(id) ?? startedAt));
  for (const [id, firstAt] of sentAt) {
    let overAt = firstAt;
    for (const name of takers) {
      const successes = (pairs.get(key(name, id)) ?? []).filter(isSuccess);
      overAt = Math.max(overAt, Math.min(...successes.map(({ endedAt }) => endedAt)));
    }
    const isOld = sweeps.some(({ endedAt, keepsMs }) => overAt + keepsMs! <= endedAt + ROUNDING_MS);
    if (isOld) gone.add(id);
  }
  return gone;
}

/** Accepted events that are deleted. */
export function deletedCount(history: History): number {
  return [...acceptedIds(history)].filter((id) => !history.stored.events.has(id)).length;
}
