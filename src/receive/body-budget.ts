import type { IncomingMessage } from "node:http";
import { HooksError } from "../core/errors.ts";

const RETRY_AFTER_MS = 1_000;

/**
 * How many bytes of request bodies are held at once: sixty batches of 10 MiB that come together would else take more
 * than a gigabyte. A body counts from before its first byte is read until what is in it is stored or refused.
 */
export class BodyBudget {
  readonly #limitBytes: number;
  #held = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes room for the body that a request announces; answers how much, for `giveBack`.
   *
   * @param mostBytes what the route takes: the size of a body that does not say its own (chunked). One that says it is
   *   larger is refused elsewhere, unread, and takes nothing.
   * @throws HooksError `unavailable` when there is no room. A single body always has.
   */
  take({ headers }: IncomingMessage, mostBytes: number): number {
    const length = headers["content-length"];
    const announced = length === undefined ? mostBytes : Number(length);
    if (headers["transfer-encoding"] === undefined && length === undefined) return 0;
    if (mostBytes < announced) return 0;
    if (0 < this.#held && this.#limitBytes < this.#held + announced) {
      throw new HooksError("unavailable", "more is being sent than can be taken at once; nothing was stored", {
        hint: "try again in a second; smaller batches, or fewer at once, always pass",
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    this.#held += announced;
    return announced;
  }

  giveBack(bytes: number): void {
    this.#held -= bytes;
  }
}
