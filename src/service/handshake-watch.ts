import type { Handshake } from "../core/handshake.ts";
import type { StoredSubscription } from "../store/store.ts";
import { askReceiver } from "./handshakes.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readSettings } from "./subscription-resource.ts";

/** One that refused is asked again so often: it may have been set up since. */
const REFUSED_WAIT_MS = 3_600_000;
/** One that gave no answer: twice as long each time. */
const FAILED_WAIT_MS = { first: 5_000, longest: 600_000 };
/** The longest sleep: a timer does not notice that the clock was set. */
const MAX_SLEEP_MS = 60_000;
const MAX_AT_ONCE = 4;

export interface HandshakeWatchOptions {
  parts: ServiceParts;
  onAsked?: ((subscription: StoredSubscription, handshake: Handshake) => void) | undefined;
  /** The store could not be written. It is asked again. */
  onFault(error: unknown): void;
}

/** Asks each receiver whose subscription wants a handshake, until it allows deliveries: they wait so long. */
export class HandshakeWatch {
  readonly #options: HandshakeWatchOptions;
  readonly #unsubscribe: () => void;
  /** Row ids of those that are asked now. */
  readonly #asked = new Set<number>();
  /** Failures in a row, by row id. */
  readonly #failures = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: HandshakeWatchOptions) {
    this.#options = options;
    this.#unsubscribe = options.parts.directory.onChange(() => this.#look());
    this.#look();
  }

  /** What is out is left alone: whatever it comes to, nothing follows. */
  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const { directory, now } = this.#options.parts;
    const at = now();
    let next = Number.POSITIVE_INFINITY;
    for (const stored of directory.awaitsHandshake()) {
      if (this.#asked.has(stored.rowId)) continue;
      const dueAt = this.#dueAt(stored);
      if (dueAt <= at && this.#asked.size < MAX_AT_ONCE) this.#ask(stored);
      else next = Math.min(next, dueAt);
    }
    // When all are busy, the end of one of them looks again.
    if (next === Number.POSITIVE_INFINITY || MAX_AT_ONCE <= this.#asked.size) return;
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(next - at, 0), MAX_SLEEP_MS));
  }

  #dueAt(stored: StoredSubscription): number {
    const { state, checkedAt = 0 } = readSettings(stored).handshake!;
    if (state === "refused") return checkedAt + REFUSED_WAIT_MS;
    const failures = this.#failures.get(stored.rowId) ?? (state === "failed" ? 1 : 0);
    if (failures === 0) return 0;
    return checkedAt + Math.min(FAILED_WAIT_MS.first * 2 ** (failures - 1), FAILED_WAIT_MS.longest);
  }

  #ask(stored: StoredSubscription): void {
    const { parts, onAsked, onFault } = this.#options;
    this.#asked.add(stored.rowId);
    void askReceiver(stored, parts)
      .then((handshake) => {
        if (handshake?.state === "failed") {
          this.#failures.set(stored.rowId, (this.#failures.get(stored.rowId) ?? 0) + 1);
        } else this.#failures.delete(stored.rowId);
        if (handshake !== undefined && !this.#isStopped) onAsked?.(stored, handshake);
      })
      .catch((error: unknown) => {
        if (!this.#isStopped) onFault(error);
      })
      .finally(() => {
        this.#asked.delete(stored.rowId);
        // Not at once: what failed without an answer being kept would be asked without end.
        clearTimeout(this.#timer);
        if (!this.#isStopped) this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MS);
      });
  }
}

const LOOK_AGAIN_MS = 100;
