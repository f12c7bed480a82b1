import { HooksError } from "../../core/errors.ts";
import { AlertWrites } from "./alert-rows.ts";
import { AttemptRecorder } from "./attempt-recorder.ts";
import { AuditWrites } from "./audit-rows.ts";
import { CatalogueWrites } from "./catalogue-rows.ts";
import { CleaningOwed } from "./cleaning-owed.ts";
import { ConfigRevision } from "./config-revision.ts";
import type { Connection } from "./connection.ts";
import { DeliveryChanges } from "./delivery-changes.ts";
import { DeliveryInserts } from "./delivery-inserts.ts";
import { DeliveryLeases } from "./delivery-leases.ts";
import { DeliveryOrder } from "./delivery-order.ts";
import { EventWrites } from "./event-writes.ts";
import { HeaderSetRows } from "./header-set-rows.ts";
import { Interned } from "./interned.ts";
import { KeyWrites } from "./key-rows.ts";
import { MasterKeyWrites } from "./master-key-writes.ts";
import { OperationalEvents } from "./operational-events.ts";
import { unpackEvents } from "./packed-events.ts";
import { PurgeWrites } from "./purge-writes.ts";
import { RecordingSubscriptions } from "./recording-subscriptions.ts";
import { ReplayWrites } from "./replay-writes.ts";
import { RetentionWrites } from "./retention-writes.ts";
import { SetupWrites } from "./setup-rows.ts";
import { SourceWrites } from "./source-writes.ts";
import { isBusy, isFatal } from "./sqlite-error.ts";
import { StatisticsWrites } from "./statistics-writes.ts";
import { SubscriptionWrites } from "./subscription-writes.ts";
import { TenantWrites } from "./tenant-rows.ts";
import type { Audited, EventsToAppend, WriteInput, WriteKind, WriteResult } from "./write-operations.ts";

/** One waiting write. */
export interface PendingWrite<K extends WriteKind = WriteKind> {
  kind: K;
  input: WriteInput<K>;
}

export type WriteOutcome = { ok: true; result: WriteResult<WriteKind> } | { ok: false; error: unknown };

type Handlers = { [K in WriteKind]: (input: WriteInput<K>) => WriteResult<K> };

/** What surrounds the commits, so that what was acknowledged stays (commit-guard.ts). What it throws is fatal. */
export interface Guard {
  /** In the transaction, after its changes. */
  beforeCommit(): void;
  /** COMMIT returned, and nobody has heard of it yet. */
  committed(): void;
  rolledBack(error: unknown): void;
  /** After the answers of a commit. */
  checkpoint(): void;
  /** Something to write in a transaction. Throws `store_full` when there is no room for an event. */
  probe(): void;
  /** At the next checkpoint the log is to be emptied. Answers how often it was. */
  cutLog(): number;
  /** Every second or so, whether anything is written or not. */
  look(): void;
  close(): void;
}

/** How often the files of the store are looked for while nothing is written, ms. */
const LOOK_EVERY_MS = 500;

/** Owns the only write connection of its process and commits what waits together. Synchronous: who calls it waits. */
export class Writer {
  readonly #connection: Connection;
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #guard: Guard;
  readonly #recording: RecordingSubscriptions;
  readonly #operational: OperationalEvents;
  readonly #headerSets: HeaderSetRows;
  readonly #handlers: Handlers;
  readonly #events: () => EventWrites;
  readonly #audit: () => AuditWrites;
  /** The revision as of which the interned names are known: a deleted tenant's stand for nothing any more. */
  #internedAt: number;
  #lookAt = 0;
  /** Transactions committed: shows that a group costs one. */
  commits = 0;

