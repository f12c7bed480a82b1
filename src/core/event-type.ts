import { invalid } from "./errors.ts";
import type { ConversionStep } from "./event-conversion.ts";
import type { PageQuery } from "./hooks-service.ts";
import type { JsonValue } from "./json-value.ts";
import type { RetentionKind, RetentionTexts } from "./retention.ts";

/** Version of a type for which nobody names one. */
export const FIRST_VERSION = "1";
const VERSION_PATTERN = /^[A-Za-z0-9._-]{1,32}$/;

/** @throws HooksError `invalid_request` naming `field` */
export function checkVersion(version: unknown, field: string): string {
  if (typeof version === "string" && VERSION_PATTERN.test(version)) return version;
  throw invalid(field, `${field} must be 1 to 32 characters of A-Z, a-z, 0-9, ".", "_" and "-"`);
}

/** Of each tenant and environment. */
export const MAX_EVENT_TYPES = 5_000;
export const MAX_VERSIONS = 50;
export const MAX_TAGS = 20;
/** All of them together, as JSON: a daemon keeps them in memory, and lists read them whole. */
export const CATALOGUE_MAX_BYTES = 16 * 1024 * 1024;
/** Of all versions of a type together, as JSON. */
export const EVENT_TYPE_MAX_BYTES = 1024 * 1024;

/** How the data of a version becomes that of an older one (event-conversion.ts). */
export interface DownConversion {
  /** An older version of the same type. */
  to: string;
  steps: readonly ConversionStep[];
}

/** An event type as lists show it: those of the catalogue, and names that are seen in events or subscriptions only. */
export interface EventTypeSummary {
  name: string;
  description: string;
  tags: string[];
  deprecated: boolean;
  /** Whether it is in the catalogue. */
  catalogued: boolean;
  /** From the oldest on. */
  versions: string[];
  default_version: string | null;
  updated_at: string | null;
}

export interface EventTypeVersion {
  version: string;
  /** JSON Schema 2020-12; null: any data. */
  schema: JsonValue;
  /** Data that fits the schema; null: none. */
  example: JsonValue;
  down: DownConversion | null;
  created_at: string;
}

/** An event type of the catalogue, whole. */
export interface EventTypeResource {
  name: string;
  description: string;
  tags: string[];
  /** Still taken, and whoever publishes it is told. */
  deprecated: boolean;
  /** What an event is that names no version. */
  default_version: string;
  /** From the oldest on. */
  versions: EventTypeVersion[];
  /** Versions that were removed: whoever publishes one is told that it is gone. */
  removed_versions: string[];
  tenant: string;
  environment: string;
  created_at: string;
  updated_at: string;
  /** What is not wrong but may be: in the answer to a change only. */
  warnings?: string[];
}

/** What `create` takes: a new type, or a new version of one that exists. */
export interface EventTypeInput {
  name: string;
  description?: string | null | undefined;
  tags?: string[] | null | undefined;
  deprecated?: boolean | undefined;
  /** Default: "1". */
  version?: string | undefined;
  schema?: JsonValue | undefined;
  example?: JsonValue | undefined;
  /** `to`: default the version before it. */
  down?: { to?: string | undefined; steps: unknown } | null | undefined;
  /** Events that name no version are of this one from now on. A type's first version is. */
  make_default?: boolean | undefined;
  /** Take the place of what has another content, instead of a conflict. */
  replace?: boolean | undefined;
}

/** What became of a type that was to be added: alone, or as one of many. */
export type EventTypeOutcome = "created" | "version_added" | "replaced" | "unchanged";

/** What is left out stays; null: none. `schema`, `example` and `down` are those of `version` (default: the default one). */
export interface EventTypePatch {
  description?: string | null | undefined;
  tags?: string[] | null | undefined;
  deprecated?: boolean | undefined;
  default_version?: string | undefined;
  version?: string | undefined;
  schema?: JsonValue | undefined;
  example?: JsonValue | undefined;
  down?: EventTypeInput["down"];
}

export interface EventTypeQuery extends PageQuery {
  tag?: string | undefined;
  /** Only those in the catalogue, or only the others. */
  catalogued?: boolean | undefined;
  deprecated?: boolean | undefined;
  /** Text contained in name or description, in any case. */
  q?: string | undefined;
}

/** What is set for a whole environment of a tenant. */
export interface EnvironmentResource {
  tenant: string;
  environment: string;
  /** Only types of the catalogue may be published, and only with data that fits their schema. */
  strict_types: boolean;
  /** How long what is over is kept: `"30d"`, `"0"` (for ever); null: not set here, as long as the server keeps it. */
  retention: Record<RetentionKind, string | null>;
  /** The same as it is in force, with what the server says where nothing is set here. */
  retention_in_force: RetentionTexts;
  /** Alert rules of its own, beside those of the server. */
  alerts: string[];
  /** Null: nothing was ever set. */
  updated_at: string | null;
}

export interface EnvironmentPatch {
  strict_types?: boolean | undefined;
  /** Kinds that are left out stay as they are; null: as the server keeps it. */
  retention?: { [Kind in RetentionKind]?: string | null | undefined } | undefined;
  /** All of them; null: none. */
  alerts?: string[] | null | undefined;
}
