import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { CliContext } from "../src/cli/context.ts";
import { jsonLine } from "../src/cli/escape.ts";
import { type ForwardedDelivery, isOk } from "../src/cli/forwarded-delivery.ts";
import { HooksError } from "../src/core/errors.ts";
import type { ExpectationTally } from "../src/core/expectation.ts";
import { toIso } from "../src/core/instant.ts";
import { junitXml, type ReportCase } from "../src/core/junit-report.ts";
import { quoted } from "../src/core/quoted.ts";
import type { ListenFollower } from "./listen-followers.ts";

const FLAG = "--report";
/** Of the deliveries; further ones are in the counts only, so that a run of days fits into memory. */
const MAX_CASES = 10_000;

/** `--report FILE`: what came, for the machine that runs the tests: JUnit's XML, or a line of JSON for each delivery. */
export class ListenReport implements ListenFollower {
  readonly #file: string;
  readonly #context: CliContext;
  readonly #tally: ExpectationTally | undefined;
  readonly #startedAt: number;
  readonly #cases: ReportCase[] = [];
  readonly #lines: string[] = [];
  #left = 0;

  /** @throws HooksError `usage` when the name's end tells no format, or the file cannot be written */
  static async prepare(file: string, tally: ExpectationTally | undefined, context: CliContext): Promise<ListenReport> {
    if (!/\.(xml|ndjson|jsonl)$/i.test(file)) {
      throw new HooksError("usage", `${FLAG} ${quoted(file)} must end in .xml (JUnit) or .ndjson`, { field: FLAG });
    }
    const report = new ListenReport(file, tally, context);
    // Said before anything is waited for; and no report of an earlier run is taken for this one's.
    await report.#write("");
    await rm(path.resolve(context.cwd, file));
    return report;
  }

  private constructor(file: string, tally: ExpectationTally | undefined, context: CliContext) {
    this.#file = file;
    this.#tally = tally;
    this.#context = context;
    this.#startedAt = context.now();
  }

  onDelivery(forwarded: ForwardedDelivery): void {
    if (MAX_CASES <= this.#cases.length) {
      this.#left += 1;
      return;
    }
    const { eventType, eventId, deliveryId, attempt, durationMs, result, failure } = forwarded;
    const problem = failure?.message ?? `answered ${result?.status}`;
    this.#cases.push({
      group: "hooks.deliveries",
      name: `${eventType} ${eventId}`,
      seconds: durationMs / 1_000,
      failure: isOk(forwarded) ? undefined : problem,
    });
    this.#lines.push(
      jsonLine({
        type: "delivery",
        at: toIso(forwarded.at),
        event_id: eventId,
        event_type: eventType,
        delivery_id: deliveryId,
        attempt,
        status: result?.status ?? null,
        error: failure?.message ?? null,
        duration_ms: durationMs,
      }),
    );
  }

  async onEnd(): Promise<void> {
    await this.#write(/\.xml$/i.test(this.#file) ? this.#xml() : this.#ndjson());
  }

  #xml(): string {
    const seconds = (this.#context.now() - this.#startedAt) / 1_000;
    const expected = (this.#tally?.results() ?? []).map(
      ({ pattern, count, ok }): ReportCase => ({
        group: "hooks.expected",
        name: `${count} × ${pattern}`,
        seconds,
        failure: count <= ok ? undefined : this.#tally!.inWords(),
      }),
    );
    return junitXml({
      name: "hooks listen",
      startedAt: toIso(this.#startedAt),
      seconds,
      cases: [...expected, ...this.#cases],
    });
  }

  #ndjson(): string {
    const { results, others, isMet } = this.#tally === undefined ? NOTHING_EXPECTED : toldBy(this.#tally);
    const failed = this.#cases.filter(({ failure }) => failure !== undefined).length;
    const end = {
      type: "end",
      deliveries: this.#cases.length + this.#left,
      failed,
      met: isMet,
      expected: results,
      others,
    };
    return `${[...this.#lines, jsonLine(end)].join("\n")}\n`;
  }

  async #write(text: string): Promise<void> {
    try {
      await writeFile(path.resolve(this.#context.cwd, this.#file), text);
    } catch (error) {
      throw new HooksError(
        "usage",
        `${FLAG} ${quoted(this.#file)} cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
        {
          field: FLAG,
          cause: error,
        },
      );
    }
  }
}

const NOTHING_EXPECTED = { results: [], others: [], isMet: null };

function toldBy(tally: ExpectationTally): { results: object[]; others: object[]; isMet: boolean } {
  return {
    results: tally.results(),
    others: tally.others().map(({ type, came }) => ({ type, ...came })),
    isMet: tally.isMet,
  };
}
