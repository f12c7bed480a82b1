import type { CliContext } from "../src/cli/context.ts";
import { type ForwardedDelivery, isOk } from "../src/cli/forwarded-delivery.ts";
import { HooksError } from "../src/core/errors.ts";
import { ExpectationTally } from "../src/core/expectation.ts";
import type { ListenFollower } from "./listen-followers.ts";

export interface ExpectingOptions {
  patterns: readonly string[];
  /** Of each. */
  count: number;
  /** ms from the start of the command; undefined: as long as it takes. */
  withinMs: number | undefined;
  /** Why nothing can have come: `never connected to …`; undefined: it could. */
  hindrance(): string | undefined;
  /** All is there, or the time is over. */
  onOver(): void;
}

/**
 * `--expect`: ends the run when what is expected has come, and makes it fail when it has not. The time of `--within` runs from
 * the start of the command: a server that is not reached and a program that does not come up are failures like any other.
 */
export class Expecting implements ListenFollower {
  readonly tally: ExpectationTally;
  readonly #options: ExpectingOptions;
  readonly #out: CliContext["out"];
  readonly #timer: NodeJS.Timeout | undefined;
  #isLate = false;
  #tooLate = 0;
  #hindrance: string | undefined;

  constructor(options: ExpectingOptions, context: Pick<CliContext, "out" | "onExit">) {
    this.#options = options;
    this.#out = context.out;
    this.tally = new ExpectationTally(options.patterns.map((pattern) => ({ pattern, count: options.count })));
    const { withinMs } = options;
    if (withinMs === undefined) return;
    this.#timer = setTimeout(() => this.#onLate(), withinMs);
    context.onExit(() => clearTimeout(this.#timer));
  }

  onDelivery(forwarded: ForwardedDelivery): void {
    // What was in hand when the time was over is finished, and counts no more.
    if (this.#isLate) {
      this.#tooLate += 1;
      return;
    }
    this.tally.add(forwarded.eventType, isOk(forwarded));
    if (!this.tally.isMet) return;
    clearTimeout(this.#timer);
    this.#options.onOver();
  }

  /** @throws HooksError `failed` saying what came instead */
  onEnd(): void {
    clearTimeout(this.#timer);
    if (!this.tally.isMet) throw new HooksError("failed", this.inWords(), { field: "--expect" });
    this.#out.note(`${this.#out.noteColors.green("✓")} ${this.inWords()}`);
  }

  /** `what was expected did not come within 30 s (never connected to …): order.paid: 1 of 2, invoice.paid: 3` */
  inWords(): string {
    const words = this.tally.inWords();
    if (this.tally.isMet) return `as expected: ${words}`;
    const { withinMs, hindrance } = this.#options;
    const within = this.#isLate && withinMs !== undefined ? ` within ${withinMs / 1000} s` : "";
    const why = this.#isLate ? this.#hindrance : hindrance();
    const late = this.#tooLate === 0 ? "" : `; too late: ${this.#tooLate}`;
    return `what was expected did not come${within}${why === undefined ? "" : ` (${why})`}: ${words}${late}`;
  }

  #onLate(): void {
    // Asked now: at the end there is neither a connection nor a program any more.
    this.#hindrance = this.#options.hindrance();
    this.#isLate = true;
    // What is in hand may take a while yet.
    this.#out.note(`${this.#out.noteColors.yellow("○")} the ${this.#options.withinMs! / 1000} s of --within are over`);
    this.#options.onOver();
  }
}
