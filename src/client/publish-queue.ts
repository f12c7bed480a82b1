import { HooksError } from "../core/errors.ts";
import type { BatchReceipt, PublishReceipt } from "../core/event.ts";
import { batchReceipt } from "./answers.ts";
import type { JsonRequests } from "./json-requests.ts";
import type { PublishRetries } from "./publish-retries.ts";

/** An event that waits for its turn, is on its way, or waits to be sent again. */
export interface QueuedEvent {
  /** As it stands in the body of a batch. */
  bytes: Uint8Array;
  /** Called once: what became of it. */
  settle(outcome: PublishReceipt | Error): void;
  /** Somebody gave it up: it is not sent any more. */
  isSettled: boolean;
}

export interface QueueRules {
  maxEvents: number;
  maxBytes: number;
  maxWaitMs: number;
  /** Requests at one time. */
  requests: number;
}

const HEAD = Buffer.from('{"events":[');
const COMMA = Buffer.from(",");
const TAIL = Buffer.from("]}");

/**
 * Sends events in batches. While all requests are under way new events gather, so that batches grow with the load; an
 * event that comes alone leaves at once (or after `maxWaitMs`, to find company).
 */
export class PublishQueue {
  readonly #requests: JsonRequests;
  readonly #rules: QueueRules;
  readonly #retries: PublishRetries;
  readonly #signal: AbortSignal;
  #waiting: QueuedEvent[] = [];
  #waitingBytes = 0;
  #underWay = 0;
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  /** The time that events wait for company is over, or somebody flushes. */
  #isDue = false;
  /** Unix ms: until then a server that had said "later" is left alone, by all requests. */
  #restsUntil = 0;

  /** `signal`: ends all waiting. */
  constructor(requests: JsonRequests, rules: QueueRules, retries: PublishRetries, signal: AbortSignal) {
    this.#requests = requests;
    this.#rules = rules;
    this.#retries = retries;
    this.#signal = signal;
  }

  add(event: QueuedEvent): void {
    this.#waiting.push(event);
    this.#waitingBytes += event.bytes.length + 1;
    this.#sendWhatIsReady();
  }

  /** What waits is sent without waiting for company. */
  hurry(): void {
    this.#isDue = this.#waiting.length > 0;
    this.#sendWhatIsReady();
  }

  /** Nothing that waits is sent any more. */
  clear(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#stopTimer();
  }

  #sendWhatIsReady(): void {
    const { maxEvents, maxBytes, requests } = this.#rules;
    while (this.#underWay < requests && this.#waiting.length > 0) {
      const isFull = maxEvents <= this.#waiting.length || maxBytes <= this.#waitingBytes;
      if (!isFull && !this.#isDue) {
        this.#startTimer();
        return;
      }
      const batch = this.#takeBatch();
      if (batch.length > 0) void this.#send(batch);
    }
    if (this.#waiting.length === 0) this.#isDue = false;
  }

  #startTimer(): void {
    if (this.#timer !== undefined) return;
    const due = (): void => {
      this.#timer = undefined;
      this.#isDue = true;
      this.#sendWhatIsReady();
    };
    // At once means: with what the same turn of the event loop brings.
    this.#timer = this.#rules.maxWaitMs === 0 ? setImmediate(due) : setTimeout(due, this.#rules.maxWaitMs);
  }

