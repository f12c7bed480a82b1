import { createSecretKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Attempt } from "../../src/core/attempt.ts";
import type { ClaimedDelivery } from "../../src/core/delivery.ts";
import { formatId } from "../../src/core/ids.ts";
import type { Scope } from "../../src/core/scope.ts";
import type { RetryPolicy, Subscription, Transport } from "../../src/core/subscription.ts";
import type { AttemptRecorded } from "../../src/deliver/attempt-recorded.ts";
import { Dispatcher, type DispatcherOptions } from "../../src/deliver/dispatcher.ts";
import { HttpSender, type HttpSenderOptions } from "../../src/deliver/http-sender.ts";
import type { DeliveryTransport } from "../../src/deliver/transport.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import type { Lease, Store, StoredDelivery } from "../../src/store/store.ts";
import { DEVELOPMENT, localRules } from "./egress.ts";

export const SCOPE: Scope = { tenant: "default", environment: "development" };

/** The 32 bytes behind `TEST_SECRET`. */
const TEST_KEY = Buffer.alloc(32, 7);
export const TEST_SECRET = `whsec_${TEST_KEY.toString("base64")}`;

export interface Published {
  eventId: string;
  deliveryId: string;
  deliveryRowId: number;
}

/** The delivering side over a real store file and real sockets, without the service above it. */
export interface Sending {
  store: Store;
  dispatcher: Dispatcher;
  sender: HttpSender;
  /** Unix ms that everything here goes by; a test may set it and then call `dispatcher.wake()`. Undefined: real time. */
  clock: { at: number | undefined };
  /** Of every attempt, in the order recorded. */
  records: AttemptRecorded[];
  disabled: { subscriptionRowId: number; reason: string }[];
  fatal: Error[];
  subscribe(url: string | undefined, settings?: Partial<Subscription>): Promise<Subscription>;
  /** Changes it in the store and in memory, as the service does. */
  change(
    subscription: Subscription,
    change: Partial<Pick<Subscription, "enabled" | "paused" | "batch">>,
  ): Promise<void>;
  remove(subscription: Subscription): Promise<void>;
  /** Stores one event with one delivery, due at once, and wakes the dispatcher. */
  publish(subscription: Subscription, data?: string): Promise<Published>;
  publishMany(subscription: Subscription, count: number): Promise<Published[]>;
  /** The same by way of `freshLease` and `offer`; undefined when there was no room. */
  publishFresh(subscription: Subscription, data?: string): Promise<Published | undefined>;
  /** Resolves when `count` attempts are recorded since the beginning. */
  recorded(count: number): Promise<AttemptRecorded[]>;
  delivery(published: Published): Promise<StoredDelivery>;
  attempts(published: Published): Promise<Attempt[]>;
}

export interface SendingOptions {
  concurrency?: number;
  random?: () => number;
  tunnel?: DeliveryTransport;
  clockAt?: number;
  mode?: "inline" | "thread";
  /** Stands between the dispatcher and the store: a test's own faults. */
  wrapStore?: (store: Store) => DispatcherOptions["store"];
  rates?: DispatcherOptions["rates"];
  /** Default true. */
  start?: boolean;
  worker?: string;
  folder?: string;
  /** How the sender dials. */
  dialling?: Partial<HttpSenderOptions>;
}

const NOBODY: DeliveryTransport = {
  send: (_outgoing, onEnd) => queueMicrotask(() => onEnd({ kind: "not_sent" })),
  room: () => 0,
};