  constructor(connection: Connection, guard: Guard) {
    this.#connection = connection;
    const interned = new Interned(connection);
    const revision = new ConfigRevision(connection);
    this.#interned = interned;
    this.#revision = revision;
    this.#internedAt = revision.current;
    this.#guard = guard;
    this.#audit = once(() => new AuditWrites(connection));
    this.#recording = new RecordingSubscriptions(connection, revision);
    this.#headerSets = new HeaderSetRows(connection);
    // Statements are compiled on first use: a command that lists subscriptions pays for none.
    const order = once(() => new DeliveryOrder(connection));
    const inserts = once(() => new DeliveryInserts(connection, interned, revision, order()));
    const events = once(() => new EventWrites(connection, interned, revision, inserts()));
    this.#events = events;
    this.#operational = new OperationalEvents(connection, interned, revision, events);
    const parts = { connection, interned, revision, guard, order, events, headerSets: this.#headerSets };
    this.#handlers = {
      ...handlersOf(parts, this.#recording, this.#operational),
      together: ({ writes }) => {
        for (const write of writes) if (!isDone(this.#do(write))) throw notAsRead();
        return undefined;
      },
    };
  }

  /**
   * All in one transaction, in order. If one of them fails, the transaction is taken back and each gets its own, so
   * that a bad one spoils only itself; that costs nothing as long as none does, unlike a savepoint for each.
   *
   * @throws SqliteError `SQLITE_BUSY` (nothing was done: try again), or one that is fatal.
   */
  apply(writes: readonly PendingWrite[]): WriteOutcome[] {
    try {
      const results = this.#inTransaction(() => this.#doAll(writes));
      return results.map((result) => ({ ok: true, result }));
    } catch (error) {
      if (isBusy(error) || isFatal(error)) throw error;
      return writes.length === 1 ? [{ ok: false, error }] : writes.map((write) => this.#applyAlone(write));
    }
  }

  /** For after the answers: what they need not wait for. @throws SqliteError, when it is fatal. */
  tidy(): void {
    this.#guard.checkpoint();
  }

  /**
   * What other processes committed since the last call; undefined: nothing.
   * @throws HooksError `store_unusable` when the files of the store are not there any more
   */
  changesByOthers(): { configChanged: boolean } | undefined {
    const now = performance.now();
    if (this.#lookAt < now) {
      this.#lookAt = now + LOOK_EVERY_MS;
      this.#guard.look();
    }
    return this.#revision.changesByOthers();
  }

  close(): void {
    this.#connection.close();
    this.#guard.close();
  }

  #applyAlone(write: PendingWrite): WriteOutcome {
    try {
      return { ok: true, result: this.#inTransaction(() => this.#do(write)) };
    } catch (error) {
      if (isFatal(error)) throw error;
      return { ok: false, error };
    }
  }

  #inTransaction<T>(action: () => T): T {
    const connection = this.#connection;
    connection.exec("BEGIN IMMEDIATE");
    try {
      this.#revision.begin();
      if (this.#internedAt !== this.#revision.current) {
        this.#interned.forget();
        this.#internedAt = this.#revision.current;
      }
      const result = action();
      this.#guard.beforeCommit();
      connection.exec("COMMIT");
      this.commits += 1;
      this.#guard.committed();
      return result;
    } catch (error) {
      // Some errors have rolled back already.
      if (connection.inTransaction) connection.exec("ROLLBACK");
      this.#interned.forget();
      this.#recording.forget();
      this.#operational.forget();
      this.#headerSets.forget();
      this.#guard.rolledBack(error);
      throw error;
    }
  }

  /** Appends that follow each other are done as one: their rows share statements, as those of a batch do. */
  #doAll(writes: readonly PendingWrite[]): WriteResult<WriteKind>[] {
    const results: WriteResult<WriteKind>[] = [];
    while (results.length < writes.length) {
      const appends = appendsFrom(writes, results.length);
      if (1 < appends.length) results.push(...this.#events().appendEach(appends.map((input) => input.events())));
      else results.push(this.#do(writes[results.length]!));
    }
    return results;
  }

  #do<K extends WriteKind>({ kind, input }: PendingWrite<K>): WriteResult<K> {
    const result = this.#handlers[kind](input);
    const { audit } = input as Audited;
    if (audit !== undefined && isDone(result)) for (const entry of [audit].flat()) this.#audit().insert(entry);
    return result;
  }
}

/** Those that follow each other from here on; not one that is judged together, or is a trial. */
function appendsFrom(writes: readonly PendingWrite[], start: number): EventsToAppend[] {
  const appends: EventsToAppend[] = [];
  for (let at = start; at < writes.length; at++) {
    const { kind, input } = writes[at]!;
    if (kind !== "append" || (input as EventsToAppend).mode !== "each") break;
    appends.push(input as EventsToAppend);
  }
  return appends;
}

/** Field of the error when one of the writes of `together` was not done. */
export const NOT_AS_READ = "not_as_read";

function notAsRead(): HooksError {
  return new HooksError("conflict", "it was changed meanwhile: nothing was stored", { field: NOT_AS_READ });
}

const NOTHING_DONE: ReadonlySet<unknown> = new Set(["missing", "overtaken", "taken", "full"]);

/** Nothing was changed: there is nothing to record. */
function isDone(result: unknown): boolean {
  if (result === false || NOTHING_DONE.has(result)) return false;
  return !(Array.isArray(result) && result.length === 0);
}

interface Parts {
  connection: Connection;
  interned: Interned;
  revision: ConfigRevision;
  guard: Guard;
  headerSets: HeaderSetRows;
  order(): DeliveryOrder;
  events(): EventWrites;
}

function handlersOf(
  { connection, interned, revision, guard, headerSets, order, events }: Parts,
  recording: RecordingSubscriptions,
  operational: OperationalEvents,
): Omit<Handlers, "together"> {
  const statistics = once(() => new StatisticsWrites(connection));
  const leases = once(() => new DeliveryLeases(connection, interned, order(), operational, statistics()));
  const recorder = once(
    () =>
      new AttemptRecorder(connection, interned, revision, order(), recording, operational, statistics(), headerSets),
  );
  const changes = once(() => new DeliveryChanges(connection, order()));
  const cleaning = once(() => new CleaningOwed(connection));
  const replays = once(() => new ReplayWrites(connection, interned, changes(), cleaning()));
  const keys = once(() => new KeyWrites(connection, revision));
  const tenants = once(() => new TenantWrites(connection, interned, revision, cleaning()));
  const catalogue = once(() => new CatalogueWrites(connection, interned, revision));
  const alerts = once(() => new AlertWrites(connection, interned, operational));
  const purges = once(() => new PurgeWrites(connection, interned, revision, changes(), cleaning()));
  const retention = once(() => new RetentionWrites(connection));
  const setup = once(() => new SetupWrites(connection, interned));
  const masterKeys = once(() => new MasterKeyWrites(connection, revision));
  const sources = once(() => new SourceWrites(connection, interned, revision, masterKeys(), cleaning()));
  const subscriptions = once(() => new SubscriptionWrites(connection, interned, revision, operational, masterKeys()));
  return {
    append: (input) => events().append(input.mode, input.events()),
    claim: ({ lanes, now, lease }) => leases().claimDue(lanes, now, lease),
    record: (input) => recorder().record(input),
    release: ({ worker, deliveryRowIds, now }) => leases().release(worker, deliveryRowIds, now),
    reclaim: ({ worker, now }) => leases().reclaimAll(worker, now),
    reopen: ({ deliveryRowIds, now, trigger }) => changes().reopen(deliveryRowIds, now, trigger),
    replayEvent: ({ eventRowId, deliveryRowIds, deliveries, now }) => {
      const reopened = changes().reopen(deliveryRowIds, now, "replay");
      const added = events().addDeliveries(eventRowId, deliveries, now);
      return reopened.length + added.length === 0 ? false : { reopened, added };
    },
    shiftHealth: ({ stepMs }) => {
      recording.forget();
      return subscriptions().shiftHealth(stepMs);
    },
    shift: ({ deliveryRowIds, stepMs, now }) => changes().shift(deliveryRowIds, stepMs, now),
    cancel: ({ deliveryRowId, reason, now }) => changes().cancel(deliveryRowId, reason, now),
    expire: ({ subscriptionRowId, createdBefore, now, limit }) =>
      changes().expire(subscriptionRowId, createdBefore, now, limit),
    insertSubscription: ({ subscription, most }) => subscriptions().insert(subscription, most),
    updateSubscription: ({ rowId, change, ifUpdatedAt }) => subscriptions().update(rowId, change, ifUpdatedAt),
    enableFailing: ({ rowId, now }) => subscriptions().enableFailing(rowId, now),
    deleteSubscription: ({ rowId, now }) => subscriptions().delete(rowId, now),
    cancelOrphans: ({ now, limit }) => changes().cancelOrphans(now, limit),
    failLeftovers: ({ now, limit }) => changes().failLeftovers(now, limit),
    insertKey: ({ key }) => keys().insert(key),
    revokeKey: ({ rowId, now }) => keys().revoke(rowId, now),
    changeKey: ({ rowId, change }) => keys().change(rowId, change),
    noteKeyUses: ({ uses }) => keys().noteUses(uses),
    insertTenant: ({ tenant, now }) => tenants().insert(tenant, now),
    updateTenant: ({ tenant, now }) => tenants().update(tenant, now),
    deleteTenant: ({ name, force, now }) => tenants().delete(name, force, now),
    eraseDeleted: ({ limit }) => tenants().eraseDeleted(limit),
    ageStatistics: ({ now, limit }) => statistics().age(now, limit),
    insertReplay: ({ replay }) => replays().insert(replay),
    stepReplay: ({ rowId, limit, now }) => replays().step(rowId, limit, now),
    cancelReplay: ({ rowId, now }) => replays().cancel(rowId, now),
    purgeFailed: ({ scope, selection, cursor, limit }) => replays().purge(scope, selection, cursor, limit),
    insertPurge: ({ purge }) => purges().insert(purge),
    erase: (step) => purges().erase(step),
    finishPurge: ({ rowId, now }) => purges().finish(rowId, now),
    cancelPurge: ({ rowId, now }) => purges().cancel(rowId, now),
    eraseRequests: ({ rowId, limit }) => purges().eraseRequests(rowId, limit),
    cutLog: () => guard.cutLog(),
    settleCleaning: ({ owed }) => cleaning().settle(owed),
    sweepEvents: (sweep) => retention().sweepEvents(sweep),
    sweepAttempts: (sweep) => retention().sweepAttempts(sweep),
    sweepDeadLetters: (sweep) => retention().sweepDeadLetters(sweep),
    sweepJobs: (sweep) => retention().sweepJobs(sweep),
    sweepAlerts: (sweep) => retention().sweepAlerts(sweep),
    sweepAudit: (sweep) => retention().sweepAudit(sweep),
    sweepErased: (sweep) => retention().sweepErased(sweep),
    sweepRequests: (sweep) => retention().sweepRequests(sweep),
    sweepHeaderSets: ({ from, limit }) => headerSets.sweep(from, limit),
    giveBack: ({ pages, keep }) => retention().giveBack(pages, keep),
    // Itself an entry, and nothing else.
    appendAudit: () => undefined,
    rotateSecrets: ({ rotations, now }) => subscriptions().rotateSecrets(rotations, now),
    beginMasterKeyChange: ({ change }) => masterKeys().begin(change),
    moveSealed: ({ rows }) => masterKeys().move(rows),
    endMasterKeyChange: ({ newKeyId }) => masterKeys().end(newKeyId),
    changeEventTypes: ({ scope, changes, now, most }) => catalogue().change(scope, changes, now, most),
    changeEnvironment: ({ scope, settings, now, ifUpdatedAt }) =>
      catalogue().changeEnvironment(scope, settings, now, ifUpdatedAt),
    insertSource: ({ source, most }) => sources().insert(source, most),
    updateSource: (input) => sources().update(input),
    deleteSource: ({ rowId, now }) => sources().delete(rowId, now),
    eraseSources: ({ limit }) => sources().erase(limit),
    appendInbound: ({ event, request }) => {
      sources().checkIsThere(request.sourceRowId);
      const [received] = unpackEvents(event);
      const appended = events().add(received!);
      if (appended.kind === "stored") sources().keep(request, received!);
      return appended;
    },
    recordInbound: ({ requests, most }) => sources().record(requests, most),
    beginAlert: ({ alert }) => alerts().begin(alert),
    endAlert: ({ id, value, endedAt }) => alerts().end(id, value, endedAt),
    noteSetup: ({ scope, put, removed }) => setup().note(scope, put, removed),
    probe: () => {
      guard.probe();
      return undefined;
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
