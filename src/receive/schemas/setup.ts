import { Type } from "typebox";
import { ROLES } from "../../core/key.ts";
import {
  MAX_SETUP_ENTRIES,
  SET_NAME_PATTERN,
  SETUP_ACTIONS,
  SETUP_KINDS,
  type SetupDocument,
  type SetupExport,
  type SetupResult,
} from "../../core/setup/setup.ts";
import { EVENT_TYPE } from "./event.ts";
import { ALERT_RULE, ENVIRONMENT_PATCH, TYPE_FIELDS, VERSION_FIELDS } from "./event-type.ts";
import { SOURCE_FIELDS, SOURCE_SETTINGS } from "./source.ts";
import { EVENTS_FIELD, SETTINGS } from "./subscription.ts";
import { closed, orNull, record, SCOPE_NAME } from "./words.ts";

/** The two ways in which a set-up gives what may be secret. */
export interface ReferenceForms {
  /** What is kept secret. */
  secret: object;
  /** What may be. */
  text: object;
}

const IN_REQUEST: ReferenceForms = referencedForms("the value, or an object with from (the reference) and value");

function referencedForms(description: string): ReferenceForms {
  const form = {
    anyOf: [
      { type: "string" },
      {
        type: "object",
        properties: { from: { type: "string" }, value: { type: "string" } },
        required: ["from", "value"],
        additionalProperties: false,
      },
    ],
    description,
  };
  return { secret: form, text: form };
}

const list = <Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema, description: string) =>
  Type.Optional(Type.Array(schema, { maxItems: MAX_SETUP_ENTRIES, description }));
const nullable = (form: object) => ({ anyOf: [form, { type: "null" }] });

const NAME = Type.String({ maxLength: 255, description: "which one is meant" });
const SET = Type.Optional(
  Type.String({
    pattern: SET_NAME_PATTERN.source,
    description: "the name under which this is set up; `prune` deletes what has it and is not in the file any more",
  }),
);

/** Fields of a set-up. `forms`: how references are written. */
export function setupFields({ secret, text }: ReferenceForms) {
  const {
    tenant: _tenant,
    environment: _environment,
    name: _name,
    headers: _headers,
    handshake,
    ...settings
  } = SETTINGS;
  const subscription = closed({
    name: NAME,
    url: Type.Unsafe<unknown>({ ...text, description: "where its events go: a URL, or a reference to one" }),
    events: EVENTS_FIELD,
    ...settings,
    handshake,
    paused: Type.Optional(Type.Boolean({ description: "collects events and sends none; left out: as it is" })),
    headers: Type.Optional(
      Type.Unsafe<unknown>({
        anyOf: [{ type: "object", additionalProperties: text, maxProperties: 20 }, { type: "null" }],
        description: "own headers; what is secret in them by reference",
      }),
    ),
    secret: Type.Optional(
      Type.Unsafe<unknown>({
        ...nullable(secret),
        description: "what signs, by reference; left out: one is made and shown once, or it stays as it is",
      }),
    ),
  });
  const eventType = closed({
    name: EVENT_TYPE,
    ...TYPE_FIELDS,
    schema: VERSION_FIELDS.schema,
    example: VERSION_FIELDS.example,
    versions: Type.Optional(
      Type.Array(closed({ version: Type.String({ maxLength: 32 }), ...VERSION_FIELDS }), {
        minItems: 1,
        description:
          "from the oldest on; of a type with the one version 1, schema and example may stand in the type itself",
      }),
    ),
    default_version: Type.Optional(Type.String({ maxLength: 32, description: "default: the last one" })),
    removed_versions: Type.Optional(Type.Array(Type.String({ maxLength: 32 }))),
  });
  const { alerts: _alerts, ...environmentSettings } = ENVIRONMENT_PATCH.properties;
  const { verify_token: _token, ...sourceSettings } = SOURCE_SETTINGS;
  const source = closed({
    ...SOURCE_FIELDS,
    secret: Type.Optional(
      Type.Unsafe<unknown>({
        ...nullable(secret),
        description: "the sender's, by reference; left out: one is made where that is ours to do, or it stays as it is",
      }),
    ),
    ...sourceSettings,
    verify_token: Type.Optional(
      Type.Unsafe<unknown>({
        ...nullable(secret),
        description: "the text that was agreed on for the handshake, by reference; left out: as it is; null: none",
      }),
    ),
  });
  const key = closed({
    name: NAME,
    role: Type.Enum([...ROLES]),
    expires: Type.Optional(orNull(Type.String({ maxLength: 40, description: "an ISO 8601 time" }))),
    rate_limit: Type.Optional(orNull(Type.String({ maxLength: 20, description: "10/s, 600/m, 5000/h" }))),
    key: Type.Optional(
      Type.Unsafe<unknown>({
        ...nullable(secret),
        description: "the whole key, by reference; left out: one is made and shown once",
      }),
    ),
  });
  return {
    version: Type.Optional(Type.Literal(1, { description: "of this form" })),
    set: SET,
    settings: Type.Optional(closed(environmentSettings, { description: "of the environment; what is left out stays" })),
    alerts: list(ALERT_RULE, "alert rules of this environment, beside those of the server"),
    event_types: list(eventType, "the catalogue"),
    subscriptions: list(subscription, "known by their names"),
    sources: list(source, "inbound sources, known by their names, which no other of the server may have"),
    keys: list(key, "of exactly this tenant and environment, known by their names"),
  };
}

