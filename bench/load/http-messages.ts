// The least HTTP that programs of ours need to talk to each other: where a message ends. Not for strangers' HTTP: headers
// are looked for as undici and fastify write them, in lower case.

const LENGTH = "\r\ncontent-length: ";
const CR = 13;
const ZERO = 48;

/** Where the message that begins these bytes ends; Infinity while its headers are incomplete. */
export function endOfMessage(bytes: Buffer): number {
  const headersEnd = bytes.indexOf("\r\n\r\n");
  if (headersEnd === -1) return Number.POSITIVE_INFINITY;
  const lengthAt = bytes.indexOf(LENGTH);
  if (lengthAt === -1 || headersEnd < lengthAt) return headersEnd + 4;
  let length = 0;
  for (let at = lengthAt + LENGTH.length; bytes[at] !== CR; at++) length = length * 10 + bytes[at]! - ZERO;
  return headersEnd + 4 + length;
}

/** Puts together what comes in pieces, and takes apart what comes together. */
export class Messages {
  readonly #onMessage: (message: Buffer) => void;
  #rest: Buffer | undefined;

  /** `onMessage`: the bytes are only good until it returns. */
  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** `chunk` may be used again by its owner afterwards. */
  feed(chunk: Buffer): void {
    let bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    while (0 < bytes.length) {
      const end = endOfMessage(bytes);
      if (bytes.length < end) {
        this.#rest = Buffer.from(bytes);
        return;
      }
      this.#onMessage(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
  }
}
