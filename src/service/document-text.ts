import { DocumentProblem, type TypeDocument } from "../core/catalogue/documents/document-problems.ts";
import { isHooksError } from "../core/errors.ts";
import { JSON_MAX_DEPTH } from "../core/event.ts";
import { DOCUMENT_MAX_BYTES, type DocumentInput } from "../core/event-type-import.ts";
import { checkRawJson } from "../core/json-envelope.ts";

/** Values in a document, those counted again that aliases repeat. */
const MOST_VALUES = 250_000;
/** Of the `yaml` package: how often aliases may repeat what they stand for, nested ones multiplied. */
const MOST_ALIASES = 100;

/**
 * What a document holds, as plain JSON.
 * @throws DocumentProblem
 */
export async function readDocument({ name, content }: DocumentInput): Promise<TypeDocument> {
  if (typeof content !== "string") return { name, value: content };
  const bytes = Buffer.from(content);
  const refuse = (message: string): DocumentProblem => new DocumentProblem({ name, value: undefined }, [], message);
  if (DOCUMENT_MAX_BYTES < bytes.length) throw refuse(`must be at most ${DOCUMENT_MAX_BYTES} bytes`);
  const isYaml = /\.ya?ml$/i.test(name) || !/^\uFEFF?\s*[{["]|^\s*(?:true|false|null|-?\d)/.test(content);
  const value = isYaml ? await parseYaml(content.replace(/^\uFEFF/, ""), refuse) : parseJson(bytes, refuse);
  checkPlain(value, refuse);
  return { name, value };
}

function parseJson(bytes: Buffer, refuse: (message: string) => DocumentProblem): unknown {
  try {
    checkRawJson(bytes, "it");
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw isHooksError(error) ? refuse(error.message) : error;
  }
}

async function parseYaml(text: string, refuse: (message: string) => DocumentProblem): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    // `200:` is the member "200".
    stringKeys: true,
    prettyErrors: true,
    // With "silent" a second document would be left out in silence.
    logLevel: "error",
  });
  // A warning is a tag that nobody knows: what it would have made of the value is not known either.
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw refuse(`is no YAML: ${(problem.message.split("\n")[0] ?? "").replace(/:$/, "")}`);
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown;
  } catch (error) {
    if (error instanceof ReferenceError) throw refuse(`is no YAML that is taken: ${error.message}`);
    throw error;
  }
}

/** YAML knows more than JSON does, and its aliases can lead in circles. */
function checkPlain(root: unknown, refuse: (message: string) => DocumentProblem): void {
  let values = 0;
  const visit = (value: unknown, depth: number): void => {
    values++;
    if (MOST_VALUES < values) throw refuse(`holds more than ${MOST_VALUES} values`);
    if (JSON_MAX_DEPTH < depth) throw refuse(`is nested deeper than ${JSON_MAX_DEPTH} levels`);
    if (typeof value === "number" && !Number.isFinite(value)) throw refuse("holds a number that JSON has not");
    if (typeof value !== "object" || value === null) {
      if (!["string", "number", "boolean"].includes(typeof value) && value !== null) {
        throw refuse("holds a value that JSON has not");
      }
      return;
    }
    for (const entry of Object.values(value)) visit(entry, depth + 1);
  };
  visit(root, 0);
}
