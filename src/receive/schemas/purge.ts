import { Type } from "typebox";
import { FILTER_MAX_LENGTH } from "../../core/filter/expression.ts";
import { MOST_PURGED_IDS, PURGE_REASON_MAX_LENGTH, type PurgeResource } from "../../core/purge.ts";
import { REPLAY_STATES } from "../../core/replay.ts";
import { EVENT_ID, EVENT_PATTERN } from "./event.ts";
import { BOUND, PAGE } from "./query.ts";
import { closed, INSTANT, orNull, record, SCOPE_NAME } from "./words.ts";

// Erasing events with all that hangs on them.

export const EVENT_PURGE = closed(
  {
    filter: closed(
      {
        since: Type.Optional(BOUND),
        before: Type.Optional(BOUND),
        types: Type.Optional(Type.Array(EVENT_PATTERN, { minItems: 1, maxItems: 100 })),
        events: Type.Optional(Type.Array(EVENT_ID, { minItems: 1, maxItems: MOST_PURGED_IDS })),
        where: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: FILTER_MAX_LENGTH,
            description: 'a filter, such as data.user_id == "u_1"',
          }),
        ),
        all: Type.Optional(Type.Boolean({ description: "every event, where nothing else is given" })),
      },
      { description: "which events: all that is given must be so, and something must be" },
    ),
    reason: Type.Optional(
      Type.String({ maxLength: PURGE_REASON_MAX_LENGTH, description: "for whoever asks for one of them later" }),
    ),
    cancel_waiting: Type.Optional(
      Type.Boolean({ description: "cancel what waits of them; default: such events are kept" }),
    ),
    dry_run: Type.Optional(
      Type.Boolean({
        description: "only count, a page for each request: as long as next_cursor is not null, go on with it",
      }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 200, description: "with dry_run: next_cursor of the page before, of the same filter" }),
    ),
  },
  { $id: "EventPurge" },
);

const COUNT = Type.Integer({ minimum: 0 });
const KEPT = Type.Integer({ minimum: 0, description: "left, because deliveries of them wait or are being sent" });
const UNDECIDED = Type.Integer({ minimum: 0, description: "left, because `where` has no answer for them" });

export const PURGE_STARTED = Type.Object(
  {
    count: Type.Integer({ minimum: 0, description: "events that are erased by now, or (of this page) would be" }),
    kept: KEPT,
    undecided: UNDECIDED,
    dry_run: Type.Boolean(),
    id: orNull(Type.String({ description: "of the job; null with dry_run" })),
    status: Type.Enum([...REPLAY_STATES]),
    next_cursor: orNull(Type.String({ description: "with dry_run: there is more to count" })),
  },
  { $id: "PurgeStarted" },
);

export const PURGE = Type.Unsafe<PurgeResource>(
  Type.Object(
    {
      id: Type.String({ pattern: "^prg_[0-9a-z]+$" }),
      status: Type.Enum([...REPLAY_STATES], {
        description: "completed: nothing of what was erased is left in the store's files",
      }),
      filter: record<unknown>({}, { description: 'as it was asked for; values in `where` are shown as "***"' }),
      reason: Type.String(),
      cancel_waiting: Type.Boolean(),
      erased: Type.Object({ events: COUNT, deliveries: COUNT, attempts: COUNT }),
      kept: KEPT,
      undecided: UNDECIDED,
      tenant: SCOPE_NAME,
      environment: SCOPE_NAME,
      created_at: INSTANT,
      updated_at: INSTANT,
      ended_at: orNull(INSTANT),
    },
    { $id: "Purge" },
  ),
);

export const PURGE_LIST_QUERY = closed(PAGE);
