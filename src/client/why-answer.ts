import type { WhyAction, WhyAttempt, WhyResource, WhySubscription } from "../core/why/why.ts";
import { flag, listOf, number, objectOf, orNull, text } from "./answer-form.ts";
import { CONDITION } from "./answers.ts";

const WHY_SUBSCRIPTION = objectOf<WhySubscription>({
  id: text,
  name: orNull(text),
  url: orNull(text),
  outcome: text,
  code: text,
  summary: text,
  details: listOf(text),
  pattern: orNull(text),
  filter: orNull(
    objectOf<NonNullable<WhySubscription["filter"]>>({
      expression: text,
      outcome: text,
      error: orNull(text),
      conditions: listOf(CONDITION),
    }),
  ),
  delivery: orNull(
    objectOf<NonNullable<WhySubscription["delivery"]>>({
      id: text,
      status: text,
      reason: orNull(text),
      created_at: text,
      completed_at: orNull(text),
    }),
  ),
  next_attempt_at: orNull(text),
  attempts: listOf(
    objectOf<WhyAttempt>({
      number,
      started_at: text,
      duration_ms: number,
      outcome: text,
      status: orNull(number),
      cause: text,
      phase: text,
      trigger: text,
    }),
  ),
  actions: listOf(objectOf<WhyAction>({ text, command: orNull(text) })),
});

/** `GET /v1/why` */
export const WHY = objectOf<WhyResource>({
  event: objectOf<WhyResource["event"]>({
    id: text,
    type: text,
    timestamp: text,
    version: orNull(text),
    tenant: text,
    environment: text,
    created_at: text,
  }),
  checked_at: text,
  live: flag,
  notes: listOf(text),
  subscriptions: listOf(WHY_SUBSCRIPTION),
  others: number,
});
