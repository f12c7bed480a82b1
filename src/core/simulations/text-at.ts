import type { JsonObject } from "./provider.ts";

/** What one part of an event refers to another by: an id, a URL. */
export function textAt(object: JsonObject | undefined, name: string): string {
  const value = object?.[name];
  if (typeof value === "string" || typeof value === "number") return `${value}`;
  throw new TypeError(`a simulation has no text at ${name}`);
}
