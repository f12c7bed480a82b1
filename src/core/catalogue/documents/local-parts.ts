import { parseFragment, valueAt } from "../../json-schema/json-pointer.ts";
import { isSchemaObject, type SchemaObject } from "../../json-schema/subschemas.ts";
import { DocumentProblem, type TypeDocument } from "./document-problems.ts";

/** An object of a document and where it stands, after following the `$ref` that stood in its place. */
export interface LocalPart {
  path: readonly string[];
  value: SchemaObject;
}

const MOST_STEPS = 32;

/** @throws DocumentProblem when there is no object, or a `$ref` leads out of the document, to nothing or in a circle. */
export function partAt(document: TypeDocument, path: readonly string[]): LocalPart {
  let at = path;
  for (let step = 0; step < MOST_STEPS; step++) {
    const value = valueAt(document.value, at);
    if (!isSchemaObject(value)) throw new DocumentProblem(document, at, "must be an object");
    if (typeof value["$ref"] !== "string") return { path: at, value };
    const target = parseFragment(value["$ref"]);
    const from = [...at, "$ref"];
    if (target === undefined) {
      throw new DocumentProblem(
        document,
        from,
        "$ref leads out of this document, and nothing is fetched: put what it names into the document",
      );
    }
    if (!isSchemaObject(valueAt(document.value, target))) {
      throw new DocumentProblem(document, from, `$ref ${value["$ref"]} leads to nothing`);
    }
    at = target;
  }
  throw new DocumentProblem(document, path, "$ref leads in a circle");
}

/** The same for a member that may be missing. */
export function partOf(document: TypeDocument, part: LocalPart, name: string): LocalPart | undefined {
  return Object.hasOwn(part.value, name) ? partAt(document, [...part.path, name]) : undefined;
}

/** A member that is a text, else undefined. */
export function textOf(value: SchemaObject, name: string): string | undefined {
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof member === "string" ? member : undefined;
}
