import type { HooksService } from "../../core/hooks-service.ts";
import { renamingField } from "../../core/renaming-fields.ts";
import { parseJson, parseWithRawData } from "../body.ts";
import { type Route, route } from "../route.ts";
import { ROTATION, SECRETS_ROTATED, SECRETS_ROTATION, TEST_REQUEST, TEST_RESULT } from "../schemas/other.ts";
import { ID_PARAMS, numbered, SUBSCRIPTION_DELIVERY_QUERY } from "../schemas/query.ts";
import { REPLAY_STARTED, SUBSCRIPTION_REPLAY } from "../schemas/replay.ts";
import { SUBSCRIPTION, SUBSCRIPTION_WITH_SECRET } from "../schemas/subscription.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "subscriptions";

export const SUBSCRIPTION_ACTION_ROUTES: readonly Route[] = [
  switchRoute("enable", "Send to it again; what waited goes on.", (service, id) => service.enableSubscription(id)),
  switchRoute("disable", "Collect nothing for it and send nothing to it.", (service, id) =>
    service.disableSubscription(id),
  ),
  switchRoute("pause", "Go on collecting and send nothing until resumed.", (service, id) =>
    service.pauseSubscription(id),
  ),
  switchRoute("resume", "Send again after a pause.", (service, id) => service.resumeSubscription(id)),

  route({
    method: "POST",
    path: "/v1/subscriptions/:id/test",
    access: "admin",
    id: "testSubscription",
    summary:
      "Send one request to its URL at once; nothing is stored. Without `data` a type of the catalogue has its example's.",
    tag,
    params: ID_PARAMS,
    body: { schema: refTo(TEST_REQUEST), parse: parseWithRawData, optional: true },
    answer: { status: 200, description: "what its receiver answered", schema: refTo(TEST_RESULT) },
    async handle({ params, body, service }) {
      return service().testSubscription(params.id, { type: body?.type, data: body?.data });
    },
  }),

  route({
    method: "POST",
    path: "/v1/subscriptions/:id/rotate-secret",
    access: "admin",
    id: "rotateSecret",
    summary: "Give it a new secret. The old one signs beside it until `grace` (default 24h) is over.",
    tag,
    params: ID_PARAMS,
    body: { schema: refTo(ROTATION), parse: parseJson, optional: true },
    answer: {
      status: 200,
      description: "the subscription with the new secret, which is never shown again",
      schema: refTo(SUBSCRIPTION_WITH_SECRET),
    },
    async handle({ params, body, service }) {
      return service().rotateSecret(params.id, { grace: body?.grace, secret: body?.secret });
    },
  }),

  route({
    method: "POST",
    path: "/v1/secrets/rotate",
    access: "admin",
    id: "rotateSecrets",
    summary:
      "Give all subscriptions of the tenant and environment, or those named, new secrets in one step. The old ones sign beside them until `grace` (default 24h) is over.",
    tag,
    body: { schema: refTo(SECRETS_ROTATION), parse: parseJson, optional: true },
    answer: {
      status: 200,
      description: "the subscriptions with their new secrets, which are never shown again",
      schema: refTo(SECRETS_ROTATED),
    },
    async handle({ body, service }) {
      return service().rotateSecrets({ grace: body?.grace, subscriptions: body?.subscriptions });
    },
  }),

  route({
    method: "GET",
    path: "/v1/subscriptions/:id/deliveries",
    access: "reader",
    id: "listSubscriptionDeliveries",
    summary: "List its deliveries, newest first.",
    tag,
    params: ID_PARAMS,
    query: SUBSCRIPTION_DELIVERY_QUERY,
    answer: { status: 200, description: "a page of deliveries", schema: pageOfRefs("Delivery") },
    async handle({ params, query, service }) {
      const request = { ...numbered(query), subscription: params.id };
      return renamingField("subscription", "id", () => service().listDeliveries(request));
    },
  }),

  route({
    method: "POST",
    path: "/v1/subscriptions/:id/replay",
    access: "admin",
    id: "replaySubscription",
    summary: "Send its deliveries again that ended (default: those that failed).",
    tag,
    params: ID_PARAMS,
    body: { schema: refTo(SUBSCRIPTION_REPLAY), parse: parseJson, optional: true },
    answer: { status: 202, description: "the job, and what it found", schema: refTo(REPLAY_STARTED) },
    async handle({ params, body, service }) {
      const request = { ...body, subscription: params.id };
      return renamingField("subscription", "id", () => service().replay(request));
    },
  }),
];

function switchRoute(
  verb: string,
  summary: string,
  act: (service: HooksService, id: string) => Promise<unknown>,
): Route {
  return route({
    method: "POST",
    path: `/v1/subscriptions/:id/${verb}`,
    access: "admin",
    id: `${verb}Subscription`,
    summary,
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the subscription", schema: refTo(SUBSCRIPTION) },
    async handle({ params, service }) {
      return act(service(), params.id);
    },
  });
}
