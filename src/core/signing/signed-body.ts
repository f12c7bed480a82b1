// Schemes that read the body's JSON, in the direction of signing.

import { BodyJson } from "./body-json.ts";
import type { CompiledScheme } from "./compiled-scheme.ts";

/** What is signed of a body, and the body to send. */
export interface BodyValues {
  timestamp: string | undefined;
  /** By path. */
  json: Map<string, string>;
  /** The body to put a signature into. */
  body: string;
}

/**
 * Reads what the content names. Where the signature stands in the body, what is missing of time and content is put
 * there; where it stands in a header, the body is signed as it is, and has to hold its time.
 * @throws TypeError when it does not.
 */
export function readValues(
  { scheme, parts }: CompiledScheme,
  body: Uint8Array | string,
  timestamp: string | undefined,
  id: string,
): BodyValues {
  const { name, signature, timestamp: rule } = scheme;
  let text = typeof body === "string" ? body : new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
  const fill = "json" in signature;
  const valueAt = (path: string, missing: string | undefined): string => {
    const value = BodyJson.parse(fill ? text : body)?.text(path);
    if (value !== undefined) return value;
    if (!fill || missing === undefined)
      throw new TypeError(`${name} reads ${path} of the body: it must be JSON that has it`);
    text = putSignature(text, path, missing);
    return missing;
  };
  const json = new Map<string, string>();
  const time = rule !== undefined && "json" in rule ? valueAt(rule.json, timestamp) : timestamp;
  for (const { field, text: path } of parts) {
    if (field === "json") json.set(path, valueAt(path, path.endsWith("token") ? id : undefined));
  }
  return { timestamp: time, json, body: text };
}

/** The JSON of a body with a text at a path. @throws TypeError when it is no object, or the path leads through a value. */
export function putSignature(body: string, path: string, value: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = undefined;
  }
  const names = path.split(".");
  const last = names.pop()!;
  let at = parsed;
  for (const name of names) {
    if (!isObject(at)) break;
    if (!Object.hasOwn(at, name)) at[name] = {};
    at = at[name];
  }
  if (!isObject(at)) throw new TypeError(`the signature stands at ${path} of the body: it must be a JSON object`);
  at[last] = value;
  return JSON.stringify(parsed);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