export const SETUP = Type.Unsafe<SetupDocument>(closed(setupFields(IN_REQUEST), { $id: "Setup" }));

export const SETUP_REQUEST = closed(
  {
    setup: Type.Unsafe<SetupDocument>(Type.Ref("Setup#")),
    prune: Type.Optional(
      Type.Boolean({ description: "also delete what this set had set up and is not in it any more" }),
    ),
    dry_run: Type.Optional(Type.Boolean({ description: "only say what would be done" })),
    plan: Type.Optional(
      Type.String({ maxLength: 64, description: "the plan that was shown: another is not carried out" }),
    ),
    grace: Type.Optional(
      Type.String({ maxLength: 20, description: "how long replaced secrets sign beside the new ones; default 24h" }),
    ),
    tenant: Type.Optional(SCOPE_NAME),
    environment: Type.Optional(SCOPE_NAME),
  },
  { $id: "SetupRequest" },
);

const KIND = Type.Enum([...SETUP_KINDS]);

export const SETUP_RESULT = Type.Unsafe<SetupResult>(
  Type.Object(
    {
      dry_run: Type.Boolean(),
      plan: Type.String({ description: "the same as long as the same would be done" }),
      set: Type.String(),
      changes: Type.Array(
        Type.Object({
          action: Type.Enum([...SETUP_ACTIONS]),
          kind: KIND,
          name: Type.String(),
          id: orNull(Type.String()),
          changes: Type.Array(
            Type.Object({
              field: Type.String(),
              before: Type.Optional(Type.Unknown()),
              after: Type.Optional(Type.Unknown()),
            }),
            { description: "what is secret is masked: two that look the same differ" },
          ),
          secret: Type.Optional(
            Type.String({ description: "a secret or key that was made, shown here and never again" }),
          ),
        }),
      ),
      unchanged: Type.Integer({ minimum: 0 }),
      left: Type.Array(Type.Object({ kind: KIND, name: Type.String() }), {
        description: "of this set, and not in it any more: `prune` deletes it",
      }),
      warnings: Type.Array(Type.String()),
    },
    { $id: "SetupResult" },
  ),
);

export const SETUP_EXPORT = Type.Unsafe<SetupExport>(
  Type.Object(
    {
      tenant: SCOPE_NAME,
      environment: SCOPE_NAME,
      setup: record<unknown>({}, { description: "a set-up with references in place of what is secret" }),
      references: Type.Array(Type.Object({ field: Type.String(), reference: Type.String() }), {
        description: "that nobody gave: they are to be filled before it can be applied",
      }),
      left_out: Type.Array(Type.Object({ kind: KIND, id: Type.String(), reason: Type.String() })),
    },
    { $id: "SetupExport" },
  ),
);
