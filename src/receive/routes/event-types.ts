import type { EventTypeInput, EventTypePatch } from "../../core/event-type.ts";
import { IMPORT_MAX_BYTES } from "../../core/event-type-import.ts";
import { parseJson } from "../body.ts";
import { type Route, route } from "../route.ts";
import {
  ENVIRONMENT,
  ENVIRONMENT_PATCH,
  EVENT_TYPE_DETAIL,
  EVENT_TYPE_IMPORT,
  EVENT_TYPE_IMPORT_RESULT,
  EVENT_TYPE_INPUT,
  EVENT_TYPE_PARAMS,
  EVENT_TYPE_PATCH,
  EVENT_TYPE_QUERY,
  EVENT_TYPE_VERSION_PARAMS,
} from "../schemas/event-type.ts";
import { numbered } from "../schemas/query.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "event types";
const typeAnswer = { status: 200, description: "the event type", schema: refTo(EVENT_TYPE_DETAIL) };

export const EVENT_TYPE_ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/event-types",
    access: "any",
    id: "listEventTypes",
    summary:
      "The catalogue, and names seen in events or named by subscriptions, in alphabetical order, without schemas.",
    tag,
    query: EVENT_TYPE_QUERY,
    answer: { status: 200, description: "a page of event types", schema: pageOfRefs("EventTypeSummary") },
    async handle({ query, service }) {
      const { catalogued, deprecated, ...filter } = query;
      return service().listEventTypes({
        ...numbered(filter),
        catalogued: catalogued === undefined ? undefined : catalogued === "true",
        deprecated: deprecated === undefined ? undefined : deprecated === "true",
      });
    },
  }),

  route({
    method: "POST",
    path: "/v1/event-types",
    access: "admin",
    id: "createEventType",
    summary:
      "Add an event type to the catalogue, or a version to one that is there. The same once more changes nothing; another content is a conflict, unless `replace`.",
    tag,
    body: { schema: refTo(EVENT_TYPE_INPUT), parse: parseJson },
    answer: { status: 201, description: "it is in the catalogue", schema: refTo(EVENT_TYPE_DETAIL) },
    async handle({ body, service }) {
      const { tenant, environment, ...input } = body;
      return service({ tenant, environment }).createEventType(input as EventTypeInput);
    },
  }),

  route({
    method: "POST",
    path: "/v1/event-types/import",
    access: "admin",
    id: "importEventTypes",
    summary:
      "Take the types of a pack, JSON Schemas, OpenAPI webhooks or AsyncAPI messages into the catalogue: all of them, or none. A type that exists with another content is a conflict, unless `replace` or `as_new_version`.",
    tag,
    body: { schema: refTo(EVENT_TYPE_IMPORT), parse: parseJson, maxBytes: IMPORT_MAX_BYTES, sizeField: "documents" },
    answer: { status: 200, description: "what became of each type", schema: refTo(EVENT_TYPE_IMPORT_RESULT) },
    async handle({ body, service }) {
      const { tenant, environment, ...input } = body;
      return service({ tenant, environment }).importEventTypes(input);
    },
  }),

  route({
    method: "GET",
    path: "/v1/event-types/:name",
    access: "any",
    id: "getEventType",
    summary: "An event type with its versions, their schemas and examples.",
    tag,
    params: EVENT_TYPE_PARAMS,
    answer: typeAnswer,
    async handle({ params, service }) {
      return service().getEventType(params.name);
    },
  }),

  route({
    method: "PATCH",
    path: "/v1/event-types/:name",
    access: "admin",
    id: "updateEventType",
    summary:
      "Change what is given; null takes it away. `schema`, `example` and `down` are those of `version`, or of the default version.",
    tag,
    params: EVENT_TYPE_PARAMS,
    body: { schema: refTo(EVENT_TYPE_PATCH), parse: parseJson },
    answer: typeAnswer,
    async handle({ params, body, service }) {
      const { tenant, environment, ...patch } = body;
      return service({ tenant, environment }).updateEventType(params.name, patch as EventTypePatch);
    },
  }),

  route({
    method: "DELETE",
    path: "/v1/event-types/:name",
    access: "admin",
    id: "deleteEventType",
    summary: "Take an event type out of the catalogue. Its events stay.",
    tag,
    params: EVENT_TYPE_PARAMS,
    answer: { status: 204, description: "deleted" },
    async handle({ params, service }) {
      await service().deleteEventType(params.name);
    },
  }),

  route({
    method: "DELETE",
    path: "/v1/event-types/:name/versions/:version",
    access: "admin",
    id: "deleteEventTypeVersion",
    summary: "Remove a version: whoever publishes it is told that it is gone.",
    tag,
    params: EVENT_TYPE_VERSION_PARAMS,
    answer: typeAnswer,
    async handle({ params, service }) {
      return service().deleteEventTypeVersion(params.name, params.version);
    },
  }),

  route({
    method: "GET",
    path: "/v1/environment",
    access: "any",
    id: "getEnvironment",
    summary: "What is set for the whole environment.",
    tag: "environment",
    answer: { status: 200, description: "the settings", schema: refTo(ENVIRONMENT) },
    async handle({ service }) {
      return service().getEnvironment();
    },
  }),

  route({
    method: "PATCH",
    path: "/v1/environment",
    access: "admin",
    id: "updateEnvironment",
    summary: "Change what is set for the whole environment.",
    tag: "environment",
    body: { schema: refTo(ENVIRONMENT_PATCH), parse: parseJson },
    answer: { status: 200, description: "the settings", schema: refTo(ENVIRONMENT) },
    async handle({ body, service }) {
      return service().updateEnvironment(body);
    },
  }),
];
