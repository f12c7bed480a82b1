import { createHash, timingSafeEqual } from "node:crypto";

/** Compares texts of one length, in the same time wherever they differ. */
export class TextComparer {
  readonly #length: number;
  // Used over again, because allocating costs more than comparing. 16 bits: a character that only shares its low byte
  // with an ASCII one is another character.
  readonly #one: Uint16Array;
  readonly #other: Uint16Array;

  constructor(length: number) {
    this.#length = length;
    this.#one = new Uint16Array(length);
    this.#other = new Uint16Array(length);
  }

  /** False at once when a text has another length: the length of a signature is no secret. */
  isSame(one: string, other: string): boolean {
    const length = this.#length;
    if (one.length !== length || other.length !== length) return false;
    const ones = this.#one;
    const others = this.#other;
    for (let at = 0; at < length; at++) {
      ones[at] = one.charCodeAt(at);
      others[at] = other.charCodeAt(at);
    }
    return timingSafeEqual(ones, others);
  }
}

const comparers: TextComparer[] = [];

/** The one for texts of this length. */
export function comparerOf(length: number): TextComparer {
  comparers[length] ??= new TextComparer(length);
  return comparers[length];
}

/** The same for texts of any length, whose lengths may be secret too; slower. */
export function isSameText(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

/** Of UTF-16: a lone surrogate is not the replacement character that UTF-8 would make of it. */
function digestOf(text: string): Buffer {
  return createHash("sha256").update(Buffer.from(text, "utf16le")).digest();
}
