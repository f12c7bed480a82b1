/** A queue whose `shift` costs the same however long it is (an array's moves all that is left). */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  /** The next that `shift` gives. */
  get first(): T | undefined {
    return this.#items[this.#first];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#first === this.#items.length) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first === this.#items.length) {
      this.#items = [];
      this.#first = 0;
    } else if (512 < this.#first && this.#items.length < 2 * this.#first) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** Takes all of it. */
  drain(): T[] {
    const rest = this.#items.slice(this.#first) as T[];
    this.#items = [];
    this.#first = 0;
    return rest;
  }
}
