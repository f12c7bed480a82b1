import { isSchemaObject } from "../../json-schema/subschemas.ts";
import type { TypeDefinition } from "../type-definition.ts";
import { DocumentProblem, type TypeDocument } from "./document-problems.ts";

/**
 * What a document of another format has no word for, in the place that these formats have for it. An export has it, so
 * that an import gives back exactly what was exported; for other tools it says nothing.
 */
export const EXTENSION = "x-hooks-event-type";

export type ExtensionContent = Omit<TypeDefinition, "schema">;

export function extensionOf(type: TypeDefinition): object {
  const { name, version, description, tags, deprecated, example, down, isDefault } = type;
  return {
    name,
    version,
    ...(isDefault ? {} : { default: false }),
    description,
    tags,
    deprecated,
    ...(example === undefined ? {} : { example }),
    ...(down === null ? {} : { down }),
  };
}

/** What stands at `path`; undefined: no extension. @throws DocumentProblem */
export function readExtension(
  document: TypeDocument,
  path: readonly string[],
  holder: object,
): ExtensionContent | undefined {
  if (!Object.hasOwn(holder, EXTENSION)) return undefined;
  return readDetails(document, [...path, EXTENSION], Reflect.get(holder, EXTENSION));
}

/** Name, version and so on as our own documents have them. @throws DocumentProblem */
export function readDetails(document: TypeDocument, at: readonly string[], value: unknown): ExtensionContent {
  if (!isSchemaObject(value)) throw new DocumentProblem(document, at, "must be an object");
  const { name, version = null, description = "", tags = [], deprecated = false, example, down = null } = value;
  const isDefault = value["default"] ?? true;
  const wrong = (member: string, what: string) =>
    new DocumentProblem(document, [...at, member], `${member} must be ${what}`);
  if (typeof name !== "string") throw wrong("name", "the name of an event type");
  if (version !== null && typeof version !== "string") throw wrong("version", "a text or null");
  if (typeof description !== "string") throw wrong("description", "a text");
  if (typeof deprecated !== "boolean") throw wrong("deprecated", "true or false");
  if (typeof isDefault !== "boolean") throw wrong("default", "true or false");
  if (down !== null && !isSchemaObject(down)) throw wrong("down", "an object with to and steps, or null");
  return {
    name,
    version,
    description,
    tags: textList(tags) ?? fail(wrong("tags", "a list of texts")),
    deprecated,
    example,
    // Its steps are judged by whoever takes the type.
    down: down as unknown as TypeDefinition["down"],
    isDefault,
  };
}

function textList(value: unknown): string[] | undefined {
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === "string");
  return isList ? (value as string[]) : undefined;
}

function fail(problem: DocumentProblem): never {
  throw problem;
}
