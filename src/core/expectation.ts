import { patternTakes } from "./event-pattern.ts";

/** So many events of these types are to be answered with 2xx. */
export interface Expectation {
  /** `order.paid`, `order.*`, `*` */
  pattern: string;
  count: number;
}

/** What came of one type: answered with 2xx, and not. */
export interface Came {
  ok: number;
  failed: number;
}

/** Counts what comes against what is expected. */
export class ExpectationTally {
  readonly #expectations: readonly Expectation[];
  readonly #came = new Map<string, Came>();

  constructor(expectations: readonly Expectation[]) {
    this.#expectations = expectations;
  }

  add(type: string, isOk: boolean): void {
    const came = this.#came.get(type) ?? { ok: 0, failed: 0 };
    if (isOk) came.ok += 1;
    else came.failed += 1;
    this.#came.set(type, came);
  }

  get isMet(): boolean {
    return this.results().every(({ count, ok }) => count <= ok);
  }

  /** One for each expectation, in its order; an event may count for several. */
  results(): (Expectation & Came)[] {
    return this.#expectations.map((expectation) => ({ ...expectation, ...this.#sumOf(expectation.pattern) }));
  }

  /** What nobody expected, by type, in the order in which each came first. */
  others(): { type: string; came: Came }[] {
    const isExpected = (type: string): boolean => this.#expectations.some(({ pattern }) => patternTakes(pattern, type));
    return [...this.#came].filter(([type]) => !isExpected(type)).map(([type, came]) => ({ type, came }));
  }

  /** `order.paid: 1 of 2, invoice.paid: 3 (2 failed)`: what came instead of what was expected. */
  inWords(): string {
    const words = this.results().map(({ pattern, count, ok, failed }) => `${pattern}: ${ok} of ${count}${but(failed)}`);
    for (const { type, came } of this.others()) words.push(`${type}: ${came.ok + came.failed}${but(came.failed)}`);
    return words.join(", ");
  }

  #sumOf(pattern: string): Came {
    const sum = { ok: 0, failed: 0 };
    for (const [type, { ok, failed }] of this.#came) {
      if (!patternTakes(pattern, type)) continue;
      sum.ok += ok;
      sum.failed += failed;
    }
    return sum;
  }
}

function but(failed: number): string {
  return failed === 0 ? "" : ` (${failed} failed)`;
}
