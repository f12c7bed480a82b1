import { invalid } from "../../errors.ts";
import { isSchema, isSchemaObject } from "../../json-schema/subschemas.ts";
import { quoted } from "../../quoted.ts";
import type { TypeDefinition } from "../type-definition.ts";
import { typesOfAsyncApi } from "./asyncapi-document.ts";
import { DocumentProblem, DocumentProblems, type TypeDocument } from "./document-problems.ts";
import type { DocumentFormat } from "./format-names.ts";
import { toJsonSchemaBundle, typesOfJsonSchema } from "./json-schema-document.ts";
import { toOpenApi, typesOfOpenApi } from "./openapi-document.ts";
import { PACK_FORMAT, toPack, typesOfPack } from "./pack-document.ts";
import { toAsyncApi2, toAsyncApi3 } from "./to-asyncapi.ts";

const MOST_TYPES = 1_000;

/**
 * The event types that documents describe, all of them or none.
 * @param problems what was found wrong before, to be told together
 * @throws HooksError `invalid_request` that names each place that is wrong
 */
export function readDocuments(
  documents: readonly TypeDocument[],
  problems: DocumentProblems = new DocumentProblems(),
): TypeDefinition[] {
  const types = documents.flatMap((document) => readOne(document, problems));
  problems.throwIfAny();
  checkNames(types);
  return types;
}

function readOne(document: TypeDocument, problems: DocumentProblems): TypeDefinition[] {
  const { value } = document;
  const refuse = (path: readonly string[], message: string): [] => {
    problems.add(new DocumentProblem(document, path, message));
    return [];
  };
  if (!isSchema(value)) return refuse([], "must be an object: a JSON Schema, or an OpenAPI or AsyncAPI document");
  if (!isSchemaObject(value)) return typesOfJsonSchema(document, problems);
  if (Object.hasOwn(value, "openapi")) return typesOfOpenApi(document, problems);
  if (Object.hasOwn(value, "asyncapi")) return typesOfAsyncApi(document, problems);
  if (Object.hasOwn(value, "swagger"))
    return refuse(["swagger"], "must be OpenAPI 3.1 or later: webhooks came with 3.1");
  if (Object.hasOwn(value, "event_types")) {
    return value["format"] === PACK_FORMAT
      ? typesOfPack(document, problems)
      : refuse(["format"], `must be ${PACK_FORMAT}, got ${quoted(value["format"])}`);
  }
  return typesOfJsonSchema(document, problems);
}

function checkNames(types: readonly TypeDefinition[]): void {
  if (types.length === 0) throw invalid("documents", "no event type is described: nothing to import");
  if (MOST_TYPES < types.length) {
    throw invalid("documents", `at most ${MOST_TYPES} event types can be imported at once, got ${types.length}`);
  }
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name, version } of types) {
    const key = version === null ? name : `${name} ${version}`;
    if (seen.has(key)) twice.add(key);
    seen.add(key);
  }
  if (twice.size > 0) {
    throw invalid("documents", `described twice: ${[...twice].map((key) => quoted(key)).join(", ")}`);
  }
}

/** All types in one document. `title` is for formats that have one. */
export function writeDocument(format: DocumentFormat, types: readonly TypeDefinition[], title = "Webhooks"): object {
  const info = { title, version: "1.0.0" };
  switch (format) {
    case "pack":
      return toPack(types);
    case "json-schema":
      return toJsonSchemaBundle(types);
    case "openapi":
      return toOpenApi(types, info);
    case "asyncapi":
      return toAsyncApi3(types, info);
    case "asyncapi-2":
      return toAsyncApi2(types, info);
  }
}
