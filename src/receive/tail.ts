import { Readable } from "node:stream";
import { HooksError } from "../core/errors.ts";
import { patternTakes } from "../core/event-pattern.ts";
import type { Scope } from "../core/scope.ts";
import type { AttemptNews, EventNews, TailKind } from "../core/tail.ts";

/** What one reader wants to hear. */
export interface TailFilter {
  kinds: ReadonlySet<TailKind>;
  /** Its id. */
  subscription: string | undefined;
  pattern: string | undefined;
  outcome: "success" | "failure" | undefined;
}

/** Bytes that wait for a slow reader; what is beyond is left out, and counted. */
const BUFFER_BYTES = 64 * 1024;
const MOST_READERS = 500;
/** Nobody's readers keep another tenant from listening. */
const MOST_PER_TENANT = 100;
/** More often than proxies end what is silent (30 s as a rule). */
const KEEP_ALIVE_MS = 15_000;

/**
 * What happens, told live to whoever listens. While nobody does it costs nothing. A reader that does not keep up loses
 * what it cannot take and is told how much; it makes nobody wait, and no memory grows for it.
 */
export class Tail {
  readonly #readers = new Set<TailReader>();
  /** Readers by tenant; a tenant that has none is left out. */
  readonly #byTenant = new Map<string, number>();
  #keepAlive: NodeJS.Timeout | undefined;
  #isClosed = false;

  get hasReaders(): boolean {
    return 0 < this.#readers.size;
  }

  /** @throws HooksError `unavailable` when too many listen, in all or of this tenant */
  open(scope: Scope, filter: TailFilter): Readable {
    const ofTenant = this.#byTenant.get(scope.tenant) ?? 0;
    if (this.#isClosed || MOST_READERS <= this.#readers.size) {
      throw crowded(`no more than ${MOST_READERS} may listen at a time`);
    }
    if (MOST_PER_TENANT <= ofTenant) throw crowded(`no more than ${MOST_PER_TENANT} of a tenant may listen at a time`);
    const reader = new TailReader(scope, filter);
    this.#readers.add(reader);
    this.#byTenant.set(scope.tenant, ofTenant + 1);
    this.#keepAlive ??= setInterval(() => this.#comment(), KEEP_ALIVE_MS).unref();
    reader.once("close", () => this.#forget(reader));
    return reader;
  }

  #forget(reader: TailReader): void {
    const { tenant } = reader.scope;
    const left = this.#byTenant.get(tenant)! - 1;
    if (left === 0) this.#byTenant.delete(tenant);
    else this.#byTenant.set(tenant, left);
    this.#readers.delete(reader);
    if (this.hasReaders) return;
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }

  tell(news: AttemptNews | EventNews): void {
    let text: string | undefined;
    for (const reader of this.#readers) {
      if (!reader.wants(news)) continue;
      text ??= `event: ${news.type}\ndata: ${JSON.stringify(news)}\n\n`;
      reader.offer(text);
    }
  }

  /** Ends all of them. */
  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.push(null);
  }

  #comment(): void {
    for (const reader of this.#readers) reader.keepAlive();
  }
}

function crowded(message: string): HooksError {
  return new HooksError("unavailable", message, { hint: "end those that nobody reads", retryAfterMs: 5_000 });
}

/** A stream of server-sent events (WHATWG HTML, 9.2). */
class TailReader extends Readable {
  readonly scope: Scope;
  readonly #filter: TailFilter;
  #isFull = false;
  #isOver = false;
  #dropped = 0;

  constructor(scope: Scope, filter: TailFilter) {
    super({ highWaterMark: BUFFER_BYTES });
    this.scope = scope;
    this.#filter = filter;
    // So that the head of the answer goes out at once.
    this.push(": hooks\n\n");
  }

  wants(news: AttemptNews | EventNews): boolean {
    const { kinds, subscription, pattern, outcome } = this.#filter;
    const { tenant, environment } = this.scope;
    if (news.tenant !== tenant || news.environment !== environment || !kinds.has(news.type)) return false;
    if (pattern !== undefined && !patternTakes(pattern, news.event_type)) return false;
    if (news.type === "event.accepted") return subscription === undefined && outcome === undefined;
    if (subscription !== undefined && news.subscription !== subscription) return false;
    return outcome === undefined || news.outcome === outcome;
  }

  offer(text: string): void {
    if (this.destroyed) return;
    if (this.#isFull) this.#dropped += 1;
    else this.#push(text);
  }

  keepAlive(): void {
    if (!this.#isFull) this.#push(": keep-alive\n\n");
  }

  /** Null ends it, as often as it comes. What is told to one that has an end, though nobody has read so far, is lost. */
  override push(text: string | null): boolean {
    if (this.#isOver) return false;
    this.#isOver = text === null;
    return super.push(text);
  }

  override _read(): void {
    this.#isFull = false;
    if (this.#dropped === 0) return;
    const news = { type: "dropped", count: this.#dropped };
    this.#dropped = 0;
    this.#push(`event: dropped\ndata: ${JSON.stringify(news)}\n\n`);
  }

  #push(text: string): void {
    this.#isFull = !this.push(text);
  }
}
