import type { Figures } from "../../core/statistics/figures.ts";
import { Tally } from "../../core/statistics/tally.ts";

// Tallies as bytes: whole numbers of any size in as few bytes as they need, seven bits in each, the lowest first.

/** What attempts of one subscription and event type came to in one minute. */
export interface MinuteTally {
  scopeId: number;
  subscriptionRowId: number;
  eventTypeId: number;
  /** Unix minutes. */
  minute: number;
  tally: Tally;
}

/** Writes numbers one after the other, in a block that grows and is used again. */
class NumberWriter {
  #bytes = new Uint8Array(4096);
  #length = 0;

  /** 0 or more. */
  add(value: number): void {
    if (this.#bytes.length < this.#length + 8) this.#grow();
    let left = value;
    while (0x7f < left) {
      this.#bytes[this.#length++] = (left % 128) | 0x80;
      left = Math.floor(left / 128);
    }
    this.#bytes[this.#length++] = left;
  }

  /** What was written since the last time. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#bytes.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

class NumberReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#bytes.length <= this.#at;
  }

  next(): number {
    let value = 0;
    let weight = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("a tally ends within a number");
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
      weight *= 128;
    }
  }
}

const writer = new NumberWriter();

/** The cells alone: what else a tally holds has columns of its own. */
export function packCells({ cells }: Tally): Uint8Array {
  let last = 0;
  for (const [cell, count] of [...cells].sort(([a], [b]) => a - b)) {
    writer.add(cell - last);
    writer.add(count);
    last = cell;
  }
  return writer.take();
}

/** Adds them. */
export function unpackCells(bytes: Uint8Array, sum: Tally | Figures): void {
  const reader = new NumberReader(bytes);
  let cell = 0;
  while (!reader.isAtEnd) {
    cell += reader.next();
    sum.add(cell, reader.next());
  }
}

export function packMinutes(tallies: Iterable<MinuteTally>): Uint8Array {
  for (const { scopeId, subscriptionRowId, eventTypeId, minute, tally } of tallies) {
    writer.add(scopeId);
    writer.add(subscriptionRowId);
    writer.add(eventTypeId);
    writer.add(minute);
    writer.add(tally.delivered);
    writer.add(tally.failed);
    writer.add(tally.durationMs);
    writer.add(tally.cells.size);
    for (const [cell, count] of tally.cells) {
      writer.add(cell);
      writer.add(count);
    }
  }
  return writer.take();
}

export function* unpackMinutes(bytes: Uint8Array): Generator<MinuteTally> {
  const reader = new NumberReader(bytes);
  while (!reader.isAtEnd) {
    const key = {
      scopeId: reader.next(),
      subscriptionRowId: reader.next(),
      eventTypeId: reader.next(),
      minute: reader.next(),
    };
    const tally = new Tally();
    tally.delivered = reader.next();
    tally.failed = reader.next();
    tally.durationMs = reader.next();
    for (let left = reader.next(); 0 < left; left--) tally.add(reader.next(), reader.next());
    yield { ...key, tally };
  }
}
