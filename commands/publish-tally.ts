import type { CliContext, Output } from "../src/cli/context.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import type { EventLine } from "../src/cli/event-lines.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import type { BatchResult } from "../src/core/event.ts";
import { hintAtDaemon } from "./local-sender.ts";

/** How the lines of a file are published. */
export interface Publication {
  /** Nothing is stored. */
  dryRun: boolean;
  /** A line without an id gets one of its content: the same file again stores nothing twice. */
  repeatable: boolean;
}

/** What became of the lines of a file so far; says it line by line and at the end. */
export class PublishTally {
  readonly #how: Publication;
  readonly #context: CliContext;
  #stored = 0;
  /** Of a dry run: those that are stored already. */
  #repeated = 0;
  #refused = 0;
  #deliveries = 0;
  /** Said already: each once. */
  readonly #warnings = new Set<string>();

  constructor(how: Publication, context: CliContext) {
    this.#how = how;
    this.#context = context;
  }

  get lines(): number {
    return this.#stored + this.#repeated + this.#refused;
  }

  /** `result`: undefined for a line that was never sent. */
  add(line: EventLine, result: BatchResult | undefined): void {
    const { out } = this.#context;
    const error = isHooksError(line.event)
      ? line.event
      : result !== undefined && "error" in result
        ? result.error
        : undefined;
    if (error !== undefined) {
      this.#refused++;
      const { code, message, field } = error;
      if (out.mode === "json")
        out.print(jsonLine({ line: line.number, error: { code, message, field: field ?? null } }));
      else out.note(`line ${line.number}: ${escapeLine(message)}`);
    } else if (result !== undefined && !("error" in result)) this.#addStored(line, result, out);
  }

  #addStored(line: EventLine, result: Exclude<BatchResult, { error: unknown }>, out: Output): void {
    if (result.repeated === true) this.#repeated++;
    else {
      this.#stored++;
      this.#deliveries += result.deliveries;
    }
    for (const warning of result.warnings ?? []) {
      if (!this.#warnings.has(warning)) out.note(`warning: ${escapeLine(warning)}`);
      this.#warnings.add(warning);
    }
    if (out.mode === "json") out.print(jsonLine({ line: line.number, ...this.#shown(line, result) }));
    else if (out.mode !== "human" && !this.#how.dryRun) out.print(escapeLine(result.id));
  }

  /** An id that a dry run made up is nobody's. */
  #shown(line: EventLine, result: Exclude<BatchResult, { error: unknown }>): object {
    if (!this.#how.dryRun) return result;
    const id = isHooksError(line.event) ? undefined : line.event.id;
    return { ...result, id: id ?? null, dry_run: true };
  }

  /** @throws HooksError `failed` when lines were refused; the rest is stored */
  async summarise(): Promise<void> {
    const { out } = this.#context;
    const { dryRun, repeatable } = this.#how;
    if (out.mode === "human") {
      const tick = dryRun ? "" : `${out.colors.green("✓")} `;
      const stored = `${count(this.#stored, "event")} ${dryRun ? "would be stored" : "stored"}`;
      out.print(`${tick}${stored}, ${count(this.#deliveries, "delivery", "deliveries")}`);
      if (0 < this.#repeated) out.note(`${count(this.#repeated, "line")} stored already`);
      if (repeatable && !dryRun) out.note("lines that were stored before are not stored again; --new-ids would");
    } else if (dryRun && out.mode !== "json") out.print(String(this.#stored));
    if (0 < this.#deliveries && !dryRun) await hintAtDaemon(this.#context);
    if (0 < this.#refused) throw this.#someRefused();
  }

  #someRefused(): HooksError {
    const { dryRun, repeatable } = this.#how;
    const [refused, stored] = [count(this.#refused, "line"), count(this.#stored, "event")];
    if (dryRun) return new HooksError("failed", `${refused} would be refused, ${stored} stored`);
    return new HooksError("failed", `${refused} refused, ${stored} stored`, {
      hint: repeatable
        ? "correct those lines and publish the file again: lines that are stored already are not stored twice"
        : "correct those lines and publish only them: the others would get new ids and be stored again",
    });
  }

  /** At most one batch more is on its way. */
  noteInterruption(): void {
    if (this.#how.dryRun) return;
    const goesOn = this.#how.repeatable ? "; the same command goes on from there" : "";
    this.#context.out.note(`${count(this.#stored, "event")} stored${goesOn}`);
  }

  /** What broke it off, with how far it came. */
  brokenOff(error: unknown): unknown {
    if (!isHooksError(error) || this.#stored === 0 || this.#how.dryRun) return error;
    const hint = this.#how.repeatable
      ? "run the same command again: it goes on where it ended, and stores nothing twice"
      : error.hint;
    return new HooksError(error.code, `${error.message} (after ${count(this.#stored, "event")})`, {
      field: error.field,
      hint,
      cause: error,
    });
  }
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