  #stopTimer(): void {
    if (this.#timer === undefined) return;
    if (this.#rules.maxWaitMs === 0) clearImmediate(this.#timer as NodeJS.Immediate);
    else clearTimeout(this.#timer as NodeJS.Timeout);
    this.#timer = undefined;
  }

  #takeBatch(): QueuedEvent[] {
    const { maxEvents, maxBytes } = this.#rules;
    let bytes = 0;
    let end = 0;
    for (; end < this.#waiting.length && end < maxEvents; end++) {
      const size = (this.#waiting[end]?.bytes.length ?? 0) + 1;
      // One that is larger than a batch may be goes alone.
      if (end > 0 && maxBytes < bytes + size) break;
      bytes += size;
    }
    const batch = this.#waiting.splice(0, end);
    this.#waitingBytes -= bytes;
    return batch.filter(({ isSettled }) => !isSettled);
  }

  async #send(batch: QueuedEvent[]): Promise<void> {
    this.#underWay++;
    // As soon as a request ends the next one takes what has gathered.
    try {
      await this.#sendUntilSettled(batch, 0);
    } catch (error) {
      for (const event of batch) event.settle(error as Error);
    } finally {
      this.#underWay--;
      if (this.#rules.maxWaitMs === 0 && this.#waiting.length > 0) this.#isDue = true;
      this.#sendWhatIsReady();
    }
  }

  /** @throws only when the whole publisher was given up */
  async #sendUntilSettled(batch: readonly QueuedEvent[], attemptsBefore: number): Promise<void> {
    let rest = batch;
    for (let attempt = attemptsBefore + 1; ; attempt++) {
      await this.#rest();
      rest = rest.filter(({ isSettled }) => !isSettled);
      if (rest.length === 0) return;
      let failed: { event: QueuedEvent; error: HooksError }[];
      try {
        failed = settleAccepted(rest, await this.#request(rest));
      } catch (error) {
        if (this.#signal.aborted || !(error instanceof HooksError)) throw error;
        if (error.code === "too_large" && rest.length > 1) {
          // A proxy takes less than hooks does: in halves, as often as it helps.
          const middle = Math.ceil(rest.length / 2);
          await this.#sendUntilSettled(rest.slice(0, middle), attempt - 1);
          await this.#sendUntilSettled(rest.slice(middle), attempt - 1);
          return;
        }
        failed = rest.map((event) => ({ event, error }));
      }
      rest = this.#settleRefused(failed, attempt);
    }
  }

  /** Answers those that are to be sent again, and lets the server rest before. */
  #settleRefused(failed: readonly { event: QueuedEvent; error: HooksError }[], attempt: number): QueuedEvent[] {
    const again: QueuedEvent[] = [];
    for (const { event, error } of failed) {
      const delay = this.#retries.delayAfter(error, attempt);
      if (delay === undefined) event.settle(error);
      else {
        again.push(event);
        this.#restsUntil = Math.max(this.#restsUntil, Date.now() + delay);
      }
    }
    return again;
  }

  #request(batch: readonly QueuedEvent[]): Promise<BatchReceipt> {
    const parts: Uint8Array[] = [HEAD];
    for (const { bytes } of batch) {
      if (parts.length > 1) parts.push(COMMA);
      parts.push(bytes);
    }
    parts.push(TAIL);
    return this.#requests.send<BatchReceipt>(batchReceipt(batch.length), {
      method: "POST",
      path: "/v1/events/batch",
      body: Buffer.concat(parts),
      repeatable: true,
      signal: this.#signal,
    });
  }

  async #rest(): Promise<void> {
    for (let left = this.#restsUntil - Date.now(); left > 0; left = this.#restsUntil - Date.now()) {
      await pause(left, this.#signal);
    }
    this.#signal.throwIfAborted();
  }
}

/** Answers the events that were not accepted, each with its error. */
function settleAccepted(
  batch: readonly QueuedEvent[],
  { results }: BatchReceipt,
): { event: QueuedEvent; error: HooksError }[] {
  const failed: { event: QueuedEvent; error: HooksError }[] = [];
  for (const [at, event] of batch.entries()) {
    const result = results[at];
    if (result === undefined) continue;
    if ("error" in result) {
      const { code, message, field, hint } = result.error;
      failed.push({ event, error: new HooksError(code as HooksError["code"], message, { field, hint }) });
    } else event.settle(result);
  }
  return failed;
}

/** @throws the signal's reason */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1));
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
