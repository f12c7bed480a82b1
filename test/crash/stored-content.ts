import { createHash } from "node:crypto";
import path from "node:path";
import Database from "better-sqlite3";
import type { Attempt } from "../../src/core/attempt.ts";
import { DEFAULT_ENVIRONMENT, DEFAULT_TENANT } from "../../src/core/scope.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { StoredAttemptContent, StoredContent, StoredDeliveryContent, StoredEventContent } from "./history.ts";

const SCOPE = { tenant: DEFAULT_TENANT, environment: DEFAULT_ENVIRONMENT };
const PAGE = 1_000;
/** Everything in a store that no daemon works on, with each page of the file looked at. */
export async function readStoredContent(storePath: string): Promise<StoredContent> {
  // First by a connection that may write: after a crash it is who recovers the log.
  const integrity = integrityOf(storePath);
  const store = await openSqliteStore({ path: storePath, readOnly: true });
  try {
    return { events: await readEvents(store), deliveries: await readDeliveries(store), integrity };
  } finally {
    await store.close();
  }
}

/** "ok", or what is wrong with the file. */
export function integrityOf(storePath: string): string {
  const db = new Database(storePath, { fileMustExist: true });
  try {
    const found = db.pragma("integrity_check", { simple: true }) as string;
    const strays = db.pragma("foreign_key_check") as unknown[];
    return strays.length === 0 ? found : `${found}, and ${strays.length} rows refer to rows that are not there`;
  } finally {
    db.close();
  }
}

export function storePathIn(folder: string): string {
  return path.join(folder, "hooks.db");
}

async function readEvents(store: Store): Promise<Map<string, StoredEventContent>> {
  const events = new Map<string, StoredEventContent>();
  let before: number | undefined;
  for (;;) {
    const page = await store.listEvents(SCOPE, {}, PAGE, before);
    for (const { id, createdAt } of page) {
      const { data } = (await store.findEvent(SCOPE, id))!;
      events.set(id, { createdAt, dataHash: createHash("sha256").update(data).digest("hex") });
    }
    if (page.length < PAGE) return events;
    before = page.at(-1)!.rowId;
  }
}

async function readDeliveries(store: Store): Promise<StoredDeliveryContent[]> {
  const names = new Map((await store.loadSubscriptions(SCOPE)).map((one) => [one.rowId, one.name]));
  const deliveries: StoredDeliveryContent[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await store.listDeliveries(SCOPE, {}, PAGE, before);
    for (const { rowId, eventId, subscriptionRowId, subscriptionId, state, attemptCount } of page) {
      const attempts = (await store.listAttempts(rowId)).map(attemptContent);
      // A deleted one is found by its id alone.
      const subscription = names.get(subscriptionRowId) ?? subscriptionId;
      deliveries.push({ eventId, subscription, state, attemptCount, attempts });
    }
    if (page.length < PAGE) return deliveries;
    before = page.at(-1)!.rowId;
  }
}

function attemptContent({
  number,
  startedAt,
  outcome,
  errorMessage,
  requestHeaders,
  worker,
}: Attempt): StoredAttemptContent {
  const timestamp = requestHeaders.find(([name]) => name === "webhook-timestamp")?.[1];
  return {
    number,
    startedAt,
    isSuccess: outcome === "success",
    isInterrupted: errorMessage?.startsWith("interrupted") === true,
    timestamp: timestamp === undefined ? undefined : Number(timestamp),
    worker,
  };
}
