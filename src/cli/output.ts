import { stripVTControlCharacters } from "node:util";
import { type ColorChoice, loadColors, NO_COLORS, takesColor } from "./color.ts";
import type { Colors, Output } from "./context.ts";
import { escapeJson, escapeLeftovers, escapeLine } from "./escape.ts";
import type { CliIo } from "./io.ts";
import { withLocation } from "./next-command.ts";

/** Thrown into a command that prints while nobody reads any more (`hooks … | head`): the run ends, silently and with 0. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

export interface OutputChoice {
  json: boolean;
  quiet: boolean;
  color: ColorChoice | undefined;
  /** For the commands that notes and hints name. */
  location: readonly string[];
}

/** Output over the streams of `io`; colour is decided for each of them. */
export async function openOutput(io: CliIo, choice: OutputChoice): Promise<Output> {
  const colorFor = (isTty: boolean | undefined): boolean =>
    !choice.json && takesColor(choice.color, io.env, isTty === true);
  const [colors, noteColors] = await Promise.all([
    loadColors(colorFor(io.stdout.isTTY)),
    loadColors(colorFor(io.stderr.isTTY)),
  ]);
  return new StreamOutput(io, choice, colors, noteColors);
}

class StreamOutput implements Output {
  readonly mode: Output["mode"];
  readonly colors: Colors;
  readonly noteColors: Colors;
  readonly isTty: boolean;
  readonly #io: CliIo;
  readonly #location: readonly string[];
  #noteSink: ((line: string) => void) | undefined;

  constructor(io: CliIo, choice: OutputChoice, colors: Colors, noteColors: Colors) {
    this.#io = io;
    this.#location = choice.location;
    this.isTty = io.stdout.isTTY === true;
    this.colors = colors;
    this.noteColors = noteColors;
    if (choice.json) this.mode = "json";
    else if (choice.quiet) this.mode = "quiet";
    else this.mode = this.isTty ? "human" : "plain";
  }

  get columns(): number | undefined {
    // A terminal that does not say how wide it is says 0.
    return this.isTty ? this.#io.stdout.columns || 80 : undefined;
  }

  print(line: string): void {
    const safe = this.mode === "json" ? escapeJson(line) : escapeLeftovers(line, this.colors !== NO_COLORS);
    this.write(`${safe}\n`);
  }

  write(bytes: Uint8Array | string): void {
    if (this.#io.stdout.closed === true) throw new ReaderGone();
    this.#io.stdout.write(bytes);
  }

  note(line: string): void {
    if (this.mode === "quiet") return;
    this.#say(escapeLeftovers(withLocation(line, this.#location), this.noteColors !== NO_COLORS));
  }

  divertNotes(sink: ((line: string) => void) | undefined): void {
    this.#noteSink = sink;
  }

  get notesWaiting(): number {
    return this.#io.stderr.waiting ?? 0;
  }

  hint(line: string): void {
    if (this.mode === "quiet" || this.mode === "json") return;
    this.#say(`${this.noteColors.cyan("hint:")} ${escapeLine(withLocation(line, this.#location))}`);
  }

  #say(text: string): void {
    this.#noteSink?.(stripVTControlCharacters(text));
    if (this.#noteSink === undefined || this.#io.stderr.isTTY !== true) this.#io.stderr.write(`${text}\n`);
  }
}
