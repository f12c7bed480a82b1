// Public ids: a prefix that says what it names, and a UUIDv7 in Crockford's base32, lower case. 26 digits hold
// 130 bits, so the first one is 0–7. Ids sort by time, and a prefix of an id is a range of ids.

export type IdPrefix =
  | "sub"
  | "evt"
  | "dlv"
  | "sec"
  | "key"
  | "src"
  | "req"
  | "ses"
  | "msg"
  | "bat"
  | "aud"
  | "alr"
  | "rpl"
  | "prg";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const DIGIT_CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
/** Of a UTF-16 code unit below 128; -1: no digit. */
const VALUES = new Int8Array(128).fill(-1);
for (const [value, code] of DIGIT_CODES.entries()) VALUES[code] = value;
const ENCODED_LENGTH = 26;
const UNDERSCORE = 0x5f;

/** Where ids are put together. A text that grows by a digit at a time would be a tree of 26 objects, until it is used. */
const DRAFT: number[] = [];

/** Makes new ids; the clock and the random bits are inside it, so whoever needs ids is given one. */
export type IdSource = (prefix: IdPrefix) => string;

/** `uuid`: 16 bytes. */
export function formatId(prefix: IdPrefix, uuid: Uint8Array): string {
  let at = 0;
  for (; at < prefix.length; at++) DRAFT[at] = prefix.charCodeAt(at);
  DRAFT[at++] = UNDERSCORE;
  let carry = 0;
  let bits = 2; // 128 bits are padded at the front to 130
  for (const byte of uuid) {
    carry = (carry << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      DRAFT[at++] = DIGIT_CODES[(carry >>> bits) & 31]!;
    }
    carry &= (1 << bits) - 1;
  }
  DRAFT.length = at;
  return String.fromCharCode(...DRAFT);
}

/** The 16 bytes of an id that `formatId` made; undefined for any other text. */
export function parseId(prefix: IdPrefix, id: string): Uint8Array | undefined {
  if (!id.startsWith(`${prefix}_`) || id.length !== prefix.length + 1 + ENCODED_LENGTH) return undefined;
  return decode(id.slice(prefix.length + 1));
}

/** When an id that `formatId` made was made, unix ms: 48 bits of a UUIDv7, which are its first ten digits. */
export function timeOfId(id: string): number {
  const start = id.indexOf("_") + 1;
  let ms = 0;
  for (let at = start; at < start + 10; at++) ms = ms * 32 + Math.max(0, valueAt(id, at));
  return ms;
}

/**
 * The first and last UUID (16 bytes each) whose ids begin with `start`, which is the prefix, "_" and 1–26 digits;
 * undefined when `start` can begin no id.
 */
export function idRange(prefix: IdPrefix, start: string): { first: Uint8Array; last: Uint8Array } | undefined {
  if (!start.startsWith(`${prefix}_`)) return undefined;
  const digits = start.slice(prefix.length + 1);
  if (digits.length < 1 || ENCODED_LENGTH < digits.length) return undefined;
  const first = decode(digits.padEnd(ENCODED_LENGTH, "0"));
  const last = decode(digits.padEnd(ENCODED_LENGTH, "z"));
  return first === undefined || last === undefined ? undefined : { first, last };
}

function decode(digits: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  let carry = 0;
  let bits = -2;
  let at = 0;
  for (let index = 0; index < digits.length; index++) {
    const value = valueAt(digits, index);
    if (value === -1 || (index === 0 && value > 7)) return undefined;
    carry = (carry << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (carry >>> bits) & 255;
      carry &= (1 << bits) - 1;
    }
  }
  return bytes;
}

/** -1: no digit. */
function valueAt(text: string, index: number): number {
  // Behind the end NaN, and of a character that is not ASCII undefined.
  return VALUES[text.charCodeAt(index)] ?? -1;
}
