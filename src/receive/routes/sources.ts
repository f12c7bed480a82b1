import { parseJson } from "../body.ts";
import { type Route, route } from "../route.ts";
import { numbered } from "../schemas/query.ts";
import {
  SOURCE,
  SOURCE_INPUT,
  SOURCE_PARAMS,
  SOURCE_PATCH,
  SOURCE_QUERY,
  SOURCE_REQUEST_DETAIL,
  SOURCE_REQUEST_PARAMS,
  SOURCE_REQUEST_QUERY,
  SOURCE_ROTATION,
  SOURCE_WITH_SECRET,
} from "../schemas/source.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "sources";
const sourceAnswer = { status: 200, description: "the source", schema: refTo(SOURCE) };

export const SOURCE_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/sources",
    access: "admin",
    id: "createSource",
    summary:
      "Take a third party's webhooks at /in/NAME. `secret` in the answer is the one that was made, where the sender is told it; it is never shown again.",
    tag,
    body: { schema: refTo(SOURCE_INPUT), parse: parseJson },
    answer: { status: 201, description: "created", schema: refTo(SOURCE_WITH_SECRET) },
    async handle({ body, service }) {
      const { tenant, environment, ...input } = body;
      return service({ tenant, environment }).createSource(input);
    },
  }),

  route({
    method: "GET",
    path: "/v1/sources",
    access: "reader",
    id: "listSources",
    summary: "List sources, newest first.",
    tag,
    query: SOURCE_QUERY,
    answer: { status: 200, description: "a page of sources", schema: pageOfRefs("Source") },
    async handle({ query, service }) {
      const { enabled, ...filter } = query;
      return service().listSources({
        ...numbered(filter),
        enabled: enabled === undefined ? undefined : enabled === "true",
      });
    },
  }),

  route({
    method: "GET",
    path: "/v1/sources/:name",
    access: "reader",
    id: "getSource",
    summary: "A source, without its secrets.",
    tag,
    params: SOURCE_PARAMS,
    answer: sourceAnswer,
    async handle({ params, service }) {
      return service().getSource(params.name);
    },
  }),

  route({
    method: "PATCH",
    path: "/v1/sources/:name",
    access: "admin",
    id: "updateSource",
    summary: "Change what is given; null stands for the default.",
    tag,
    params: SOURCE_PARAMS,
    body: { schema: refTo(SOURCE_PATCH), parse: parseJson },
    answer: sourceAnswer,
    async handle({ params, body, service }) {
      const { tenant, environment, ...patch } = body;
      return service({ tenant, environment }).updateSource(params.name, patch);
    },
  }),

  route({
    method: "DELETE",
    path: "/v1/sources/:name",
    access: "admin",
    id: "deleteSource",
    summary: "Delete a source, and what came to it. Its events stay.",
    tag,
    params: SOURCE_PARAMS,
    answer: { status: 204, description: "deleted" },
    async handle({ params, service }) {
      await service().deleteSource(params.name);
    },
  }),

  route({
    method: "POST",
    path: "/v1/sources/:name/rotate-secret",
    access: "admin",
    id: "rotateSourceSecret",
    summary: "Take what a new secret signs; what the old one signs is taken until the grace ends (default 24h).",
    tag,
    params: SOURCE_PARAMS,
    body: { schema: refTo(SOURCE_ROTATION), parse: parseJson, optional: true },
    answer: { status: 200, description: "the source", schema: refTo(SOURCE_WITH_SECRET) },
    async handle({ params, body, service }) {
      return service().rotateSourceSecret(params.name, body ?? {});
    },
  }),

  route({
    method: "GET",
    path: "/v1/sources/:name/requests",
    access: "reader",
    id: "listSourceRequests",
    summary: "What came to a source, newest first: all that events were made of, and the last 100 that were not.",
    tag,
    params: SOURCE_PARAMS,
    query: SOURCE_REQUEST_QUERY,
    answer: { status: 200, description: "a page of requests", schema: pageOfRefs("SourceRequest") },
    async handle({ params, query, service }) {
      return service().listSourceRequests(params.name, numbered(query));
    },
  }),

  route({
    method: "GET",
    path: "/v1/sources/:name/requests/:id",
    access: "reader",
    id: "getSourceRequest",
    summary: "A request as it came, and what was wrong with it.",
    tag,
    params: SOURCE_REQUEST_PARAMS,
    answer: { status: 200, description: "the request", schema: refTo(SOURCE_REQUEST_DETAIL) },
    async handle({ params, service }) {
      return service().getSourceRequest(params.name, params.id);
    },
  }),
];
