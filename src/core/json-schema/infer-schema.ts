import type { SchemaObject } from "./subschemas.ts";
import { hasFormat, TEXT_FORMATS, type TextFormat } from "./text-formats.ts";

export const SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** A list of values is taken for closed when each was seen this often on average … */
const ENUM_REPEATS = 4;
/** … and all together at least this often. */
const ENUM_MIN_SAMPLES = 8;
const ENUM_MAX_VALUES = 10;
/** What a state or a kind looks like: an id or a sentence does not. */
const ENUM_WORD = /^[A-Za-z][A-Za-z_.-]{0,39}$/;
/** With more names than this an object is a table of entries whose names are data. */
const MAX_MEMBERS = 100;

/** What was seen at one place of the samples. */
interface Seen {
  samples: number;
  nulls: number;
  booleans: number;
  integers: number;
  fractions: number;
  texts: SeenTexts | undefined;
  objects: SeenObjects | undefined;
  /** Entries of all arrays that stood here, together; with the number of arrays. */
  arrays: { count: number; entries: Seen } | undefined;
}

interface SeenTexts {
  count: number;
  formats: ReadonlySet<TextFormat>;
  /** Undefined: too many, or none of a closed list. */
  words: Set<string> | undefined;
}

interface SeenObjects {
  count: number;
  /** Undefined: too many to be names of members. */
  members: Map<string, Seen> | undefined;
  /** All members together, once there are too many. */
  anyMember: Seen | undefined;
}

/**
 * A JSON Schema that all samples pass: types, which members are always there, formats of texts, lists of few values.
 * What the samples do not say stays open: other members are allowed.
 * @param samples parsed JSON, at least one.
 */
export function inferSchema(samples: readonly unknown[]): SchemaObject {
  const seen = nothingSeen();
  for (const sample of samples) look(seen, sample);
  const count = samples.length === 1 ? "1 event" : `${samples.length} events`;
  return { $schema: SCHEMA_DIALECT, $comment: `inferred from ${count}`, ...schemaOf(seen) };
}

function nothingSeen(): Seen {
  return {
    samples: 0,
    nulls: 0,
    booleans: 0,
    integers: 0,
    fractions: 0,
    texts: undefined,
    objects: undefined,
    arrays: undefined,
  };
}

function look(seen: Seen, value: unknown): void {
  seen.samples++;
  if (value === null) seen.nulls++;
  else if (typeof value === "boolean") seen.booleans++;
  else if (Number.isInteger(value)) seen.integers++;
  else if (typeof value === "number") seen.fractions++;
  else if (typeof value === "string") seen.texts = lookAtText(seen.texts, value);
  else if (Array.isArray(value)) {
    seen.arrays ??= { count: 0, entries: nothingSeen() };
    seen.arrays.count++;
    for (const entry of value) look(seen.arrays.entries, entry);
  } else if (typeof value === "object") seen.objects = lookAtObject(seen.objects, value);
}

function lookAtText(texts: SeenTexts | undefined, text: string): SeenTexts {
  const before = texts ?? { count: 0, formats: new Set(TEXT_FORMATS), words: new Set<string>() };
  const words = ENUM_WORD.test(text) ? before.words?.add(text) : undefined;
  return {
    count: before.count + 1,
    formats: before.formats.size === 0 ? before.formats : keep(before.formats, (format) => hasFormat(text, format)),
    words: words !== undefined && words.size <= ENUM_MAX_VALUES ? words : undefined,
  };
}

function lookAtObject(objects: SeenObjects | undefined, value: object): SeenObjects {
  const seen = objects ?? { count: 0, members: new Map<string, Seen>(), anyMember: undefined };
  seen.count++;
  for (const [name, member] of Object.entries(value)) {
    if (seen.members === undefined) {
      seen.anyMember ??= nothingSeen();
      look(seen.anyMember, member);
      continue;
    }
    const known = seen.members.get(name) ?? nothingSeen();
    seen.members.set(name, known);
    look(known, member);
    if (MAX_MEMBERS < seen.members.size) {
      seen.anyMember = [...seen.members.values()].reduce(merged);
      seen.members = undefined;
    }
  }
  return seen;
}

