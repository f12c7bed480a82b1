/** What can be in an InFlight. */
export interface Placed {
  /** Where it is there; NOWHERE: it is not. For InFlight alone to change. */
  place: number;
}

export const NOWHERE = -1;

/**
 * What has begun and not ended, in no order. For what comes and goes thousands of times a second a Set or Map is a
 * trap: it builds its table anew after every few deletions, and V8 lets the old table point at the new one. Once a table
 * has been taken for long-lived, all that is ever put in is, and only a collection of the whole heap gives it back.
 */
export class InFlight<T extends Placed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Twice is once. */
  add(item: T): void {
    if (item.place !== NOWHERE) return;
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** False: it was not there. */
  delete(item: T): boolean {
    const { place } = item;
    if (place === NOWHERE) return false;
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#items[place] = last;
      last.place = place;
    }
    item.place = NOWHERE;
    return true;
  }

  /** Those that are there now. */
  all(): T[] {
    return this.#items.slice();
  }

  clear(): void {
    for (const item of this.#items.splice(0)) item.place = NOWHERE;
  }
}
