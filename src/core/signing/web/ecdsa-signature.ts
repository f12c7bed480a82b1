// Signatures of ECDSA: two numbers, which some schemes send as DER (RFC 3279, 2.2.3) and Web Crypto writes side by side.

import { DER, derItem, derSequence } from "./der.ts";

/** Undefined when it is no DER, or a number is too long for the curve. `size`: bytes of one number. */
export function rawOfDer(der: Uint8Array, size: number): Uint8Array<ArrayBuffer> | undefined {
  const numbers = derSequence(der);
  if (numbers?.length !== 2) return undefined;
  const raw = new Uint8Array(2 * size);
  for (const [index, { tag, content }] of numbers.entries()) {
    const bytes = tag === DER.integer ? magnitude(content) : undefined;
    if (bytes === undefined || size < bytes.length) return undefined;
    raw.set(bytes, (index + 1) * size - bytes.length);
  }
  return raw;
}

export function derOfRaw(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = raw.length / 2;
  const numbers = [raw.subarray(0, size), raw.subarray(size)].map((number) => {
    let start = 0;
    while (start < size - 1 && number[start] === 0) start++;
    const bytes = number.subarray(start);
    return derItem(DER.integer, ...(bytes[0]! < 0x80 ? [bytes] : [Uint8Array.of(0), bytes]));
  });
  return derItem(DER.sequence, ...numbers);
}

/** Of a number from 0 up, in its one spelling. */
function magnitude(integer: Uint8Array): Uint8Array | undefined {
  const [first, second] = integer;
  if (first === undefined || first >= 0x80) return undefined;
  if (first !== 0) return integer;
  if (second === undefined) return integer.subarray(1);
  return second < 0x80 ? undefined : integer.subarray(1);
}
