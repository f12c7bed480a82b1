import { canonicalJson, isJsonObject, type JsonValue } from "../json-value.ts";
import type { FieldChange } from "./setup.ts";

/**
 * Where two values differ, down to what has no members any more. Lists of texts are compared as a whole; other lists
 * entry by entry.
 */
export function fieldDiff(before: JsonValue | undefined, after: JsonValue | undefined, field = ""): FieldChange[] {
  if (isSame(before, after)) return [];
  if (isJsonObject(before) && isJsonObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => fieldDiff(memberOf(before, name), memberOf(after, name), memberPath(field, name)));
  }
  if (Array.isArray(before) && Array.isArray(after) && !isPlain(before) && !isPlain(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, at) => fieldDiff(before[at], after[at], `${field}[${at}]`)).flat();
  }
  return [
    {
      field,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

/** `versions[0].schema`, and for a name with something odd in it `headers["x y"]`. */
export function memberPath(field: string, name: string): string {
  if (!/^[\w$-]+$/.test(name)) return `${field}[${JSON.stringify(name)}]`;
  return field === "" ? name : `${field}.${name}`;
}

function memberOf(value: Readonly<Record<string, JsonValue>>, name: string): JsonValue | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function isPlain(list: readonly JsonValue[]): boolean {
  return list.every((entry) => typeof entry !== "object" || entry === null);
}

function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return canonicalJson(one) === canonicalJson(other);
}
