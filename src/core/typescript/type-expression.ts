import { isSchemaObject, type JsonSchema, type SchemaObject } from "../json-schema/subschemas.ts";
import { docComment, literal, memberName } from "./escaped-text.ts";

/** How a type is written, and how tightly it binds: what is inside a list or an intersection may need brackets. */
interface Expression {
  text: string;
  kind: "union" | "intersection" | "single";
  /** Set for what is a list and nothing else. */
  isList?: true;
}

/** What a `$ref` stands for. */
export interface ReferenceNames {
  /** Name of the type for it; undefined: it leads to nothing that is known here. */
  nameOf(reference: string): string | undefined;
  /** Whether a type that is `this one` and nothing around it would be defined by itself: `type A = A | null`. */
  isCircular(reference: string): boolean;
}

const UNKNOWN: Expression = { text: "unknown", kind: "single" };
const NEVER: Expression = { text: "never", kind: "single" };

/** Deeper than any schema that is taken: what is below stays open. */
const MOST_NESTED = 100;

/**
 * The TypeScript type of the values that a schema allows, as far as TypeScript can say it: what it cannot (patterns,
 * lengths, `not`, `if`) is left to the validator.
 * @param indent of the line in which it begins.
 */
export function typeExpression(schema: JsonSchema, references: ReferenceNames, indent = ""): string {
  return expressionOf(schema, { references, indent, isBare: true, depth: 0 }).text;
}

interface Place {
  references: ReferenceNames;
  indent: string;
  /** Nothing stands around it yet that would make a recursive type possible. */
  isBare: boolean;
  depth: number;
}

function expressionOf(schema: JsonSchema, place: Place): Expression {
  if (schema === false) return NEVER;
  if (schema === true || MOST_NESTED < place.depth) return UNKNOWN;
  const inside = { ...place, depth: place.depth + 1 };
  const parts: Expression[] = [];
  if (typeof schema["$ref"] === "string") parts.push(referenceOf(schema["$ref"], place));
  if (typeof schema["$dynamicRef"] === "string") parts.push(referenceOf(schema["$dynamicRef"], place));
  const own = ownType(schema, inside);
  if (own !== undefined) parts.push(own);
  for (const keyword of ["anyOf", "oneOf"]) {
    const branches = schema[keyword];
    if (Array.isArray(branches) && branches.length > 0)
      parts.push(union(branches.map((entry) => branch(entry, inside))));
  }
  if (Array.isArray(schema["allOf"])) for (const entry of schema["allOf"]) parts.push(branch(entry, inside));
  return intersection(parts);
}

function branch(entry: unknown, place: Place): Expression {
  return typeof entry === "boolean" || isSchemaObject(entry) ? expressionOf(entry, place) : UNKNOWN;
}

function referenceOf(reference: string, { references, isBare }: Place): Expression {
  if (isBare && references.isCircular(reference)) return UNKNOWN;
  const name = references.nameOf(reference);
  return name === undefined ? UNKNOWN : { text: name, kind: "single" };
}

/** What the schema says by `const`, `enum` and `type`; undefined: nothing. */
function ownType(schema: SchemaObject, place: Place): Expression | undefined {
  if (Object.hasOwn(schema, "const")) return valueType(schema["const"]);
  if (Array.isArray(schema["enum"])) return union(schema["enum"].map(valueType));
  const { type } = schema;
  const types = typeof type === "string" ? [type] : Array.isArray(type) ? (type as unknown[]) : impliedTypes(schema);
  return types.length === 0 ? undefined : union(types.map((name) => namedType(name, schema, place)));
}

/** Authors leave `type` out where `properties` says enough. */
function impliedTypes(schema: SchemaObject): string[] {
  if (
    ["properties", "required", "patternProperties", "additionalProperties"].some((key) => Object.hasOwn(schema, key))
  ) {
    return ["object"];
  }
  return ["items", "prefixItems"].some((key) => Object.hasOwn(schema, key)) ? ["array"] : [];
}

function namedType(type: unknown, schema: SchemaObject, place: Place): Expression {
  switch (type) {
    case "string":
    case "boolean":
    case "null":
    case "number":
      return { text: type, kind: "single" };
    case "integer":
      return { text: "number", kind: "single" };
    case "array":
      return arrayType(schema, { ...place, isBare: false });
    case "object":
      return objectType(schema, { ...place, isBare: false });
    default:
      return UNKNOWN;
  }
}

/** The type of exactly one value. */
function valueType(value: unknown): Expression {
  if (typeof value === "string") return { text: literal(value), kind: "single" };
  if (Array.isArray(value))
    return { text: `[${value.map((entry) => valueType(entry).text).join(", ")}]`, kind: "single" };
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, member]) => `${memberName(name)}: ${valueType(member).text}`);
    return { text: members.length === 0 ? "{ [key: string]: never }" : `{ ${members.join("; ")} }`, kind: "single" };
  }
  return { text: JSON.stringify(value) ?? "unknown", kind: "single" };
}

