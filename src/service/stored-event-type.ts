import type { DownConversion, EventTypeResource, EventTypeSummary } from "../core/event-type.ts";
import { toIso } from "../core/instant.ts";
import type { JsonValue } from "../core/json-value.ts";
import type { StoredEventType } from "../store/catalogue-store.ts";

/** What a row of the catalogue keeps as JSON. */
export interface EventTypeContent {
  description: string;
  tags: readonly string[];
  deprecated: boolean;
  defaultVersion: string;
  /** From the oldest on; at least one. */
  versions: readonly VersionContent[];
  removedVersions: readonly string[];
}

export interface VersionContent {
  version: string;
  /** Undefined: any data. */
  schema: JsonValue | undefined;
  example: JsonValue | undefined;
  down: DownConversion | undefined;
  createdAt: number;
}

export function readContent({ content }: Pick<StoredEventType, "content">): EventTypeContent {
  return JSON.parse(content) as EventTypeContent;
}

export function toEventTypeResource(
  { scope, name, createdAt, updatedAt }: Omit<StoredEventType, "content">,
  content: EventTypeContent,
): EventTypeResource {
  return {
    name,
    description: content.description,
    tags: [...content.tags],
    deprecated: content.deprecated,
    default_version: content.defaultVersion,
    versions: content.versions.map((one) => ({
      version: one.version,
      schema: one.schema ?? null,
      example: one.example ?? null,
      down: one.down ?? null,
      created_at: toIso(one.createdAt),
    })),
    removed_versions: [...content.removedVersions],
    tenant: scope.tenant,
    environment: scope.environment,
    created_at: toIso(createdAt),
    updated_at: toIso(updatedAt),
  };
}

export function toEventTypeSummary({ name, updatedAt }: StoredEventType, content: EventTypeContent): EventTypeSummary {
  return {
    name,
    description: content.description,
    tags: [...content.tags],
    deprecated: content.deprecated,
    catalogued: true,
    versions: content.versions.map(({ version }) => version),
    default_version: content.defaultVersion,
    updated_at: toIso(updatedAt),
  };
}

/** A name that is seen in events or subscriptions only. */
export function uncatalogued(name: string): EventTypeSummary {
  return {
    name,
    description: "",
    tags: [],
    deprecated: false,
    catalogued: false,
    versions: [],
    default_version: null,
    updated_at: null,
  };
}
