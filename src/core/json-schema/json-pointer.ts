// JSON Pointer (RFC 6901), also in the form of a URI fragment, as `$ref` has it.

/** `["paths", "a/b"]` → `/paths/a~1b` */
export function formatPointer(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The same as a fragment of a URI: `#/$defs/a%20b`. */
export function formatFragment(segments: readonly string[]): string {
  // What encodeURI leaves alone may all stand in a fragment (RFC 3986, 3.5) but "#" and brackets.
  const text = encodeURI(formatPointer(segments).toWellFormed());
  return `#${text.replaceAll("#", "%23").replaceAll("[", "%5B").replaceAll("]", "%5D")}`;
}

/** The segments of `#/…` or `#`; undefined for any other reference. */
export function parseFragment(reference: string): string[] | undefined {
  if (reference === "#") return [];
  if (!reference.startsWith("#/")) return undefined;
  try {
    return decodeURIComponent(reference.slice(2))
      .split("/")
      .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    return undefined;
  }
}

/** What stands there; undefined: nothing. */
export function valueAt(root: unknown, segments: readonly string[]): unknown {
  let value = root;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = Reflect.get(value, segment);
  }
  return value;
}
