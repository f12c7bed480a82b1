import { parseEvent } from "../body.ts";
import { type Route, route } from "../route.ts";
import { FILTER_TRIAL, FILTER_TRIAL_RESULT } from "../schemas/filter.ts";
import { WHY, WHY_QUERY } from "../schemas/why.ts";
import { refTo } from "../schemas/words.ts";

const tag = "explain";

export const EXPLAIN_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/why",
    access: "reader",
    id: "why",
    summary: "Why an event was sent to the subscriptions, or to one of them, or was not; and what to do.",
    tag,
    query: WHY_QUERY,
    answer: { status: 200, description: "an explanation for each subscription", schema: refTo(WHY) },
    async handle({ query, service }) {
      return service().why(query);
    },
  }),

  route({
    method: "POST",
    path: "/v1/filters/test",
    access: "reader",
    id: "testFilter",
    summary: "Try a filter, or a subscription's, on an event; nothing is sent or stored.",
    tag,
    body: { schema: refTo(FILTER_TRIAL), parse: parseEvent, sizeField: "data" },
    answer: { status: 200, description: "whether it matches, and why", schema: refTo(FILTER_TRIAL_RESULT) },
    async handle({ body, service }) {
      return service().tryFilter(body);
    },
  }),
];
