import type { AlertRule } from "./alert-rule.ts";

/** Parts of a window: it forgets one of them at a time. */
const PARTS = 30;

/** Attempts of the last while, and how many of them failed. Times are ms of any clock that does not go back. */
export class SlidingCounts {
  readonly #partMs: number;
  readonly #attempts = new Float64Array(PARTS + 1);
  readonly #failures = new Float64Array(PARTS + 1);
  /** Number of the newest part; the others are the ones before it. */
  #newest = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#partMs = Math.ceil(windowMs / PARTS);
  }

  add(isFailure: boolean, at: number): void {
    this.#moveTo(at);
    const place = this.#newest % (PARTS + 1);
    this.#attempts[place]! += 1;
    if (isFailure) this.#failures[place]! += 1;
  }

  /** Of the window that ends at `at`, and of at most one part more. */
  read(at: number): { attempts: number; failures: number } {
    this.#moveTo(at);
    let attempts = 0;
    let failures = 0;
    for (let place = 0; place <= PARTS; place++) {
      attempts += this.#attempts[place]!;
      failures += this.#failures[place]!;
    }
    return { attempts, failures };
  }

  #moveTo(at: number): void {
    const part = Math.floor(at / this.#partMs);
    if (part <= this.#newest) return;
    for (let next = Math.max(this.#newest + 1, part - PARTS); next <= part; next++) {
      const place = next % (PARTS + 1);
      this.#attempts[place] = 0;
      this.#failures[place] = 0;
    }
    this.#newest = part;
  }
}

/** What a rule is held against: attempts in its window, or what waits now (deliveries, or ms). */
export type Measured = { attempts: number; failures: number } | { value: number };

/** The number that is compared with the threshold. */
export function measuredValue({ kind }: Pick<AlertRule, "kind">, measured: Measured): number {
  if ("value" in measured) return measured.value;
  if (kind === "failure_count") return measured.failures;
  return measured.attempts === 0 ? 0 : measured.failures / measured.attempts;
}

/**
 * Whether the alert fires after this look. It begins above the threshold and ends at half of it, so that what goes up
 * and down around it says so once. A rate with too few attempts begins nothing, and ends when nothing failed in the
 * window: so every alert ends by itself.
 */
export function firesAfter(rule: AlertRule, isFiring: boolean, measured: Measured): boolean {
  const value = measuredValue(rule, measured);
  if (isFiring) {
    if (rule.kind === "failure_rate" && "attempts" in measured && measured.attempts < rule.minAttempts) {
      return 0 < measured.failures;
    }
    return rule.threshold / 2 < value;
  }
  if ("attempts" in measured && measured.attempts < rule.minAttempts) return false;
  return rule.threshold < value;
}
