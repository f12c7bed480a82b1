import { duplicates } from "./checker.ts";
import { crashes, type History, key, type ReceivedRequest, requestsByPair } from "./history.ts";

/** What must have happened at least once: a campaign without it has tested less than it says. */
export const SOMETIMES = [
  "crash between send and record",
  "crash between commit and answer",
  "duplicate actually sent",
] as const;
export type Sometimes = (typeof SOMETIMES)[number];

/** Which of these a history shows. */
export function seenIn(history: History): Set<Sometimes> {
  const seen = new Set<Sometimes>();
  if (0 < duplicates(history).length) seen.add("duplicate actually sent");
  const pairs = [...requestsByPair(history.requests)];
  const repeated = pairs.filter(([, ofPair]) => 1 < ofPair.length);
  if (crashes(history).some((life) => tookResults(history, repeated, life.endedAt))) {
    seen.add("crash between send and record");
  }
  if (crashes(history).some((life) => tookAnswers(history, life))) seen.add("crash between commit and answer");
  return seen;
}

/** A pair was sent before, is sent again after, and fewer attempts are recorded than were sent. */
function tookResults({ stored }: History, repeated: [string, ReceivedRequest[]][], crashedAt: number): boolean {
  const recorded = new Map(
    stored.deliveries.map((one) => [key(one.subscription, one.eventId), one.attempts.length] as const),
  );
  for (const [pair, ofPair] of repeated) {
    const isSplit = ofPair[0]!.startedAt < crashedAt && crashedAt < ofPair.at(-1)!.startedAt;
    // Of what is deleted since, nobody can say.
    if (isSplit && (recorded.get(pair) ?? Number.POSITIVE_INFINITY) < ofPair.length) return true;
  }
  return false;
}

/** A try got no answer because the process ended, and what it sent is stored by that process. */
function tookAnswers({ tries, stored }: History, { spawnedAt, endedAt }: { spawnedAt: number; endedAt: number }) {
  return tries.some((one) => {
    if (one.status !== undefined || one.startedAt < spawnedAt || endedAt < one.startedAt) return false;
    const createdAt = stored.events.get(one.id)?.createdAt;
    // The store has whole milliseconds.
    return createdAt !== undefined && Math.floor(one.startedAt) <= createdAt && createdAt <= endedAt;
  });
}
