import { patternTakes } from "../core/event-pattern.ts";
import type { Scope } from "../core/scope.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readContent } from "./stored-event-type.ts";

/**
 * What may not be meant about a subscription's `event_version`: that no type of the catalogue which it takes has such a
 * version. Not an error: the catalogue may come later.
 */
export async function versionWarnings(
  { store }: Pick<ServiceParts, "store">,
  scope: Scope,
  { event_version: version, events }: { event_version: string | null; events: readonly string[] },
): Promise<string[]> {
  if (version === null) return [];
  const types = (await store.catalogue.loadEventTypes(scope)).map((type) => ({
    name: type.name,
    versions: readContent(type).versions,
  }));
  return versionWarningsAmong(types, version, events);
}

/** The same beside a catalogue that is at hand. */
export function versionWarningsAmong(
  types: readonly { name: string; versions: readonly { version: string }[] }[],
  version: string,
  events: readonly string[],
): string[] {
  const taken = types.filter(({ name }) => events.some((pattern) => patternTakes(pattern, name)));
  if (taken.some(({ versions }) => versions.some((one) => one.version === version))) return [];
  return [`event_version: none of the event types in the catalogue that it takes has a version ${version}`];
}
