interface Entry<Answer> {
  answer: Promise<Answer>;
  isGiven: boolean;
}

/**
 * Answers by delivery and attempt: all that are not given yet, and of the others at least the last so many. In two
 * generations that are dropped as a whole. A Map from which entries are deleted one by one builds itself anew again and
 * again, and V8 lets each of its tables point at the next: once one of them has been taken for long-lived, everything
 * that is ever put in is kept until the whole heap is collected, 60 MB later.
 */
export class RecentAnswers<Answer> {
  #newer = new Map<string, Entry<Answer>>();
  #older = new Map<string, Entry<Answer>>();
  /** To the newer generation, beside what it took over. */
  #added = 0;

  get(key: string): Promise<Answer> | undefined {
    return (this.#newer.get(key) ?? this.#older.get(key))?.answer;
  }

  /** @param least of those that have been given, so many are remembered */
  add(key: string, answer: Promise<Answer>, least: number): void {
    const entry: Entry<Answer> = { answer, isGiven: false };
    void answer.then(() => {
      entry.isGiven = true;
    });
    this.#newer.set(key, entry);
    this.#added += 1;
    if (this.#added < least) return;
    this.#added = 0;
    const next = new Map<string, Entry<Answer>>();
    for (const [old, kept] of this.#older) if (!kept.isGiven) next.set(old, kept);
    this.#older = this.#newer;
    this.#newer = next;
  }
}
