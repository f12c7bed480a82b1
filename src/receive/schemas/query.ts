import { Type } from "typebox";
import { DELIVERY_STATES, type DeliveryState } from "../../core/delivery.ts";
import { DELIVERY_ORDERS } from "../../core/hooks-service.ts";
import { EVENT_ID, EVENT_PATTERN, EVENT_TYPE } from "./event.ts";
import { closed, SCOPE_NAME } from "./words.ts";

// Query parameters are text with patterns: nothing is turned into a number behind the schema's back.

export const PAGE = {
  limit: Type.Optional(
    Type.String({
      pattern: String.raw`^([1-9]\d?|1\d\d|200)$`,
      description: "a whole number from 1 to 200; default 50",
    }),
  ),
  cursor: Type.Optional(
    Type.String({ pattern: "^[A-Za-z0-9_-]{1,500}$", description: "the next_cursor of an earlier answer" }),
  ),
};

export const BOUND = Type.String({
  pattern: "^[0-9A-Za-z:.+-]{1,40}$",
  description: "an ISO 8601 time, or a duration that counts back from now (2h)",
});
/** `since` is inclusive, `until` exclusive. */
export const RANGE = { since: Type.Optional(BOUND), until: Type.Optional(BOUND) };

const REFERENCE_TEXT = "an id, a unique beginning of one, or a name";
export const REFERENCE = Type.String({
  minLength: 1,
  maxLength: 255,
  description: REFERENCE_TEXT,
});
const STATUS = Type.Unsafe<DeliveryState>(Type.Enum([...DELIVERY_STATES]));

export const NO_QUERY = closed({});

export const EVENT_QUERY = closed({ ...PAGE, ...RANGE, type: Type.Optional(EVENT_PATTERN) });

export const SUBSCRIPTION_QUERY = closed({
  ...PAGE,
  event: Type.Optional(EVENT_TYPE),
  enabled: Type.Optional(Type.Enum(["true", "false"])),
  health: Type.Optional(Type.Enum(["healthy", "degraded", "unhealthy", "disabled"])),
  profile: Type.Optional(Type.String({ maxLength: 64 })),
  q: Type.Optional(Type.String({ maxLength: 255, description: "text in name, description or URL" })),
  tenant: Type.Optional(SCOPE_NAME),
  environment: Type.Optional(SCOPE_NAME),
});

const DELIVERY_FILTER = {
  ...PAGE,
  ...RANGE,
  status: Type.Optional(STATUS),
  type: Type.Optional(EVENT_PATTERN),
  event: Type.Optional(EVENT_ID),
};
export const DELIVERY_QUERY = closed({
  ...DELIVERY_FILTER,
  subscription: Type.Optional(REFERENCE),
  order: Type.Optional(
    Type.Enum([...DELIVERY_ORDERS], {
      description: "attempted: those that were tried last first; goes with subscription, type and outcome only",
    }),
  ),
  outcome: Type.Optional(
    Type.Enum(["success", "failure"], {
      description: "with order=attempted: by their last attempt that came to this",
    }),
  ),
});
export const SUBSCRIPTION_DELIVERY_QUERY = closed(DELIVERY_FILTER);

/** Default: all that the key reaches. */
export const METRICS_QUERY = closed({ tenant: Type.Optional(SCOPE_NAME), environment: Type.Optional(SCOPE_NAME) });

export const BATCH_QUERY = closed({
  atomic: Type.Optional(Type.Enum(["true", "false"], { description: "all or nothing; default false" })),
  dry_run: Type.Optional(
    Type.Enum(["true", "false"], { description: "store nothing, and say what would become of each; default false" }),
  ),
});

/** Of any length that a path can have: what is none names nothing, and the service says so. */
export const ID_PARAMS = Type.Object({ id: Type.String({ minLength: 1, description: REFERENCE_TEXT }) });

// ---- bodies that choose what is sent again -----------------------------------------------------------------------

export const EVENT_REPLAY = closed(
  {
    subscriptions: Type.Optional(Type.Array(REFERENCE, { minItems: 1, maxItems: 1000 })),
    dry_run: Type.Optional(Type.Boolean({ description: "only count" })),
  },
  { $id: "EventReplay" },
);

export const REPLAY_RECEIPT = Type.Object(
  { count: Type.Integer({ minimum: 0 }), dry_run: Type.Boolean() },
  { $id: "ReplayReceipt" },
);

/** The same query with `limit` as the number it says. */
export function numbered<Query extends { limit?: string }>(query: Query): Omit<Query, "limit"> & { limit?: number } {
  const { limit, ...rest } = query;
  // What is no number is none that the service takes.
  return limit === undefined ? rest : { ...rest, limit: /^\d{1,4}$/.test(limit) ? Number(limit) : Number.NaN };
}
