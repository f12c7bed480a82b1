import { HooksError } from "../core/errors.ts";
import { BATCH_MAX_BYTES, BATCH_MAX_EVENTS, type PublishReceipt } from "../core/event.ts";
import { encodeEventInput } from "../core/raw-json.ts";
import { newEventId } from "./event-id.ts";
import { toEventInput } from "./event-input.ts";
import { JsonRequests } from "./json-requests.ts";
import { connectionOf, inWordsOfLibrary, type ServerOptions, wholeNumber } from "./library-options.ts";
import { type Handed, publishAll } from "./publish-many.ts";
import { PublishQueue, type QueuedEvent } from "./publish-queue.ts";
import { PublishRetries, type RetryOptions } from "./publish-retries.ts";
import type {
  AnyEvents,
  EventData,
  EventExtras,
  EventName,
  NoVersions,
  PublishOptions,
  PublishResult,
  TypedEvent,
  VersionName,
} from "./published-events.ts";

export interface PublisherOptions extends ServerOptions {
  /** What is sent together. */
  batch?:
    | {
        /** 1–1,000, default 200. */
        maxEvents?: number | undefined;
        /** Default 1 MiB; an event that is larger goes alone. */
        maxBytes?: number | undefined;
        /** How long an event waits for others, in ms; default 0: it leaves with those of the same moment. */
        maxWaitMs?: number | undefined;
      }
    | undefined;
  queue?:
    | {
        /** From this many events on `ready()` waits, and `publishMany` takes no more from its source. Default 1,000. */
        highWaterMark?: number | undefined;
        /** From this many on `publish` refuses, with code `unavailable`. Default ten times the high-water mark. */
        limit?: number | undefined;
      }
    | undefined;
  /** Requests at one time, default 4. With 1, events are stored in the order in which they were published. */
  requests?: number | undefined;
  retry?: RetryOptions | undefined;
  /** Gives everything up: what waits and what is on its way rejects with its reason. */
  signal?: AbortSignal | undefined;
}

/** Publishes events to a hooks server: in batches, with retries, each stored once whatever happens on the way. */
export class Publisher<Events = AnyEvents, Versions = NoVersions> {
  readonly #requests: JsonRequests;
  readonly #queue: PublishQueue;
  readonly #highWaterMark: number;
  readonly #limit: number;
  readonly #abort = new AbortController();
  /** Those that are not settled; each with its end. */
  readonly #open = new Map<QueuedEvent, Promise<void>>();
  /** Those who wait for room. */
  #onRoom: (() => void)[] = [];
  #isClosed = false;

  /** Nothing is sent yet. @throws TypeError, HooksError: as `createPublisher` */
  constructor(options: PublisherOptions) {
    const { batch, queue } = options;
    this.#requests = new JsonRequests(connectionOf(options));
    const rules = {
      maxEvents: wholeNumber("batch.maxEvents", batch?.maxEvents, 1, BATCH_MAX_EVENTS) ?? 200,
      maxBytes: wholeNumber("batch.maxBytes", batch?.maxBytes, 1, BATCH_MAX_BYTES) ?? 1024 * 1024,
      maxWaitMs: wholeNumber("batch.maxWaitMs", batch?.maxWaitMs, 0, 60_000) ?? 0,
      requests: wholeNumber("requests", options.requests, 1, 256) ?? 4,
    };
    this.#highWaterMark = wholeNumber("queue.highWaterMark", queue?.highWaterMark, 1, 1_000_000) ?? 1_000;
    this.#limit = wholeNumber("queue.limit", queue?.limit, this.#highWaterMark, 10_000_000) ?? this.#highWaterMark * 10;
    this.#queue = new PublishQueue(this.#requests, rules, new PublishRetries(options.retry), this.#abort.signal);
    this.#followSignal(options.signal);
  }

