import { inFilter } from "../../core/renaming-fields.ts";
import { parseJson } from "../body.ts";
import { type Route, route } from "../route.ts";
import { EVENT_PURGE, PURGE, PURGE_LIST_QUERY, PURGE_STARTED } from "../schemas/purge.ts";
import { ID_PARAMS, numbered } from "../schemas/query.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "purges";

export const PURGE_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/purges",
    access: "admin",
    id: "purgeEvents",
    summary:
      "Erase all events that match `filter`, with deliveries and attempts. Done in steps; what was counted of them stays, " +
      "and whoever asks for one of them is told that it was erased.",
    tag,
    body: { schema: refTo(EVENT_PURGE), parse: parseJson },
    cursorIn: "body",
    answer: { status: 202, description: "the job, and how far it is", schema: refTo(PURGE_STARTED) },
    async handle({ body: { filter, ...options }, service }) {
      return inFilter(filter, () => service().purgeEvents({ ...filter, ...options }));
    },
  }),

  route({
    method: "GET",
    path: "/v1/purges",
    access: "reader",
    id: "listPurges",
    summary: "List purges, newest first.",
    tag,
    query: PURGE_LIST_QUERY,
    answer: { status: 200, description: "a page of purges", schema: pageOfRefs("Purge") },
    async handle({ query, service }) {
      return service().listPurges(numbered(query));
    },
  }),

  route({
    method: "GET",
    path: "/v1/purges/:id",
    access: "reader",
    id: "getPurge",
    summary: "How far a purge has come.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the purge", schema: refTo(PURGE) },
    async handle({ params, service }) {
      return service().getPurge(params.id);
    },
  }),

  route({
    method: "POST",
    path: "/v1/purges/:id/cancel",
    access: "admin",
    id: "cancelPurge",
    summary: "Erase nothing more of it; what was erased is gone.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the purge, cancelled", schema: refTo(PURGE) },
    async handle({ params, service }) {
      return service().cancelPurge(params.id);
    },
  }),
];
