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
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));
const ENCODED_LENGTH = 26;

/** Makes new ids; the clock and the random bits are inside it, so whoever needs ids is given one. */
export type IdSource = (prefix: IdPrefix) => string;

/** `uuid`: 16 bytes. */
export function formatId(prefix: IdPrefix, uuid: Uint8Array): string {
  let text = "";
  let carry = 0;
  let bits = 2; // 128 bits are padded at the front to 130
  for (const byte of uuid) {
    carry = (carry << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += DIGITS[(carry >>> bits) & 31];
    }
    carry &= (1 << bits) - 1;
  }
  return `${prefix}_${text}`;
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
  for (let at = start; at < start + 10; at++) ms = ms * 32 + (VALUES.get(id[at] ?? "") ?? 0);
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
  for (const digit of digits) {
    const value = VALUES.get(digit);
    if (value === undefined || (at === 0 && bits === -2 && value > 7)) return undefined;
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
