// Headers of attempts are nearly the same each time: the names, and most of the values. What stays the same is stored
// once, as a set, and an attempt keeps the values that differ. JSON for each of them cost a third of the row.

import type { HeaderPairs } from "../../core/attempt.ts";

/** JSON of a set: `[[name, value], …]`, null for a value that stands with the attempt. */
export type HeaderSetText = string;

interface HeaderSet {
  names: string[];
  /** Null: differs from attempt to attempt. */
  values: (string | null)[];
  /** Undefined as long as one attempt is all that is known: which values stay the same shows with the second. */
  text: HeaderSetText | undefined;
  /** Sets of other names that came before it for the same subscription. */
  changes: number;
}

/** Subscriptions that are remembered; beyond it the memory starts afresh. */
const MAX_REMEMBERED = 20_000;
/** A receiver that answers with other names each time would fill the table of sets: from then on it gets JSON. */
const MAX_CHANGES = 64;
/** No header's value holds one (RFC 9110, 5.5). */
const SEPARATOR = "\n";

/** What an attempt's row keeps of its headers. */
export interface EncodedHeaders {
  /** Undefined: `values` is JSON of all of them. */
  set: HeaderSetText | undefined;
  values: string;
}

const NONE: EncodedHeaders = { set: undefined, values: "[]" };

/** Learns, for each key, which values stay the same. */
export class HeaderSets<Key> {
  readonly #known = new Map<Key, HeaderSet>();

  encode(key: Key, headers: HeaderPairs): EncodedHeaders {
    if (headers.length === 0) return NONE;
    const known = this.#known.get(key);
    if (known === undefined || !hasNames(known, headers)) {
      this.#learn(key, headers, known);
      return { set: undefined, values: JSON.stringify(headers) };
    }
    if (MAX_CHANGES <= known.changes) return { set: undefined, values: JSON.stringify(headers) };
    return encodeWith(known, headers);
  }

  #learn(key: Key, headers: HeaderPairs, before: HeaderSet | undefined): void {
    if (MAX_REMEMBERED <= this.#known.size) this.#known.clear();
    this.#known.set(key, {
      names: headers.map(([name]) => name),
      values: headers.map(([, value]) => value),
      text: undefined,
      changes: before === undefined ? 0 : before.changes + 1,
    });
  }
}

function encodeWith(set: HeaderSet, headers: HeaderPairs): EncodedHeaders {
  let differs = set.text === undefined;
  for (let at = 0; at < headers.length; at++) {
    if (set.values[at] === null || set.values[at] === headers[at]![1]) continue;
    set.values[at] = null;
    differs = true;
  }
  if (differs) set.text = textOf(set);
  let values = "";
  let count = 0;
  for (let at = 0; at < headers.length; at++) {
    if (set.values[at] !== null) continue;
    const value = headers[at]![1];
    // Nobody may send such a value; one that somebody sends all the same is kept as it is.
    if (value.includes(SEPARATOR)) return { set: undefined, values: JSON.stringify(headers) };
    values = count === 0 ? value : `${values}${SEPARATOR}${value}`;
    count += 1;
  }
  return { set: set.text, values };
}

/** The opposite of `encode`. `set` null: a row that has none. */
export function decodeHeaders(set: HeaderSetText | null, values: string): HeaderPairs {
  if (set === null) return JSON.parse(values) as HeaderPairs;
  const own = values.split(SEPARATOR);
  let next = 0;
  return (JSON.parse(set) as [string, string | null][]).map(([name, value]) => [name, value ?? own[next++] ?? ""]);
}

function hasNames(set: HeaderSet, headers: HeaderPairs): boolean {
  if (set.names.length !== headers.length) return false;
  for (let at = 0; at < headers.length; at++) if (set.names[at] !== headers[at]![0]) return false;
  return true;
}

function textOf({ names, values }: HeaderSet): HeaderSetText {
  return JSON.stringify(names.map((name, at) => [name, values[at]]));
}
