import { EVENT_TYPE_MAX_LENGTH, EVENT_TYPE_PATTERN } from "../../event.ts";
import { SCHEMA_DIALECT } from "../../json-schema/infer-schema.ts";
import { formatFragment } from "../../json-schema/json-pointer.ts";
import { putSchemaInto, takeSchemaOut } from "../../json-schema/local-references.ts";
import { toDraft2020 } from "../../json-schema/older-drafts.ts";
import { isSchemaObject, type JsonSchema, type SchemaObject } from "../../json-schema/subschemas.ts";
import { bareType, type TypeDefinition } from "../type-definition.ts";
import { documentKeys, inOrder } from "./document-keys.ts";
import { DocumentProblem, type DocumentProblems, type TypeDocument } from "./document-problems.ts";
import { EXTENSION, extensionOf, readExtension } from "./event-type-extension.ts";
import { oneLine } from "./foreign-text.ts";

/** Marks a document whose `$defs` are event types, each under its name. */
const BUNDLE = "x-hooks-event-types";
/** Beside the extension: which members the export put there for other tools; the rest is the type's own schema. */
const ADDED = "x-hooks-added";
/** What stands in ADDED for a type whose schema is no object. */
const NO_OBJECTS: readonly (readonly [string, boolean | null])[] = [
  ["schema:null", null],
  ["schema:true", true],
  ["schema:false", false],
];

/** One type from a JSON Schema, or those of a bundle that hooks wrote. */
export function typesOfJsonSchema(document: TypeDocument, problems: DocumentProblems): TypeDefinition[] {
  const { value } = document;
  if (isSchemaObject(value) && value[BUNDLE] === true) {
    const definitions = value["$defs"];
    if (!isSchemaObject(definitions)) {
      problems.add(new DocumentProblem(document, ["$defs"], "must be an object of schemas"));
      return [];
    }
    return Object.keys(definitions).flatMap((name) => problems.noting(() => typeAt(document, ["$defs", name])) ?? []);
  }
  return [problems.noting(() => typeAt(document, []))].filter((type) => type !== undefined);
}

function typeAt(document: TypeDocument, path: readonly string[]): TypeDefinition {
  const refuse = (at: readonly string[], message: string) => new DocumentProblem(document, at, message);
  const schema = takeSchemaOut(document.value, path, refuse);
  if (!isSchemaObject(schema)) {
    // True or false: a schema, of which only the file's name says what it is for.
    return { ...bareType(nameOfFile(document, path)), schema };
  }
  const details = readExtension(document, path, schema);
  if (details === undefined) return plainType(document, path, toDraft2020(schema) as SchemaObject);
  const added = Array.isArray(schema[ADDED]) ? (schema[ADDED] as unknown[]) : [];
  const none = NO_OBJECTS.find(([mark]) => added.includes(mark));
  if (none !== undefined) return { ...details, schema: none[1] };
  const own = Object.entries(schema).filter(([key]) => key !== EXTENSION && key !== ADDED && !added.includes(key));
  return { ...details, schema: Object.fromEntries(own) };
}

/** From a schema that knows nothing of event types. */
function plainType(document: TypeDocument, path: readonly string[], schema: SchemaObject): TypeDefinition {
  const { $id, title, description, examples, deprecated } = schema;
  const name =
    [typeof $id === "string" ? nameInId($id) : undefined, title].find(
      (candidate): candidate is string => typeof candidate === "string" && isTypeName(candidate),
    ) ?? nameOfFile(document, path);
  return {
    ...bareType(name),
    description: typeof description === "string" ? oneLine(description) : "",
    schema,
    example: Array.isArray(examples) ? (examples[0] as unknown) : undefined,
    deprecated: deprecated === true,
  };
}

/** `https://example.com/schemas/invoice.paid.schema.json` and `urn:example:invoice.paid` → `invoice.paid` */
function nameInId(id: string): string {
  const last =
    id
      .replace(/[#?].*$/, "")
      .split(/[/:]/)
      .at(-1) ?? "";
  return withoutEnding(last);
}

function nameOfFile(document: TypeDocument, path: readonly string[]): string {
  const name = path.at(-1) ?? withoutEnding(document.name.split(/[/\\]/).at(-1) ?? "");
  if (isTypeName(name)) return name;
  throw new DocumentProblem(
    document,
    path,
    'no event type is named: neither $id, nor title, nor the name of the file is one (A-Z, a-z, 0-9, "_" and "-", joined by dots)',
  );
}

function withoutEnding(name: string): string {
  return name.replace(/(?:[.-]schema)?\.(?:json|ya?ml)$/i, "");
}

function isTypeName(text: string): boolean {
  return text.length <= EVENT_TYPE_MAX_LENGTH && EVENT_TYPE_PATTERN.test(text);
}

/** One type as a JSON Schema document of its own, for other tools and for reading back. */
export function toJsonSchema(type: TypeDefinition): SchemaObject {
  const own = isSchemaObject(type.schema) ? type.schema : undefined;
  const forOthers: [string, unknown][] = [
    ["$schema", SCHEMA_DIALECT],
    ["title", type.name],
    ...(type.description === "" ? [] : [["description", type.description] as [string, unknown]]),
    ...(type.deprecated ? [["deprecated", true] as [string, unknown]] : []),
    ...(type.example === undefined ? [] : [["examples", [type.example]] as [string, unknown]]),
    // `true` and `false` have no place for a title: the same as objects.
    ...(type.schema === false ? [["not", {}] as [string, unknown]] : []),
  ];
  const added = forOthers.filter(([key]) => own === undefined || !Object.hasOwn(own, key));
  const marks = NO_OBJECTS.flatMap(([mark, value]) => (type.schema === value ? [mark] : []));
  return {
    ...Object.fromEntries(added),
    ...own,
    [EXTENSION]: extensionOf(type),
    [ADDED]: [...added.map(([key]) => key), ...marks],
  };
}

/** Several types in one document. */
export function toJsonSchemaBundle(types: readonly TypeDefinition[]): SchemaObject {
  const ordered = inOrder(types);
  const keys = documentKeys(ordered);
  const definitions = ordered.map((type, at): [string, JsonSchema] => {
    const key = keys[at] ?? type.name;
    return [key, putSchemaInto(toJsonSchema(type), ["$defs", key])];
  });
  return {
    $schema: SCHEMA_DIALECT,
    $comment: `Event types, each under its name: ${formatFragment(["$defs", keys[0] ?? "name"])}`,
    [BUNDLE]: true,
    $defs: Object.fromEntries(definitions),
  };
}
