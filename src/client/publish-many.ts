import { HooksError } from "../core/errors.ts";
import type { PublishReceipt } from "../core/event.ts";
import type { PublishResult } from "./published-events.ts";

/** An event that was handed over: what will become of it. */
export interface Handed {
  id: string | undefined;
  type: string;
  receipt: Promise<PublishReceipt>;
}

/** An event of the source whose result was not taken yet; `result` is there once it is known. */
interface Open {
  result?: PublishResult;
  /** What ends everything: no refusal, but a signal or a fault. */
  fault?: { error: unknown };
}

/**
 * Hands events over as fast as their results are taken, and answers what became of each, in their order. At most
 * `window` of them are in between: a source of any length needs memory for these only.
 *
 * Whoever stops early ends the source; what was handed over is sent all the same.
 */
export async function* publishAll<Event>(
  source: Iterable<Event> | AsyncIterable<Event>,
  hand: (event: Event) => Handed,
  window: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PublishResult, void, undefined> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const open: Open[] = [];
  let isReading = false;
  let isAtEnd = false;
  let sourceFault: { error: unknown } | undefined;
  let index = 0;
  // One sleeper, woken by whatever happens: a race of promises would remember each round in those that stay open.
  let wake = (): void => undefined;
  const onAbort = (): void => wake();

  const read = async (): Promise<void> => {
    isReading = true;
    try {
      const taken = await iterator.next();
      if (taken.done === true) isAtEnd = true;
      else open.push(follow(index++, handOver(taken.value, hand), () => wake()));
    } catch (error) {
      isAtEnd = true;
      sourceFault = { error };
    }
    isReading = false;
    wake();
  };

  signal?.addEventListener("abort", onAbort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      // A slow source holds up no result, and a slow server no reading.
      if (!isReading && !isAtEnd && open.length < window) void read();
      const [head] = open;
      if (head?.fault !== undefined) throw head.fault.error;
      if (head?.result !== undefined) {
        open.shift();
        yield head.result;
      } else if (isAtEnd && open.length === 0) {
        if (sourceFault !== undefined) throw sourceFault.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    // Not awaited: a source that never answers must not hold up whoever gave it up.
    if (!isAtEnd) void endSource(iterator);
  }
}

async function endSource(iterator: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // Nobody reads it any more.
  }
}

/** What cannot even be written down is a result like others. */
function handOver<Event>(event: Event, hand: (event: Event) => Handed): Handed {
  try {
    return hand(event);
  } catch (error) {
    const { id, type } = (event ?? {}) as { id?: unknown; type?: unknown };
    return {
      id: typeof id === "string" ? id : undefined,
      type: typeof type === "string" ? type : "",
      receipt: Promise.reject(error as Error),
    };
  }
}

function follow(index: number, { id, type, receipt }: Handed, onDone: () => void): Open {
  const open: Open = {};
  receipt
    .then(
      (taken) => {
        open.result = { index, type, accepted: true, ...taken };
      },
      (error: unknown) => {
        if (error instanceof HooksError) open.result = { index, type, accepted: false, id, error };
        else open.fault = { error };
      },
    )
    .then(onDone, onDone);
  return open;
}
