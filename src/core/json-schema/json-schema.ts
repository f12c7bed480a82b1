// JSON Schema 2020-12 for schemas that users give and data that strangers send: interpreted, nothing is fetched, no code
// is made of it, and time and memory are bounded by the size of both. `format` is asserted.

import { HooksError, invalid } from "../errors.ts";
import { type Check, Run } from "./check.ts";
import { Compiler } from "./compiler.ts";
import { Effort, EffortExceeded } from "./effort.ts";
import { SchemaDocument } from "./schema-document.ts";

/** Of a schema as JSON text. */
export const SCHEMA_MAX_BYTES = 256 * 1024;

/** What is wrong with a value. */
export interface Misfit {
  /** The place of the first thing that is wrong: `data.lines[2].price`. */
  field: string;
  /** At most five, each naming its place. */
  sentences: string[];
}

/** A schema, checked and ready. */
export class JsonSchema {
  /** What was taken and means nothing: sentences for whoever wrote it. */
  readonly notes: readonly string[];
  readonly #check: Check;
  readonly #scope: string;

  /**
   * @param schema parsed JSON
   * @param field what it is called in errors
   * @throws HooksError `invalid_request` naming the place in the schema; `too_large`
   */
  constructor(schema: unknown, field: string) {
    const size = (JSON.stringify(schema) ?? "").length;
    if (SCHEMA_MAX_BYTES < size) {
      throw new HooksError("too_large", `${field} must be at most ${SCHEMA_MAX_BYTES} bytes of JSON, got ${size}`, {
        field,
      });
    }
    try {
      const document = new SchemaDocument(schema, field);
      this.#check = new Compiler(document).compile();
      this.#scope = document.baseOf(document.root);
      this.notes = document.notes;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw invalid(field, `${field} refers from one schema to the next too often`);
    }
  }

  /**
   * Undefined: it fits.
   * @param root what the value is called: `data`
   * @param bytes its size as JSON text, which decides how long it may take
   */
  misfitOf(value: unknown, root: string, bytes: number): Misfit | undefined {
    const run = new Run(new Effort(bytes));
    run.scopes.push(this.#scope);
    try {
      if (this.#check(value, run, undefined)) return undefined;
    } catch (error) {
      if (!(error instanceof EffortExceeded) && !(error instanceof RangeError)) throw error;
      return { field: root, sentences: [`${root} takes too long to compare with the schema`] };
    }
    return { field: run.firstPath(root), sentences: run.sentences(root) };
  }
}
