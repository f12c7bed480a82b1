// Data made from a schema, for test events: everything that the schema names, in a plausible form. Best effort: what comes
// out is judged by the schema, and made anew when it does not fit.

import type { JsonValue } from "../json-value.ts";
import { JsonSchema } from "./json-schema.ts";
import { SampleMaker } from "./sample-maker.ts";
import { SchemaDocument } from "./schema-document.ts";

const MOST_TRIES = 60;

/**
 * Undefined when no data was found that fits. The same seed gives the same data.
 * @param seed a whole number
 * @throws HooksError `invalid_request` for what is no schema
 */
export function sampleOfSchema(schema: unknown, seed: number): JsonValue | undefined {
  const judge = new JsonSchema(schema, "schema");
  const document = new SchemaDocument(schema, "schema");
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const value = new SampleMaker(document, seededRandom(seed + attempt * 7_919), attempt).make();
    if (value === undefined) continue;
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (judge.misfitOf(value, "data", bytes) === undefined) return value;
  }
  return undefined;
}

/** mulberry32: uniform in [0, 1). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
