/** How quickly a name was answered the last time; `unknown`: nobody has asked for it yet. */
export type Pace = "quick" | "unknown" | "slow";

/** Look-ups that run at once, over all names. */
const MAX_RUNNING = 32;
/** And how many of them those of one pace may be. What the others leave is there for names known to be quick. */
const MAX_OF_PACE: Readonly<Record<Pace, number>> = { quick: MAX_RUNNING, unknown: 16, slow: 8 };
const ORDER: readonly Pace[] = ["quick", "unknown", "slow"];

/** Something that waits for its turn. */
export interface Turn {
  readonly pace: Pace;
  start(): void;
}

/**
 * Whose look-up may run. Names whose servers do not answer hold their turn for the whole time-out, so they get a few
 * turns among themselves: however many they are, names that are answered quickly do not wait for them.
 */
export class LookupTurns {
  readonly #waiting: Readonly<Record<Pace, Set<Turn>>> = { quick: new Set(), unknown: new Set(), slow: new Set() };
  readonly #running: Record<Pace, number> = { quick: 0, unknown: 0, slow: 0 };

  /** Starts it, now or when its turn comes; `end` must follow. */
  wait(turn: Turn): void {
    this.#waiting[turn.pace].add(turn);
    this.#startWaiting();
  }

  /** Nobody wants it any more. Does nothing once it has started. */
  leave(turn: Turn): void {
    this.#waiting[turn.pace].delete(turn);
  }

  /** It has ended. */
  end(turn: Turn): void {
    this.#running[turn.pace] -= 1;
    this.#startWaiting();
  }

  #startWaiting(): void {
    for (const pace of ORDER) {
      const waiting = this.#waiting[pace];
      for (const turn of waiting) {
        const { quick, unknown, slow } = this.#running;
        if (MAX_RUNNING <= quick + unknown + slow) return;
        if (MAX_OF_PACE[pace] <= this.#running[pace]) break;
        waiting.delete(turn);
        this.#running[pace] += 1;
        turn.start();
      }
    }
  }
}
