import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { CliContext } from "../src/cli/context.ts";
import { jsonLine } from "../src/cli/escape.ts";
import { type ForwardedDelivery, isOk } from "../src/cli/forwarded-delivery.ts";
import { HooksError } from "../src/core/errors.ts";
import { toIso } from "../src/core/instant.ts";
import { junitXml, type ReportCase } from "../src/core/junit-report.ts";
import { quoted } from "../src/core/quoted.ts";
import type { Expecting } from "./listen-expecting.ts";
import type { ListenFollower } from "./listen-followers.ts";

const FLAG = "--report";
/** Of the deliveries; further ones are in the counts only, so that a run of days fits into memory. */
const MAX_CASES = 10_000;

/**
 * `--report FILE`: what came, for the machine that runs the tests: JUnit's XML, or a line of JSON for each delivery. It agrees
 * with the exit code: what fails there is what the run fails for. A delivery that was not answered with 2xx is no verdict by
 * itself (it may be tried again, or nobody expects it), so JUnit's readers are shown it as skipped.
 */
export class ListenReport implements ListenFollower {
  readonly #file: string;
  readonly #context: CliContext;
  readonly #expecting: Expecting | undefined;
  readonly #startedAt: number;
  readonly #cases: ReportCase[] = [];
  readonly #lines: string[] = [];
  #count = 0;
  #failed = 0;
  /** Why the run failed besides what was expected. */
  #fault: string | undefined;

  /** @throws HooksError `usage` when the name's end tells no format, or the file cannot be written */
  static async prepare(file: string, expecting: Expecting | undefined, context: CliContext): Promise<ListenReport> {
    if (!/\.(xml|ndjson|jsonl)$/i.test(file)) {
      throw new HooksError("usage", `${FLAG} ${quoted(file)} must end in .xml (JUnit) or .ndjson`, { field: FLAG });
    }
    const report = new ListenReport(file, expecting, context);
    // Said before anything is waited for; and no report of an earlier run is taken for this one's.
    await report.#write("");
    await rm(path.resolve(context.cwd, file));
    return report;
  }

  private constructor(file: string, expecting: Expecting | undefined, context: CliContext) {
    this.#file = file;
    this.#expecting = expecting;
    this.#context = context;
    this.#startedAt = context.now();
  }

  onDelivery(forwarded: ForwardedDelivery): void {
    const { eventType, eventId, deliveryId, attempt, durationMs, result, failure } = forwarded;
    this.#count += 1;
    if (!isOk(forwarded)) this.#failed += 1;
    if (MAX_CASES <= this.#cases.length) return;
    this.#cases.push({
      group: "hooks.deliveries",
      name: `${eventType} ${eventId}${attempt === 1 ? "" : ` try ${attempt}`}`,
      seconds: durationMs / 1_000,
      skipped: isOk(forwarded) ? undefined : (failure?.message ?? `answered ${result?.status}`),
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

  async onEnd(fault: Error | undefined): Promise<void> {
    this.#fault = fault?.message;
    await this.#writeAll();
  }

  /** The program that was started ended with this code, which is the run's. Comes after the end, if at all. */
  async onExitCode(code: number): Promise<void> {
    if (code === 0 || this.#fault !== undefined) return;
    this.#fault = `your program ended with ${code}`;
    await this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    await this.#write(/\.xml$/i.test(this.#file) ? this.#xml() : this.#ndjson());
  }

  #xml(): string {
    const seconds = (this.#context.now() - this.#startedAt) / 1_000;
    const run = { group: "hooks.run", name: "hooks listen", seconds, failure: this.#fault };
    const expected = (this.#expecting?.tally.results() ?? []).map(
      ({ pattern, count, ok }): ReportCase => ({
        group: "hooks.expected",
        name: `${count} × ${pattern}`,
        seconds,
        failure: count <= ok ? undefined : this.#expecting!.inWords(),
      }),
    );
    return junitXml({
      name: "hooks listen",
      startedAt: toIso(this.#startedAt),
      seconds,
      cases: [...(this.#fault === undefined ? [] : [run]), ...expected, ...this.#cases],
    });
  }

  #ndjson(): string {
    const end = {
      type: "end",
      deliveries: this.#count,
      failed: this.#failed,
      ...(this.#expecting === undefined ? NOTHING_EXPECTED : toldBy(this.#expecting)),
      error: this.#fault ?? null,
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

const NOTHING_EXPECTED = { met: null, verdict: null, expected: [], others: [] };

function toldBy(expecting: Expecting): object {
  const { tally } = expecting;
  return {
    met: tally.isMet,
    verdict: expecting.inWords(),
    expected: tally.results(),
    others: tally.others().map(({ type, came }) => ({ type, ...came })),
  };
}
