import { Client } from "undici";
import type { TraceSettings } from "../core/trace-settings.ts";
import { encodeSpans, type Span } from "./span.ts";

/** After a request that failed; twice as long each time. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** What a stopping process gives the collector for the rest. */
const LAST_MS = 2_000;
/** Answers that say: the same once more, later (OTLP/HTTP, failures). */
const AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface SpanExporterOptions {
  settings: TraceSettings;
  version: string;
  /** The collector takes nothing, or takes something again; once for each change. */
  onState(state: "failing" | "ok", why: string): void;
}

/**
 * Sends spans to the collector that the operator named, in batches, beside everything else: what it does not take waits
 * in a queue of bounded length, and what is beyond is dropped and counted. Nobody ever waits for it.
 */
export class SpanExporter {
  readonly #options: SpanExporterOptions;
  readonly #client: Client;
  #queue: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
  #isStopped = false;
  exported = 0;
  dropped = 0;

  constructor(options: SpanExporterOptions) {
    const { endpoint, timeoutMs } = options.settings;
    this.#options = options;
    this.#client = new Client(endpoint.origin, {
      connect: { timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: 64 * 1024,
    });
  }

  add(span: Span): void {
    const { maxQueued, maxBatch, everyMs } = this.#options.settings;
    if (maxQueued <= this.#queue.length || this.#isStopped) {
      this.dropped += 1;
      return;
    }
    this.#queue.push(span);
    // While the collector fails, the next look is its turn.
    if (this.#queue.length === maxBatch && this.#failures === 0) this.#wakeIn(0);
    else this.#timer ??= setTimeout(() => this.#send(), everyMs).unref();
  }

  /** What waits has a short while to be taken. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const last = (async () => {
      await this.#sending;
      while (0 < this.#queue.length && (await this.#sendBatch()));
    })();
    await Promise.race([last, new Promise((resolve) => setTimeout(resolve, LAST_MS).unref())]);
    this.dropped += this.#queue.length;
    this.#queue = [];
    await this.#client.destroy();
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), ms).unref();
  }

  #send(): void {
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#queue.length === 0 || this.#isStopped) return;
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (this.#failures - 1), LONGEST_WAIT_MS);
      this.#wakeIn(this.#failures === 0 ? this.#options.settings.everyMs : waitMs);
    });
  }

  async #sendAll(): Promise<void> {
    const { maxBatch } = this.#options.settings;
    do {
      if (!(await this.#sendBatch())) return;
    } while (maxBatch <= this.#queue.length);
  }

  /** False when it failed and may be tried again. */
  async #sendBatch(): Promise<boolean> {
    const { settings, version, onState } = this.#options;
    const batch = this.#queue.slice(0, settings.maxBatch);
    const outcome = await this.#post(encodeSpans(batch, settings.resource, version));
    if (outcome === "ok" || outcome === "refused") {
      // Only ever added to meanwhile.
      this.#queue.splice(0, batch.length);
      if (outcome === "ok") this.exported += batch.length;
      else this.dropped += batch.length;
    }
    if (outcome === "ok") {
      if (this.#failures !== 0) onState("ok", "the collector takes spans again");
      this.#failures = 0;
      return true;
    }
    if (this.#failures === 0) onState("failing", outcome === "refused" ? "the collector refuses them" : outcome);
    this.#failures += 1;
    return outcome === "refused";
  }

  /** `refused`: the same would never be taken; else why it was not taken now. */
  async #post(body: string): Promise<string> {
    const { endpoint, headers } = this.#options.settings;
    try {
      const answer = await this.#client.request({
        method: "POST",
        path: `${endpoint.pathname}${endpoint.search}`,
        headers: { ...headers, "content-type": "application/json" },
        body,
      });
      await answer.body.dump();
      if (200 <= answer.statusCode && answer.statusCode <= 299) return "ok";
      return AGAIN.has(answer.statusCode) ? `the collector answers ${answer.statusCode}` : "refused";
    } catch (error) {
      // The message may quote what was sent; a code says enough.
      return `the collector cannot be reached (${(error as NodeJS.ErrnoException).code ?? "no answer"})`;
    }
  }
}
