import type { WriteInput, WriteKind } from "./write-operations.ts";

/** Bytes of new events that one commit writes at most, or one message brings, unless a single write has more. */
const PORTION_BYTES = 2 * 1024 * 1024;

/** One that waits. */
export interface WaitingWrite<K extends WriteKind = WriteKind> {
  kind: K;
  input: WriteInput<K>;
}

interface Sized<T> {
  write: T;
  rows: number;
  bytes: number;
}

/**
 * Writes in the order in which they are done: as they came, but for new events, which all others overtake. The others
 * are bounded by what is being sent; of new events there may be as many as publishers like. In one line with them, what
 * was sent would be recorded late and what is to be sent claimed late, and slots would stand empty. New events have
 * their part of each portion all the same.
 */
export class WaitingWrites<T extends WaitingWrite> {
  readonly #mostRows: number;
  readonly #mostBytes: number;
  readonly #appends: Sized<T>[] = [];
  readonly #others: Sized<T>[] = [];
  /** Rows of new events that are theirs while others wait. Below 0: the last were more than their part. */
  #credit = 0;

  /** A portion has at most so many rows and bytes, or a single write. */
  constructor(mostRows: number, mostBytes = PORTION_BYTES) {
    this.#mostRows = mostRows;
    this.#mostBytes = mostBytes;
  }

  get size(): number {
    return this.#appends.length + this.#others.length;
  }

  push(write: T): void {
    const { kind, input } = write;
    const line = kind === "append" ? this.#appends : this.#others;
    line.push({ write, rows: rowsOf(input), bytes: bytesOf(input) });
  }

  /** The next portion; empty when nothing waits. */
  take(): T[] {
    return this.#next().map(({ write }) => write);
  }

  #next(): Sized<T>[] {
    const part = this.#mostRows / 2;
    const others = this.#cut(this.#others, this.#mostRows);
    if (others.length === 0) {
      this.#credit = part;
      return this.#cut(this.#appends, this.#mostRows);
    }
    this.#credit = Math.min(this.#credit + part, this.#mostRows);
    if (this.#credit <= 0) return others;
    const appends = this.#cut(this.#appends, this.#credit);
    for (const { rows } of appends) this.#credit -= rows;
    return [...others, ...appends];
  }

  #cut(line: Sized<T>[], mostRows: number): Sized<T>[] {
    let count = 0;
    let rows = 0;
    let bytes = 0;
    for (const one of line) {
      if (0 < count && (mostRows < rows + one.rows || this.#mostBytes < bytes + one.bytes)) break;
      rows += one.rows;
      bytes += one.bytes;
      count += 1;
    }
    return line.splice(0, count);
  }
}

/** What it writes, as far as it says so. */
function rowsOf(input: object): number {
  if ("rows" in input && typeof input.rows === "number") return input.rows;
  return "count" in input && typeof input.count === "number" ? input.count : 1;
}

function bytesOf(input: object): number {
  return "size" in input && typeof input.size === "number" ? input.size : 0;
}
