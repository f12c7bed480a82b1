/** What stands for everything beyond the cap: no tenant, type or id is called so. */
export const OTHER = "(other)";

/**
 * Values by name, of which there are at most so many: all further names share one, so that nobody can fill memory (or
 * whoever keeps the metrics) by making up names.
 */
export class CappedMap<T> {
  readonly #most: number;
  readonly #make: () => T;
  readonly #values = new Map<string, T>();
  #other: T | undefined;

  constructor(most: number, make: () => T) {
    this.#most = most;
    this.#make = make;
  }

  get(name: string): T {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    if (this.#most <= this.#values.size) {
      this.#other ??= this.#make();
      return this.#other;
    }
    const made = this.#make();
    this.#values.set(name, made);
    return made;
  }

  /** What is known of this name by itself; undefined: nothing. */
  find(name: string): T | undefined {
    return this.#values.get(name);
  }

  /** Makes room for another name. */
  delete(name: string): void {
    this.#values.delete(name);
  }

  *entries(): Iterable<[string, T]> {
    yield* this.#values;
    if (this.#other !== undefined) yield [OTHER, this.#other];
  }
}
