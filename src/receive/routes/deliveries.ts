import { type Route, route } from "../route.ts";
import { DELIVERY, DELIVERY_DETAIL } from "../schemas/delivery.ts";
import { DELIVERY_QUERY, ID_PARAMS, numbered } from "../schemas/query.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "deliveries";

export const DELIVERY_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/deliveries",
    access: "reader",
    id: "listDeliveries",
    summary: "List deliveries, newest first, or with order=attempted those first that were tried last.",
    tag,
    query: DELIVERY_QUERY,
    answer: { status: 200, description: "a page of deliveries", schema: pageOfRefs("Delivery") },
    async handle({ query, service }) {
      return service().listDeliveries(numbered(query));
    },
  }),

  route({
    method: "GET",
    path: "/v1/deliveries/:id",
    access: "reader",
    id: "getDelivery",
    summary: "A delivery with its attempts and the body that is sent.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the delivery", schema: refTo(DELIVERY_DETAIL) },
    async handle({ params, service }) {
      return service().getDelivery(params.id);
    },
  }),

  route({
    method: "POST",
    path: "/v1/deliveries/:id/retry",
    access: "admin",
    id: "retryDelivery",
    summary: "Send it once more at once; then the rest of its schedule.",
    tag,
    params: ID_PARAMS,
    answer: { status: 202, description: "the delivery, waiting", schema: refTo(DELIVERY) },
    async handle({ params, service }) {
      return service().retryDelivery(params.id);
    },
  }),

  route({
    method: "POST",
    path: "/v1/deliveries/:id/cancel",
    access: "admin",
    id: "cancelDelivery",
    summary: "Give up a delivery that waits.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the delivery, cancelled", schema: refTo(DELIVERY) },
    async handle({ params, service }) {
      return service().cancelDelivery(params.id);
    },
  }),
];
