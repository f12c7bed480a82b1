import type { DeliveryReason } from "../../core/delivery.ts";
import type {
  AppendedEvent,
  LaneClaim,
  Lease,
  NewDelivery,
  NewSubscription,
  RecordReceipt,
  StoredSecret,
  SubscriptionChange,
} from "../store.ts";
import type { PackedAttempts } from "./packed-attempts.ts";
import type { PackedClaim } from "./packed-claim.ts";
import type { PackedEvents } from "./packed-events.ts";

/** Everything that can be written: name → what it takes and answers. Plain data, so that it can cross to a thread. */
export interface WriteOperations {
  append: { input: PackedEvents; result: AppendedEvent[] };
  claim: { input: { lanes: readonly LaneClaim[]; now: number; lease: Lease }; result: PackedClaim };
  record: { input: PackedAttempts; result: RecordReceipt };
  /** Answers true when some now wait for a subscription that is gone: `cancelOrphans` and `failLeftovers` are next. */
  release: { input: { worker: string; deliveryRowIds: readonly number[]; now: number }; result: boolean };
  reclaim: { input: { worker: string; now: number }; result: number };
  reopen: {
    input: { deliveryRowIds: readonly number[]; now: number; trigger: "manual" | "replay" };
    result: number[];
  };
  addDeliveries: {
    input: { eventRowId: number; deliveries: readonly NewDelivery[]; now: number };
    result: number[];
  };
  cancel: { input: { deliveryRowId: number; reason: DeliveryReason; now: number }; result: boolean };
  /** Of these that wait still: retries by `stepMs`, the others to `now` at the latest. Answers how many. */
  shiftBreakers: { input: { stepMs: number }; result: undefined };
  shift: { input: { deliveryRowIds: readonly number[]; stepMs: number; now: number }; result: number };
  /** Answers how many; `limit` when there may be more. */
  expire: {
    input: { subscriptionRowId: number; createdBefore: number; now: number; limit: number };
    result: number;
  };
  insertSubscription: { input: NewSubscription; result: number };
  updateSubscription: { input: { rowId: number; change: SubscriptionChange }; result: boolean };
  enableFailing: { input: { rowId: number; now: number }; result: boolean };
  deleteSubscription: { input: { rowId: number; now: number }; result: boolean };
  /** Of deleted subscriptions: answers how many; `limit` when there may be more. */
  cancelOrphans: { input: { now: number; limit: number }; result: number };
  /** Of subscriptions that were disabled by a 410 or their failures: like `cancelOrphans`. */
  failLeftovers: { input: { now: number; limit: number }; result: number };
  rotateSecret: {
    input: { subscriptionRowId: number; secret: StoredSecret; oldEndsAt: number; now: number };
    result: undefined;
  };
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
