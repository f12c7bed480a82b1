// What a validation may cost. Data comes from publishers and schemas from admins: neither may hold the process.

/** So much, whatever the size of the data … */
const LEAST_STEPS = 200_000;
/** … and so much more for each byte of it. */
const STEPS_A_BYTE = 30;
/** Schemas inside each other at one time; each takes a few frames of the call stack. */
const MOST_NESTED = 800;

/** Thrown by `spend` and `enter`, and caught where the validation began. */
export class EffortExceeded extends Error {}

/** Counts the steps of one validation. Time is proportional to them. */
export class Effort {
  #left: number;
  #nested = 0;

  /** @param bytes size of the data */
  constructor(bytes: number) {
    this.#left = LEAST_STEPS + STEPS_A_BYTE * bytes;
  }

  /** @throws EffortExceeded */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new EffortExceeded();
  }

  /** Into a schema that a reference names. @throws EffortExceeded */
  enter(): void {
    this.#nested += 1;
    if (MOST_NESTED < this.#nested) throw new EffortExceeded();
  }

  leave(): void {
    this.#nested -= 1;
  }
}
