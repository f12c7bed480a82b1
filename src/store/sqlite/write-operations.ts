import type { DeliveryReason } from "../../core/delivery.ts";
import type { Scope } from "../../core/scope.ts";
import type { NewAuditEntry, NewKey, TenantFields } from "../admin-store.ts";
import type { NewAlert } from "../alert-store.ts";
import type { EventTypeChange } from "../catalogue-store.ts";
import type { EraseStep, NewPurge } from "../purge-store.ts";
import type {
  DeliverySelection,
  EventReplay,
  NewReplay,
  PurgeStep,
  ReplayedEvent,
  ReplayStep,
} from "../replay-store.ts";
import type {
  AgeSweep,
  AttemptSweep,
  DeadLetterSweep,
  EventSweep,
  HeaderSetSweep,
  SweepStep,
} from "../retention-store.ts";
import type { KeyChange, SetupMember } from "../setup-store.ts";
import type { InsertedSource, NewInboundRequest, NewSource, SourceChange } from "../source-store.ts";
import type {
  AppendedEvent,
  ChangeOutcome,
  LaneClaim,
  Lease,
  MasterKeyChange,
  MovedRow,
  NewEvent,
  NewSubscription,
  RecordReceipt,
  SecretRotation,
  SubscriptionChange,
} from "../store.ts";
import type { PackedAttempts } from "./packed-attempts.ts";
import type { PackedClaim } from "./packed-claim.ts";
import type { PackedEvents } from "./packed-events.ts";
import type { PendingWrite } from "./writer.ts";

/** What a person did: the entry is written with it when it changed anything. */
export interface Audited {
  audit?: NewAuditEntry | readonly NewAuditEntry[] | undefined;
}

/** `trial`: nothing is stored, and the answers are what would become of each. */
export type AppendMode = "each" | "atomic" | "trial";

export interface EventsToAppend {
  mode: AppendMode;
  /** To be asked when they are written, and not before: then they are taken out of the block that they came in. */
  events(): readonly NewEvent[];
  /** Of them and of their deliveries. */
  rows: number;
  /** Their bytes. */
  size: number;
}

/**
 * Everything that can be written: name → what it takes and answers. Plain data, so that it can cross to a thread; new
 * events are packed for that (thread-messages.ts).
 */
