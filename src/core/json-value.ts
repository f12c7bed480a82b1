/** What JSON.parse gives. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };
export type JsonObject = { [name: string]: JsonValue };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `array`, `null` and so on; a whole number is a `number`. */
export function kindOfJson(value: unknown): "null" | "boolean" | "number" | "string" | "array" | "object" {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as "boolean" | "number" | "string" | "object";
}

/** Text that two values share exactly when they are equal as JSON: `1` and `1.0`, members in any order. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (!isJsonObject(value)) return JSON.stringify(Object.is(value, -0) ? 0 : value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
  return `{${members.join()}}`;
}

const PLAIN_NAME = /^[A-Za-z_$][\w$-]*$/;
const MOST_CHARS = 160;

/** A place in JSON as a person writes it: `data.lines[2].price`, `data["a b"]`. */
export function jsonPath(root: string, steps: readonly (string | number)[]): string {
  let path = root;
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else path += PLAIN_NAME.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    if (MOST_CHARS < path.length) return `${path.slice(0, MOST_CHARS)}…`;
  }
  return path;
}
