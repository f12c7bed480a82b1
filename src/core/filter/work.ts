import { Fault, type Value } from "./values.ts";

/** Steps that every evaluation may take, and how many more for each byte of the event. */
const FREE_STEPS = 20_000;
const STEPS_PER_BYTE = 2;

export const TOO_MUCH_WORK = new Fault("it would take more steps than a filter may for an event of this size");

/** What an expression is worked out for. */
export interface Subject {
  readonly id: string;
  readonly type: string;
  /** When it happened, unix ms. */
  readonly timestamp: number;
  readonly version: string | undefined;
  readonly data: Value;
  readonly metadata: Value;
  /** Of data and metadata. */
  readonly bytes: number;
}

/**
 * One evaluation: the event, what a macro stands at, and how many steps are left. What is worked out for each item, read
 * or compared costs steps, so that an evaluation is bounded by the size of the event, whatever was written.
 */
export class Work {
  readonly subject: Subject;
  /** What the macro stands at; there is never more than one. */
  item: Value = null;
  #left: number;

  constructor(subject: Subject) {
    this.subject = subject;
    this.#left = FREE_STEPS + STEPS_PER_BYTE * subject.bytes;
  }

  /** Whether there were so many steps left. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return 0 <= this.#left;
  }

  /** For reading a text of this length: comparing and searching go many characters a step. */
  spendText(length: number): boolean {
    return this.spend(1 + (length >>> 4));
  }
}

/** For what names nothing of an event. */
export function noWork(): Work {
  return new Work({ id: "", type: "", timestamp: 0, version: undefined, data: null, metadata: null, bytes: 0 });
}
