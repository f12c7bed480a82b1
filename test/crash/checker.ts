// Judges a history by the properties that hooks promises, whatever happened in it. Pure: the same history, the same
// verdict. Safety: P1 nothing accepted is lost; P2 delivered means answered 2xx; P3 nothing else is delivered, and
// always the same bytes; P4 one sender at a time; P5 attempt numbers go up by one and end; P7 signed, with the time of
// the sending; P9 nothing for who is disabled or deleted; P10 limits hold. Liveness: L1 everything ends; L2 nothing
// waits; L4 memory and log are given back. P6 (addresses: test/egress) and P8 (secrets: test/hostile) are not a matter of crashes, L3 (recovery of
// a receiver) is the simulation's.

import { deletable } from "./deletions.ts";
import {
  acceptedIds,
  crashes,
  type History,
  isAccepted,
  isSuccess,
  key,
  type ReceivedRequest,
  requestsByPair,
  type SubscriptionPlan,
} from "./history.ts";

export const PROPERTIES = ["P1", "P2", "P3", "P4", "P5", "P7", "P9", "P10", "L1", "L2", "L4", "duplicates"] as const;
export type Property = (typeof PROPERTIES)[number];

export interface Violation {
  property: Property;
  /** What was seen, in words, with the ids to look for. */
  message: string;
}

/** Results that one commit of the daemon may hold, which a crash can take with it. */
const RESULT_BATCH = 500;
const SIGNED_WITHIN_MS = 1_000;
/** Between the token that a request takes and the moment that is recorded as its start: it is built and signed. */
const TOKEN_TO_START_MS = 5;
const ENDED = new Set(["succeeded", "failed", "cancelled"]);
const NOTHING: ReadonlySet<string> = new Set();

/** Everything that is wrong with it; empty: every property holds. */
export function check(history: History): Violation[] {
  const pairs = requestsByPair(history.requests);
  const mayBeGone = deletable(history, pairs);
  return [
    ...nothingLost(history, mayBeGone),
    ...deliveredMeansAnswered(history, pairs),
    ...onlyWhatWasAccepted(history, mayBeGone),
    ...oneAtATime(history, pairs),
    ...numbersGoUp(history),
    ...signedInTime(history),
    ...nothingForTheDisabled(history),
    ...limitsHold(history),
    ...everythingEnds(history, pairs),
    ...givenBack(history),
    ...fewDuplicates(history),
  ];
}

/** Requests for a pair that had been answered 2xx before. */
export function duplicates({ requests }: Pick<History, "requests">): ReceivedRequest[] {
  const found: ReceivedRequest[] = [];
  for (const ofPair of requestsByPair(requests).values()) {
    const delivered = Math.min(...ofPair.filter(isSuccess).map((request) => request.endedAt));
    found.push(...ofPair.filter((request) => delivered <= request.startedAt));
  }
  return found;
}

function* nothingLost(
  { tries, events, stored, erased = NOTHING }: History,
  mayBeGone: ReadonlySet<string>,
): Generator<Violation> {
  if (stored.integrity !== "ok") yield { property: "P1", message: `the database is damaged: ${stored.integrity}` };
  const counts = new Map<string, number>();
  for (const { eventId } of stored.deliveries) counts.set(eventId, (counts.get(eventId) ?? 0) + 1);
  for (const id of erased) {
    if (stored.events.has(id)) yield { property: "P1", message: `${id} was erased and is in the store` };
  }
  for (const one of tries) {
    const { id, deliveries } = one;
    if (!isAccepted(one)) continue;
    const event = stored.events.get(id);
    if (event === undefined) {
      if (!mayBeGone.has(id)) yield { property: "P1", message: `${id} was accepted and is not in the store` };
    } else if (event.dataHash !== events.get(id)?.dataHash) {
      yield { property: "P1", message: `${id} is in the store with other bytes than were sent` };
    } else if (deliveries !== undefined && (counts.get(id) ?? 0) !== deliveries) {
      const has = counts.get(id) ?? 0;
      yield { property: "P1", message: `${id} was accepted with ${deliveries} deliveries, the store has ${has}` };
    }
  }
}

function* deliveredMeansAnswered({ stored }: History, pairs: Map<string, ReceivedRequest[]>): Generator<Violation> {
  for (const { subscription, eventId, state, attempts } of stored.deliveries) {
    const pair = key(subscription, eventId);
    const answered = (pairs.get(pair) ?? []).filter(isSuccess).length;
    const recorded = attempts.filter((attempt) => attempt.isSuccess).length;
    if (state === "succeeded" && answered === 0) {
      yield { property: "P2", message: `${pair} is stored as succeeded and was never answered 2xx` };
    } else if (answered < recorded) {
      yield { property: "P2", message: `${pair} has ${recorded} recorded successes and got ${answered} answers 2xx` };
    }
  }
}