export interface WriteOperations {
  append: { input: EventsToAppend; result: AppendedEvent[] };
  claim: { input: { lanes: readonly LaneClaim[]; now: number; lease: Lease }; result: PackedClaim };
  record: { input: PackedAttempts; result: RecordReceipt };
  /** Answers true when some now wait for a subscription that is gone: `cancelOrphans` and `failLeftovers` are next. */
  release: { input: { worker: string; deliveryRowIds: readonly number[]; now: number }; result: boolean };
  reclaim: { input: { worker: string; now: number }; result: number };
  reopen: {
    input: Audited & { deliveryRowIds: readonly number[]; now: number; trigger: "manual" | "replay" };
    result: number[];
  };
  /** False: nothing was to be done. */
  replayEvent: {
    input: Audited & EventReplay & { now: number };
    result: ReplayedEvent | false;
  };
  cancel: { input: Audited & { deliveryRowId: number; reason: DeliveryReason; now: number }; result: boolean };
  /** Of these that wait still: retries by `stepMs`, the others to `now` at the latest. Answers how many. */
  shiftHealth: { input: { stepMs: number }; result: undefined };
  shift: { input: { deliveryRowIds: readonly number[]; stepMs: number; now: number }; result: number };
  /** Answers how many; `limit` when there may be more. */
  expire: {
    input: { subscriptionRowId: number; createdBefore: number; now: number; limit: number };
    result: number;
  };
  insertSubscription: { input: Audited & { subscription: NewSubscription; most: number | undefined }; result: number };
  updateSubscription: {
    input: Audited & { rowId: number; change: SubscriptionChange; ifUpdatedAt: number | undefined };
    result: ChangeOutcome;
  };
  enableFailing: { input: { rowId: number; now: number }; result: boolean };
  deleteSubscription: { input: Audited & { rowId: number; now: number }; result: boolean };
  /** Of deleted subscriptions: answers how many; `limit` when there may be more. */
  cancelOrphans: { input: { now: number; limit: number }; result: number };
  /** Of subscriptions that were disabled by a 410 or their failures: like `cancelOrphans`. */
  failLeftovers: { input: { now: number; limit: number }; result: number };
  insertKey: { input: Audited & { key: NewKey }; result: boolean };
  revokeKey: { input: Audited & { rowId: number; now: number }; result: boolean };
  /** False when it was revoked. */
  changeKey: { input: Audited & { rowId: number; change: KeyChange }; result: boolean };
  noteKeyUses: { input: { uses: readonly (readonly [rowId: number, at: number])[] }; result: undefined };
  insertTenant: { input: Audited & { tenant: TenantFields; now: number }; result: boolean };
  updateTenant: { input: Audited & { tenant: TenantFields; now: number }; result: boolean };
  deleteTenant: { input: Audited & { name: string; force: boolean; now: number }; result: boolean };
  /** Answers how many; `limit` when there may be more. */
  eraseDeleted: { input: { limit: number }; result: number };
  /** Answers how many rows were moved or deleted; `limit` when there may be more. */
  ageStatistics: { input: { now: number; limit: number }; result: number };
  insertReplay: { input: Audited & { replay: NewReplay }; result: boolean };
  stepReplay: { input: { rowId: number; limit: number; now: number }; result: ReplayStep };
  cancelReplay: { input: Audited & { rowId: number; now: number }; result: boolean };
  /** Of what is behind `cursor`. */
  purgeFailed: {
    input: Audited & { scope: Scope; selection: DeliverySelection; cursor: number; limit: number };
    result: PurgeStep;
  };
  appendAudit: { input: Audited; result: undefined };
  rotateSecrets: { input: Audited & { rotations: readonly SecretRotation[]; now: number }; result: number[] };
  beginMasterKeyChange: { input: Audited & { change: MasterKeyChange }; result: boolean };
  moveSealed: { input: { rows: readonly MovedRow[] }; result: number };
  endMasterKeyChange: { input: { newKeyId: string }; result: boolean };
  changeEventTypes: {
    input: Audited & { scope: Scope; changes: readonly EventTypeChange[]; now: number; most: number };
    result: boolean;
  };
  changeEnvironment: {
    input: Audited & { scope: Scope; settings: string; now: number; ifUpdatedAt: number | undefined };
    result: boolean;
  };
  insertSource: { input: Audited & { source: NewSource; most: number }; result: InsertedSource };
  updateSource: {
    input: Audited & SourceChange & { rowId: number; ifUpdatedAt: number };
    result: ChangeOutcome;
  };
  deleteSource: { input: Audited & { rowId: number; now: number }; result: boolean };
  /** Answers how many rows; `limit` when there may be more. */
  eraseSources: { input: { limit: number }; result: number };
  appendInbound: { input: { event: PackedEvents; request: NewInboundRequest }; result: AppendedEvent };
  recordInbound: { input: { requests: readonly NewInboundRequest[]; most: number }; result: undefined };
  beginAlert: { input: { alert: NewAlert }; result: number[] | undefined };
  endAlert: { input: { id: string; value: number; endedAt: number }; result: number[] | undefined };
  insertPurge: { input: Audited & { purge: NewPurge }; result: boolean };
  /** Subscriptions of which deliveries with an order key were cancelled. */
  erase: { input: EraseStep; result: number[] };
  finishPurge: { input: { rowId: number; now: number }; result: boolean };
  cancelPurge: { input: Audited & { rowId: number; now: number }; result: boolean };
  /** After the commit that this is in the log is emptied. Answers how often that was done before. */
  cutLog: { input: object; result: number };
  /** Answers how many rows; `limit` when there may be more. */
  eraseRequests: { input: { rowId: number; limit: number }; result: number };
  /** Undone when something was erased since. */
  settleCleaning: { input: { owed: number }; result: boolean };
  sweepEvents: { input: EventSweep; result: SweepStep };
  sweepAttempts: { input: AttemptSweep; result: SweepStep };
  sweepDeadLetters: { input: DeadLetterSweep; result: SweepStep };
  sweepJobs: { input: AgeSweep; result: number };
  sweepAlerts: { input: AgeSweep; result: number };
  sweepAudit: { input: AgeSweep; result: number };
  sweepErased: { input: AgeSweep; result: number };
  sweepRequests: { input: AgeSweep; result: number };
  sweepHeaderSets: {
    input: { from: HeaderSetSweep | undefined; limit: number };
    result: HeaderSetSweep | undefined;
  };
  giveBack: { input: { pages: number; keep: "some" | "none" }; result: boolean };
  noteSetup: {
    input: { scope: Scope; put: readonly SetupMember[]; removed: readonly Pick<SetupMember, "kind" | "resource">[] };
    result: undefined;
  };
  /** All of them or none: an error for one that changed nothing because something is not as it was read. */
  together: { input: { writes: readonly PendingWrite[] }; result: undefined };
  /** Writes a page, whether there is anything to say or not. */
  probe: { input: object; result: undefined };
}

export type WriteKind = keyof WriteOperations;
export type WriteInput<K extends WriteKind> = WriteOperations[K]["input"];
export type WriteResult<K extends WriteKind> = WriteOperations[K]["result"];

/** A way to have things written: in this thread or in another. */
export interface WriteChannel {
  /** Resolves once it is on disk. */
  submit<K extends WriteKind>(kind: K, input: WriteInput<K>): Promise<WriteResult<K>>;
  /** Calls back on other processes' commits until `watch(undefined)`. */
  watch(listener: ((change: { configChanged: boolean }) => void) | undefined): void;
  /** The disk failed: nothing is written any more. */
  readonly isBroken: boolean;
  /** Resolves once everything submitted is answered. */
  idle(): Promise<void>;
  /** The same, and the connection is closed. */
  close(): Promise<void>;
}
