import { type ClaimedDelivery, isRetry } from "../core/delivery.ts";
import type { BatchRule } from "../core/subscription.ts";
import { WakeTimer } from "./wake-timer.ts";

/** Payload bytes of one request; an event that is larger goes alone. */
const MAX_BATCH_BYTES = 1024 * 1024;

/** What gathers for one request. */
interface Gathering<Owner> {
  owner: Owner;
  /** Of first attempts or of retries: what is said of the request's first delivery must be true of all. */
  isRetry: boolean;
  /** By row id. One whose lease was lost meanwhile may be claimed again: it still goes out once. */
  waiting: Map<number, ClaimedDelivery>;
  /** When the first of their leases ends, unix ms. */
  leaseEndsAt: number;
  bytes: number;
  /** When it goes out, full or not, unix ms. */
  ripeAt: number;
}

export interface BatchesOptions<Owner> {
  /** Unix ms. */
  now(): number;
  /** A delivery goes out `with` all others of its request; `leaseEndsAt` (unix ms) is the earliest of theirs. */
  onRipe(owner: Owner, delivery: ClaimedDelivery, leaseEndsAt: number): void;
}

/**
 * Puts deliveries of a batching subscription together: a batch is ripe when it is full, when another delivery would make
 * it too large, or when its first one has waited long enough. From there on it is one delivery that takes the others
 * along: one turn, one slot, one request.
 */
export class Batches<Owner> {
  readonly #options: BatchesOptions<Owner>;
  readonly #timer = new WakeTimer(() => this.#sweep());
  /** By owner: at most one of first attempts and one of retries. */
  readonly #gathering = new Map<Owner, Gathering<Owner>[]>();

  constructor(options: BatchesOptions<Owner>) {
    this.#options = options;
  }

  add(owner: Owner, rule: BatchRule, delivery: ClaimedDelivery, leaseEndsAt: number): void {
    const { length } = delivery.event.data;
    let gathering = this.#gathering.get(owner)?.find((one) => one.isRetry === isRetry(delivery));
    if (gathering !== undefined && MAX_BATCH_BYTES < gathering.bytes + length) {
      this.#send(gathering);
      gathering = undefined;
    }
    gathering ??= this.#begin(owner, isRetry(delivery), rule.maxWaitMs);
    gathering.bytes += length - (gathering.waiting.get(delivery.rowId)?.event.data.length ?? 0);
    gathering.waiting.set(delivery.rowId, delivery);
    gathering.leaseEndsAt = Math.min(gathering.leaseEndsAt, leaseEndsAt);
    if (rule.maxEvents <= gathering.waiting.size || MAX_BATCH_BYTES <= gathering.bytes) this.#send(gathering);
  }

  /** What gathers for this owner: of several requests the one that goes out first. */
  gathering(owner: Owner): { events: number; ripeAt: number } | undefined {
    const [first] = (this.#gathering.get(owner) ?? []).toSorted((one, other) => one.ripeAt - other.ripeAt);
    return first === undefined ? undefined : { events: first.waiting.size, ripeAt: first.ripeAt };
  }

  /** What waits for this owner, which goes out no more. */
  take(owner: Owner): ClaimedDelivery[] {
    const taken = this.#gathering.get(owner) ?? [];
    this.#gathering.delete(owner);
    return taken.flatMap(({ waiting }) => [...waiting.values()]);
  }

  /** Nothing goes out from here on. */
  stop(): void {
    this.#timer.clear();
  }

  #begin(owner: Owner, ofRetries: boolean, maxWaitMs: number): Gathering<Owner> {
    const now = this.#options.now();
    const ripeAt = now + maxWaitMs;
    const waiting = new Map<number, ClaimedDelivery>();
    const gathering = { owner, isRetry: ofRetries, waiting, bytes: 0, ripeAt, leaseEndsAt: Number.POSITIVE_INFINITY };
    const ofOwner = this.#gathering.get(owner);
    if (ofOwner === undefined) this.#gathering.set(owner, [gathering]);
    else ofOwner.push(gathering);
    this.#timer.wakeAt(gathering.ripeAt, now);
    return gathering;
  }

  #send(gathering: Gathering<Owner>): void {
    const { owner, waiting, leaseEndsAt } = gathering;
    const [first, ...others] = waiting.values();
    const rest = this.#gathering.get(owner)!.filter((one) => one !== gathering);
    if (rest.length === 0) this.#gathering.delete(owner);
    else this.#gathering.set(owner, rest);
    this.#options.onRipe(owner, { ...first!, with: others }, leaseEndsAt);
  }

  #sweep(): void {
    const now = this.#options.now();
    let next = Number.POSITIVE_INFINITY;
    for (const gathering of [...this.#gathering.values()].flat()) {
      if (gathering.ripeAt <= now) this.#send(gathering);
      else next = Math.min(next, gathering.ripeAt);
    }
    this.#timer.wakeAt(next, now);
  }
}

/** Everything of one request: deliveries, or what is recorded of them. */
export function allOf<T extends { with?: readonly T[] }>(first: T): readonly T[] {
  return first.with === undefined ? [first] : [first, ...first.with];
}
