/**
 * Draws soon after something changed, and no more often than the eye needs: however much happens, what is written to the
 * terminal is bounded.
 */
export class Redraw {
  readonly #draw: () => void;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(draw: () => void, everyMs: number) {
    this.#draw = draw;
    this.#everyMs = everyMs;
  }

  request(): void {
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#drawnAt + this.#everyMs - performance.now());
    // Also the first one later: what happens at once is drawn at once.
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#drawnAt = performance.now();
      this.#draw();
    }, waitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
