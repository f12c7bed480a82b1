import { Type } from "typebox";
import { FILTER_MAX_LENGTH } from "../../core/filter/expression.ts";
import type { FilterTrialResult } from "../../core/filter/filter-trial.ts";
import { EVENT_ID, EVENT_TYPE } from "./event.ts";
import { closed, orNull, RAW_JSON, RAW_OBJECT } from "./words.ts";

export const FILTER_TRIAL = closed(
  {
    filter: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: FILTER_MAX_LENGTH,
        description: "CEL over data, metadata, type and event; default: the subscription's own",
      }),
    ),
    subscription: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: "an id, a unique beginning of one, or a name" }),
    ),
    event: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: "a stored event to try it on; what else is given changes it",
      }),
    ),
    id: Type.Optional(EVENT_ID),
    type: Type.Optional(EVENT_TYPE),
    timestamp: Type.Optional(Type.String({ maxLength: 64, description: "ISO 8601 with an offset or Z; default: now" })),
    version: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    data: Type.Optional(RAW_JSON),
    metadata: Type.Optional(RAW_OBJECT),
  },
  { $id: "FilterTrial" },
);

export const CONDITION = Type.Object(
  {
    expression: Type.String({ description: "one condition of the filter" }),
    result: orNull(Type.Boolean({ description: "null: it failed" })),
    error: orNull(Type.String({ description: "why it failed: no such key: data.amount" })),
    values: Type.Array(
      Type.Object({
        expression: Type.String(),
        value: orNull(Type.String({ description: "as JSON, cut; null: it is not there" })),
      }),
      { description: "what it looked at" },
    ),
  },
  { $id: "FilterCondition" },
);

export const FILTER_TRIAL_RESULT = Type.Unsafe<FilterTrialResult>(
  Type.Object(
    {
      matched: Type.Boolean({ description: "whether the event would be sent" }),
      filter: orNull(Type.String()),
      outcome: Type.Enum(["matched", "not_matched", "failed"]),
      error: orNull(Type.String({ description: "why the filter failed; such an event is not sent" })),
      pattern: orNull(
        Type.String({
          description: "of the subscription, the one that takes the type; null: none does, or none was named",
        }),
      ),
      conditions: Type.Array(Type.Ref("FilterCondition#")),
    },
    { $id: "FilterTrialResult" },
  ),
);
