import { isSchema, isSchemaObject } from "../../json-schema/subschemas.ts";
import type { TypeDefinition } from "../type-definition.ts";
import { inOrder } from "./document-keys.ts";
import { DocumentProblem, type DocumentProblems, type TypeDocument } from "./document-problems.ts";
import { extensionOf, readDetails } from "./event-type-extension.ts";

/** What says that a document is a pack, and of which form. */
export const PACK_FORMAT = "hooks-event-types/1";

/** Types as hooks itself writes them down: a pack of one's own. */
export function toPack(types: readonly TypeDefinition[]): object {
  return {
    format: PACK_FORMAT,
    event_types: inOrder(types).map((type) => ({ ...extensionOf(type), schema: type.schema })),
  };
}

export function typesOfPack(document: TypeDocument, problems: DocumentProblems): TypeDefinition[] {
  const { event_types: types } = document.value as { event_types?: unknown };
  if (!Array.isArray(types)) {
    problems.add(new DocumentProblem(document, ["event_types"], "must be a list of event types"));
    return [];
  }
  return types.flatMap((entry: unknown, at) => {
    const path = ["event_types", String(at)];
    return (
      problems.noting((): TypeDefinition => {
        const details = readDetails(document, path, entry);
        const schema = isSchemaObject(entry) ? (entry["schema"] ?? null) : null;
        if (schema !== null && !isSchema(schema)) {
          throw new DocumentProblem(document, [...path, "schema"], "must be a JSON Schema or null");
        }
        return { ...details, schema };
      }) ?? []
    );
  });
}
