import { Type } from "typebox";
import { MOST_ALERT_RULES } from "../../core/alert-rule.ts";
import { PACK_NAMES } from "../../core/catalogue/packs/pack-names.ts";
import type { EventTypeInput, EventTypeResource } from "../../core/event-type.ts";
import { type EventTypeImportResult, MAX_DOCUMENTS } from "../../core/event-type-import.ts";
import type { JsonValue } from "../../core/json-value.ts";
import { byKind } from "../../core/retention.ts";
import { EVENT_TYPE } from "./event.ts";
import { PAGE } from "./query.ts";
import { closed, INSTANT, orNull, SCOPE_NAME } from "./words.ts";

const VERSION = Type.String({ maxLength: 32, description: "version of the event type: 1, v2, 2026-01" });
const DESCRIPTION = Type.String({ maxLength: 1024 });
const TAG = Type.String({ maxLength: 64, description: 'characters of A-Z, a-z, 0-9, ".", "_", ":" and "-"' });
const TAGS = Type.Array(TAG, { maxItems: 20 });

const SCHEMA = Type.Unsafe<JsonValue>({
  description: "JSON Schema 2020-12, self-contained (nothing is fetched); null: any data",
});
const EXAMPLE = Type.Unsafe<JsonValue>({ description: "data that fits the schema; null: none" });

const STEPS_WORDS =
  'steps from this version\'s data to the older one\'s: {"move","to"}, {"rename","to"}, {"drop"}, {"set","value"}, ' +
  '{"default","value"}; places are JSON Pointers, * each entry of an array';
const DOWN_INPUT = Type.Unsafe<EventTypeInput["down"]>({
  anyOf: [
    {
      type: "object",
      properties: { to: { type: "string" }, steps: { type: "array", maxItems: 50, items: { type: "object" } } },
      required: ["steps"],
    },
    { type: "null" },
  ],
  description: `an object with to (an older version) and ${STEPS_WORDS}; or null`,
});

export const VERSION_FIELDS = {
  schema: Type.Optional(SCHEMA),
  example: Type.Optional(EXAMPLE),
  down: Type.Optional(DOWN_INPUT),
};

export const TYPE_FIELDS = {
  description: Type.Optional(orNull(DESCRIPTION)),
  tags: Type.Optional(orNull(TAGS)),
  deprecated: Type.Optional(Type.Boolean({ description: "still taken, and its publishers are told" })),
};

const SCOPE = { tenant: Type.Optional(SCOPE_NAME), environment: Type.Optional(SCOPE_NAME) };

export const EVENT_TYPE_INPUT = closed(
  {
    name: EVENT_TYPE,
    ...TYPE_FIELDS,
    version: Type.Optional(VERSION),
    ...VERSION_FIELDS,
    make_default: Type.Optional(
      Type.Boolean({ description: "events that name no version are of this one from now on; a first version is" }),
    ),
    replace: Type.Optional(Type.Boolean({ description: "take the place of what exists with another content" })),
    ...SCOPE,
  },
  { $id: "EventTypeInput" },
);

export const EVENT_TYPE_PATCH = closed(
  {
    ...TYPE_FIELDS,
    default_version: Type.Optional(VERSION),
    version: Type.Optional(VERSION),
    ...VERSION_FIELDS,
    ...SCOPE,
  },
  { $id: "EventTypePatch" },
);

export const EVENT_TYPE_SUMMARY = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    tags: Type.Array(Type.String()),
    deprecated: Type.Boolean(),
    catalogued: Type.Boolean({ description: "false: only seen in events or named by subscriptions" }),
    versions: Type.Array(Type.String(), { description: "from the oldest on" }),
    default_version: orNull(Type.String()),
    updated_at: orNull(INSTANT),
  },
  { $id: "EventTypeSummary" },
);

