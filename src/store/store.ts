// What any store promises. One suite (test/store/) tests every implementation; nothing above store/ knows which it is.
//
// - A promise of a writing method resolves only when the change is on disk (fsynced).
// - Writes that wait together are committed together; each is all or nothing by itself.
// - A delivery is a lease, never a flag: `claimable_at` is its due time while it waits and the end of the lease while
//   it is being sent. Recovering from a crash is the same query.
// - Every read and write names its scope, but what the delivering side does by row id.
// - All times are unix ms, given by the caller: a store reads no clock.
//
// - What is sealed with another master key than the one that seals now is refused (`conflict`, field `master_key`).
//
// Errors: HooksError `store_busy`, `store_full`, `store_unusable`, `conflict`. Anything else is a bug.

import type { Attempt } from "../core/attempt.ts";
import type { BreakerState } from "../core/breaker.ts";
import type { ClaimedDelivery, DeliveryReason, DeliveryState, RecordedAttempt } from "../core/delivery.ts";
import type { Health } from "../core/health.ts";
import type { RotationReason } from "../core/operational-event.ts";
import type { Scope } from "../core/scope.ts";
import type { DisabledReason, Transport } from "../core/subscription.ts";
import type { AdminStore, NewAuditEntry } from "./admin-store.ts";
import type { AlertStore } from "./alert-store.ts";
import type { CatalogueStore } from "./catalogue-store.ts";
import type { FiguresStore } from "./figures-store.ts";
import type { PurgeStore } from "./purge-store.ts";
import type { ReplayStore } from "./replay-store.ts";
import type { RetentionStore } from "./retention-store.ts";
import type { SetupStore } from "./setup-store.ts";
import type { SourceStore } from "./source-store.ts";
import type { StatisticsStore } from "./statistics-store.ts";
import type { WhyStore } from "./why-store.ts";

export interface Store extends EventStore, DeliveryStore, SubscriptionStore, MasterKeyStore {
  /** Stable for the life of the database. */
  readonly databaseId: string;
  readonly admin: AdminStore;
  readonly catalogue: CatalogueStore;
  readonly figures: FiguresStore;
  readonly alerts: AlertStore;
  readonly statistics: StatisticsStore;
  readonly why: WhyStore;
  readonly replays: ReplayStore;
  readonly purges: PurgeStore;
  readonly retention: RetentionStore;
  readonly setup: SetupStore;
  readonly sources: SourceStore;
  /**
   * Calls back when another process committed something, within 100 ms. `configChanged`: subscriptions, keys, event
   * types, sources or settings of an environment changed, or a tenant was deleted.
   * Returns a function that stops it. Without a listener nothing is polled.
   */
  watch(listener: (change: { configChanged: boolean }) => void): () => void;
  /** Writes a page and resolves when it is on disk: whether something could be written now. */
  probe(): Promise<void>;
  /** Resolves when everything that was submitted is on disk or refused. Later calls reject. */
  close(): Promise<void>;
}

// ---- events ----------------------------------------------------------------------------------------------------

export interface NewEvent {
  scope: Scope;
  id: string;
  type: string;
  timestamp: number;
  data: Uint8Array;
  metadata: Uint8Array | undefined;
  version: string | undefined;
  /** The span of its publishing, for those of its attempts; left out: nobody traces. */
  trace?: string | undefined;
  /** SHA-256 of what idempotency compares; empty: made of type, data and metadata when the id comes again. */
  fingerprint: Uint8Array;
  createdAt: number;
  deliveries: NewDelivery[];
}

export interface NewDelivery {
  /** `dlv_…` */
  id: string;
  subscriptionRowId: number;
  /** Stored already leased to this worker, until then: it goes straight to its lane and is not read back. Undefined:
   * due at the event's `createdAt`, for whoever claims it. */
  lease: Lease | undefined;
  /**
   * Of those of a subscription with the same key only the earliest that has not ended is ever due; the others wait for
   * their turn. A whole number; undefined: no order. One with a key is never given a lease here.
   */
  orderKey?: number | undefined;
}

export interface Lease {
  worker: string;
  endsAt: number;
}

export type AppendedEvent =
  /** `deliveryRowIds` in the order of `NewEvent.deliveries`. */
  | { kind: "stored"; deliveryRowIds: number[] }
  /** The id exists with the same fingerprint: nothing stored. */
  | { kind: "repeated"; deliveryCount: number }
  /** The id exists with another fingerprint: nothing stored. */
  | { kind: "conflict" }
  /** There was one of this id, which was erased: nothing stored. */
  | { kind: "erased" };

export interface StoredEvent {
  rowId: number;
  scope: Scope;
  id: string;
  type: string;
  timestamp: number;
  data: Uint8Array;
  metadata: Uint8Array | undefined;
  version: string | undefined;
  deliveryCount: number;
  createdAt: number;
}

