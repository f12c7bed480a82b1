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
  const taken = (await store.catalogue.loadEventTypes(scope)).filter(({ name }) =>
    events.some((pattern) => patternTakes(pattern, name)),
  );
  if (taken.some((type) => readContent(type).versions.some((one) => one.version === version))) return [];
  return [`event_version: none of the event types in the catalogue that it takes has a version ${version}`];
}
