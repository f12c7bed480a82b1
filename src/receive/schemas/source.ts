import { Type } from "typebox";
import { HANDSHAKES } from "../../core/sources/challenge.ts";
import {
  REQUEST_OUTCOMES,
  type RequestOutcome,
  SOURCE_MODES,
  type SourceMode,
  type SourceRequestDetail,
  type SourceRequestResource,
  type SourceResource,
  type SourceWithSecret,
} from "../../core/sources/source.ts";
import { PAGE } from "./query.ts";
import { closed, DURATION, INSTANT, orNull, record, SCOPE_NAME } from "./words.ts";

const NAME = Type.String({ maxLength: 64, description: 'characters of a-z, 0-9 and "-"; its URL is /in/NAME' });
const SCHEME = Type.String({ maxLength: 64, description: "a scheme of docs/schemes.md, or none: nobody signs" });
const MODE = Type.Unsafe<SourceMode>(
  Type.Enum([...SOURCE_MODES], {
    description: "store: answered once it is on disk; live: with the answer of a listener's program",
  }),
);
const PLACE = Type.String({ maxLength: 256, description: "a header's name, or a JSON Pointer into the body" });
const POINTER = Type.String({ maxLength: 256, description: "a JSON Pointer into the body" });
const MAP = record<string | null>(
  { type: ["string", "null"] },
  { description: "from the sender's types or patterns to event types; null: nothing is published of those" },
);
const ORIGINS = Type.Array(Type.String({ maxLength: 255 }), { maxItems: 100, description: 'DNS names, or "*"' });
const TOPICS = Type.Array(Type.String({ maxLength: 2048 }), { maxItems: 100, description: "topic URLs or ARNs" });
const RATE = Type.String({ maxLength: 16, description: 'such as "10/s" or "100/m"' });
const TOLERANCE = Type.Unsafe<string | number | null>({
  type: ["string", "integer", "null"],
  maxLength: 20,
  description: 'how old a signature may be: a duration such as "5m", or "none"; null: as the scheme says',
});

export const SOURCE_FIELDS = { name: NAME, scheme: SCHEME };
export const SOURCE_SETTINGS = {
  description: Type.Optional(orNull(Type.String({ maxLength: 1024 }))),
  enabled: Type.Optional(Type.Boolean()),
  mode: Type.Optional(Type.Unsafe<SourceMode | null>({ type: ["string", "null"], enum: [...SOURCE_MODES, null] })),
  live_timeout: Type.Optional(
    Type.Unsafe<string | number | null>({ ...DURATION, type: ["string", "integer", "null"] }),
  ),
  prefix: Type.Optional(orNull(Type.String({ maxLength: 64, description: 'before the type; "": nothing' }))),
  type_from: Type.Optional(orNull(PLACE)),
  id_from: Type.Optional(orNull(PLACE)),
  data_from: Type.Optional(orNull(POINTER)),
  map: Type.Optional(Type.Unsafe<Record<string, string | null> | null>({ ...MAP, type: ["object", "null"] })),
  handshake: Type.Optional(
    orNull(Type.String({ maxLength: 32, description: `none, ${HANDSHAKES.join(", ")}; null: as the scheme says` })),
  ),
  verify_token: Type.Optional(
    orNull(Type.String({ maxLength: 512, description: "the text that was agreed on for the handshake" })),
  ),
  allow_origins: Type.Optional(orNull(ORIGINS)),
  topics: Type.Optional(orNull(TOPICS)),
  tolerance: Type.Optional(TOLERANCE),
  url: Type.Optional(orNull(Type.String({ maxLength: 2048, description: "by which the sender calls it" }))),
  rate_limit: Type.Optional(orNull(RATE)),
};
const SCOPE = { tenant: Type.Optional(SCOPE_NAME), environment: Type.Optional(SCOPE_NAME) };
const SECRET = Type.String({ maxLength: 16_384 });

