import { inputOf } from "../core/catalogue/catalogued-type.ts";
import { readDocuments } from "../core/catalogue/documents/document-format.ts";
import { DocumentProblems, type TypeDocument } from "../core/catalogue/documents/document-problems.ts";
import { packNamed } from "../core/catalogue/packs/registry.ts";
import type { TypeDefinition } from "../core/catalogue/type-definition.ts";
import { invalid } from "../core/errors.ts";
import { type EventTypeInput, FIRST_VERSION } from "../core/event-type.ts";
import {
  type DocumentInput,
  type EventTypeImport,
  type EventTypeImportResult,
  MAX_DOCUMENTS,
} from "../core/event-type-import.ts";
import { canonicalJson } from "../core/json-value.ts";
import type { Actor } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import { readDocument } from "./document-text.ts";
import type { EventTypes } from "./event-types.ts";
import type { EventTypeContent, VersionContent } from "./stored-event-type.ts";

/**
 * Takes types from a pack or documents into the catalogue: all of them in one step, or none.
 * @throws HooksError `invalid_request` that names each place that is wrong; `conflict` that names each type which exists
 *   with another content
 */
export async function importEventTypes(
  types: EventTypes,
  scope: Scope,
  { pack, documents, replace = false, as_new_version = false, dry_run = false }: EventTypeImport,
  actor: Actor,
): Promise<EventTypeImportResult> {
  if ((pack === undefined) === (documents === undefined)) {
    throw invalid("documents", "one of pack and documents must be given: what to import");
  }
  if (replace && as_new_version) {
    throw invalid("as_new_version", "replace and as_new_version cannot both be true");
  }
  const definitions = pack === undefined ? await typesOf(documents ?? []) : packNamed(pack);
  const inputs = definitions.map((definition) => ({ ...inputOf(definition), replace }));
  const decide = (before: EventTypeContent | undefined, input: EventTypeInput, at: number): EventTypeInput =>
    before === undefined ? input : placed(before, input, definitions[at]!, as_new_version);
  const results = await types.createAll(scope, inputs, actor, { dryRun: dry_run, decide });
  return {
    dry_run,
    results: results.map(({ name, version, outcome, warnings }) => ({
      name,
      version,
      outcome,
      warnings: [...warnings],
    })),
  };
}

async function typesOf(documents: readonly DocumentInput[]): Promise<TypeDefinition[]> {
  if (MAX_DOCUMENTS < documents.length) {
    throw invalid("documents", `at most ${MAX_DOCUMENTS} documents can be imported at once`);
  }
  const problems = new DocumentProblems();
  const read: TypeDocument[] = [];
  for (const document of documents) {
    const value = await readDocument(document).catch((error: unknown) => problems.take(error));
    if (value !== undefined) read.push(value);
  }
  return readDocuments(read, problems);
}

/** The version of a type that exists which a definition is of; one that is there already is taken for it. */
function placed(
  before: EventTypeContent,
  input: EventTypeInput,
  definition: TypeDefinition,
  asNewVersion: boolean,
): EventTypeInput {
  const version = definition.version ?? before.defaultVersion;
  const there = before.versions.find((one) => one.version === version);
  if (!asNewVersion || there === undefined) return { ...input, version };
  const same = hasSchema(there, input) ? there : before.versions.findLast((one) => hasSchema(one, input));
  // What is there stays as it is, and so does what is the type's and not a version's.
  const { name, schema, example, down } = input;
  if (same !== undefined) return { name, version: same.version };
  return { name, schema, example, down, version: nextVersion(before) };
}

function hasSchema(one: VersionContent, { schema }: EventTypeInput): boolean {
  return canonicalJson(one.schema ?? null) === canonicalJson(schema ?? null);
}

/** One above the largest number among the versions, also those that are gone. */
function nextVersion({ versions, removedVersions }: EventTypeContent): string {
  const names = [...versions.map(({ version }) => version), ...removedVersions];
  const numbers = names.flatMap((name) => (/^\d{1,9}$/.test(name) ? [Number(name)] : []));
  return String(Math.max(Number(FIRST_VERSION), ...numbers) + 1);
}
