/** Schemas and values drawn from a small world, so that they meet often. */

export type Draw = () => number;

/** mulberry32 */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = ["a", "b", "ab", "c", "constructor"];
const TYPES = ["null", "boolean", "object", "array", "number", "string", "integer"];
const PATTERNS = ["^a", "b$", "^[ab]+$", "a|c", ".", "^(?:ab?)*$", "\\bab\\b", "[^a-b]{1,2}"];
const SCALARS = [null, true, false, 0, 1, 2, 1.5, -3, 10, "", "a", "ab", "abc", "€😀"];

const pick = <T>(draw: Draw, from: readonly T[]): T => from[Math.floor(draw() * from.length)]!;
const upTo = (draw: Draw, most: number): number => Math.floor(draw() * (most + 1));
const list = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const map = (draw: Draw, names: readonly string[], most: number, make: () => unknown): object =>
  Object.fromEntries(list(upTo(draw, most), () => [pick(draw, names), make()]));
const some = (draw: Draw, names: readonly string[]): string[] => [
  ...new Set(list(upTo(draw, 2), () => pick(draw, names))),
];

export function makeValue(draw: Draw, depth = 0): unknown {
  const kind = draw();
  if (kind < 0.4 || 3 < depth) return pick(draw, SCALARS);
  if (kind < 0.65) return list(upTo(draw, 3), () => makeValue(draw, depth + 1));
  return map(draw, NAMES, 3, () => makeValue(draw, depth + 1));
}

const KEYWORDS: Readonly<Record<string, (draw: Draw, inner: () => unknown) => unknown>> = {
  type: (draw) => (draw() < 0.6 ? pick(draw, TYPES) : [...new Set(list(1 + upTo(draw, 2), () => pick(draw, TYPES)))]),
  const: (draw) => makeValue(draw, 2),
  enum: (draw) => list(1 + upTo(draw, 3), () => makeValue(draw, 2)),
  minimum: (draw) => upTo(draw, 4) - 2,
  exclusiveMaximum: (draw) => upTo(draw, 4),
  multipleOf: (draw) => pick(draw, [1, 2, 0.5]),
  minLength: (draw) => upTo(draw, 3),
  maxLength: (draw) => upTo(draw, 3),
  pattern: (draw) => pick(draw, PATTERNS),
  minItems: (draw) => upTo(draw, 3),
  maxItems: (draw) => upTo(draw, 3),
  uniqueItems: (draw) => draw() < 0.8,
  prefixItems: (draw, inner) => list(1 + upTo(draw, 1), inner),
  items: (_, inner) => inner(),
  contains: (_, inner) => inner(),
  minContains: (draw) => upTo(draw, 2),
  maxContains: (draw) => upTo(draw, 2),
  properties: (draw, inner) => map(draw, NAMES, 3, inner),
  patternProperties: (draw, inner) => map(draw, PATTERNS, 2, inner),
  additionalProperties: (_, inner) => inner(),
  propertyNames: (_, inner) => inner(),
  minProperties: (draw) => upTo(draw, 2),
  maxProperties: (draw) => upTo(draw, 3),
  required: (draw) => some(draw, NAMES),
  dependentRequired: (draw) => map(draw, NAMES, 2, () => some(draw, NAMES)),
  dependentSchemas: (draw, inner) => map(draw, NAMES, 2, inner),
  allOf: (draw, inner) => list(1 + upTo(draw, 1), inner),
  anyOf: (draw, inner) => list(1 + upTo(draw, 2), inner),
  oneOf: (draw, inner) => list(1 + upTo(draw, 2), inner),
  not: (_, inner) => inner(),
  if: (_, inner) => inner(),
  else: (_, inner) => inner(),
  unevaluatedProperties: (_, inner) => inner(),
  unevaluatedItems: (_, inner) => inner(),
  $ref: (draw) => pick(draw, ["#/$defs/one", "#/$defs/two", "#two"]),
};

function makeInner(draw: Draw, depth: number): unknown {
  if (4 < depth || draw() < 0.15) return draw() < 0.6;
  const chosen = list(1 + upTo(draw, 2), () => pick(draw, Object.keys(KEYWORDS)));
  if (chosen.includes("if")) chosen.push("then", "else");
  return Object.fromEntries(
    chosen.map((word) => [word, (KEYWORDS[word] ?? KEYWORDS["else"]!)(draw, () => makeInner(draw, depth + 1))]),
  );
}

/** A whole document: with two definitions that its references name. */
export function makeSchema(draw: Draw): object {
  const two = makeInner(draw, 1);
  return {
    allOf: [makeInner(draw, 0)],
    $defs: { one: makeInner(draw, 1), two: typeof two === "object" ? { $anchor: "two", ...two } : { $anchor: "two" } },
  };
}
