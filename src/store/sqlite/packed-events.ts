import type { NewEvent } from "../store.ts";

// What crosses to the writer's thread is one flat list of plain values and one block of bytes: an object for each event
// costs several times as much to copy.

export type PackedValue = string | number | null;

/** `trial`: nothing is stored, and the answers are what would become of each. */
export type AppendMode = "each" | "atomic" | "trial";

/** Events to append: for each its fields, then those of its deliveries; their bytes one after the other. */
export interface PackedEvents {
  mode: AppendMode;
  count: number;
  values: PackedValue[];
  bytes: Uint8Array;
}

/** One event as it is read back: views into the block, no copies. */
export interface PackedEvent {
  tenant: string;
  environment: string;
  id: string;
  type: string;
  timestamp: number;
  version: string | null;
  createdAt: number;
  /** Null: nobody traced it. */
  trace: string | null;
  fingerprint: Uint8Array;
  metadata: Uint8Array | null;
  data: Uint8Array;
  deliveries: PackedDelivery[];
}

export interface PackedDelivery {
  id: string;
  subscriptionRowId: number;
  /** With `leaseEndsAt`; null: not leased. */
  worker: string | null;
  leaseEndsAt: number | null;
  /** Null: no order. */
  orderKey: number | null;
}

export function packEvents(events: readonly NewEvent[], mode: AppendMode): PackedEvents {
  const values: PackedValue[] = [];
  let size = 0;
  for (const event of events) size += event.fingerprint.length + (event.metadata?.length ?? 0) + event.data.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  const add = (part: Uint8Array): number => {
    bytes.set(part, at);
    at += part.length;
    return part.length;
  };
  for (const { scope, metadata, deliveries, ...event } of events) {
    values.push(scope.tenant, scope.environment, event.id, event.type, event.timestamp, event.version ?? null);
    values.push(
      event.createdAt,
      event.trace ?? null,
      add(event.fingerprint),
      metadata === undefined ? null : add(metadata),
      add(event.data),
    );
    values.push(deliveries.length);
    for (const { id, subscriptionRowId, lease, orderKey } of deliveries) {
      values.push(id, subscriptionRowId, lease?.worker ?? null, lease?.endsAt ?? null, orderKey ?? null);
    }
  }
  return { mode, count: events.length, values, bytes };
}

export function unpackEvents(packed: PackedEvents): PackedEvent[] {
  const { values, bytes } = packed;
  let next = 0;
  let at = 0;
  const take = <T extends PackedValue>(): T => values[next++] as T;
  const takeBytes = (length: number): Uint8Array => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const events: PackedEvent[] = [];
  for (let n = 0; n < packed.count; n++) {
    // Property by property in the order packed.
    const tenant = take<string>();
    const environment = take<string>();
    const id = take<string>();
    const type = take<string>();
    const timestamp = take<number>();
    const version = take<string | null>();
    const createdAt = take<number>();
    const trace = take<string | null>();
    const fingerprint = takeBytes(take<number>());
    const metadataLength = take<number | null>();
    const metadata = metadataLength === null ? null : takeBytes(metadataLength);
    const data = takeBytes(take<number>());
    const deliveries: PackedDelivery[] = [];
    for (let left = take<number>(); left > 0; left--) {
      deliveries.push({
        id: take<string>(),
        subscriptionRowId: take<number>(),
        worker: take<string | null>(),
        leaseEndsAt: take<number | null>(),
        orderKey: take<number | null>(),
      });
    }
    events.push({
      tenant,
      environment,
      id,
      type,
      timestamp,
      version,
      createdAt,
      trace,
      fingerprint,
      metadata,
      data,
      deliveries,
    });
  }
  return events;
}