export async function startSending(options: SendingOptions = {}): Promise<Sending> {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), "hooks-deliver-"));
  const store = await openSqliteStore({ path: path.join(folder, "hooks.db"), mode: options.mode ?? "inline" });
  const subscriptions = new Map<number, Subscription>();
  const clock = { at: options.clockAt };
  const now = () => clock.at ?? Date.now();
  const sender = new HttpSender({ now, egress: localRules(), ...options.dialling });
  const records: AttemptRecorded[] = [];
  const waiting: { count: number; resolve: (records: AttemptRecorded[]) => void }[] = [];
  const disabled: Sending["disabled"] = [];
  const fatal: Error[] = [];
  const dispatcher = new Dispatcher({
    store: options.wrapStore?.(store) ?? store,
    subscriptions: { get: (rowId) => subscriptions.get(rowId), all: () => subscriptions.values() },
    transports: { http: sender, tunnel: options.tunnel ?? NOBODY } satisfies Record<Transport, DeliveryTransport>,
    worker: options.worker ?? "boot-1",
    now,
    random: options.random ?? (() => 0.5),
    concurrency: options.concurrency ?? 256,
    rates: options.rates,
    userAgent: "hooks/0.0.0-test",
    onAttempt: (record) => {
      records.push(record);
      for (const waiter of waiting.filter(({ count }) => count === records.length)) waiter.resolve(records);
    },
    onDisabled: (subscriptionRowId, reason) => disabled.push({ subscriptionRowId, reason }),
    onFatal: (error) => fatal.push(error),
  });
  onTestFinished(async () => {
    await dispatcher.stop({ drainMs: 0 });
    await sender.close();
    await store.close();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  });
  if (options.start !== false) await dispatcher.start();

  const insert = async (
    subscription: Subscription,
    payloads: readonly string[],
    leases: readonly (Lease | undefined)[],
  ): Promise<{ published: Published; delivery: ClaimedDelivery }[]> => {
    const at = now();
    const events = payloads.map((data, index) => ({
      scope: SCOPE,
      id: newId("evt"),
      type: "order.paid",
      timestamp: at,
      data: Buffer.from(data),
      metadata: undefined,
      version: undefined,
      fingerprint: Buffer.alloc(32),
      createdAt: at,
      deliveries: [{ id: newId("dlv"), subscriptionRowId: subscription.rowId, lease: leases[index] }],
    }));
    const appended = await store.appendEvents(events);
    return events.map((event, index) => {
      const one = appended[index]!;
      if (one.kind !== "stored") throw new Error(`not stored: ${one.kind}`);
      const deliveryId = event.deliveries[0]!.id;
      const rowId = one.deliveryRowIds[0]!;
      const delivery: ClaimedDelivery = {
        rowId,
        id: deliveryId,
        subscriptionRowId: subscription.rowId,
        scope: SCOPE,
        event,
        attemptCount: 0,
        roundAttempts: 0,
        createdAt: at,
        trigger: "auto",
      };
      return { published: { eventId: event.id, deliveryId, deliveryRowId: rowId }, delivery };
    });
  };

  return {
    store,
    dispatcher,
    sender,
    clock,
    records,
    disabled,
    fatal,
    subscribe: async (url, settings = {}) => {
      const subscription = await insertSubscription(store, url, settings, now());
      subscriptions.set(subscription.rowId, subscription);
      dispatcher.subscriptionsChanged();
      return subscription;
    },
    change: async (subscription, change) => {
      const current = { ...subscriptions.get(subscription.rowId)!, ...change };
      const { batch: _, ...columns } = change;
      await store.updateSubscription(subscription.rowId, { ...columns, updatedAt: now() });
      subscriptions.set(subscription.rowId, current);
      dispatcher.subscriptionsChanged();
    },
    remove: async (subscription) => {
      await store.deleteSubscription(subscription.rowId, now());
      subscriptions.delete(subscription.rowId);
      dispatcher.subscriptionsChanged();
    },
    publish: async (subscription, data = '{"total":1.10}') => {
      const [one] = await insert(subscription, [data], [undefined]);
      dispatcher.wake(subscription.rowId);
      return one!.published;
    },
    publishMany: async (subscription, count) => {
      const inserted = await insert(
        subscription,
        Array.from({ length: count }, (_, n) => `{"n":${n}}`),
        [],
      );
      dispatcher.wake(subscription.rowId);
      return inserted.map(({ published }) => published);
    },
    publishFresh: async (subscription, data = "{}") => {
      const lease = dispatcher.freshLease(subscription.rowId);
      if (lease === undefined) return undefined;
      const [one] = await insert(subscription, [data], [lease]);
      dispatcher.offer([one!.delivery]);
      return one!.published;
    },
    recorded: (count) =>
      count <= records.length
        ? Promise.resolve(records)
        : new Promise((resolve) => {
            waiting.push({ count, resolve });
          }),
    delivery: async ({ deliveryId }) => (await store.findDelivery(SCOPE, deliveryId))!,
    attempts: ({ deliveryRowId }) => store.listAttempts(deliveryRowId),
  };
}

/** Waits of these many ms between attempts, without jitter; below what the API would take. */
export function quickRetries(...delaysMs: number[]): RetryPolicy {
  return { strategy: "list", delaysMs, jitter: 0 };
}

async function insertSubscription(
  store: Store,
  url: string | undefined,
  settings: Partial<Subscription>,
  at: number,
): Promise<Subscription> {
  const subscription: Subscription = {
    rowId: 0,
    id: newId("sub"),
    scope: SCOPE,
    name: "",
    description: "",
    url,
    egress: DEVELOPMENT,
    transport: url === undefined ? "tunnel" : "http",
    events: ["*"],
    enabled: true,
    disabledReason: undefined,
    paused: false,
    profile: "standard",
    headers: {},
    secrets: [{ id: newId("sec"), key: createSecretKey(TEST_KEY), expiresAt: undefined }],
    retry: quickRetries(),
    retryOn: "any",
    on410: "disable",
    timeoutMs: 20_000,
    concurrency: 10,
    rateLimit: undefined,
    autoDisable: { failures: 0, minSpanMs: 0, reEnable: undefined },
    hasBreaker: false,
    breaker: { openings: 0, openUntil: undefined },
    orderBy: undefined,
    batch: undefined,
    excerptChars: 1_000,
    metadata: {},
    createdAt: at,
    updatedAt: at,
    ...settings,
  };
  const rowId = await store.insertSubscription({
    id: subscription.id,
    scope: SCOPE,
    name: subscription.name,
    transport: subscription.transport,
    url,
    events: ["*"],
    enabled: subscription.enabled,
    disabledReason: undefined,
    paused: subscription.paused,
    autoDisableFailures: subscription.autoDisable.failures,
    autoDisableSpanMs: subscription.autoDisable.minSpanMs,
    headers: undefined,
    headerNames: undefined,
    urlSealed: undefined,
    settings: "{}",
    secrets: [],
    session: subscription.transport === "tunnel" ? subscription.id : undefined,
    createdAt: at,
    updatedAt: at,
  });
  return { ...subscription, rowId };
}

let made = 0;

function newId(prefix: "evt" | "dlv" | "sub" | "sec"): string {
  const uuid = Buffer.alloc(16);
  uuid.writeBigUInt64BE(BigInt(Date.now()) << 16n, 0);
  uuid.writeUInt32BE(++made, 12);
  return formatId(prefix, uuid);
}