export interface EventFilter {
  /** Exact; undefined: any. */
  type?: string | undefined;
  /** Types that begin with this (a pattern's `invoice.`). */
  typePrefix?: string | undefined;
  /** Of the event's `createdAt`: from this one on; `until`: before this one. */
  since?: number | undefined;
  until?: number | undefined;
}

export interface EventStore {
  /**
   * Event and deliveries in one commit; the answers in the order of the events. `atomic`: all or, when one is in
   * conflict (or erased), none: then the others answer `repeated`, with 0 deliveries when they are new. `trial`: none,
   * and the answers are what would become of each; of a `stored` one there are no rows.
   */
  appendEvents(events: readonly NewEvent[], options?: { atomic?: boolean; trial?: boolean }): Promise<AppendedEvent[]>;
  findEvent(scope: Scope, id: string): Promise<StoredEvent | undefined>;
  /** At most `limit` ids that begin with `start`. */
  findEventIds(scope: Scope, start: string, limit: number): Promise<string[]>;
  /** Newest first; only rows before `beforeRowId` (exclusive). `data` and `metadata` are empty here. */
  listEvents(scope: Scope, filter: EventFilter, limit: number, beforeRowId: number | undefined): Promise<StoredEvent[]>;
  /** Every type that was ever published in the scope, in alphabetical order. */
  listEventTypes(scope: Scope): Promise<string[]>;
}

// ---- deliveries ------------------------------------------------------------------------------------------------

export interface StoredDelivery {
  rowId: number;
  id: string;
  eventRowId: number;
  eventId: string;
  eventType: string;
  subscriptionRowId: number;
  subscriptionId: string;
  scope: Scope;
  state: DeliveryState;
  reason: DeliveryReason | undefined;
  attemptCount: number;
  /** Due time while it waits, end of the lease while it is being sent; undefined once it ended, and while it waits for
   * an earlier one of its order key. */
  claimableAt: number | undefined;
  lastAttemptAt: number | undefined;
  lastStatus: number | undefined;
  lastError: string | undefined;
  lastExcerpt: string | undefined;
  createdAt: number;
  completedAt: number | undefined;
}

export interface DeliveryFilter {
  state?: DeliveryState | undefined;
  subscriptionRowId?: number | undefined;
  eventRowId?: number | undefined;
  type?: string | undefined;
  typePrefix?: string | undefined;
  /** Of the delivery's creation. */
  since?: number | undefined;
  until?: number | undefined;
  /** Of those that ended: why, and when. */
  reason?: DeliveryReason | undefined;
  endedSince?: number | undefined;
  endedUntil?: number | undefined;
}

export interface LaneClaim {
  subscriptionRowId: number;
  /** At most this many. */
  limit: number;
  /** So many retries (left out: none) come before what was never tried; more of them only where nothing fresh is due. */
  retries?: number;
  /** No more retries than that (left out: `limit`), whatever else is due. At least `retries`. */
  maxRetries?: number;
}

export interface LaneClaimed {
  subscriptionRowId: number;
  deliveries: ClaimedDelivery[];
  /** When the next of this lane that waits is due: of those never tried, and of the retries; undefined: none waits. */
  nextFreshAt: number | undefined;
  nextRetryAt: number | undefined;
}

export interface RecordReceipt {
  /** Subscriptions that this disabled, and why. */
  disabled: { subscriptionRowId: number; reason: DisabledReason }[];
  /**
   * Subscriptions of which a delivery is due now that was not: it waited for an earlier one of its order key, or tells
   * of what these attempts led to (an operational event).
   */
  released: number[];
}

export interface DeliveryStore {
  /**
   * Takes back at once the leases of every other worker: with one sending process a foreign lease is a dead one
   * (`reclaims` + 1; the fifth in a row without a result counts as a failed attempt). Returns how many.
   */
  reclaimLeases(worker: string, now: number): Promise<number>;
  /**
   * Leases what is due (`claimable_at` ≤ now): of the fresh and of the retries the longest overdue first; each delivery
   * to one worker only.
   */
  claimDue(lanes: readonly LaneClaim[], now: number, lease: Lease): Promise<LaneClaimed[]>;
  /** For each of these subscriptions that has a waiting delivery: when its first is due. */
  nextDueTimes(subscriptionRowIds: readonly number[]): Promise<Map<number, number>>;
  /**
   * Attempts, next states, health and counts, in one commit. The store numbers the attempts itself.
   * A delivery that is no longer leased to `worker` (cancelled, its subscription deleted …) keeps its state; its
   * attempt is recorded all the same.
   * A breaker that changed with an attempt is kept with it.
   * Whoever takes `hooks.…` events is told of what ended without success and of subscriptions that became unhealthy or
   * disabled, in the same commit.
   * A verdict `disableSubscription`, or the subscription's auto-disable rule, disables it: its waiting deliveries
   * become `failed` with the reason.
   */
  recordAttempts(worker: string, attempts: readonly RecordedAttempt[]): Promise<RecordReceipt>;
  /**
   * The wall clock was set by `stepMs` (negative: back) and shows `now`: retries are moved by the step, so that a wait
   * stays as long as it was; what was never tried and would be due after `now` is due at `now`. With step 0 only the
   * latter: for what a clock that was ahead has left behind. Breakers, and since when a receiver fails, are moved by the
   * step, too. Returns how many deliveries were moved. After `store_busy` or `store_full` the same call goes on where it stopped.
   */
  shiftDueTimes(stepMs: number, now: number): Promise<number>;
  /** Gives leases back unused: due at once, and in the order in which they were made, before what came after them. */
  releaseLeases(worker: string, deliveryRowIds: readonly number[], now: number): Promise<void>;

