import { createHash } from "node:crypto";
import type { Attempt } from "../../src/core/attempt.ts";
import type { ClaimedDelivery, RecordedAttempt, Verdict } from "../../src/core/delivery.ts";
import { formatId, type IdPrefix } from "../../src/core/ids.ts";
import type { Scope } from "../../src/core/scope.ts";
import type { NewAuditEntry } from "../../src/store/admin-store.ts";
import type {
  NewDelivery,
  NewEvent,
  NewSubscription,
  SecretRotation,
  Store,
  StoredSecret,
} from "../../src/store/store.ts";

export const NOON = Date.UTC(2026, 0, 1, 12);
export const SCOPE: Scope = { tenant: "default", environment: "development" };
export const OTHER_TENANT: Scope = { tenant: "other", environment: "development" };
export const OTHER_ENVIRONMENT: Scope = { tenant: "default", environment: "production" };
/** Boot ids of two processes. */
export const WORKER = "boot-1";
export const OTHER_WORKER = "boot-2";
export const LEASE = { worker: WORKER, endsAt: NOON + 25_000 };

let lastId = 0;

/** Ids in order, as UUIDv7s are; different between the processes of a test. */
export function newId(prefix: IdPrefix): string {
  const uuid = Buffer.alloc(16);
  uuid.writeUIntBE(NOON, 0, 6);
  uuid.writeUInt32BE(process.pid, 6);
  uuid.writeUInt32BE(++lastId, 12);
  return formatId(prefix, uuid);
}

export function newSecret(fields: Partial<StoredSecret> = {}): StoredSecret {
  const sealed = { keyId: "key-1", bytes: Buffer.from("sealed secret") };
  return { id: newId("sec"), sealed, hint: "whsec_…Qx", createdAt: NOON, expiresAt: undefined, ...fields };
}

export function newRotation(subscriptionRowId: number, secret = newSecret(), oldEndsAt = NOON): SecretRotation {
  return { subscriptionRowId, secret, oldEndsAt, reason: "by_hand" };
}

export function newSubscription(fields: Partial<NewSubscription> = {}): NewSubscription {
  return {
    id: newId("sub"),
    scope: SCOPE,
    name: "orders",
    transport: "http",
    url: "https://example.com/hooks",
    events: ["order.*"],
    enabled: true,
    disabledReason: undefined,
    paused: false,
    autoDisableFailures: 20,
    autoDisableSpanMs: 3_600_000,
    headers: undefined,
    headerNames: undefined,
    urlSealed: undefined,
    settings: '{"description":""}',
    secrets: [newSecret()],
    session: undefined,
    createdAt: NOON,
    updatedAt: NOON,
    ...fields,
  };
}

export function newDelivery(subscriptionRowId: number, fields: Partial<NewDelivery> = {}): NewDelivery {
  return { id: newId("dlv"), subscriptionRowId, lease: undefined, ...fields };
}

/** An event that goes to these subscriptions. */
export function newEvent(subscriptionRowIds: readonly number[] = [], fields: Partial<NewEvent> = {}): NewEvent {
  const data = fields.data ?? Buffer.from('{"total":12.50}');
  return {
    scope: SCOPE,
    id: newId("evt"),
    type: "order.created",
    timestamp: NOON - 5,
    data,
    metadata: undefined,
    version: undefined,
    fingerprint: createHash("sha256").update(data).digest(),
    createdAt: NOON,
    deliveries: subscriptionRowIds.map((rowId) => newDelivery(rowId)),
    ...fields,
  };
}

export function newAttempt(fields: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    startedAt: NOON + 10,
    durationMs: 7,
    outcome: "success",
    status: 204,
    errorCode: undefined,
    errorMessage: undefined,
    phase: "done",
    remoteAddress: "127.0.0.1",
    bytesSent: 98,
    requestHeaders: [["webhook-id", "evt_1"]],
    responseHeaders: [["Server", "nginx"]],
    responseExcerpt: undefined,
    truncated: false,
    trigger: "auto",
    worker: WORKER,
    ...fields,
  };
}

export function success(
  delivery: Pick<ClaimedDelivery, "rowId" | "subscriptionRowId">,
  endedAt = NOON,
): RecordedAttempt {
  return attempted(delivery, { kind: "succeeded" }, { endedAt });
}

/** A failed attempt with this verdict; default: again in a minute. */
export function failure(
  delivery: Pick<ClaimedDelivery, "rowId" | "subscriptionRowId">,
  verdict: Verdict = { kind: "retry", at: NOON + 60_000 },
  endedAt = NOON,
): RecordedAttempt {
  return attempted(delivery, verdict, { endedAt, attempt: newAttempt({ outcome: "failure", status: 500 }) });
}

export function attempted(
  { rowId, subscriptionRowId }: Pick<ClaimedDelivery, "rowId" | "subscriptionRowId">,
  verdict: Verdict,
  { attempt = newAttempt(), endedAt = NOON }: { attempt?: Attempt; endedAt?: number } = {},
): RecordedAttempt {
  return { deliveryRowId: rowId, subscriptionRowId, eventType: "order.created", attempt, verdict, endedAt };
}

/** Of the record, about the store as a whole. */
export function newStoreEntry(action: "store.restore" | "store.accept_loss", after: object): NewAuditEntry {
  return {
    ...{ id: `aud_${action}`, at: NOON, tenant: "*", environment: "*", keyId: undefined, actor: "local", from: "cli" },
    ...{ action, resourceKind: "store", resourceId: undefined, before: undefined, after: JSON.stringify(after) },
  };
}

/** Everything of a kind that is recorded, newest first. */
export async function recorded(store: Store, actionPrefix: string): Promise<unknown[]> {
  const filter = { reach: { tenant: "*", environment: "*" }, withPast: true, actionPrefix };
  const entries = await store.admin.listAudit(filter, 100, undefined);
  return entries.map(({ action, after }) => ({ action, after: JSON.parse(after ?? "null") as unknown }));
}
