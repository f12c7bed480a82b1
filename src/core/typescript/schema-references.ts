import { formatFragment, parseFragment, valueAt } from "../json-schema/json-pointer.ts";
import {
  isSchema,
  isSchemaObject,
  type JsonSchema,
  type SchemaObject,
  visitSchemas,
} from "../json-schema/subschemas.ts";
import type { ReferenceNames } from "./type-expression.ts";
import type { TypeNames } from "./type-names.ts";

/** A part of a schema that gets a type of its own, because something refers to it. */
export interface NamedPart {
  name: string;
  schema: JsonSchema;
}

/** The types that one event type's schema needs: the root's, and one for each part that a `$ref` names. */
export class SchemaReferences {
  readonly #root: JsonSchema;
  /** Normalized reference → part. */
  readonly #parts = new Map<string, NamedPart>();
  /** The one that is being written. */
  #current = "#";

  /** @param rootName already given to the root. */
  constructor(root: JsonSchema, rootName: string, names: TypeNames) {
    this.#root = root;
    this.#parts.set("#", { name: rootName, schema: root });
    visitSchemas(root, (schema) => {
      for (const reference of referencesIn(schema)) {
        const key = this.#keyOf(reference);
        if (key === undefined || this.#parts.has(key)) continue;
        const path = parseFragment(key) ?? [];
        const target = valueAt(this.#root, path);
        if (isSchema(target)) {
          this.#parts.set(key, { name: names.give(`${rootName} ${path.at(-1) ?? ""}`), schema: target });
        }
      }
    });
  }

  /** Root first. */
  *parts(): Generator<NamedPart & { references: ReferenceNames }> {
    for (const [key, part] of this.#parts) {
      this.#current = key;
      yield { ...part, references: this.#names() };
    }
  }

  #names(): ReferenceNames {
    const current = this.#current;
    return {
      nameOf: (reference) => this.#parts.get(this.#keyOf(reference) ?? "")?.name,
      isCircular: (reference) => this.#reaches(this.#keyOf(reference), current, new Set()),
    };
  }

  /** Whether the type of `from` is, with nothing around it, that of `to`. */
  #reaches(from: string | undefined, to: string, seen: Set<string>): boolean {
    if (from === undefined) return false;
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    const part = this.#parts.get(from);
    if (part === undefined) return false;
    return bareReferences(part.schema).some((reference) => this.#reaches(this.#keyOf(reference), to, seen));
  }

  /** One way of writing each; undefined for what leads out of the schema. */
  #keyOf(reference: string): string | undefined {
    const path = parseFragment(reference);
    if (path !== undefined) return formatFragment(path);
    const base = isSchemaObject(this.#root) ? this.#root["$id"] : undefined;
    if (typeof base === "string" && base !== "" && reference.startsWith(`${base}#`)) {
      return this.#keyOf(reference.slice(base.length));
    }
    return reference.startsWith("#") ? this.#anchorKey(reference.slice(1)) : undefined;
  }

  #anchorKey(anchor: string): string | undefined {
    let found: string | undefined;
    visitSchemas(this.#root, (schema, path) => {
      if (schema["$anchor"] === anchor || schema["$dynamicAnchor"] === anchor) found ??= formatFragment(path);
    });
    return found;
  }
}

function referencesIn(schema: SchemaObject): string[] {
  return [schema["$ref"], schema["$dynamicRef"]].filter((reference) => typeof reference === "string");
}

/** References that stand outside of every object and list: those of the schema itself and of its alternatives. */
function bareReferences(schema: JsonSchema): string[] {
  if (!isSchemaObject(schema)) return [];
  const branches = ["anyOf", "oneOf", "allOf"].flatMap((keyword) => {
    const entries = schema[keyword];
    return Array.isArray(entries) ? entries.filter(isSchema) : [];
  });
  return [...referencesIn(schema), ...branches.flatMap(bareReferences)];
}
