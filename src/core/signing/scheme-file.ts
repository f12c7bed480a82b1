// Schemes that users define in a JSON file: the same records as ours, checked before they are used.

import { HooksError } from "../errors.ts";
import { quoted } from "../quoted.ts";
import { readOwnScheme } from "./own-scheme.ts";
import { type FindBase, readScheme } from "./read-scheme.ts";
import { allow, isObject, WrongField } from "./record-fields.ts";
import { findScheme } from "./registry.ts";
import type { Scheme } from "./scheme.ts";

/**
 * One record, a list of them, or an object with `schemes`.
 * @param what where the text is from, for messages
 * @throws HooksError `usage` that begins with `what` and names the field.
 */
export function parseSchemes(text: string, what: string): Scheme[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    throw new HooksError("usage", `${what}: not JSON`, { field: what });
  }
  try {
    if (isObject(value) && Object.hasOwn(value, "schemes")) {
      allow(value, ["schemes", "$schema"], "");
      value = value["schemes"];
      return list(value, "schemes");
    }
    return Array.isArray(value) ? list(value, "") : [readScheme(value, "", byName)];
  } catch (error) {
    if (!(error instanceof WrongField)) throw error;
    throw new HooksError("usage", `${what}: ${error.message}`, { field: error.field });
  }
}

/**
 * One record, for programs.
 * @throws TypeError that names the field.
 */
export function defineScheme(record: unknown): Scheme {
  return readOwnScheme(record, byName);
}

const byName: FindBase = (named) => (typeof named === "string" ? findScheme(named)?.scheme : undefined);

function list(value: unknown, field: string): Scheme[] {
  if (!Array.isArray(value) || value.length === 0) throw new WrongField(field, "must be a list with a scheme in it");
  const schemes = value.map((entry, index) => readScheme(entry, `${field}[${index}]`, byName));
  const names = schemes.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new WrongField(field, `has two schemes ${quoted(twice)}`);
  return schemes;
}
