// How quickly statistics are told with 1,000,000 attempts on record, of 100 event types to 100 subscriptions in 30 days:
// every period by everything that it can be grouped by, over HTTP, and beside it the same of an empty store. Attempts are
// recorded as the daemon records them, so that the counts are those that it would keep.

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { ClaimedDelivery, RecordedAttempt } from "../src/core/delivery.ts";
import { formatId } from "../src/core/ids.ts";
import { openSqliteStore } from "../src/store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import type { NewEvent } from "../src/store/store.ts";
import { type Bench, judged, ms, type Row, whole } from "./bench.ts";
import { clockMs } from "./load/clock.ts";
import { startDaemon } from "./load/daemon.ts";
import { createSubscriptions } from "./load/fill-store.ts";
import { DATA, SCOPE } from "./load/payload.ts";
import { percentile, round } from "./report/statistics.ts";
import { inFolder } from "./workspace.ts";

const SUBSCRIPTIONS = 100;
const TYPES = 100;
const EVENTS_AT_ONCE = 20;
const WORKER = "0197c0de-0000-7000-8000-000000000000";
const HOUR_MS = 3_600_000;
/** Each has a quarter of the attempts: as finely as the store counts, and as far back as it does. */
const AGES_MS = [30 * 24 * HOUR_MS, 7 * 24 * HOUR_MS, 24 * HOUR_MS, HOUR_MS, 0];

const PERIODS = ["1h", "24h", "7d", "30d"];
const QUESTIONS = PERIODS.flatMap((period) =>
  ["", "&by=status", "&by=type", "&by=subscription"].map((by) => `/v1/stats?period=${period}${by}&limit=200`),
).concat(PERIODS.map((period) => `/v1/stats/tenants?period=${period}`));

interface Asked {
  question: string;
  p50: number;
  p95: number;
  max: number;
}

export const statistics: Bench = {
  name: "statistics",
  run: async (size) => {
    const [events, rounds] = size === "full" ? [10_000, 40] : [EVENTS_AT_ONCE, 2];
    const result = await measure(events, rounds);
    return { rows: rowsOf(result), details: result };
  },
};

type StatisticsResult = Awaited<ReturnType<typeof measure>>;

function measure(events: number, rounds: number) {
  return inFolder("statistics", async (folder) => {
    const [full, empty] = ["full", "empty"].map((name) => path.join(folder, name)) as [string, string];
    const inputs = Array.from({ length: SUBSCRIPTIONS }, (_, n) => ({
      name: `s${n}`,
      url: `http://127.0.0.1:9/${n}`,
      events: ["*"],
    }));
    let attempts = 0;
    for (const each of [full, empty]) {
      mkdirSync(each);
      await createSubscriptions(each, inputs);
    }
    const filledAt = clockMs();
    attempts = await fill(full, events);
    const fillSeconds = round((clockMs() - filledAt) / 1_000, 1);
    return {
      attempts,
      fillSeconds,
      rounds,
      empty: await askAll(empty, 0, rounds),
      full: await askAll(full, attempts, rounds),
    };
  });
}

/** Records an attempt of each event by each subscription; answers how many there are. */
async function fill(folder: string, events: number): Promise<number> {
  const store = await openSqliteStore({ path: path.join(folder, "hooks.db"), mode: "thread" });
  try {
    const lanes = (await store.loadSubscriptions()).map(({ rowId }) => rowId);
    const now = Date.now();
    let attempts = 0;
    for (let n = 0; n < events; n += EVENTS_AT_ONCE) {
      const endedAt = now - ageOf(n / events);
      await store.appendEvents(Array.from({ length: EVENTS_AT_ONCE }, (_, at) => newEvent(n + at, endedAt, lanes)));
      attempts += await recordAll(store, lanes, endedAt);
    }
    await store.statistics.age(now);
    return attempts;
  } finally {
    await store.close();
  }
}

/** From the oldest to now, a quarter of the attempts in each of the spans between two ages. */
function ageOf(share: number): number {
  const quarter = Math.min(3, Math.floor(share * 4));
  const [older = 0, newer = 0] = AGES_MS.slice(quarter);
  return older - (older - newer) * (share * 4 - quarter);
}

