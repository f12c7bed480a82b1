import type { AttemptTrigger } from "../../core/attempt.ts";
import type { ClaimedDelivery } from "../../core/delivery.ts";
import type { Scope } from "../../core/scope.ts";
import type { LaneClaimed } from "../store.ts";
import type { PackedValue } from "./packed-events.ts";

/** What was claimed, as one flat list and one block of bytes (see packed-events.ts). */
export interface PackedClaim {
  lanes: number;
  values: PackedValue[];
  bytes: Uint8Array;
}

/** Collects a claim in the writer. */
export class ClaimPacker {
  readonly #values: PackedValue[] = [];
  readonly #parts: Uint8Array[] = [];
  #lanes = 0;
  #size = 0;
  #countAt = 0;

  /** Payload bytes so far. */
  get size(): number {
    return this.#size;
  }

  startLane(subscriptionRowId: number): void {
    this.#lanes += 1;
    this.#values.push(subscriptionRowId);
    this.#countAt = this.#values.push(0, null, null, null, null) - 5;
  }

  /** `fields`: row id, id, attempts, attempts of the round, creation, trigger, event's id, type, time, version, trace. */
  addDelivery(fields: PackedValue[], metadata: Uint8Array | null, data: Uint8Array): void {
    this.#values[this.#countAt] = (this.#values[this.#countAt] as number) + 1;
    for (const field of fields) this.#values.push(field);
    this.#values.push(metadata === null ? null : this.#addBytes(metadata), this.#addBytes(data));
  }

  /** Of every delivery of the lane. */
  setScope({ tenant, environment }: Scope): void {
    this.#values[this.#countAt + 3] = tenant;
    this.#values[this.#countAt + 4] = environment;
  }

  endLane(nextFreshAt: number | null, nextRetryAt: number | null): void {
    this.#values[this.#countAt + 1] = nextFreshAt;
    this.#values[this.#countAt + 2] = nextRetryAt;
  }

  pack(): PackedClaim {
    // Not from Buffer's pool: the block moves to another thread as a whole.
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { lanes: this.#lanes, values: this.#values, bytes };
  }

  #addBytes(part: Uint8Array): number {
    this.#parts.push(part);
    this.#size += part.length;
    return part.length;
  }
}

export function unpackClaim(packed: PackedClaim): LaneClaimed[] {
  const { values, bytes } = packed;
  let next = 0;
  let at = 0;
  const take = <T extends PackedValue>(): T => values[next++] as T;
  const takeBytes = (length: number): Uint8Array => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const lanes: LaneClaimed[] = [];
  for (let n = 0; n < packed.lanes; n++) {
    const subscriptionRowId = take<number>();
    const count = take<number>();
    const nextFreshAt = take<number | null>() ?? undefined;
    const nextRetryAt = take<number | null>() ?? undefined;
    const scope = { tenant: take<string>(), environment: take<string>() };
    const deliveries: ClaimedDelivery[] = [];
    for (let left = count; left > 0; left--) {
      const rowId = take<number>();
      const id = take<string>();
      const attemptCount = take<number>();
      const roundAttempts = take<number>();
      const createdAt = take<number>();
      const trigger = (take<string | null>() ?? "auto") as AttemptTrigger;
      const eventId = take<string>();
      const type = take<string>();
      const timestamp = take<number>();
      const version = take<string | null>() ?? undefined;
      const trace = take<string | null>() ?? undefined;
      const metadataLength = take<number | null>();
      const metadata = metadataLength === null ? undefined : takeBytes(metadataLength);
      const data = takeBytes(take<number>());
      const event = { id: eventId, type, timestamp, data, metadata, version, trace };
      deliveries.push({ rowId, id, subscriptionRowId, scope, event, attemptCount, roundAttempts, createdAt, trigger });
    }
    lanes.push({ subscriptionRowId, deliveries, nextFreshAt, nextRetryAt });
  }
  return lanes;
}
