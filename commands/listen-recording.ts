import { CassetteWriter } from "../src/cli/cassette-writer.ts";
import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import type { ForwardedDelivery } from "../src/cli/forwarded-delivery.ts";
import { formatExchange } from "../src/core/cassette/cassette-line.ts";
import { type Place, parsePlace } from "../src/core/cassette/place.ts";
import { defaultPlaces, redact } from "../src/core/cassette/redaction.ts";
import { type HooksError, isHooksError } from "../src/core/errors.ts";
import type { ListenFollower } from "./listen-followers.ts";

export interface RecordingOptions {
  file: string;
  /** As given. */
  redact: readonly string[];
  /** Credentials and signatures too. */
  secrets: boolean;
  /** It cannot be written any more. */
  onFault(): void;
}

/** `--record FILE`: what came and what was answered, a line each, for `hooks replay FILE`. Readable to its owner only. */
export class ListenRecording implements ListenFollower {
  readonly #writer: CassetteWriter;
  readonly #options: RecordingOptions;
  readonly #places: readonly Place[];
  readonly #context: CliContext;
  /** Lines are written one after the other. */
  #written: Promise<void> = Promise.resolve();
  #fault: HooksError | undefined;
  #count = 0;

  /** A cassette that is there is added to. @throws HooksError `usage` naming the flag */
  static async open(options: RecordingOptions, context: CliContext): Promise<ListenRecording> {
    const places = options.redact.map((text) => parsePlace(text, "--redact"));
    const all = options.secrets ? places : [...defaultPlaces(), ...places];
    return new ListenRecording(await CassetteWriter.open(options.file, context), options, all, context);
  }

  private constructor(
    writer: CassetteWriter,
    options: RecordingOptions,
    places: readonly Place[],
    context: CliContext,
  ) {
    this.#writer = writer;
    this.#options = options;
    this.#places = places;
    this.#context = context;
    context.onExit(() => this.#close());
  }

  onDelivery({ at, eventId, eventType, attempt, durationMs, request, result, failure }: ForwardedDelivery): void {
    const exchange = { at: at - durationMs, eventId, eventType, attempt, durationMs, request, answer: result, failure };
    const line = formatExchange(redact(exchange, this.#places));
    this.#count += 1;
    this.#written = this.#written.then(() => this.#write(line));
  }

  async onEnd(): Promise<void> {
    await this.#written;
    if (this.#fault !== undefined) throw this.#fault;
    const what = this.#count === 1 ? "1 delivery" : `${this.#count} deliveries`;
    this.#context.out.note(`recorded ${what} to ${escapeLine(this.#options.file)}`);
  }

  async #write(line: string): Promise<void> {
    if (this.#fault !== undefined) return;
    try {
      await this.#writer.write(line);
    } catch (error) {
      if (!isHooksError(error)) throw error;
      this.#fault = error;
      this.#options.onFault();
    }
  }

  async #close(): Promise<void> {
    await this.#written;
    await this.#writer.close();
  }
}
