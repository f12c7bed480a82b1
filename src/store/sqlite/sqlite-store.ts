// Longer than others, and one thing: every method of the contract, a few lines each, which say to whom it goes.

import type { Attempt } from "../../core/attempt.ts";
import type { DeliveryReason, RecordedAttempt } from "../../core/delivery.ts";
import { HooksError, isPassing } from "../../core/errors.ts";
import { HEALTH_THRESHOLDS, type HealthThresholds } from "../../core/health.ts";
import type { Scope } from "../../core/scope.ts";
import type { NewAuditEntry } from "../admin-store.ts";
import type {
  AppendedEvent,
  ChangeOutcome,
  DeliveryFilter,
  EventFilter,
  LaneClaim,
  LaneClaimed,
  Lease,
  MasterKeyChange,
  MasterKeys,
  MovedRow,
  NewEvent,
  NewSubscription,
  RecordReceipt,
  SealedRow,
  SecretRotation,
  Store,
  StoredDelivery,
  StoredEvent,
  StoredSubscription,
  SubscriptionChange,
} from "../store.ts";
import type { Connection } from "./connection.ts";
import { DeliveryReader } from "./delivery-reader.ts";
import { EventReader } from "./event-reader.ts";
import { HeaderSets } from "./header-sets.ts";
import { MasterKeyReader } from "./master-key-reader.ts";
import { packAttempts } from "./packed-attempts.ts";
import { unpackClaim } from "./packed-claim.ts";
import { rowsOf, sizeOf } from "./packed-events.ts";
import { PORTION_ROWS, portions, untilDone } from "./portions.ts";
import { SqliteAdminStore, type StoreAccess } from "./sqlite-admin-store.ts";
import { SqliteAlertStore } from "./sqlite-alert-store.ts";
import { SqliteCatalogueStore } from "./sqlite-catalogue-store.ts";
import { toStoreError } from "./sqlite-error.ts";
import { SqliteFigures } from "./sqlite-figures.ts";
import { SqlitePurgeStore } from "./sqlite-purge-store.ts";
import { SqliteReplayStore } from "./sqlite-replay-store.ts";
import { SqliteRetentionStore } from "./sqlite-retention-store.ts";
import { SqliteSetupStore } from "./sqlite-setup-store.ts";
import { SqliteSourceStore } from "./sqlite-source-store.ts";
import { SqliteStatisticsStore } from "./sqlite-statistics-store.ts";
import { SqliteWhyStore } from "./sqlite-why-store.ts";
import type { StoreFacts } from "./store-facts.ts";
import { SubscriptionReader } from "./subscription-reader.ts";
import type { AppendMode, WriteChannel, WriteInput, WriteKind, WriteResult } from "./write-operations.ts";

/** Events of one write, as PORTION_ROWS is of rows. */
const PORTION_EVENTS = 100;

/** `lagMs`: how long the oldest write has been waiting; left out where the caller waits himself. */
type Channel = WriteChannel & { readonly commits: number; readonly lagMs?: number };
type ChangeListener = Parameters<Store["watch"]>[0];

/** The contract on SQLite: writes go through the channel, reads through a connection of this thread. */
export class SqliteStore implements Store {
  readonly databaseId: string;
  readonly admin: SqliteAdminStore;
  readonly catalogue: SqliteCatalogueStore;
  readonly alerts: SqliteAlertStore;
  readonly figures: SqliteFigures;
  readonly statistics: SqliteStatisticsStore;
  readonly why: SqliteWhyStore;
  readonly replays: SqliteReplayStore;
  readonly purges: SqlitePurgeStore;
  readonly retention: SqliteRetentionStore;
  readonly setup: SqliteSetupStore;
  readonly sources: SqliteSourceStore;
  /** Undefined: nobody looked. */
  readonly facts: StoreFacts | undefined;
  readonly #path: string;
  readonly #connection: Connection;
  /** Undefined: opened for reading only. */
  readonly #channel: Channel | undefined;
  readonly #events: EventReader;
  readonly #deliveries: DeliveryReader;
  readonly #subscriptions: SubscriptionReader;
  readonly #keys: MasterKeyReader;
  readonly #thresholds: HealthThresholds;
  readonly #headers = { requests: new HeaderSets<number>(), responses: new HeaderSets<number>() };
  readonly #listeners = new Set<ChangeListener>();
  #closed: Promise<void> | undefined;
  /** What is left of a shift that the disk did not take as a whole: nothing may be moved twice. */
  #shift: { readonly stepMs: number; rowIds: number[] } | undefined;
  /** What waits for subscriptions that take nothing any more has still to be ended. */
  #owesEnds = false;

