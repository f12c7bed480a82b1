import { invalid } from "../../core/errors.ts";
import { quoted } from "../../core/quoted.ts";
import type { SubscriptionInput, SubscriptionResource } from "../../core/subscription.ts";
import { parseJson } from "../body.ts";
import { type NamedScope, type Route, route } from "../route.ts";
import { ID_PARAMS, numbered, SUBSCRIPTION_QUERY } from "../schemas/query.ts";
import {
  SUBSCRIPTION,
  SUBSCRIPTION_INPUT,
  SUBSCRIPTION_PATCH,
  SUBSCRIPTION_REPLACEMENT,
  SUBSCRIPTION_WITH_SECRET,
} from "../schemas/subscription.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "subscriptions";
const subscriptionAnswer = { status: 200, description: "the subscription", schema: refTo(SUBSCRIPTION) };

export const SUBSCRIPTION_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/subscriptions",
    access: "admin",
    id: "createSubscription",
    summary: "Create a subscription. The whole secret is in this answer and never again.",
    tag,
    body: { schema: refTo(SUBSCRIPTION_INPUT), parse: parseJson },
    answer: { status: 201, description: "created", schema: refTo(SUBSCRIPTION_WITH_SECRET) },
    async handle({ body, service }) {
      return service(scopeIn(body)).createSubscription(settingsIn(body) as unknown as SubscriptionInput);
    },
  }),

  route({
    method: "GET",
    path: "/v1/subscriptions",
    access: "reader",
    id: "listSubscriptions",
    summary: "List subscriptions, newest first.",
    tag,
    query: SUBSCRIPTION_QUERY,
    answer: { status: 200, description: "a page of subscriptions", schema: pageOfRefs("Subscription") },
    async handle({ query, service }) {
      const { tenant, environment, enabled, ...filter } = query;
      return service({ tenant, environment }).listSubscriptions({
        ...numbered(filter),
        enabled: enabled === undefined ? undefined : enabled === "true",
      });
    },
  }),

  route({
    method: "GET",
    path: "/v1/subscriptions/:id",
    access: "reader",
    id: "getSubscription",
    summary: "A subscription.",
    tag,
    params: ID_PARAMS,
    answer: subscriptionAnswer,
    async handle({ params, service }) {
      return service().getSubscription(params.id);
    },
  }),

  route({
    method: "PATCH",
    path: "/v1/subscriptions/:id",
    access: "admin",
    id: "updateSubscription",
    summary: "Change what is given; null goes back to the default.",
    tag,
    params: ID_PARAMS,
    body: { schema: refTo(SUBSCRIPTION_PATCH), parse: parseJson },
    answer: subscriptionAnswer,
    async handle({ params, body, service }) {
      return service(scopeIn(body)).updateSubscription(params.id, settingsIn(body) as Partial<SubscriptionInput>);
    },
  }),

  route({
    method: "PUT",
    path: "/v1/subscriptions/:id",
    access: "admin",
    id: "replaceSubscription",
    summary:
      "Set the whole subscription; what is left out goes back to its default. Takes back what reading it gave: fields that only the server sets are checked (id, transport, paused) or ignored.",
    tag,
    params: ID_PARAMS,
    body: { schema: refTo(SUBSCRIPTION_REPLACEMENT), parse: parseJson },
    answer: subscriptionAnswer,
    async handle({ params, body, service }) {
      const scoped = service(scopeIn(body));
      if (NAMING.some((field) => body[field] !== undefined)) {
        checkNaming(body, await scoped.getSubscription(params.id));
      }
      return scoped.replaceSubscription(params.id, settingsIn(body) as unknown as SubscriptionInput);
    },
  }),

  route({
    method: "DELETE",
    path: "/v1/subscriptions/:id",
    access: "admin",
    id: "deleteSubscription",
    summary: "Delete a subscription. What waits for it is cancelled; its history stays.",
    tag,
    params: ID_PARAMS,
    answer: { status: 204, description: "deleted" },
    async handle({ params, service }) {
      await service().deleteSubscription(params.id);
    },
  }),
];

/** Fields that only the server sets and that a caller could believe to change. */
const NAMING = ["id", "transport", "paused"] as const;

function checkNaming(given: Partial<Record<(typeof NAMING)[number], unknown>>, current: SubscriptionResource): void {
  for (const field of NAMING) {
    if (given[field] === undefined || given[field] === current[field]) continue;
    const hint =
      field === "paused" ? `POST /v1/subscriptions/${current.id}/${given.paused ? "pause" : "resume"}` : undefined;
    throw invalid(field, `${field} cannot be changed here: it is ${quoted(current[field])}`, hint);
  }
}

/** What a body may hold besides settings: names of the scope, what only the server sets, what is not there yet. */
const NO_SETTINGS = new Set([
  ...["tenant", "environment", "id", "transport", "paused", "health", "counts", "secrets", "created_at", "updated_at"],
  ...["warnings"],
]);

function settingsIn(body: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !NO_SETTINGS.has(name)));
}

function scopeIn({ tenant, environment }: NamedScope): NamedScope {
  return { tenant, environment };
}