export const SOURCE_INPUT = closed(
  { ...SOURCE_FIELDS, secret: Type.Optional(orNull(SECRET)), ...SOURCE_SETTINGS, ...SCOPE },
  { $id: "SourceInput" },
);
export const SOURCE_PATCH = closed({ ...SOURCE_SETTINGS, ...SCOPE }, { $id: "SourcePatch" });
export const SOURCE_ROTATION = closed(
  { secret: Type.Optional(SECRET), grace: Type.Optional(DURATION) },
  { $id: "SourceRotation" },
);

const RESOURCE_FIELDS = {
  id: Type.String({ pattern: "^src_[0-9a-z]+$" }),
  name: NAME,
  description: Type.String(),
  enabled: Type.Boolean(),
  scheme: SCHEME,
  mode: MODE,
  live_timeout: DURATION,
  prefix: Type.String(),
  type_from: orNull(PLACE),
  id_from: orNull(PLACE),
  data_from: orNull(POINTER),
  map: MAP,
  handshake: orNull(Type.String()),
  has_verify_token: Type.Boolean(),
  allow_origins: ORIGINS,
  topics: TOPICS,
  tolerance: orNull(Type.String()),
  url: orNull(Type.String()),
  rate_limit: orNull(RATE),
  tenant: SCOPE_NAME,
  environment: SCOPE_NAME,
  secrets: Type.Array(
    Type.Object({ id: Type.String(), created_at: INSTANT, expires_at: orNull(INSTANT), hint: Type.String() }),
  ),
  created_at: INSTANT,
  updated_at: INSTANT,
};
export const SOURCE = Type.Unsafe<SourceResource>(Type.Object(RESOURCE_FIELDS, { $id: "Source" }));
export const SOURCE_WITH_SECRET = Type.Unsafe<SourceWithSecret>(
  Type.Object(
    {
      ...RESOURCE_FIELDS,
      secret: orNull(Type.String({ description: "the one that was made; null: it was given, or there is none" })),
    },
    { $id: "SourceWithSecret" },
  ),
);

const OUTCOME = Type.Unsafe<RequestOutcome>(Type.Enum([...REQUEST_OUTCOMES]));
const REQUEST_FIELDS = {
  id: Type.String({ pattern: "^req_[0-9a-z]+$" }),
  source: NAME,
  received_at: INSTANT,
  outcome: OUTCOME,
  status: Type.Integer({ description: "what the sender was answered" }),
  reason: orNull(Type.String({ description: "why it was refused" })),
  detail: orNull(Type.String()),
  method: Type.String(),
  from: Type.String({ description: "the address that it came from" }),
  body_bytes: Type.Integer({ minimum: 0 }),
  event_id: orNull(Type.String()),
  tenant: SCOPE_NAME,
  environment: SCOPE_NAME,
};
export const SOURCE_REQUEST = Type.Unsafe<SourceRequestResource>(Type.Object(REQUEST_FIELDS, { $id: "SourceRequest" }));
export const SOURCE_REQUEST_DETAIL = Type.Unsafe<SourceRequestDetail>(
  Type.Object(
    {
      ...REQUEST_FIELDS,
      path: Type.String({ description: 'behind /in/NAME: "/" or longer' }),
      query: Type.String(),
      headers: Type.Unsafe<[string, string][]>({
        type: "array",
        items: { type: "array", items: { type: "string" } },
        description: "names and values in order; what is secret is ***",
      }),
      body: orNull(Type.String()),
      body_encoding: Type.Enum(["utf8", "base64"]),
      hints: Type.Array(Type.String(), { description: "what would have made a refused one valid" }),
    },
    { $id: "SourceRequestDetail" },
  ),
);

export const SOURCE_QUERY = closed({
  ...PAGE,
  enabled: Type.Optional(Type.Enum(["true", "false"])),
  scheme: Type.Optional(SCHEME),
});
export const SOURCE_REQUEST_QUERY = closed({ ...PAGE, outcome: Type.Optional(OUTCOME) });
export const SOURCE_PARAMS = Type.Object({ name: Type.String({ minLength: 1 }) });
export const SOURCE_REQUEST_PARAMS = Type.Object({
  name: Type.String({ minLength: 1 }),
  id: Type.String({ minLength: 1 }),
});
