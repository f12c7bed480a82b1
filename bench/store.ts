// The store alone, without HTTP: events appended a second, deliveries claimed and recorded a second, bytes on disk.
// `node bench/store.ts` runs it by itself.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClaimedDelivery, RecordedAttempt } from "../src/core/delivery.ts";
import { formatId } from "../src/core/ids.ts";
import { openSqliteStore } from "../src/store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import type { NewEvent } from "../src/store/store.ts";
import { type Bench, judged, whole } from "./bench.ts";

/** Payload and what is kept of it twice over, beside 700 bytes of everything else. */
const MOST_BYTES = 2 * 500 + 700;

export const store: Bench = {
  name: "store",
  run: async (size) => {
    const result = await run(size === "full" ? {} : { deliveries: 1_000 });
    return {
      rows: [
        { measure: "events a second into the store", value: whole(result.appendsPerSecond) },
        { measure: "claimed and recorded a second by the store", value: whole(result.claimedAndRecordedPerSecond) },
        judged(
          { measure: "bytes on disk of a delivered event of 500", isHeadline: true },
          result.bytesPerDeliveredEvent,
          { most: MOST_BYTES },
          whole,
        ),
      ],
      details: result,
    };
  },
};

export interface StoreBenchResult {
  appendsPerSecond: number;
  claimedAndRecordedPerSecond: number;
  /** The payload has 500. */
  bytesPerDeliveredEvent: number;
}

const SCOPE = { tenant: "default", environment: "development" };
const PAYLOAD = Buffer.from(JSON.stringify({ order: "A".repeat(486) }));
const WORKER = "0197c0de-0000-7000-8000-000000000000";

export async function run({ deliveries = 50_000, batch = 256 } = {}): Promise<StoreBenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "hooks-bench-store-"));
  try {
    const opened = await openSqliteStore({ path: join(folder, "hooks.db"), mode: "thread" });
    const subscriptionRowId = await insertSubscription(opened);
    const appendSeconds = await timed(() => appendAll(opened, subscriptionRowId, deliveries));
    const drainSeconds = await timed(() => drain(opened, subscriptionRowId, deliveries, batch));
    await opened.close();
    return {
      appendsPerSecond: Math.round(deliveries / appendSeconds),
      claimedAndRecordedPerSecond: Math.round(deliveries / drainSeconds),
      bytesPerDeliveredEvent: Math.round(statSync(join(folder, "hooks.db")).size / deliveries),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function appendAll(store: SqliteStore, subscriptionRowId: number, count: number): Promise<void> {
  // As many publishers as a busy server has open requests, each waiting for its receipt.
  let left = count;
  const publisher = async () => {
    while (0 < left--) await store.appendEvents([newEvent(subscriptionRowId)]);
  };
  await Promise.all(Array.from({ length: 256 }, publisher));
}

/** Records each batch while the next is claimed, as the dispatcher does. */
async function drain(store: SqliteStore, subscriptionRowId: number, count: number, batch: number): Promise<void> {
  let recorded: Promise<unknown> = Promise.resolve();
  for (let left = count; 0 < left; ) {
    const lease = { worker: WORKER, endsAt: Date.now() + 25_000 };
    const [lane] = await store.claimDue([{ subscriptionRowId, limit: batch }], Date.now(), lease);
    const { deliveries } = lane!;
    if (deliveries.length === 0) throw new Error(`${left} deliveries are missing`);
    left -= deliveries.length;
    await recorded;
    recorded = store.recordAttempts(WORKER, deliveries.map(succeeded));
  }
  await recorded;
}

function succeeded({ rowId, subscriptionRowId, event }: ClaimedDelivery): RecordedAttempt {
  const now = Date.now();
  return {
    deliveryRowId: rowId,
    subscriptionRowId,
    eventType: event.type,
    endedAt: now,
    verdict: { kind: "succeeded" },
    attempt: {
      number: 1,
      startedAt: now,
      durationMs: 3,
      outcome: "success",
      status: 204,
      errorCode: undefined,
      errorMessage: undefined,
      phase: "done",
      remoteAddress: "127.0.0.1",
      bytesSent: 570,
      requestHeaders: [
        ["content-type", "application/json"],
        ["user-agent", "hooks/0.1.0"],
        ["webhook-id", event.id],
        ["webhook-timestamp", String(Math.floor(now / 1000))],
        ["webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
      ],
      responseHeaders: [
        ["Server", "nginx/1.26.3"],
        ["Date", "Mon, 01 Jan 2026 00:00:00 GMT"],
        ["Connection", "keep-alive"],
      ],
      responseExcerpt: undefined,
      truncated: false,
      trigger: "auto",
      worker: WORKER,
    },
  };
}

function newEvent(subscriptionRowId: number): NewEvent {
  const now = Date.now();
  return {
    scope: SCOPE,
    id: newId("evt"),
    type: "order.created",
    timestamp: now,
    data: PAYLOAD,
    metadata: undefined,
    version: undefined,
    fingerprint: randomBytes(32),
    createdAt: now,
    deliveries: [{ id: newId("dlv"), subscriptionRowId, lease: undefined }],
  };
}

/** UUIDv7: the time first. */
function newId(prefix: "evt" | "dlv" | "sub"): string {
  const uuid = randomBytes(16);
  uuid.writeUIntBE(Date.now(), 0, 6);
  return formatId(prefix, uuid);
}

function insertSubscription(store: SqliteStore): Promise<number> {
  return store.insertSubscription({
    id: newId("sub"),
    scope: SCOPE,
    name: "bench",
    transport: "http",
    url: "https://example.com/",
    events: ["*"],
    enabled: true,
    disabledReason: undefined,
    paused: false,
    autoDisableFailures: 20,
    autoDisableSpanMs: 3_600_000,
    headers: undefined,
    headerNames: undefined,
    urlSealed: undefined,
    settings: "{}",
    secrets: [],
    session: undefined,
    createdAt: Date.now(),
    updatedAt: Date.now(),
  });
}

async function timed(action: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return (performance.now() - startedAt) / 1000;
}

if (import.meta.main) console.log(JSON.stringify(await run()));