async function recordAll(store: SqliteStore, lanes: readonly number[], endedAt: number): Promise<number> {
  const lease = { worker: WORKER, endsAt: endedAt + 25_000 };
  const asked = lanes.map((subscriptionRowId) => ({ subscriptionRowId, limit: EVENTS_AT_ONCE }));
  const claimed = (await store.claimDue(asked, endedAt, lease)).flatMap(({ deliveries }) => deliveries);
  if (claimed.length !== lanes.length * EVENTS_AT_ONCE) throw new Error(`claimed only ${claimed.length}`);
  await store.recordAttempts(
    WORKER,
    claimed.map((delivery, n) => attempted(delivery, endedAt, n)),
  );
  return claimed.length;
}

/** Eight of ten succeed; durations are spread over four orders of magnitude. */
function attempted({ rowId, subscriptionRowId, event }: ClaimedDelivery, endedAt: number, n: number): RecordedAttempt {
  const isTimeout = n % 20 === 7;
  const status = isTimeout ? undefined : [200, 204, 202, 500, 200][n % 5]!;
  const isSuccess = status !== undefined && status < 300;
  const durationMs = Math.round(10 ** (((n * 7919) % 1_000) / 250));
  return {
    deliveryRowId: rowId,
    subscriptionRowId,
    eventType: event.type,
    endedAt,
    verdict: isSuccess ? { kind: "succeeded" } : { kind: "failed", reason: "exhausted" },
    attempt: {
      number: 1,
      startedAt: endedAt - durationMs,
      durationMs,
      outcome: isSuccess ? "success" : "failure",
      status,
      errorCode: isTimeout ? "timeout" : undefined,
      errorMessage: undefined,
      phase: "done",
      remoteAddress: "127.0.0.1",
      bytesSent: 570,
      requestHeaders: [["content-type", "application/json"]],
      responseHeaders: [["Connection", "keep-alive"]],
      responseExcerpt: undefined,
      truncated: false,
      trigger: "auto",
      worker: WORKER,
    },
  };
}

function newEvent(n: number, createdAt: number, lanes: readonly number[]): NewEvent {
  return {
    scope: SCOPE,
    id: newId("evt", createdAt),
    type: `shop${n % 10}.things${n % TYPES}.happened`,
    timestamp: createdAt,
    data: Buffer.from(DATA),
    metadata: undefined,
    version: undefined,
    fingerprint: randomBytes(32),
    createdAt,
    deliveries: lanes.map((subscriptionRowId) => ({
      id: newId("dlv", createdAt),
      subscriptionRowId,
      lease: undefined,
    })),
  };
}

/** UUIDv7: the time first. */
function newId(prefix: "evt" | "dlv", at: number): string {
  const uuid = randomBytes(16);
  uuid.writeUIntBE(Math.floor(at), 0, 6);
  return formatId(prefix, uuid);
}

/** Each question once a round, so that a moment in which the machine is busy slows none alone. */
async function askAll(folder: string, attempts: number, rounds: number): Promise<Asked[]> {
  const daemon = await startDaemon(folder);
  try {
    const tookMs = QUESTIONS.map((): number[] => []);
    // The first round fills caches: a daemon runs for months.
    for (let n = 0; n <= rounds; n++) {
      for (const [at, question] of QUESTIONS.entries()) {
        const askedAt = clockMs();
        const { totals } = await daemon.api<{ totals: { attempts: number } }>("GET", question);
        if (0 < n) tookMs[at]!.push(clockMs() - askedAt);
        if (question.includes("30d") && totals.attempts !== attempts)
          throw new Error(`${question} knows of ${totals.attempts} attempts of ${attempts}`);
      }
    }
    return QUESTIONS.map((question, at) => {
      const sorted = tookMs[at]!.toSorted((one, other) => one - other);
      const [p50, p95, max] = [0.5, 0.95, 1].map((share) => round(percentile(sorted, share), 2)) as [
        number,
        number,
        number,
      ];
      return { question, p50, p95, max };
    });
  } finally {
    await daemon.stop();
  }
}

function rowsOf({ attempts, empty, full }: StatisticsResult): Row[] {
  const slowest = (asked: readonly Asked[]): Asked => asked.reduce((one, other) => (one.p95 < other.p95 ? other : one));
  const [most, least] = [slowest(full), slowest(empty)];
  return [
    judged(
      { measure: `/v1/stats with ${whole(attempts)} attempts, p95 of the slowest question`, isHeadline: true },
      most.p95,
      { most: 50 },
      ms,
    ),
    { measure: `the same, median (${most.question})`, value: ms(most.p50) },
    { measure: "/v1/stats of an empty store, p95 of the slowest question", value: ms(least.p95) },
  ];
}

if (import.meta.main) console.dir(await statistics.run("full"), { depth: 6 });
