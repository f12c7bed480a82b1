import { formatFragment, parseFragment, valueAt } from "./json-pointer.ts";
import { isSchema, isSchemaObject, type JsonSchema, mapSubschemas, type SchemaObject } from "./subschemas.ts";

/** Says what is wrong at a place of the document; what cannot go on throws. */
export type Refuse = (path: readonly string[], message: string) => Error;

const NAME_CHARACTERS = /[^A-Za-z0-9_.-]+/g;

/**
 * Takes one schema out of a document so that it stands for itself: references into itself are named from its new root,
 * and what it refers to elsewhere in the document comes along in `$defs`. A part with an `$id` of its own keeps its
 * references: they are meant from there.
 *
 * @param path where the schema stands in `document`.
 * @throws what `refuse` makes of a reference to another document or to nothing.
 */
export function takeSchemaOut(document: unknown, path: readonly string[], refuse: Refuse): JsonSchema {
  const { root, schema } = follow(document, path, refuse);
  if (typeof schema === "boolean") return schema;
  const taken = new Map<string, string>();
  const definitions: [string, JsonSchema][] = [];
  const usedNames = new Set(isSchemaObject(schema["$defs"]) ? Object.keys(schema["$defs"]) : []);

  const nameOf = (target: readonly string[]): string => {
    const base = (target.at(-1) ?? "").replace(NAME_CHARACTERS, "_") || "schema";
    let name = base;
    for (let count = 2; usedNames.has(name); count++) name = `${base}_${count}`;
    usedNames.add(name);
    return name;
  };

  const bring = (target: readonly string[], from: readonly string[]): string => {
    const key = formatFragment(target);
    const known = taken.get(key);
    if (known !== undefined) return known;
    const found = valueAt(document, target);
    if (!isSchema(found)) throw refuse(from, `$ref ${key} leads to no schema`);
    const name = nameOf(target);
    const reference = formatFragment(["$defs", name]);
    // Known before its own references are looked at: it may refer to itself.
    taken.set(key, reference);
    const slot: [string, JsonSchema] = [name, true];
    definitions.push(slot);
    slot[1] = rewrite(found, target);
    return reference;
  };

  const rewrite = (part: JsonSchema, at: readonly string[]): JsonSchema => {
    if (!isSchemaObject(part)) return part;
    if (hasOwnBase(part)) {
      checkOwnBase(part, at, refuse);
      return part;
    }
    const inside = mapSubschemas(part, (subschema, below) => rewrite(subschema, [...at, ...below]));
    if (typeof part["$ref"] !== "string") return inside;
    return { ...inside, $ref: moved(part["$ref"], [...at, "$ref"]) };
  };

  const moved = (reference: string, from: readonly string[]): string => {
    const target = parseFragment(reference);
    if (target === undefined) {
      if (reference.startsWith("#") && hasAnchor(schema, reference.slice(1))) return reference;
      throw refuse(from, remoteMessage(reference));
    }
    const isInside = root.length <= target.length && root.every((segment, at) => target[at] === segment);
    if (isInside) {
      if (!isSchema(valueAt(document, target))) throw refuse(from, `$ref ${reference} leads to no schema`);
      return formatFragment(target.slice(root.length));
    }
    return bring(target, from);
  };

  const body = rewrite(schema, root) as SchemaObject;
  if (definitions.length === 0) return body;
  const own = isSchemaObject(body["$defs"]) ? Object.entries(body["$defs"]) : [];
  return { ...body, $defs: Object.fromEntries([...own, ...definitions]) };
}

/** The schema at a place, or where a `$ref` that stands there alone leads, as often as one does. */
function follow(
  document: unknown,
  path: readonly string[],
  refuse: Refuse,
): { root: readonly string[]; schema: JsonSchema } {
  let root = path;
  const seen = new Set<string>();
  for (;;) {
    const schema = valueAt(document, root);
    if (!isSchema(schema)) throw refuse(root, "must be a schema: an object, true or false");
    if (typeof schema === "boolean" || typeof schema["$ref"] !== "string" || Object.keys(schema).length !== 1) {
      return { root, schema };
    }
    const target = parseFragment(schema["$ref"]);
    if (target === undefined) throw refuse([...root, "$ref"], remoteMessage(schema["$ref"]));
    if (seen.has(formatFragment(target))) throw refuse([...root, "$ref"], "$ref leads back to itself");
    seen.add(formatFragment(target));
    if (!isSchema(valueAt(document, target))) {
      throw refuse([...root, "$ref"], `$ref ${schema["$ref"]} leads to no schema`);
    }
    root = target;
  }
}

/**
 * The same schema as it must be written when it stands at `root` of a larger document: the way back of `takeSchemaOut`.
 */
export function putSchemaInto(schema: JsonSchema, root: readonly string[]): JsonSchema {
  if (!isSchemaObject(schema) || hasOwnBase(schema)) return schema;
  const inside = mapSubschemas(schema, (subschema) => putSchemaInto(subschema, root));
  const target = typeof schema["$ref"] === "string" ? parseFragment(schema["$ref"]) : undefined;
  return target === undefined ? inside : { ...inside, $ref: formatFragment([...root, ...target]) };
}

function hasOwnBase(schema: SchemaObject): boolean {
  return typeof schema["$id"] === "string" && !schema["$id"].startsWith("#");
}

/** A part with a base of its own may refer to itself only. */
function checkOwnBase(schema: SchemaObject, at: readonly string[], refuse: Refuse): void {
  const base = String(schema["$id"]).replace(/#$/, "");
  const check = (part: JsonSchema, path: readonly string[]): JsonSchema => {
    if (!isSchemaObject(part)) return part;
    const reference = part["$ref"];
    if (typeof reference === "string" && !reference.startsWith("#") && !reference.startsWith(`${base}#`)) {
      if (reference !== base) throw refuse([...path, "$ref"], remoteMessage(reference));
    }
    return mapSubschemas(part, (subschema, below) => check(subschema, [...path, ...below]));
  };
  check(schema, at);
}

function hasAnchor(schema: JsonSchema, name: string): boolean {
  if (!isSchemaObject(schema)) return false;
  if (schema["$anchor"] === name || schema["$dynamicAnchor"] === name || schema["$id"] === `#${name}`) return true;
  let found = false;
  mapSubschemas(schema, (subschema) => {
    found ||= hasAnchor(subschema, name);
    return subschema;
  });
  return found;
}

function remoteMessage(reference: string): string {
  const shown = reference.length > 200 ? `${reference.slice(0, 200)}…` : reference;
  return `$ref ${JSON.stringify(shown)} leads out of this document, and nothing is fetched: put what it names into the document`;
}
