import type { History, ReceivedRequest, StoredAttemptContent, StoredDeliveryContent } from "./history.ts";
import { Seeded } from "./seeded.ts";

/** A history that may be changed: what a test does to see whether it is noticed. */
export type MadeHistory = {
  -readonly [K in keyof History]: K extends "events" | "stored" | "lives" | "tries" | "requests" | "subscriptions"
    ? Mutable<History[K]>
    : History[K];
};

type Mutable<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? Map<K, Mutable<V>>
    : T extends readonly (infer V)[]
      ? Mutable<V>[]
      : T extends object
        ? { -readonly [K in keyof T]: Mutable<T[K]> }
        : T;

const CONCURRENCY = 4;
const FIRST_SECOND = 1_800_000_000;

/**
 * A history in which every property holds, made by a daemon that does nothing wrong: events to two subscriptions, one of
 * them limited, some attempts that fail, and crashes that take answers and results with them. Everything is sent one
 * after another, ten ms each.
 */
export function makeHistory({ seed = 1, events = 12, crashes = 2 } = {}): MadeHistory {
  const random = new Seeded(seed);
  const history: MadeHistory = {
    events: new Map(),
    tries: [],
    requests: [],
    subscriptions: [
      { name: "a", concurrency: 2, maxAttempts: 5, takesAll: true, changes: [] },
      {
        name: "b",
        concurrency: 1,
        maxAttempts: 5,
        rate: { count: 1, perMs: 20 },
        takesAll: true,
        changes: [],
      },
    ],
    lives: [],
    stored: { events: new Map(), deliveries: [], integrity: "ok" },
    concurrency: CONCURRENCY,
    changeWithinMs: 1_000,
    rest: { idleBytes: 60e6, endBytes: 90e6, growthLimitBytes: 100e6, walBytes: 4e6, walLimitBytes: 64e6 },
  };
  let at = FIRST_SECOND * 1_000;
  let spawnedAt = at;
  const crash = (): void => {
    history.lives.push({ spawnedAt, readyAt: spawnedAt, endedAt: at, end: "crash", pauses: 0 });
    at += 300;
    spawnedAt = at;
  };
  const crashAfter = new Set(Array.from({ length: crashes }, () => random.whole(0, events - 1)));
  for (let n = 0; n < events; n++) {
    const id = `e-${n}`;
    history.events.set(id, { dataHash: `data ${n}`, bodyHash: `body ${n}` });
    history.stored.events.set(id, { dataHash: `data ${n}`, createdAt: at + 1 });
    at += 10;
    if (crashAfter.has(n) && random.next() < 0.5) {
      // Stored, and the answer is lost with the process.
      history.tries.push({ ...NO_ANSWER, id, startedAt: at - 10, endedAt: at + 1 });
      crash();
    }
    history.tries.push({ ...ACCEPTED, id, startedAt: at, endedAt: at + 2 });
    for (const { name } of history.subscriptions) {
      const delivery: MadeDelivery = {
        eventId: id,
        subscription: name,
        state: "succeeded",
        attemptCount: 0,
        attempts: [],
      };
      history.stored.deliveries.push(delivery);
      const fails = random.whole(0, 2);
      for (let attempt = 0; attempt <= fails; attempt++) {
        at += 20;
        history.requests.push(request(name, n, at, attempt === fails ? 204 : 500));
        if (attempt === fails && crashAfter.has(n) && name === "a") {
          // Answered, and the result is lost with the process: it is sent again.
          at += 10;
          crash();
          history.requests.push(request(name, n, at, 204));
        }
        delivery.attempts.push(record(delivery.attempts.length + 1, at, attempt === fails, history.lives.length));
      }
      delivery.attemptCount = delivery.attempts.length;
    }
    at += 20;
  }
  history.lives.push({ spawnedAt, readyAt: spawnedAt, endedAt: at + 100, end: "stop", pauses: 0 });
  return history;
}

const NO_ANSWER = { status: undefined, deliveries: undefined, retryAfter: undefined };
const ACCEPTED = { status: 202, deliveries: 2, retryAfter: undefined };

type MadeDelivery = Mutable<StoredDeliveryContent>;

function request(subscription: string, n: number, at: number, answer: number): ReceivedRequest {
  return {
    subscription,
    eventId: `e-${n}`,
    bodyHash: `body ${n}`,
    dataHash: `data ${n}`,
    timestamp: Math.floor(at / 1_000),
    isSigned: true,
    startedAt: at,
    endedAt: at + 9,
    answer,
  };
}

function record(number: number, at: number, isSuccess: boolean, life: number): StoredAttemptContent {
  const timestamp = Math.floor(at / 1_000);
  return { number, startedAt: at, isSuccess, isInterrupted: false, timestamp, worker: `boot-${life}` };
}