  findDelivery(scope: Scope, id: string): Promise<StoredDelivery | undefined>;
  findDeliveryIds(scope: Scope, start: string, limit: number): Promise<string[]>;
  /** Newest first. */
  listDeliveries(
    scope: Scope,
    filter: DeliveryFilter,
    limit: number,
    beforeRowId: number | undefined,
  ): Promise<StoredDelivery[]>;
  countDeliveries(scope: Scope, filter: DeliveryFilter): Promise<number>;
  /** How many wait, in every scope; what is being sent does not. `most`: counting ends there. */
  countWaiting(most: number): Promise<number>;
  /** In order of number. */
  listAttempts(deliveryRowId: number): Promise<Attempt[]>;
  /**
   * Sends these again: state `pending`, due at `now`; a new round when it had ended (`trigger` says why). One that is
   * being sent right now is left alone. Returns the row ids re-opened. `audit` goes with the first of them.
   */
  reopenDeliveries(
    deliveryRowIds: readonly number[],
    now: number,
    trigger: "manual" | "replay",
    audit?: NewAuditEntry,
  ): Promise<number[]>;
  /** Waiting → `cancelled`. False when it had ended or is being sent. */
  cancelDelivery(deliveryRowId: number, reason: DeliveryReason, now: number, audit?: NewAuditEntry): Promise<boolean>;
  /** Waiting deliveries of this subscription created before `createdBefore` → `cancelled`. Returns how many. */
  expireDeliveries(subscriptionRowId: number, createdBefore: number, now: number): Promise<number>;
}

// ---- subscriptions ---------------------------------------------------------------------------------------------

/**
 * A text that is kept secret by the service: bytes that a master key sealed (AES-256-GCM), or the name of what a secret
 * store elsewhere keeps. The store knows no more of it than this.
 */
export interface Sealed {
  /** Fingerprint of the master key, which holds no colon; or `aws:…`: kept elsewhere. */
  keyId: string;
  bytes: Uint8Array;
}

/** A subscription as it is stored. What a store never looks into is JSON text in `settings`. */
export interface StoredSubscription {
  rowId: number;
  id: string;
  scope: Scope;
  name: string;
  transport: Transport;
  /** As it may be shown: its query masked (core/masked-url.ts). Undefined for a tunnel. */
  url: string | undefined;
  /** The whole URL; undefined: `url` is all of it. */
  urlSealed: Sealed | undefined;
  events: string[];
  enabled: boolean;
  disabledReason: DisabledReason | undefined;
  paused: boolean;
  /** Since when it is disabled, unix ms; undefined: it is not. Set by the store. */
  disabledAt: number | undefined;
  /** Auto-disable rule, which the store applies while recording: failures in a row (0: never) … */
  autoDisableFailures: number;
  /** … and their least span, ms. */
  autoDisableSpanMs: number;
  /** Sealed JSON object of custom headers; undefined: none. */
  headers: Sealed | undefined;
  /** Of those headers; undefined where an earlier version did not keep them. */
  headerNames: readonly string[] | undefined;
  /** JSON text: description, profile, retry, retry_on, on_410, timeout_ms, concurrency, rate_limit, metadata … */
  settings: string;
  secrets: StoredSecret[];
  health: Health;
  breaker: BreakerState;
  counts: { succeeded: number; failed: number };
  /** For a tunnel: the session's name; undefined otherwise. */
  session: string | undefined;
  createdAt: number;
  updatedAt: number;
}

export interface StoredSecret {
  /** `sec_…` */
  id: string;
  sealed: Sealed;
  /** `whsec_…Qx`: what may be shown. */
  hint: string;
  createdAt: number;
  /** Undefined: does not end. */
  expiresAt: number | undefined;
}

