// Documents of webhooks describe whole bodies; the catalogue describes an event's data. Where a body is an envelope, a
// member that names the type beside one that is called `data`, the data is what is taken.

import { parseFragment, valueAt } from "../../json-schema/json-pointer.ts";
import { isSchemaObject, type JsonSchema, type SchemaObject } from "../../json-schema/subschemas.ts";

/** What the five systems and the common standards call the member that holds the type. */
const TYPE_MEMBERS = ["type", "event", "event_type"];
const MOST_STEPS = 64;

export interface Envelope {
  /** Where the schema of its data stands. */
  dataPath: readonly string[];
  /** The one type that its body can have; undefined: it does not say. */
  type: string | undefined;
}

/** Undefined: the schema at `path` is not one of an envelope. */
export function envelopeAt(document: unknown, path: readonly string[]): Envelope | undefined {
  const budget = { steps: MOST_STEPS };
  const dataPath = memberPath(document, path, "data", budget);
  if (dataPath === undefined) return undefined;
  for (const name of TYPE_MEMBERS) {
    const typePath = memberPath(document, path, name, budget);
    if (typePath === undefined) continue;
    return { dataPath, type: onlyText(followed(document, typePath)?.schema) };
  }
  return undefined;
}

/** Where the schema of a member stands: in `properties`, or in those of an `allOf`, of which the last one counts. */
function memberPath(
  document: unknown,
  path: readonly string[],
  name: string,
  budget: { steps: number },
): readonly string[] | undefined {
  budget.steps--;
  const found = budget.steps < 0 ? undefined : followed(document, path);
  if (found === undefined) return undefined;
  const { properties, allOf } = found.schema;
  if (isSchemaObject(properties) && Object.hasOwn(properties, name)) return [...found.path, "properties", name];
  if (!Array.isArray(allOf)) return undefined;
  for (let at = allOf.length - 1; at >= 0; at--) {
    const inside = memberPath(document, [...found.path, "allOf", String(at)], name, budget);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function followed(
  document: unknown,
  path: readonly string[],
): { path: readonly string[]; schema: SchemaObject } | undefined {
  let at = path;
  for (let step = 0; step < MOST_STEPS; step++) {
    const schema = valueAt(document, at);
    if (!isSchemaObject(schema)) return undefined;
    const target = typeof schema["$ref"] === "string" ? parseFragment(schema["$ref"]) : undefined;
    if (target === undefined) return { path: at, schema };
    at = target;
  }
  return undefined;
}

function onlyText(schema: SchemaObject | undefined): string | undefined {
  const { const: constant, enum: words } = schema ?? {};
  const only = constant ?? (Array.isArray(words) && words.length === 1 ? words[0] : undefined);
  return typeof only === "string" ? only : undefined;
}

/** The schema of the body in profile `standard`. `data`: the schema of the event's data. */
export function envelopeSchema(type: string, data: JsonSchema): SchemaObject {
  return {
    type: "object",
    properties: {
      type: { type: "string", const: type },
      timestamp: { type: "string", format: "date-time", description: "when it happened" },
      data,
    },
    required: ["type", "timestamp", "data"],
  };
}

/** A body like it, with the example of the data. */
export function envelopeExample(type: string, data: unknown): object {
  return { type, timestamp: "2026-01-31T12:00:00.000Z", data };
}