function arrayType(schema: SchemaObject, place: Place): Expression {
  const { prefixItems, items } = schema;
  const rest = typeof items === "boolean" || isSchemaObject(items) ? expressionOf(items, place) : UNKNOWN;
  if (!Array.isArray(prefixItems) || prefixItems.length === 0)
    return { text: `${grouped(rest)}[]`, kind: "single", isList: true };
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const entries = prefixItems.map((entry, at) => {
    const entryType = branch(entry, place);
    return at < least ? entryType.text : `${grouped(entryType)}?`;
  });
  const isClosed =
    items === false || (typeof schema["maxItems"] === "number" && schema["maxItems"] <= prefixItems.length);
  if (!isClosed) entries.push(`...${grouped(rest)}[]`);
  return { text: `[${entries.join(", ")}]`, kind: "single", isList: true };
}

function objectType(schema: SchemaObject, place: Place): Expression {
  const properties = isSchemaObject(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(Array.isArray(schema["required"]) ? (schema["required"] as unknown[]) : []);
  const indent = `${place.indent}  `;
  const below = { ...place, indent };
  const members = Object.entries(properties).map(([name, property]) => {
    const mark = required.delete(name) ? "" : "?";
    const type = branch(property, below);
    const comment = isSchemaObject(property) ? docComment(descriptionOf(property), indent) : "";
    return { line: `${comment}${indent}${memberName(name)}${mark}: ${type.text};\n`, type, isOptional: mark !== "" };
  });
  // Named as needed, and described nowhere.
  for (const name of required) {
    if (typeof name !== "string") continue;
    members.push({ line: `${indent}${memberName(name)}: unknown;\n`, type: UNKNOWN, isOptional: false });
  }
  const index = indexType(schema, below, members);
  const lines = [
    ...members.map(({ line }) => line),
    ...(index === undefined ? [] : [`${indent}[key: string]: ${index};\n`]),
  ];
  if (lines.length === 0) {
    return {
      text: schema["additionalProperties"] === false ? "{ [key: string]: never }" : "{ [key: string]: unknown }",
      kind: "single",
    };
  }
  return { text: `{\n${lines.join("")}${place.indent}}`, kind: "single" };
}

/** The type of members that are not named; undefined: the schema names none, and a slip in a name should be seen. */
function indexType(
  schema: SchemaObject,
  place: Place,
  members: readonly { type: Expression; isOptional: boolean }[],
): string | undefined {
  const { additionalProperties: additional, patternProperties: patterns } = schema;
  const open: Expression[] = isSchemaObject(patterns)
    ? Object.values(patterns).map((entry) => branch(entry, place))
    : [];
  if (additional === true) open.push(UNKNOWN);
  else if (isSchemaObject(additional)) open.push(expressionOf(additional, place));
  if (open.length === 0) return undefined;
  // An index must take what the named members are, too.
  const all = union([
    ...open,
    ...members.map(({ type }) => type),
    ...(members.some(({ isOptional }) => isOptional) ? [{ text: "undefined", kind: "single" } as const] : []),
  ]);
  return all.text;
}

/** What a doc comment says of a schema. */
export function descriptionOf(schema: SchemaObject): string[] {
  const { title, description, format, deprecated } = schema;
  const words = [description, title].find((text): text is string => typeof text === "string" && text !== "");
  return [
    ...(words === undefined ? [] : [words]),
    ...(typeof format === "string" ? [`Format: ${format}`] : []),
    ...(deprecated === true ? ["@deprecated"] : []),
  ];
}

function union(branches: readonly Expression[]): Expression {
  const texts = distinct(branches.filter(({ text }) => text !== "never"));
  if (texts.some(({ text }) => text === "unknown")) return UNKNOWN;
  const [only] = texts;
  if (only === undefined) return NEVER;
  if (texts.length === 1) return only;
  return {
    text: texts.map((part) => (part.kind === "intersection" ? `(${part.text})` : part.text)).join(" | "),
    kind: "union",
  };
}

function intersection(parts: readonly Expression[]): Expression {
  const given = distinct(parts.filter(({ text }) => text !== "unknown"));
  // A list that is an object, too, or another list, is nothing that JSON has, and the compiler cannot always follow it.
  const texts = given.filter(
    ({ isList }, at) => isList !== true || given.length === 1 || (at === 0 && given.every((part) => part.isList)),
  );
  const [only] = texts;
  if (only === undefined) return UNKNOWN;
  if (texts.length === 1) return only;
  return {
    text: texts.map((part) => (part.kind === "union" ? `(${part.text})` : part.text)).join(" & "),
    kind: "intersection",
  };
}

function grouped(expression: Expression): string {
  return expression.kind === "single" ? expression.text : `(${expression.text})`;
}

function distinct(expressions: readonly Expression[]): Expression[] {
  return [...new Map(expressions.map((expression) => [expression.text, expression])).values()];
}
