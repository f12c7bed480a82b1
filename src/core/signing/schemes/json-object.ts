/** An object of JSON of which nothing is known. */
export type JsonObject = Record<string, unknown>;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The body as a JSON object; undefined: it is none. */
export function parseObject(body: Uint8Array | string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(typeof body === "string" ? body : decoder.decode(body)));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** An own property; undefined when there is none. */
export function own(object: JsonObject | undefined, name: string): unknown {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** An own property that is text; undefined when it is anything else. */
export function ownText(object: JsonObject | undefined, name: string): string | undefined {
  const value = own(object, name);
  return typeof value === "string" ? value : undefined;
}