export interface SecretRotation {
  subscriptionRowId: number;
  secret: StoredSecret;
  oldEndsAt: number;
  reason: RotationReason;
  /** Nothing is done, and nothing said, when another secret is the newest by now, or the subscription is gone. */
  onlyIfNewest?: string | undefined;
}

export type NewSubscription = Omit<StoredSubscription, "rowId" | "disabledAt" | "health" | "breaker" | "counts">;

/** What a change sets; what is left out stays. */
export type SubscriptionChange = Partial<
  Omit<
    StoredSubscription,
    "rowId" | "id" | "scope" | "transport" | "disabledAt" | "secrets" | "health" | "breaker" | "counts" | "createdAt"
  >
> & { updatedAt: number };

/** `missing`: it is not there (any more); `overtaken`: it was changed since then. Neither changes anything. */
export type ChangeOutcome = "changed" | "missing" | "overtaken";

/** `audit`: who changed it, written in the same transaction if anything was changed. */
export interface SubscriptionStore {
  /**
   * Returns the row id. `conflict` when a tunnel session of that name exists in the scope, or when the scope has `most`
   * subscriptions by now, tunnel sessions apart.
   */
  insertSubscription(subscription: NewSubscription, audit?: NewAuditEntry, most?: number): Promise<number>;
  /**
   * Every change moves `updatedAt` on, by 1 ms at least. `ifUpdatedAt`: nothing is changed when it has another value
   * by now, so that what was read with it is still so.
   * Enabling it ends its row of failures; that, and another URL, closes its breaker.
   * Whoever takes `hooks.…` events is told when it is enabled or disabled, in the same commit.
   */
  updateSubscription(
    rowId: number,
    change: SubscriptionChange,
    audit?: NewAuditEntry,
    ifUpdatedAt?: number,
  ): Promise<ChangeOutcome>;
  /** Enables one that its failures disabled, because a probe was taken. False when that is not so (any more). */
  enableFailing(rowId: number, now: number): Promise<boolean>;
  /** Waiting deliveries become `cancelled` (`subscription_deleted`); history stays. False when it is not there. */
  deleteSubscription(rowId: number, now: number, audit?: NewAuditEntry): Promise<boolean>;
  /**
   * Adds the new secrets; every older one ends at `oldEndsAt` at the latest; those that ended before `now` are removed.
   * Whoever takes `hooks.…` events is told. All in one commit or none. Returns the row ids of the subscriptions that have
   * a new secret now.
   * @throws HooksError `not_found` when a subscription does not exist (any more)
   */
  rotateSecrets(rotations: readonly SecretRotation[], now: number, audit?: readonly NewAuditEntry[]): Promise<number[]>;
  /** All that exist, of every scope when `scope` is undefined, in order of row id. */
  loadSubscriptions(scope?: Scope): Promise<StoredSubscription[]>;
  findSubscription(scope: Scope, id: string): Promise<StoredSubscription | undefined>;
}

// ---- master key ------------------------------------------------------------------------------------------------

/** Which master key seals, and the change from one to the next. */
export interface MasterKeys {
  /** Fingerprint of the key that seals from now on; undefined: nothing is sealed, and the first that comes is it. */
  sealing: string | undefined;
  /** Undefined: none is under way. */
  change: MasterKeyChange | undefined;
}

/** Until it is ended, whoever has one of the two keys has both. */
export interface MasterKeyChange {
  oldKeyId: string;
  newKeyId: string;
  /** The new key, sealed by the old one … */
  newSealed: Uint8Array;
  /** … and the old one by the new one. */
  oldSealed: Uint8Array;
  begunAt: number;
}

/** What a sealed text belongs to: a signing secret, headers or URL of a subscription, or a source. */
export type SealedKind = "secret" | "headers" | "url" | "source";

export interface SealedRow {
  kind: SealedKind;
  rowId: number;
  /** Public id of the secret, subscription or source. */
  id: string;
  sealed: Sealed;
}

export interface MovedRow {
  kind: SealedKind;
  rowId: number;
  /** What it was sealed as: another value by now is left alone. */
  before: Uint8Array;
  sealed: Sealed;
}

export interface MasterKeyStore {
  readMasterKeys(): Promise<MasterKeys>;
  /** From now on the new key seals. False when another than `oldKeyId` seals by now, or a change is under way. */
  beginMasterKeyChange(change: MasterKeyChange, audit?: NewAuditEntry): Promise<boolean>;
  /** At most `limit` of those that another key than this one sealed. What is kept elsewhere is none of them. */
  listSealedByOthers(keyId: string, limit: number): Promise<SealedRow[]>;
  /** Returns how many were still as they were before. */
  moveSealed(rows: readonly MovedRow[]): Promise<number>;
  /** The old key opens nothing any more. False when it still seals something, or there is no change to this key. */
  endMasterKeyChange(newKeyId: string): Promise<boolean>;
}
