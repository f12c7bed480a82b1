import { Type } from "typebox";
import { DELIVERY_STATES } from "../../core/delivery.ts";
import { WHY_CODES, type WhyResource, type WhySubscription } from "../../core/why/why.ts";
import { EVENT_ID, EVENT_TYPE } from "./event.ts";
import { closed, INSTANT, orNull, SCOPE_NAME } from "./words.ts";

export const WHY_QUERY = closed({
  event: Type.String({ minLength: 1, maxLength: 128, description: "an id, or a unique beginning of one" }),
  subscription: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: "an id, a unique beginning of one, or a name; default: all",
    }),
  ),
});

export const WHY_SUBSCRIPTION = Type.Unsafe<WhySubscription>(
  Type.Object(
    {
      id: Type.String({ pattern: "^sub_[0-9a-z]+$" }),
      name: orNull(Type.String({ description: "null: it has none, or is deleted" })),
      url: orNull(Type.String({ description: "its query is masked; null for a listener, or a deleted one" })),
      outcome: Type.Enum(["delivered", "sending", "waiting", "failed", "cancelled", "not_sent"]),
      code: Type.Enum([...WHY_CODES], { description: "the one reason that counts most" }),
      summary: Type.String({ description: "the reason in one sentence" }),
      details: Type.Array(Type.String(), { description: "what else is worth knowing" }),
      pattern: orNull(Type.String({ description: "its first pattern that takes the type, as it is now" })),
      filter: Type.Union(
        [
          Type.Object({
            expression: Type.String(),
            outcome: Type.Enum(["matched", "not_matched", "failed"]),
            error: orNull(Type.String()),
            conditions: Type.Array(Type.Ref("FilterCondition#")),
          }),
          Type.Null(),
        ],
        { description: "its filter as it is now, and what it comes to for the event" },
      ),
      delivery: Type.Union([
        Type.Object({
          id: Type.String({ pattern: "^dlv_[0-9a-z]+$" }),
          status: Type.Enum([...DELIVERY_STATES]),
          reason: orNull(Type.String()),
          created_at: INSTANT,
          completed_at: orNull(INSTANT),
        }),
        Type.Null(),
      ]),
      next_attempt_at: orNull(INSTANT),
      attempts: Type.Array(
        Type.Object({
          number: Type.Integer({ minimum: 1 }),
          started_at: INSTANT,
          duration_ms: Type.Integer({ minimum: 0 }),
          outcome: Type.Enum(["success", "failure"]),
          status: orNull(Type.Integer()),
          cause: Type.String({ description: "in words" }),
          phase: Type.Enum(["dns", "connect", "tls", "write", "headers", "body", "done"]),
          trigger: Type.Enum(["auto", "manual", "replay"]),
        }),
        { description: "the last 20, in order" },
      ),
      actions: Type.Array(
        Type.Object({
          text: Type.String(),
          command: orNull(Type.String({ description: "a command of hooks to paste" })),
        }),
        { description: "what to do" },
      ),
    },
    { $id: "WhySubscription" },
  ),
);

export const WHY = Type.Unsafe<WhyResource>(
  Type.Object(
    {
      event: Type.Object({
        id: EVENT_ID,
        type: EVENT_TYPE,
        timestamp: INSTANT,
        version: orNull(Type.String()),
        tenant: SCOPE_NAME,
        environment: SCOPE_NAME,
        created_at: INSTANT,
      }),
      checked_at: INSTANT,
      live: Type.Boolean({ description: "whether the process that sends was asked what holds deliveries back" }),
      notes: Type.Array(Type.String(), { description: "what is true for all of them" }),
      subscriptions: Type.Array(Type.Ref("WhySubscription#"), {
        description: "those it went to, and those whose patterns take its type; or the one that was named; at most 200",
      }),
      others: Type.Integer({ minimum: 0, description: "subscriptions that are not listed" }),
    },
    { $id: "Why" },
  ),
);
