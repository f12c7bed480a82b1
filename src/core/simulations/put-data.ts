import type { BodyStyle } from "./provider.ts";

/**
 * The body with other data in it: what stands at `path` is replaced, or the whole body where the data is a whole one,
 * with every field that the body has at its top. A text says what is wrong with the data. `body` is changed.
 */
export function putData(
  body: unknown,
  data: unknown,
  path: readonly string[],
  style: BodyStyle,
): { body: unknown } | string {
  if (style === "lines") return { body: Array.isArray(data) ? (data as unknown[]) : [data] };
  if (!isObject(data)) return "must be a JSON object here";
  if (!isObject(body) || path.length === 0 || Object.keys(body).every((name) => Object.hasOwn(data, name)))
    return { body: data };
  let at = body;
  for (const name of path.slice(0, -1)) {
    const next = at[name];
    if (!isObject(next)) return `has no place in this event: there is no ${path.join(".")}`;
    at = next;
  }
  at[path.at(-1)!] = data;
  return { body };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
