import { type Route, route } from "../route.ts";
import { ID_PARAMS, numbered } from "../schemas/query.ts";
import {
  STATS,
  STATS_QUERY,
  SUBSCRIPTION_HEALTH,
  SUBSCRIPTION_STATS_QUERY,
  TENANT_STATS,
  TENANT_STATS_QUERY,
} from "../schemas/statistics.ts";
import { refTo } from "../schemas/words.ts";

const tag = "statistics";

export const STATISTICS_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/stats",
    access: "reader",
    id: "getStats",
    summary: "What attempts came to and how long they took, with a series for charts and what waits now.",
    tag,
    query: STATS_QUERY,
    answer: { status: 200, description: "the statistics", schema: refTo(STATS) },
    async handle({ query, service }) {
      return service().stats(numbered(query));
    },
  }),

  route({
    method: "GET",
    path: "/v1/stats/tenants",
    access: "reader",
    id: "getTenantStats",
    summary: "The same of each tenant and environment that the key reaches, without a series.",
    tag,
    query: TENANT_STATS_QUERY,
    answer: { status: 200, description: "the statistics", schema: refTo(TENANT_STATS) },
    async handle({ query, admin, named }) {
      const { tenant, environment, ...rest } = numbered(query);
      return admin().tenantStats({ ...rest, ...named({ tenant, environment }) });
    },
  }),

  route({
    method: "GET",
    path: "/v1/subscriptions/:id/stats",
    access: "reader",
    id: "getSubscriptionStats",
    summary: "The statistics of one subscription.",
    tag,
    params: ID_PARAMS,
    query: SUBSCRIPTION_STATS_QUERY,
    answer: { status: 200, description: "the statistics", schema: refTo(STATS) },
    async handle({ params, query, service }) {
      return service().subscriptionStats(params.id, numbered(query));
    },
  }),

  route({
    method: "GET",
    path: "/v1/subscriptions/:id/health",
    access: "reader",
    id: "getSubscriptionHealth",
    summary: "How its last attempts went, and its last 24 hours.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "its health", schema: refTo(SUBSCRIPTION_HEALTH) },
    async handle({ params, service }) {
      return service().subscriptionHealth(params.id);
    },
  }),
];
