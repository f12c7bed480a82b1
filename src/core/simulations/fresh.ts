import { createHash } from "node:crypto";

const BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const UPPER_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Crockford's, as ULIDs are written. */
const BASE_32 = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * What an event is made of that is new each time: ids, numbers, and times around one moment. The same seed and moment
 * give the same event, byte for byte.
 */
export class Fresh {
  /** Unix ms. */
  readonly now: number;
  readonly #seed: string;
  #block = Buffer.alloc(0);
  #blocks = 0;

  constructor(seed: string, now: number) {
    this.#seed = seed;
    this.now = now;
  }

  bytes(count: number): Buffer {
    while (this.#block.length < count) {
      const more = createHash("sha256")
        .update(`${this.#blocks++}:${this.#seed}`)
        .digest();
      this.#block = Buffer.concat([this.#block, more]);
    }
    const taken = this.#block.subarray(0, count);
    this.#block = this.#block.subarray(count);
    return taken;
  }

  /** A whole number from `least` to `most`, both inclusive. */
  integer(least: number, most: number): number {
    return least + (this.bytes(6).readUIntBE(0, 6) % (most - least + 1));
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.integer(0, list.length - 1)] ?? list[0];
  }

  text(length: number, alphabet: string): string {
    let text = "";
    for (let at = 0; at < length; at++) text += alphabet[this.integer(0, alphabet.length - 1)];
    return text;
  }

  /** Lower-case. */
  hex(digits: number): string {
    return this.text(digits, "0123456789abcdef");
  }

  base62(length: number): string {
    return this.text(length, BASE_62);
  }

  /** Capitals and digits. */
  base36(length: number): string {
    return this.text(length, UPPER_36);
  }

  /** Without a zero at the front. */
  digits(length: number): string {
    return this.text(1, "123456789") + this.text(length - 1, "0123456789");
  }

  /** Version 4. */
  uuid(): string {
    const hex = `${this.hex(12)}4${this.hex(3)}${this.text(1, "89ab")}${this.hex(15)}`;
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  /** Sorts by time: 26 characters, lower-case. */
  ulid(ageMs = 0): string {
    let time = "";
    for (let rest = this.now - ageMs, at = 0; at < 10; at++, rest = Math.floor(rest / 32))
      time = BASE_32[rest % 32] + time;
    return time + this.text(16, BASE_32);
  }

  /** Unix seconds, so long ago. */
  seconds(agoSeconds = 0): number {
    return Math.floor(this.now / 1000) - agoSeconds;
  }

  /** `2026-11-22T14:10:55Z`, so long ago. */
  time(agoSeconds = 0): string {
    return this.millis(agoSeconds).replace(/\.\d+Z$/, "Z");
  }

  /** `2026-11-22T14:10:55.123Z`, so long ago. */
  millis(agoSeconds = 0): string {
    return new Date(this.now - agoSeconds * 1000).toISOString();
  }

  /** `2026-11-22`, so long ago. */
  date(agoSeconds = 0): string {
    return this.millis(agoSeconds).slice(0, 10);
  }

  /** A person, with an address where no mail ever arrives. */
  person(): Person {
    return this.pick(PEOPLE);
  }
}

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;

export interface Person {
  first: string;
  last: string;
  /** At example.com. */
  email: string;
  /** As people call themselves on platforms: letters, digits and hyphens. */
  login: string;
  /** E.164, of the numbers kept for fiction. */
  phone: string;
  address: { line1: string; city: string; region: string; regionCode: string; postal: string; country: string };
}

export function fullName({ first, last }: Person): string {
  return `${first} ${last}`;
}

function person(first: string, last: string, phone: string, place: readonly string[]): Person {
  const [line1 = "", city = "", region = "", regionCode = "", postal = ""] = place;
  const login = `${first}-${last}`.toLowerCase();
  const email = `${first}.${last}@example.com`.toLowerCase();
  return { first, last, email, login, phone, address: { line1, city, region, regionCode, postal, country: "US" } };
}

const PEOPLE = [
  person("Ada", "Marlow", "+12065550101", ["1200 Pine Street", "Seattle", "Washington", "WA", "98101"]),
  person("Jonas", "Keller", "+15125550112", ["84 Congress Avenue", "Austin", "Texas", "TX", "78701"]),
  person("Mei", "Tanaka", "+14155550123", ["510 Townsend Street", "San Francisco", "California", "CA", "94103"]),
  person("Lucia", "Ferrari", "+12125550134", ["39 Spring Street", "New York", "New York", "NY", "10012"]),
  person("Omar", "Haddad", "+17735550145", ["2210 Halsted Street", "Chicago", "Illinois", "IL", "60614"]),
  person("Ingrid", "Solberg", "+16175550156", ["77 Beacon Street", "Boston", "Massachusetts", "MA", "02108"]),
  person("Rafael", "Duarte", "+13035550167", ["415 Larimer Street", "Denver", "Colorado", "CO", "80202"]),
  person("Priya", "Nair", "+15035550178", ["900 Burnside Street", "Portland", "Oregon", "OR", "97209"]),
] as const;
