import type { Readable } from "node:stream";

/** Bytes of one answer, its 1xx, headers, chunk sizes and all: many times what may be of use. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/** The byte of a status line ("HTTP/1.1 200 OK") that tells the class of the status, and those after it. */
const CLASS_AT = 9;
const ONE = "1".charCodeAt(0);
const ZERO = "0".charCodeAt(0);
const TWO = "2".charCodeAt(0);
const CR = 13;
const LF = 10;

/** Who reads the answer. */
export interface AnswerReader {
  /** More than `MAX_ANSWER_BYTES` of it have come: nothing more is read. Called once. */
  flooded(): void;
}

/** `statusLine`: one comes next. `informational`: in the rest of a 1xx. `final`: nothing to look for any more. */
type Place = "statusLine" | "informational" | "final";

/**
 * What a receiver sends, before undici sees it:
 *
 * - `100 Continue` becomes 102. Receivers send it unasked (RFC 9110, 15.2: every client must bear that), and undici takes
 *   it for an attack and drops the connection, while it passes over 102.
 * - What never ends is noticed, wherever the bytes go: endless status texts, empty lines or chunk extensions cost
 *   undici's parser time and reach no callback.
 */
export class AnswerWatch {
  #received = 0;
  #place: Place = "final";
  /** Bytes of the status line so far, or of line ends in a row within a 1xx. */
  #count = 0;
  #isZero = false;
  #reader: AnswerReader | undefined;

  /** Puts itself between the socket and its reader. */
  attach(socket: Readable): void {
    const read = socket.read;
    socket.read = (size?: number) => {
      const chunk = read.call(socket, size) as Buffer | null;
      return chunk === null || this.#see(chunk) ? chunk : null;
    };
  }

  /** The next answer begins. */
  begin(reader: AnswerReader): void {
    this.#received = 0;
    this.#place = "statusLine";
    this.#count = 0;
    this.#reader = reader;
  }

  /** The answer is complete; whoever read it is let go. */
  end(): void {
    this.#place = "final";
    this.#reader = undefined;
  }

  /** False: nothing more may be read. */
  #see(chunk: Buffer): boolean {
    this.#received += chunk.length;
    if (MAX_ANSWER_BYTES < this.#received) {
      const reader = this.#reader;
      this.#reader = undefined;
      reader?.flooded();
      return false;
    }
    if (this.#place === "final") return true;
    // Nearly every answer: its status line comes whole, and it is no 1xx.
    if (this.#place === "statusLine" && this.#count === 0 && CR < chunk[0]! && (chunk[CLASS_AT] ?? ONE) !== ONE) {
      this.#place = "final";
    } else {
      this.#seeInformational(chunk);
    }
    return true;
  }

  #seeInformational(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.#place !== "final"; at++) {
      const byte = chunk[at]!;
      if (this.#place === "statusLine") this.#seeStatusLine(chunk, at, byte);
      else this.#seeRest(byte);
    }
  }

  #seeStatusLine(chunk: Buffer, at: number, byte: number): void {
    // Empty lines before a status line are allowed.
    if (this.#count === 0 && (byte === CR || byte === LF)) return;
    const column = this.#count++;
    if (column === CLASS_AT && byte !== ONE) this.#place = "final";
    if (column === CLASS_AT + 1) this.#isZero = byte === ZERO;
    if (column !== CLASS_AT + 2) return;
    if (this.#isZero && byte === ZERO) chunk[at] = TWO;
    this.#place = "informational";
    this.#count = 0;
  }

  /** Until the empty line that ends it. */
  #seeRest(byte: number): void {
    if (byte === LF) this.#count += 1;
    else if (byte !== CR) this.#count = 0;
    if (this.#count < 2) return;
    this.#place = "statusLine";
    this.#count = 0;
  }
}
