import type { CliContext } from "../src/cli/context.ts";
import { type ForwardedDelivery, isOk } from "../src/cli/forwarded-delivery.ts";
import { HooksError } from "../src/core/errors.ts";
import { ExpectationTally } from "../src/core/expectation.ts";
import type { ListenFollower } from "./listen-followers.ts";

export interface ExpectingOptions {
  patterns: readonly string[];
  /** Of each. */
  count: number;
  /** ms from the moment it listens; undefined: as long as it takes. */
  withinMs: number | undefined;
  /** All is there, or the time is over. */
  onOver(): void;
}

/** `--expect`: ends the run when what is expected has come, and makes it fail when it has not. */
export class Expecting implements ListenFollower {
  readonly tally: ExpectationTally;
  readonly #options: ExpectingOptions;
  readonly #out: CliContext["out"];
  #timer: NodeJS.Timeout | undefined;
  #isLate = false;

  constructor(options: ExpectingOptions, { out }: Pick<CliContext, "out">) {
    this.#options = options;
    this.#out = out;
    this.tally = new ExpectationTally(options.patterns.map((pattern) => ({ pattern, count: options.count })));
  }

  onReady(): void {
    const { withinMs, onOver } = this.#options;
    if (withinMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      onOver();
    }, withinMs);
  }

  onDelivery(forwarded: ForwardedDelivery): void {
    this.tally.add(forwarded.eventType, isOk(forwarded));
    if (this.tally.isMet) this.#options.onOver();
  }

  /** @throws HooksError `failed` saying what came instead */
  onEnd(): void {
    clearTimeout(this.#timer);
    const words = this.tally.inWords();
    if (this.tally.isMet) {
      this.#out.note(`${this.#out.noteColors.green("✓")} as expected: ${words}`);
      return;
    }
    const { withinMs } = this.#options;
    const when = this.#isLate && withinMs !== undefined ? ` within ${withinMs / 1000} s` : "";
    throw new HooksError("failed", `what was expected did not come${when}: ${words}`, { field: "--expect" });
  }
}