function* onlyWhatWasAccepted(
  { requests, events, stored }: History,
  mayBeGone: ReadonlySet<string>,
): Generator<Violation> {
  const bodies = new Map<string, string>();
  for (const { subscription, eventId, bodyHash, dataHash } of requests) {
    const pair = key(subscription, eventId);
    const event = events.get(eventId);
    if (event === undefined) {
      yield { property: "P3", message: `${pair} was delivered and never published` };
      continue;
    }
    if (!stored.events.has(eventId) && !mayBeGone.has(eventId)) {
      yield { property: "P3", message: `${pair} was delivered and is not in the store` };
    }
    if (bodyHash === undefined) continue;
    const known = event.bodyHash ?? bodies.get(eventId) ?? bodyHash;
    bodies.set(eventId, known);
    if (bodyHash !== known || (event.bodyHash === undefined && dataHash !== event.dataHash)) {
      yield { property: "P3", message: `${pair} was delivered with other bytes than were published` };
    }
  }
}

function* oneAtATime({ stored }: History, pairs: Map<string, ReceivedRequest[]>): Generator<Violation> {
  for (const [pair, ofPair] of pairs) {
    for (const [index, request] of ofPair.entries()) {
      const before = ofPair[index - 1];
      if (before !== undefined && request.startedAt < before.endedAt) {
        yield { property: "P4", message: `${pair} was sent again while it was being answered` };
      }
    }
  }
  for (const { subscription, eventId, attempts } of stored.deliveries) {
    const success = attempts.findIndex((attempt) => attempt.isSuccess);
    if (success !== -1 && success !== attempts.length - 1) {
      const message = `${key(subscription, eventId)} has an attempt recorded after it had succeeded`;
      yield { property: "P4", message };
    }
  }
}

function* numbersGoUp({ stored, subscriptions }: History): Generator<Violation> {
  const limits = new Map(subscriptions.map((plan) => [plan.name, plan.maxAttempts]));
  for (const { subscription, eventId, attempts, attemptCount } of stored.deliveries) {
    const pair = key(subscription, eventId);
    const numbers = attempts.map((attempt) => attempt.number);
    if (numbers.some((number, index) => number !== index + 1) || attemptCount !== attempts.length) {
      yield { property: "P5", message: `${pair} counts ${attemptCount} attempts, recorded ${numbers.join(", ")}` };
    }
    if (attempts.some((attempt, index) => attempt.startedAt < (attempts[index - 1]?.startedAt ?? 0))) {
      yield { property: "P5", message: `${pair} has a later attempt that began earlier` };
    }
    const limit = limits.get(subscription) ?? 0;
    if (limit < attempts.length) {
      yield { property: "P5", message: `${pair} had ${attempts.length} attempts, allowed are ${limit}` };
    }
    if (1 < attempts.filter((attempt) => attempt.isInterrupted).length) {
      yield { property: "P5", message: `${pair} lost more than one attempt number to crashes` };
    }
  }
}

function* signedInTime({ requests, stored }: History): Generator<Violation> {
  for (const { subscription, eventId, isSigned } of requests) {
    if (isSigned === false) {
      yield { property: "P7", message: `${key(subscription, eventId)} came with a signature that does not verify` };
    }
  }
  for (const { subscription, eventId, attempts } of stored.deliveries) {
    for (const { number, startedAt, timestamp } of attempts) {
      if (timestamp === undefined) continue;
      // The header has whole seconds, rounded down.
      const isLate = startedAt + SIGNED_WITHIN_MS < timestamp * 1_000;
      if (isLate || timestamp * 1_000 + 999 + SIGNED_WITHIN_MS < startedAt) {
        const message = `${key(subscription, eventId)}, attempt ${number}: signed for ${timestamp}, sent ${startedAt}`;
        yield { property: "P7", message };
      }
    }
  }
}

function* nothingForTheDisabled({ requests, subscriptions, changeWithinMs }: History): Generator<Violation> {
  for (const { name, changes } of subscriptions) {
    for (const [index, { kind, at }] of changes.entries()) {
      if (kind === "enabled") continue;
      const until = changes[index + 1]?.at ?? Number.POSITIVE_INFINITY;
      for (const { subscription, eventId, startedAt } of requests) {
        if (subscription === name && at + changeWithinMs < startedAt && startedAt < until) {
          const message = `${key(name, eventId)} was sent ${Math.round(startedAt - at)} ms after it was ${kind}`;
          yield { property: "P9", message };
        }
      }
    }
  }
}

