import type { EventTypeOutcome } from "./event-type.ts";

/** Of one document, as text. */
export const DOCUMENT_MAX_BYTES = 4 * 1024 * 1024;
/** Of all documents of one import together. */
export const IMPORT_MAX_BYTES = 8 * 1024 * 1024;
export const MAX_DOCUMENTS = 1_000;

/** Types to be taken into the catalogue: a pack, or documents. */
export interface EventTypeImport {
  /** `foresight`, `aegisx`, `arsmedica`, `dotmac` or `securebase` */
  pack?: string | undefined;
  documents?: readonly DocumentInput[] | undefined;
  /** Take the place of what exists with another content. */
  replace?: boolean | undefined;
  /** What exists with another schema gets another version. */
  as_new_version?: boolean | undefined;
  /** Only say what would be done. */
  dry_run?: boolean | undefined;
}

export interface DocumentInput {
  /** Of its file: for messages, and for a schema that names itself nowhere. */
  name: string;
  /** JSON or YAML as text, or the JSON itself. */
  content: unknown;
}

export interface EventTypeImportResult {
  dry_run: boolean;
  /** One for each type and version, in the documents' order. */
  results: ImportedType[];
}

export interface ImportedType {
  name: string;
  version: string;
  outcome: EventTypeOutcome;
  /** What is not wrong but may be. */
  warnings: string[];
}
