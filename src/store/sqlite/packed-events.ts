import type { NewDelivery, NewEvent } from "../store.ts";

// What crosses to the writer's thread is one flat list of plain values and one block of bytes: an object for each event
// costs several times as much to copy.

export type PackedValue = string | number | null;

/** Events to append: for each its fields, then those of its deliveries; their bytes one after the other. */
export interface PackedEvents {
  count: number;
  values: PackedValue[];
  /** Tenant, environment and type of the events, which most share with the one before: each names its place here. */
  kinds: string[];
  /** The same of the workers of leases. */
  workers: string[];
  bytes: Uint8Array;
}

export function packEvents(events: readonly NewEvent[]): PackedEvents {
  const values: PackedValue[] = [];
  const kinds: string[] = [];
  const workers: string[] = [];
  const bytes = new Uint8Array(sizeOf(events));
  let at = 0;
  const add = (part: Uint8Array): number => {
    bytes.set(part, at);
    at += part.length;
    return part.length;
  };
  let last: NewEvent | undefined;
  for (const event of events) {
    if (last === undefined || !isOfOneKind(last, event)) {
      kinds.push(event.scope.tenant, event.scope.environment, event.type);
    }
    last = event;
    values.push(
      kinds.length - 3,
      event.id,
      event.timestamp,
      event.version ?? null,
      event.createdAt,
      event.trace ?? null,
      add(event.fingerprint),
      event.metadata === undefined ? null : add(event.metadata),
      add(event.data),
      event.deliveries.length,
    );
    for (const { id, subscriptionRowId, lease, orderKey } of event.deliveries) {
      if (lease !== undefined && lease.worker !== workers.at(-1)) workers.push(lease.worker);
      const worker = lease === undefined ? null : workers.length - 1;
      values.push(id, subscriptionRowId, orderKey ?? null, worker, lease?.endsAt ?? null);
    }
  }
  return { count: events.length, values, kinds, workers, bytes };
}

/** The events as they were; their bytes are views into the block. */
export function unpackEvents({ count, values, kinds, workers, bytes }: PackedEvents): NewEvent[] {
  let next = 0;
  let at = 0;
  const take = <T extends PackedValue>(): T => values[next++] as T;
  const takeBytes = (length: number): Uint8Array => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const events: NewEvent[] = [];
  for (let n = 0; n < count; n++) {
    // Property by property in the order packed.
    const kind = take<number>();
    const id = take<string>();
    const timestamp = take<number>();
    const version = take<string | null>() ?? undefined;
    const createdAt = take<number>();
    const trace = take<string | null>() ?? undefined;
    const fingerprint = takeBytes(take<number>());
    const metadataLength = take<number | null>();
    const metadata = metadataLength === null ? undefined : takeBytes(metadataLength);
    const data = takeBytes(take<number>());
    const deliveries: NewDelivery[] = [];
    for (let left = take<number>(); left > 0; left--) {
      const deliveryId = take<string>();
      const subscriptionRowId = take<number>();
      const orderKey = take<number | null>() ?? undefined;
      const worker = take<number | null>();
      const endsAt = take<number | null>();
      const lease = worker === null ? undefined : { worker: workers[worker]!, endsAt: endsAt! };
      deliveries.push({ id: deliveryId, subscriptionRowId, lease, orderKey });
    }
    events.push({
      scope: { tenant: kinds[kind]!, environment: kinds[kind + 1]! },
      id,
      type: kinds[kind + 2]!,
      timestamp,
      data,
      metadata,
      version,
      trace,
      fingerprint,
      createdAt,
      deliveries,
    });
  }
  return events;
}

/** Bytes of what is stored of them besides their fields. */
export function sizeOf(events: readonly NewEvent[]): number {
  let size = 0;
  for (const event of events) size += event.fingerprint.length + (event.metadata?.length ?? 0) + event.data.length;
  return size;
}

/** Of the events and of their deliveries. */
export function rowsOf(events: readonly NewEvent[]): number {
  let rows = events.length;
  for (const { deliveries } of events) rows += deliveries.length;
  return rows;
}

function isOfOneKind(a: NewEvent, b: NewEvent): boolean {
  return a.type === b.type && a.scope.environment === b.scope.environment && a.scope.tenant === b.scope.tenant;
}