  /**
   * Resolves once the event is on the server's disk. The id is made before it is first sent, so whatever is sent again
   * is stored once.
   * @throws HooksError (as a rejection): what the server refused it for, or what went wrong until the last attempt;
   *   the reason of a signal; `unavailable` when too many wait or the publisher is closed
   */
  publish<Type extends EventName<Events>, const Version extends VersionName<Versions, Type> = never>(
    type: Type,
    data: EventData<Events, Versions, Type, Version>,
    options: PublishOptions<Version> = {},
  ): Promise<PublishReceipt> {
    try {
      return this.#hand(type, data, options, this.#limit).receipt;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Publishes what an iterable or async iterable brings and answers what became of each event, in the same order. It
   * takes from the source only while fewer than the high-water mark are under way, so that a source of any length fits.
   * An event that is refused is a result and ends nothing. Stopping early ends the source; what was taken from it is
   * sent all the same.
   *
   *     for await (const result of publisher.publishMany(rows)) if (!result.accepted) console.error(result.error);
   */
  publishMany(
    events: Iterable<TypedEvent<Events, Versions>> | AsyncIterable<TypedEvent<Events, Versions>>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<PublishResult, void, undefined> {
    const hand = (event: TypedEvent<Events, Versions>): Handed => {
      const { type, data, version, ...extras } = event as unknown as EventExtras & {
        type: string;
        data: unknown;
        version?: string;
      };
      // Its window is the bound here.
      return this.#hand(type, data, { ...extras, version, signal }, Number.POSITIVE_INFINITY);
    };
    return publishAll(events, hand, this.#highWaterMark, signal);
  }

  /** How many events are not settled: waiting, on their way, or to be sent again. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether as many are under way as the high-water mark says: whoever goes on should await `ready()` before. */
  get isFull(): boolean {
    return this.#highWaterMark <= this.size;
  }

  /** Resolves as soon as fewer events are under way than the high-water mark: at once, most of the time. */
  async ready(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  /** Sends what waits, and resolves when everything published until now is settled. Never rejects. */
  async flush(): Promise<void> {
    const before = [...this.#open.values()];
    this.#queue.hurry();
    await Promise.all(before);
  }

  /** Takes no more events, sends those that it has, and lets the connections go. A second time waits for the first. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
    this.#requests.close();
  }

  /** `await using publisher = createPublisher()` */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #hand(type: string, data: unknown, options: PublishOptions, limit: number): Handed {
    const { signal, ...extras } = options;
    signal?.throwIfAborted();
    this.#abort.signal.throwIfAborted();
    if (this.#isClosed) throw new HooksError("unavailable", "the publisher is closed: nothing more is sent");
    if (limit <= this.size) {
      throw new HooksError("unavailable", `${this.size} events are waiting to be published, and no more are taken`, {
        hint: "await publisher.ready() before the next one, or raise queue.limit",
      });
    }
    const id = extras.id ?? newEventId(Date.now());
    const bytes = encodeEventInput(toEventInput(type, data, { ...extras, id }));
    return { id, type, receipt: this.#enqueue(bytes, signal) };
  }

  #enqueue(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<PublishReceipt> {
    const { promise, resolve, reject } = Promise.withResolvers<PublishReceipt>();
    const giveUp = (): void => event.settle(signal?.reason as Error);
    const event: QueuedEvent = {
      bytes,
      isSettled: false,
      settle: (outcome) => {
        if (event.isSettled) return;
        event.isSettled = true;
        signal?.removeEventListener("abort", giveUp);
        this.#open.delete(event);
        if (outcome instanceof Error) reject(inWordsOfLibrary(outcome) as Error);
        else resolve(outcome);
        if (!this.isFull) for (const goOn of this.#onRoom.splice(0)) goOn();
      },
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    const end = promise.then(
      () => undefined,
      () => undefined,
    );
    this.#open.set(event, end);
    this.#queue.add(event);
    return promise;
  }

  #followSignal(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const giveUp = (): void => {
      this.#abort.abort(signal.reason);
      this.#queue.clear();
      for (const event of [...this.#open.keys()]) event.settle(signal.reason as Error);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
  }
}

/**
 * A publisher for the server of HOOKS_SERVER with the key of HOOKS_API_KEY, unless the options name others. With the
 * maps that `hooks event-type generate-types` writes, the compiler checks each type and its data.
 *
 *     const publisher = createPublisher<HooksEvents>();
 *     await publisher.publish("invoice.paid", { invoice_id: "in_1", amount: 250, paid_at: "2026-01-31T12:00:00Z" });
 *     await publisher.close();
 *
 * @throws TypeError for an option that is none; HooksError `usage` for a server that a key must not be sent to in clear
 *   text
 */
export function createPublisher<Events = AnyEvents, Versions = NoVersions>(
  options: PublisherOptions = {},
): Publisher<Events, Versions> {
  try {
    return new Publisher<Events, Versions>(options);
  } catch (error) {
    throw inWordsOfLibrary(error);
  }
}
