import { jsonPath } from "../json-value.ts";
import type { Effort } from "./effort.ts";

// What a schema becomes: a function that was put together from functions, one for each keyword. No code is generated.

/** Whether a value is as it must be. What is wrong with it is told to `run`; `seen` hears what was looked at. */
export type Check = (value: unknown, run: Run, seen: Seen | undefined) => boolean;

const MOST_PROBLEMS = 5;

interface Problem {
  path: readonly (string | number)[];
  /** Goes on after the name of the place: `must be …`. */
  message: string;
}

/** One validation under way. */
export class Run {
  readonly effort: Effort;
  /** Where in the value it is. */
  readonly path: (string | number)[] = [];
  /** Resources that were entered, outermost first: where `$dynamicRef` looks. */
  readonly scopes: string[] = [];
  #problems: Problem[] = [];
  /** Above 0: what does not fit is no problem yet, as another form may. */
  #quiet = 0;

  constructor(effort: Effort) {
    this.effort = effort;
  }

  /** Always false, so that a check may end with it. */
  fail(message: string): false {
    if (!this.isDone) this.#problems.push({ path: [...this.path], message });
    return false;
  }

  /** Whether there is no use in looking for further problems. */
  get isDone(): boolean {
    return 0 < this.#quiet || MOST_PROBLEMS <= this.#problems.length;
  }

  /** Whether it fits, without a word about it. */
  tries(check: Check, value: unknown, seen: Seen | undefined): boolean {
    this.#quiet += 1;
    const fits = check(value, this, seen);
    this.#quiet -= 1;
    return fits;
  }

  /** Of forms of which none fits: what is wrong with the one that came furthest. */
  failEach(forms: readonly Check[], value: unknown): false {
    if (this.isDone) return false;
    const others = this.#problems;
    const first = forms.flatMap((form) => {
      this.#problems = [];
      form(value, this, undefined);
      return this.#problems.slice(0, 1);
    });
    this.#problems = others;
    const depth = Math.max(...first.map(({ path }) => path.length));
    const deepest = first.filter(({ path }) => path.length === depth);
    if (this.path.length < depth && deepest.length === 1) this.#problems.push(deepest[0]!);
    else {
      const words = [...new Set(deepest.map(({ message }) => message))].slice(0, 3);
      this.fail(
        depth === this.path.length && 0 < words.length ? words.join(", or ") : `must have one of ${forms.length} forms`,
      );
    }
    return false;
  }

  /** Sentences that name the place: `data.amount must be a number, got a string`. */
  sentences(root: string): string[] {
    return this.#problems.map(({ path, message }) => `${jsonPath(root, path)} ${message}`);
  }

  /** The place of the first of them. */
  firstPath(root: string): string {
    return jsonPath(root, this.#problems[0]?.path ?? []);
  }
}

/** What of one object or array was judged by some schema: for `unevaluatedProperties` and `unevaluatedItems`. */
export class Seen {
  readonly #names = new Set<string>();
  readonly #items = new Set<number>();
  #hasAllNames = false;
  /** So many from the first on. */
  #itemsFromStart = 0;

  name(name: string): void {
    this.#names.add(name);
  }

  allNames(): void {
    this.#hasAllNames = true;
  }

  item(index: number): void {
    this.#items.add(index);
  }

  itemsUpTo(count: number): void {
    this.#itemsFromStart = Math.max(this.#itemsFromStart, count);
  }

  hasName(name: string): boolean {
    return this.#hasAllNames || this.#names.has(name);
  }

  hasItem(index: number): boolean {
    return index < this.#itemsFromStart || this.#items.has(index);
  }

  add(other: Seen): void {
    for (const name of other.#names) this.#names.add(name);
    for (const index of other.#items) this.#items.add(index);
    this.#hasAllNames ||= other.#hasAllNames;
    this.itemsUpTo(other.#itemsFromStart);
  }
}

/** All of them; goes on after one that fails while further problems are of use. */
export function every(checks: readonly Check[]): Check {
  if (checks.length === 1) return checks[0]!;
  return (value, run, seen) => {
    let fits = true;
    for (const check of checks) {
      if (check(value, run, seen)) continue;
      fits = false;
      if (run.isDone) return false;
    }
    return fits;
  };
}

/** What a schema that does not fit has seen counts for nothing. */
export function ifFits(check: Check, value: unknown, run: Run, seen: Seen | undefined): boolean {
  if (seen === undefined) return check(value, run, undefined);
  const own = new Seen();
  const fits = check(value, run, own);
  if (fits) seen.add(own);
  return fits;
}
