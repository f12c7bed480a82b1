// What every drain works on: the payload, the key that signs, the subscription, and a store file with a full queue.
// As a program: `node bench/queue.ts STORE COUNT URL CONCURRENCY` fills a new store with WARM_UP + COUNT deliveries.

import { formatId, type IdPrefix } from "../src/core/ids.ts";
import type { Subscription } from "../src/core/subscription.ts";
import { openSqliteStore } from "../src/store/sqlite/open-sqlite-store.ts";
import type { NewEvent } from "../src/store/store.ts";

export const SCOPE = { tenant: "default", environment: "development" };
/** 500 bytes of JSON. */
export const DATA = Buffer.from(JSON.stringify({ order: "A".repeat(488) }));
/**
 * Deliveries before the measurement begins, on both sides: a relay runs for months, and what is measured is not how long
 * the compiler takes over its code.
 */
export const WARM_UP = 5_000;
export const EVENT_TYPE = "order.paid";
export const USER_AGENT = "hooks/bench";
export const KEY = Buffer.alloc(32, 7);
/** Of the one subscription in a new store. */
const SUBSCRIPTION_ROW_ID = 1;

export function benchSubscription(url: string, concurrency: number): Subscription {
  const at = Date.now();
  return {
    rowId: SUBSCRIPTION_ROW_ID,
    id: newId("sub"),
    scope: SCOPE,
    name: "bench",
    description: "",
    url,
    transport: "http",
    events: ["*"],
    enabled: true,
    disabledReason: undefined,
    paused: false,
    profile: "standard",
    headers: {},
    secrets: [{ id: newId("sec"), key: KEY, expiresAt: undefined }],
    retry: { strategy: "list", delaysMs: [5_000], jitter: 0 },
    retryOn: "any",
    on410: "disable",
    timeoutMs: 10_000,
    concurrency,
    rateLimit: undefined,
    autoDisable: { failures: 20, minSpanMs: 3_600_000, reEnable: undefined },
    hasBreaker: false,
    breaker: { openings: 0, openUntil: undefined },
    orderBy: undefined,
    batch: undefined,
    excerptChars: 1_000,
    metadata: {},
    createdAt: at,
    updatedAt: at,
  };
}

async function fill(path: string, count: number, url: string, concurrency: number): Promise<void> {
  const store = await openSqliteStore({ path });
  const { id, name, transport, events, createdAt, updatedAt } = benchSubscription(url, concurrency);
  const settings = "{}";
  const rowId = await store.insertSubscription({
    id,
    scope: SCOPE,
    name,
    transport,
    url,
    events: [...events],
    enabled: true,
    disabledReason: undefined,
    paused: false,
    autoDisableFailures: 20,
    autoDisableSpanMs: 3_600_000,
    headers: undefined,
    settings,
    secrets: [],
    session: undefined,
    createdAt,
    updatedAt,
  });
  if (rowId !== SUBSCRIPTION_ROW_ID) throw new Error(`the store is not new: ${path}`);
  for (let left = count; 0 < left; left -= 1_000) {
    await store.appendEvents(Array.from({ length: Math.min(left, 1_000) }, newEvent));
  }
  await store.close();
}

function newEvent(): NewEvent {
  const at = Date.now();
  return {
    scope: SCOPE,
    id: newId("evt"),
    type: EVENT_TYPE,
    timestamp: at,
    data: DATA,
    metadata: undefined,
    version: undefined,
    fingerprint: Buffer.alloc(32),
    createdAt: at,
    deliveries: [{ id: newId("dlv"), subscriptionRowId: SUBSCRIPTION_ROW_ID, lease: undefined }],
  };
}

let made = 0;

export function newId(prefix: IdPrefix): string {
  const uuid = Buffer.alloc(16);
  uuid.writeBigUInt64BE(BigInt(Date.now()) << 16n, 0);
  uuid.writeUInt32BE(++made, 12);
  return formatId(prefix, uuid);
}

if (import.meta.main) {
  const [path, count, url, concurrency] = process.argv.slice(2);
  await fill(path!, WARM_UP + Number(count), url!, Number(concurrency));
}
