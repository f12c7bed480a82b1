const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** A line of a file of lines. */
export interface FileLine {
  /** From 1. */
  number: number;
  /** Without its end, `\n` or `\r\n`. */
  bytes: Uint8Array;
  /** Bytes from the beginning of the file to the end of this line, its line break included. */
  endsAt: number;
  /** False: the file ended before the line did. */
  isWhole: boolean;
}

/** Lines as they arrive. @throws what `tooLong` makes, for one of more than `maxBytes` */
export async function* fileLines(
  chunks: AsyncIterable<Uint8Array | string>,
  maxBytes: number,
  tooLong: (number: number) => Error,
): AsyncGenerator<FileLine> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let number = 1;
  let chunkStart = 0;
  for await (const part of chunks) {
    const chunk = typeof part === "string" ? Buffer.from(part) : part;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const bytes = withoutReturn(Buffer.concat([...rest, chunk.subarray(start, end)]));
      yield { number, bytes, endsAt: chunkStart + end + 1, isWhole: true };
      [rest, restBytes, start] = [[], 0, end + 1];
      number += 1;
    }
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    chunkStart += chunk.length;
    if (maxBytes < restBytes) throw tooLong(number);
  }
  if (0 < restBytes) yield { number, bytes: withoutReturn(Buffer.concat(rest)), endsAt: chunkStart, isWhole: false };
}

/** Nothing but blanks. */
export function isBlankLine({ bytes }: FileLine): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}