function* limitsHold({ requests, subscriptions, concurrency, stored }: History): Generator<Violation> {
  const all = mostAtOnce(requests);
  if (concurrency < all) yield { property: "P10", message: `${all} requests at once, allowed are ${concurrency}` };
  for (const plan of subscriptions) {
    const most = mostAtOnce(requests.filter((request) => request.subscription === plan.name));
    if (plan.concurrency < most) {
      const message = `${plan.name} got ${most} requests at once, allowed are ${plan.concurrency}`;
      yield { property: "P10", message };
    }
    if (plan.rate !== undefined) yield* rateHolds(plan, plan.rate, stored.deliveries);
  }
}

/** By the daemon's own record of when each began: on the way they bunch. A new process begins with a full bucket. */
function* rateHolds(
  { name }: SubscriptionPlan,
  { count, perMs }: { count: number; perMs: number },
  deliveries: History["stored"]["deliveries"],
): Generator<Violation> {
  const starts = new Map<string, number[]>();
  for (const { subscription, attempts } of deliveries) {
    if (subscription !== name) continue;
    for (const { worker, startedAt, isInterrupted } of attempts) {
      if (isInterrupted) continue;
      const ofWorker = starts.get(worker);
      if (ofWorker === undefined) starts.set(worker, [startedAt]);
      else ofWorker.push(startedAt);
    }
  }
  for (const times of starts.values()) {
    times.sort((a, b) => a - b);
    const leastMs = perMs - TOKEN_TO_START_MS;
    const first = times.findIndex((at, index) => index + count < times.length && times[index + count]! - at < leastMs);
    if (first !== -1) {
      const message = `${name} got more than ${count} requests in ${perMs} ms from ${times[first]} on`;
      yield { property: "P10", message };
    }
  }
}

function mostAtOnce(requests: readonly ReceivedRequest[]): number {
  const steps = requests.flatMap(({ startedAt, endedAt }) => [
    { at: startedAt, by: 1 },
    { at: endedAt, by: -1 },
  ]);
  // At the same instant what ended makes room for what begins.
  steps.sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  let most = 0;
  for (const { by } of steps) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

function* everythingEnds(history: History, pairs: Map<string, ReceivedRequest[]>): Generator<Violation> {
  const { stored, subscriptions } = history;
  const resting = new Set(
    subscriptions
      .filter(({ changes, isPaused }) => isPaused === true || changes.at(-1)?.kind === "disabled")
      .map((plan) => plan.name),
  );
  const dead = new Set<string>();
  for (const { subscription, eventId, state } of stored.deliveries) {
    if (state === "failed" || state === "cancelled") dead.add(key(subscription, eventId));
    if (ENDED.has(state) || resting.has(subscription)) continue;
    const pair = key(subscription, eventId);
    if (state === "sending") yield { property: "L1", message: `${pair} is still leased, and nobody runs` };
    else yield { property: "L2", message: `${pair} still waits (${state})` };
  }
  for (const { name } of subscriptions.filter((plan) => plan.takesAll)) {
    for (const id of acceptedIds(history)) {
      const pair = key(name, id);
      if (!dead.has(pair) && !(pairs.get(pair) ?? []).some(isSuccess)) {
        yield { property: "L1", message: `${pair} was accepted and never delivered` };
      }
    }
  }
}

function* givenBack({ rest }: History): Generator<Violation> {
  if (rest === undefined) return;
  const growth = rest.endBytes - rest.idleBytes;
  if (rest.growthLimitBytes < growth) {
    const message = `memory grew by ${mib(growth)}, allowed are ${mib(rest.growthLimitBytes)}`;
    yield { property: "L4", message };
  }
  if (rest.walLimitBytes < rest.walBytes) {
    const message = `the write-ahead log has ${mib(rest.walBytes)}, allowed are ${mib(rest.walLimitBytes)}`;
    yield { property: "L4", message };
  }
}

function* fewDuplicates(history: History): Generator<Violation> {
  const allowed = mostDuplicates(history);
  const sent = duplicates(history).length;
  if (allowed < sent) {
    const message = `${sent} duplicates after ${crashes(history).length} crashes, allowed are ${allowed}`;
    yield { property: "duplicates", message };
  }
}

/** What was in flight when a process died or stood still, and what one commit of results may hold. */
export function mostDuplicates(history: History): number {
  const pauses = history.lives.reduce((sum, life) => sum + life.pauses, 0);
  return crashes(history).length * (history.concurrency + RESULT_BATCH) + pauses * history.concurrency;
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
