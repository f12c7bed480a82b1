import { defineRecord, isRecord } from "./define-record.ts";
import { type FindBase, readScheme } from "./read-scheme.ts";
import { WrongField } from "./record-fields.ts";
import type { Scheme } from "./scheme.ts";

/**
 * A record of the caller's, checked, so that `verify` and `sign` take it. Its `extends` may be one of our records itself.
 * @throws TypeError that names the field.
 */
export function readOwnScheme(record: unknown, findBase: FindBase): Scheme {
  try {
    return defineRecord(readScheme(record, "", (named) => (isRecord(named) ? named : findBase(named))));
  } catch (error) {
    if (error instanceof WrongField) throw new TypeError(`scheme: ${error.message}`);
    throw error;
  }
}