/** What was seen at two places, as if it had been one. */
function merged(one: Seen, other: Seen): Seen {
  return {
    samples: one.samples + other.samples,
    nulls: one.nulls + other.nulls,
    booleans: one.booleans + other.booleans,
    integers: one.integers + other.integers,
    fractions: one.fractions + other.fractions,
    texts: both(one.texts, other.texts, (a, b) => {
      const words = a.words === undefined || b.words === undefined ? undefined : new Set([...a.words, ...b.words]);
      return {
        count: a.count + b.count,
        formats: keep(a.formats, (format) => b.formats.has(format)),
        words: words !== undefined && words.size <= ENUM_MAX_VALUES ? words : undefined,
      };
    }),
    objects: both(one.objects, other.objects, mergedObjects),
    arrays: both(one.arrays, other.arrays, (a, b) => ({
      count: a.count + b.count,
      entries: merged(a.entries, b.entries),
    })),
  };
}

function mergedObjects(one: SeenObjects, other: SeenObjects): SeenObjects {
  const count = one.count + other.count;
  if (one.members !== undefined && other.members !== undefined) {
    const members = new Map(one.members);
    for (const [name, seen] of other.members) members.set(name, both(members.get(name), seen, merged)!);
    if (members.size <= MAX_MEMBERS) return { count, members, anyMember: undefined };
  }
  const all = [one, other].flatMap(({ members, anyMember }) => [
    ...(members?.values() ?? []),
    ...(anyMember === undefined ? [] : [anyMember]),
  ]);
  return { count, members: undefined, anyMember: all.length === 0 ? undefined : all.reduce(merged) };
}

function schemaOf(seen: Seen): SchemaObject {
  const { texts, objects, arrays } = seen;
  const types = [
    ...(objects === undefined ? [] : ["object"]),
    ...(arrays === undefined ? [] : ["array"]),
    ...(texts === undefined ? [] : ["string"]),
    ...(seen.fractions > 0 ? ["number"] : seen.integers > 0 ? ["integer"] : []),
    ...(seen.booleans > 0 ? ["boolean"] : []),
    ...(seen.nulls > 0 ? ["null"] : []),
  ];
  // The entries of arrays that were all empty: anything may come.
  if (types.length === 0) return {};
  return {
    type: types.length === 1 ? types[0] : types,
    ...(texts === undefined ? {} : textKeywords(texts, types)),
    ...(objects === undefined ? {} : objectKeywords(objects)),
    ...(arrays === undefined || arrays.entries.samples === 0 ? {} : { items: schemaOf(arrays.entries) }),
  };
}

function textKeywords({ count, formats, words }: SeenTexts, types: readonly string[]): SchemaObject {
  // Of two that fit (none do today) the first in the table is the narrower one.
  const [format] = formats;
  if (format !== undefined) return { format };
  const isClosed =
    words !== undefined && words.size > 1 && ENUM_MIN_SAMPLES <= count && words.size * ENUM_REPEATS <= count;
  // `enum` is about every value, of whatever type.
  if (!isClosed || types.some((type) => type !== "string" && type !== "null")) return {};
  return { enum: [...words].sort().concat(types.includes("null") ? [null as never] : []) };
}

function objectKeywords({ count, members, anyMember }: SeenObjects): SchemaObject {
  if (members === undefined) {
    return { additionalProperties: anyMember === undefined ? true : schemaOf(anyMember) };
  }
  const required = [...members].filter(([, seen]) => seen.samples === count).map(([name]) => name);
  return {
    properties: Object.fromEntries([...members].map(([name, seen]) => [name, schemaOf(seen)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: true,
  };
}

function keep<T>(set: ReadonlySet<T>, test: (entry: T) => boolean): Set<T> {
  return new Set([...set].filter(test));
}

function both<T>(one: T | undefined, other: T | undefined, combine: (one: T, other: T) => T): T | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return combine(one, other);
}
