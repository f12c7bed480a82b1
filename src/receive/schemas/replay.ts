import { Type } from "typebox";
import {
  DELIVERY_REASONS,
  DELIVERY_STATES,
  type DeliveryReason,
  type DeliveryState,
  FAILURE_REASONS,
} from "../../core/delivery.ts";
import { REPLAY_STATES, type ReplayResource } from "../../core/replay.ts";
import { EVENT_PATTERN } from "./event.ts";
import { BOUND, PAGE, REFERENCE } from "./query.ts";
import { closed, INSTANT, orNull, record, SCOPE_NAME } from "./words.ts";

// Sending many ended deliveries again, and the dead letters among them.

/** Of the end of a delivery: `since` is inclusive, `until` exclusive. */
const ENDED = { since: Type.Optional(BOUND), until: Type.Optional(BOUND) };
const REASON = Type.Unsafe<DeliveryReason>(Type.Enum([...DELIVERY_REASONS], { description: "why they ended so" }));
const FAILURE = Type.Unsafe<DeliveryReason>(Type.Enum([...FAILURE_REASONS], { description: "why they failed" }));
const TYPES = Type.Array(EVENT_PATTERN, { minItems: 1, maxItems: 100 });
const STATUS = Type.Unsafe<DeliveryState>(Type.Enum([...DELIVERY_STATES]));

const REPLAY_FILTER = {
  ...ENDED,
  status: Type.Optional(STATUS),
  types: Type.Optional(TYPES),
  reason: Type.Optional(REASON),
};
const OPTIONS = {
  rate: Type.Optional(
    Type.String({ maxLength: 20, description: 'at most so many: "100/s", "600/m"; default: no limit' }),
  ),
  dry_run: Type.Optional(Type.Boolean({ description: "only count" })),
};

export const SUBSCRIPTION_REPLAY = closed({ ...REPLAY_FILTER, ...OPTIONS }, { $id: "SubscriptionReplay" });

export const REPLAY_REQUEST = closed(
  {
    filter: Type.Optional(closed({ ...REPLAY_FILTER, subscription: Type.Optional(REFERENCE) })),
    ...OPTIONS,
  },
  { $id: "ReplayRequest" },
);

export const DEAD_LETTER_REPLAY = closed(
  {
    filter: Type.Optional(
      closed({
        ...ENDED,
        types: Type.Optional(TYPES),
        reason: Type.Optional(FAILURE),
        subscription: Type.Optional(REFERENCE),
      }),
    ),
    ...OPTIONS,
  },
  { $id: "DeadLetterReplay" },
);

const COUNT = Type.Integer({ minimum: 0 });

export const REPLAY_STARTED = Type.Object(
  {
    count: Type.Integer({ minimum: 0, description: "deliveries that were found" }),
    dry_run: Type.Boolean(),
    id: orNull(Type.String({ description: "of the job; null with dry_run, and when nothing was found" })),
    status: Type.Enum([...REPLAY_STATES]),
  },
  { $id: "ReplayStarted" },
);

export const REPLAY = Type.Unsafe<ReplayResource>(
  Type.Object(
    {
      id: Type.String({ pattern: "^rpl_[0-9a-z]+$" }),
      status: Type.Enum([...REPLAY_STATES]),
      filter: record<unknown>({}, { description: "as it was asked for" }),
      rate: orNull(Type.String()),
      count: Type.Integer({ minimum: 0, description: "deliveries that were found when it began" }),
      reopened: Type.Integer({ minimum: 0, description: "so many of them go out again by now" }),
      tenant: SCOPE_NAME,
      environment: SCOPE_NAME,
      created_at: INSTANT,
      updated_at: INSTANT,
      ended_at: orNull(INSTANT),
    },
    { $id: "Replay" },
  ),
);

export const REPLAY_QUERY = closed(PAGE);

const DEAD_LETTER_FILTER = {
  ...ENDED,
  type: Type.Optional(EVENT_PATTERN),
  reason: Type.Optional(FAILURE),
  subscription: Type.Optional(REFERENCE),
};
export const DEAD_LETTER_QUERY = closed({ ...PAGE, ...DEAD_LETTER_FILTER });
export const PURGE_QUERY = closed({
  ...DEAD_LETTER_FILTER,
  dry_run: Type.Optional(Type.Enum(["true", "false"], { description: "only count; default false" })),
});

export const PURGE_RECEIPT = Type.Object({ count: COUNT, dry_run: Type.Boolean() }, { $id: "PurgeReceipt" });
