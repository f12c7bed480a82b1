/** Lets tasks of the same key run one after the other, in the order in which they came. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  take<T>(key: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(task);
    // A task that fails must not hold up the next; whoever started it hears of the failure.
    const settled = turn
      .catch(() => {})
      .then((): void => {
        if (this.#last.get(key) === settled) this.#last.delete(key);
      });
    this.#last.set(key, settled);
    return turn;
  }

  /** Resolves when nothing runs or waits any more. */
  async idle(): Promise<void> {
    while (this.#last.size !== 0) await Promise.all(this.#last.values());
  }
}
