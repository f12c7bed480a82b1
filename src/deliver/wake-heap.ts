/** Something that time will make ready. */
export interface Sleeper {
  /** When to look at it, unix ms; Infinity: it stands in no heap. Set by the heap only. */
  wakeAt: number;
  /** Its place in the heap. Set by the heap only. */
  heapIndex: number;
}

/**
 * Sleepers by their time: whoever has ten thousand of them looks only at those whose time has come. A sleeper may be
 * woken early, never late: what it asks for later than what it asked for before changes nothing, and it asks anew when
 * it is woken.
 */
export class WakeHeap<T extends Sleeper> {
  readonly #sleepers: T[] = [];

  /** When the first is to be woken, unix ms; Infinity: none is. */
  get nextAt(): number {
    return this.#sleepers[0]?.wakeAt ?? Number.POSITIVE_INFINITY;
  }

  wakeBy(sleeper: T, at: number): void {
    if (sleeper.wakeAt <= at) return;
    if (sleeper.wakeAt === Number.POSITIVE_INFINITY) {
      sleeper.heapIndex = this.#sleepers.length;
      this.#sleepers.push(sleeper);
    }
    sleeper.wakeAt = at;
    this.#rise(sleeper);
  }

  /** The first whose time has come; it stands in the heap no more. */
  shift(now: number): T | undefined {
    const sleeper = this.#sleepers[0];
    if (sleeper === undefined || now < sleeper.wakeAt) return undefined;
    const last = this.#sleepers.pop()!;
    if (last !== sleeper) {
      last.heapIndex = 0;
      this.#sink(last);
    }
    sleeper.wakeAt = Number.POSITIVE_INFINITY;
    return sleeper;
  }

  /** All of them, in no order; none stands in the heap any more. */
  drain(): T[] {
    const all = this.#sleepers.splice(0);
    for (const sleeper of all) sleeper.wakeAt = Number.POSITIVE_INFINITY;
    return all;
  }

  #rise(sleeper: T): void {
    let index = sleeper.heapIndex;
    while (0 < index) {
      const parent = this.#sleepers[(index - 1) >> 1]!;
      if (parent.wakeAt <= sleeper.wakeAt) break;
      this.#put(parent, index);
      index = (index - 1) >> 1;
    }
    this.#put(sleeper, index);
  }

  #sink(sleeper: T): void {
    let index = sleeper.heapIndex;
    for (;;) {
      const left = this.#sleepers[2 * index + 1];
      const right = this.#sleepers[2 * index + 2];
      const child = right !== undefined && right.wakeAt < left!.wakeAt ? right : left;
      if (child === undefined || sleeper.wakeAt <= child.wakeAt) break;
      const next = child.heapIndex;
      this.#put(child, index);
      index = next;
    }
    this.#put(sleeper, index);
  }

  #put(sleeper: T, index: number): void {
    this.#sleepers[index] = sleeper;
    sleeper.heapIndex = index;
  }
}