  /** `thresholds`: from where on a subscription is unhealthy, which its owner is told. */
  constructor(
    path: string,
    connection: Connection,
    channel: Channel | undefined,
    facts?: StoreFacts,
    thresholds: HealthThresholds = HEALTH_THRESHOLDS,
  ) {
    this.facts = facts;
    this.#thresholds = thresholds;
    this.#path = path;
    this.#connection = connection;
    this.#channel = channel;
    this.#events = new EventReader(connection);
    this.#deliveries = new DeliveryReader(connection);
    this.#subscriptions = new SubscriptionReader(connection);
    const access: StoreAccess = {
      write: (kind, input) => this.#write(kind, input),
      read: (read) => this.#read(read),
    };
    this.admin = new SqliteAdminStore(connection, access);
    this.alerts = new SqliteAlertStore(connection, access);
    this.statistics = new SqliteStatisticsStore(connection, access);
    this.catalogue = new SqliteCatalogueStore(connection, access);
    this.why = new SqliteWhyStore(connection, this.#deliveries, this.#subscriptions, access);
    this.replays = new SqliteReplayStore(connection, access);
    this.purges = new SqlitePurgeStore(connection, access);
    this.retention = new SqliteRetentionStore(connection, access);
    this.setup = new SqliteSetupStore(connection, access, (now) => this.#endStranded(now));
    this.sources = new SqliteSourceStore(connection, access);
    this.figures = new SqliteFigures(connection, {
      path,
      read: (read) => this.#read(read),
      commits: () => this.commits,
      lagMs: () => channel?.lagMs ?? 0,
    });
    this.#keys = new MasterKeyReader(connection);
    this.databaseId = connection.prepare("SELECT database_id FROM store").pluck().get() as string;
  }

  /** Transactions that this store committed. */
  get commits(): number {
    return this.#channel?.commits ?? 0;
  }

  watch(listener: ChangeListener): () => void {
    const channel = this.#writable();
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) channel.watch((change) => this.#tell(change));
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) channel.watch(undefined);
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  appendEvents(
    events: readonly NewEvent[],
    { atomic = false, trial = false }: { atomic?: boolean; trial?: boolean } = {},
  ): Promise<AppendedEvent[]> {
    const mode: AppendMode = trial ? "trial" : atomic ? "atomic" : "each";
    // What is judged together is not taken apart.
    if (mode !== "each" || events.length <= PORTION_EVENTS) return this.#append(mode, events);
    const answers = portions(events, PORTION_EVENTS).map((portion) => this.#append(mode, portion));
    return Promise.all(answers).then((all) => all.flat());
  }

  async findEvent(scope: Scope, id: string): Promise<StoredEvent | undefined> {
    return this.#read(() => this.#events.find(scope, id));
  }

  async findEventIds(scope: Scope, start: string, limit: number): Promise<string[]> {
    return this.#read(() => this.#events.findIds(scope, start, limit));
  }

  async listEvents(
    scope: Scope,
    filter: EventFilter,
    limit: number,
    beforeRowId: number | undefined,
  ): Promise<StoredEvent[]> {
    return this.#read(() => this.#events.list(scope, filter, limit, beforeRowId));
  }

  async listEventTypes(scope: Scope): Promise<string[]> {
    return this.#read(() => this.#events.listTypes(scope));
  }

  async reclaimLeases(worker: string, now: number): Promise<number> {
    const reclaimed = await this.#write("reclaim", { worker, now });
    // A predecessor may have ended between a deletion or a disabling and the last portion of what it left waiting.
    await this.#endStranded(now);
    return reclaimed;
  }

  async claimDue(lanes: readonly LaneClaim[], now: number, lease: Lease): Promise<LaneClaimed[]> {
    if (this.#owesEnds) await this.#endStranded(now);
    return unpackClaim(await this.#write("claim", { lanes, now, lease }));
  }

  async nextDueTimes(subscriptionRowIds: readonly number[]): Promise<Map<number, number>> {
    return this.#read(() => this.#deliveries.nextDueTimes(subscriptionRowIds));
  }

  async recordAttempts(worker: string, attempts: readonly RecordedAttempt[]): Promise<RecordReceipt> {
    const receipt = await this.#write("record", packAttempts(worker, attempts, this.#headers, this.#thresholds));
    if (0 < receipt.disabled.length || this.#owesEnds) await this.#endStranded(attempts.at(-1)!.endedAt);
    return receipt;
  }

  async releaseLeases(worker: string, deliveryRowIds: readonly number[], now: number): Promise<void> {
    if (await this.#write("release", { worker, deliveryRowIds, now })) await this.#endStranded(now);
  }

  async shiftDueTimes(stepMs: number, now: number): Promise<number> {
    if (this.#shift?.stepMs !== stepMs) {
      this.#shift = { stepMs, rowIds: this.#read(() => this.#deliveries.toBeShifted(stepMs, now)) };
    }
    const shift = this.#shift;
    let shifted = 0;
    while (0 < shift.rowIds.length) {
      const deliveryRowIds = shift.rowIds.slice(0, PORTION_ROWS);
      shifted += await this.#write("shift", { deliveryRowIds, stepMs, now });
      shift.rowIds = shift.rowIds.slice(PORTION_ROWS);
    }
    if (stepMs !== 0) await this.#write("shiftHealth", { stepMs });
    this.#shift = undefined;
    return shifted;
  }

  async findDelivery(scope: Scope, id: string): Promise<StoredDelivery | undefined> {
    return this.#read(() => this.#deliveries.find(scope, id));
  }

  async findDeliveryIds(scope: Scope, start: string, limit: number): Promise<string[]> {
    return this.#read(() => this.#deliveries.findIds(scope, start, limit));
  }

  async listDeliveries(
    scope: Scope,
    filter: DeliveryFilter,
    limit: number,
    beforeRowId: number | undefined,
  ): Promise<StoredDelivery[]> {
    return this.#read(() => this.#deliveries.list(scope, filter, limit, beforeRowId));
  }

  async countDeliveries(scope: Scope, filter: DeliveryFilter): Promise<number> {
    return this.#read(() => this.#deliveries.count(scope, filter));
  }

  async countWaiting(most: number): Promise<number> {
    return this.#read(() => this.#deliveries.countWaiting(most));
  }

  async listAttempts(deliveryRowId: number): Promise<Attempt[]> {
    return this.#read(() => this.#deliveries.listAttempts(deliveryRowId));
  }

  async reopenDeliveries(
    deliveryRowIds: readonly number[],
    now: number,
    trigger: "manual" | "replay",
    audit?: NewAuditEntry,
  ): Promise<number[]> {
    const reopened: number[] = [];
    for (const portion of portions(deliveryRowIds, PORTION_ROWS)) {
      const unsaid = reopened.length === 0 ? audit : undefined;
      reopened.push(...(await this.#write("reopen", { deliveryRowIds: portion, now, trigger, audit: unsaid })));
    }
    return reopened;
  }

  cancelDelivery(deliveryRowId: number, reason: DeliveryReason, now: number, audit?: NewAuditEntry): Promise<boolean> {
    return this.#write("cancel", { deliveryRowId, reason, now, audit });
  }

  expireDeliveries(subscriptionRowId: number, createdBefore: number, now: number): Promise<number> {
    return untilDone((limit) => this.#write("expire", { subscriptionRowId, createdBefore, now, limit }));
  }

  insertSubscription(subscription: NewSubscription, audit?: NewAuditEntry, most?: number): Promise<number> {
    return this.#write("insertSubscription", { subscription, audit, most });
  }

  updateSubscription(
    rowId: number,
    change: SubscriptionChange,
    audit?: NewAuditEntry,
    ifUpdatedAt?: number,
  ): Promise<ChangeOutcome> {
    return this.#write("updateSubscription", { rowId, change, audit, ifUpdatedAt });
  }

  enableFailing(rowId: number, now: number): Promise<boolean> {
    return this.#write("enableFailing", { rowId, now });
  }

  async deleteSubscription(rowId: number, now: number, audit?: NewAuditEntry): Promise<boolean> {
    const isDeleted = await this.#write("deleteSubscription", { rowId, now, audit });
    if (isDeleted) await this.#endStranded(now);
    return isDeleted;
  }

  probe(): Promise<void> {
    return this.#write("probe", {});
  }

  rotateSecrets(
    rotations: readonly SecretRotation[],
    now: number,
    audit?: readonly NewAuditEntry[],
  ): Promise<number[]> {
    return this.#write("rotateSecrets", { rotations, now, audit });
  }

  async readMasterKeys(): Promise<MasterKeys> {
    return this.#read(() => this.#keys.read());
  }

  beginMasterKeyChange(change: MasterKeyChange, audit?: NewAuditEntry): Promise<boolean> {
    return this.#write("beginMasterKeyChange", { change, audit });
  }

  async listSealedByOthers(keyId: string, limit: number): Promise<SealedRow[]> {
    return this.#read(() => this.#keys.sealedByOthers(keyId, limit));
  }

  moveSealed(rows: readonly MovedRow[]): Promise<number> {
    return this.#write("moveSealed", { rows });
  }

  endMasterKeyChange(newKeyId: string): Promise<boolean> {
    return this.#write("endMasterKeyChange", { newKeyId });
  }

  async loadSubscriptions(scope?: Scope): Promise<StoredSubscription[]> {
    return this.#read(() => this.#subscriptions.load(scope));
  }

  async findSubscription(scope: Scope, id: string): Promise<StoredSubscription | undefined> {
    return this.#read(() => this.#subscriptions.find(scope, id));
  }

  /**
   * Ends what waits for deleted subscriptions, and for those that a 410 or their failures disabled. What they follow is
   * committed: whoever asked for that must not be told that it failed, and do it a second time. So what the disk does
   * not take now is done with one of the next writes.
   */
  async #endStranded(now: number): Promise<void> {
    this.#owesEnds = true;
    try {
      await untilDone((limit) => this.#write("cancelOrphans", { now, limit }));
      await untilDone((limit) => this.#write("failLeftovers", { now, limit }));
      this.#owesEnds = false;
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }

  #append(mode: AppendMode, events: readonly NewEvent[]): Promise<AppendedEvent[]> {
    return this.#write("append", { mode, events: () => events, rows: rowsOf(events), size: sizeOf(events) });
  }

  #write<K extends WriteKind>(kind: K, input: WriteInput<K>): Promise<WriteResult<K>> {
    if (this.#closed !== undefined) return Promise.reject(new HooksError("unavailable", "the store is closed"));
    return this.#channel?.submit(kind, input) ?? Promise.reject(readOnly());
  }

  #writable() {
    if (this.#channel === undefined) throw readOnly();
    return this.#channel;
  }

  #read<T>(read: () => T): T {
    if (this.#closed !== undefined) throw new HooksError("unavailable", "the store is closed");
    try {
      return read();
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
  }

  async #close(): Promise<void> {
    await this.#channel?.idle();
    // The connection that closes last folds the log into the file, which a reader cannot do. After the disk failed it
    // must not be folded in: what is read of it may not be what was written.
    const isBroken = this.#channel?.isBroken === true;
    if (!isBroken) this.#connection.close();
    await this.#channel?.close();
    if (isBroken) this.#connection.close();
  }

  #tell(change: { configChanged: boolean }): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function readOnly(): HooksError {
  return new HooksError("internal", "the store was opened for reading only");
}