export const EVENT_TYPE_DETAIL = Type.Unsafe<EventTypeResource>(
  Type.Object(
    {
      name: EVENT_TYPE,
      description: Type.String(),
      tags: Type.Array(Type.String()),
      deprecated: Type.Boolean(),
      default_version: Type.String({ description: "what an event is that names no version" }),
      versions: Type.Array(
        Type.Object({
          version: Type.String(),
          schema: SCHEMA,
          example: EXAMPLE,
          down: Type.Unsafe<unknown>({ type: ["object", "null"], description: STEPS_WORDS }),
          created_at: INSTANT,
        }),
        { description: "from the oldest on" },
      ),
      removed_versions: Type.Array(Type.String()),
      tenant: SCOPE_NAME,
      environment: SCOPE_NAME,
      created_at: INSTANT,
      updated_at: INSTANT,
      warnings: Type.Optional(Type.Array(Type.String(), { description: "in the answer to a change" })),
    },
    { $id: "EventType" },
  ),
);

export const EVENT_TYPE_QUERY = closed({
  ...PAGE,
  tag: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  catalogued: Type.Optional(Type.Enum(["true", "false"])),
  deprecated: Type.Optional(Type.Enum(["true", "false"])),
  q: Type.Optional(Type.String({ maxLength: 255, description: "text in name or description" })),
});

export const EVENT_TYPE_PARAMS = Type.Object({ name: Type.String({ minLength: 1 }) });
export const EVENT_TYPE_VERSION_PARAMS = Type.Object({
  name: Type.String({ minLength: 1 }),
  version: Type.String({ minLength: 1 }),
});

const DOCUMENT = closed({
  name: Type.String({ minLength: 1, maxLength: 1024, description: "of its file, as messages name it" }),
  content: Type.Unsafe<unknown>({
    description: "JSON or YAML as text, or the JSON itself: a JSON Schema, an OpenAPI 3.1 or AsyncAPI document, a pack",
  }),
});

export const EVENT_TYPE_IMPORT = closed(
  {
    pack: Type.Optional(Type.String({ maxLength: 64, description: PACK_NAMES.join(", ") })),
    documents: Type.Optional(Type.Array(DOCUMENT, { minItems: 1, maxItems: MAX_DOCUMENTS })),
    replace: Type.Optional(Type.Boolean({ description: "take the place of what exists with another content" })),
    as_new_version: Type.Optional(
      Type.Boolean({ description: "what exists with another schema gets another version" }),
    ),
    dry_run: Type.Optional(Type.Boolean({ description: "only say what would be done" })),
    ...SCOPE,
  },
  { $id: "EventTypeImport" },
);

export const EVENT_TYPE_IMPORT_RESULT = Type.Unsafe<EventTypeImportResult>(
  Type.Object(
    {
      dry_run: Type.Boolean(),
      results: Type.Array(
        Type.Object({
          name: EVENT_TYPE,
          version: Type.String(),
          outcome: Type.Enum(["created", "version_added", "replaced", "unchanged"]),
          warnings: Type.Array(Type.String()),
        }),
        { description: "one for each type and version, in the documents' order" },
      ),
    },
    { $id: "EventTypeImportResult" },
  ),
);

const STRICT = Type.Boolean({
  description: "only types of the catalogue may be published, and only with data that fits their schema",
});

const KEPT = Type.String({ maxLength: 20, description: 'a duration such as "30d", or "0" (for ever)' });

export const ALERT_RULE = Type.String({
  maxLength: 200,
  description: "failure_count > 10 in 5m, failure_rate > 50% in 10m min 20 per subscription, backlog_age > 10m",
});

export const ENVIRONMENT = Type.Object(
  {
    tenant: SCOPE_NAME,
    environment: SCOPE_NAME,
    strict_types: STRICT,
    retention: Type.Object(
      byKind(() => orNull(KEPT)),
      { description: "what is set; null: as the server keeps it" },
    ),
    retention_in_force: Type.Object(byKind(() => KEPT)),
    alerts: Type.Array(Type.String(), { description: "rules of its own, beside those of the server" }),
    updated_at: orNull(INSTANT),
  },
  { $id: "Environment" },
);

export const ENVIRONMENT_PATCH = closed(
  {
    strict_types: Type.Optional(STRICT),
    retention: Type.Optional(closed(byKind(() => Type.Optional(orNull(KEPT))))),
    alerts: Type.Optional(
      orNull(Type.Array(ALERT_RULE, { maxItems: MOST_ALERT_RULES, description: "rules of its own, all of them" })),
    ),
  },
  { $id: "EnvironmentPatch" },
);
