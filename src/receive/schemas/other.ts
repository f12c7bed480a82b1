import { Type } from "typebox";
import { EVENT_TYPE } from "./event.ts";
import { closed, DURATION, orNull, RAW_JSON, ref } from "./words.ts";

export const TEST_REQUEST = closed(
  { type: Type.Optional(EVENT_TYPE), data: Type.Optional(RAW_JSON) },
  { $id: "TestRequest" },
);

export const TEST_RESULT = Type.Object(
  {
    success: Type.Boolean(),
    status: orNull(Type.Integer()),
    duration_ms: Type.Integer({ minimum: 0 }),
    response: orNull(Type.String()),
    error: orNull(Type.String()),
  },
  { $id: "TestResult" },
);

export const ROTATION = closed(
  {
    grace: Type.Optional(DURATION),
    secret: Type.Optional(Type.String({ maxLength: 512, description: "the new secret; default: one is made" })),
  },
  { $id: "Rotation" },
);

export const SECRETS_ROTATION = closed(
  {
    grace: Type.Optional(DURATION),
    subscriptions: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
        minItems: 1,
        maxItems: 10_000,
        description: "ids, unique beginnings or names; default: all that have a URL",
      }),
    ),
  },
  { $id: "SecretsRotation" },
);

export const SECRETS_ROTATED = Type.Object(
  { data: Type.Array(ref("SubscriptionWithSecret")), next_cursor: Type.Null() },
  { $id: "SecretsRotated" },
);

const COUNT = Type.Integer({ minimum: 0 });
export const META = Type.Object(
  {
    version: Type.String(),
    egress_addresses: Type.Union([Type.Array(Type.String()), Type.Null()], {
      description:
        "Which addresses requests to receivers come from (before any address translation): for a receiver that lets " +
        "in known senders only. null: not fixed, the server's system chooses.",
    }),
    limits: Type.Object({
      event_bytes: COUNT,
      batch_events: COUNT,
      batch_bytes: COUNT,
      json_depth: COUNT,
      tunnel_body_bytes: COUNT,
      subscriptions: COUNT,
      backlog: Type.Union([COUNT, Type.Null()]),
    }),
  },
  { $id: "Meta" },
);

export const WHOAMI = Type.Object(
  {
    name: Type.String({ description: "what its maker called it" }),
    role: Type.String(),
    tenant: Type.String({ description: '"*": any, named by each request' }),
    environment: Type.String({ description: '"*": any, named by each request' }),
  },
  { $id: "Whoami" },
);

export const HEALTH = Type.Object({ status: Type.Literal("ok") }, { $id: "Health" });

export const READINESS = Type.Object(
  { status: Type.Literal("ready"), checks: Type.Record(Type.String(), Type.String()) },
  { $id: "Readiness" },
);
