import type { IncomingMessage } from "node:http";
import { invalid } from "../../core/errors.ts";
import { EVENT_ID_PATTERN, type EventInput } from "../../core/event.ts";
import { encodeEvent } from "../../core/raw-json.ts";
import { parseTraceContext } from "../../core/trace-context.ts";
import { parseEvent, parseJson } from "../body.ts";
import { singleHeader } from "../doors.ts";
import { type Route, route } from "../route.ts";
import { EVENT_DETAIL, EVENT_INPUT, PUBLISH_RECEIPT } from "../schemas/event.ts";
import { EVENT_QUERY, EVENT_REPLAY, ID_PARAMS, numbered, REPLAY_RECEIPT } from "../schemas/query.ts";
import { pageOfRefs, refTo } from "../schemas/words.ts";

const tag = "events";

export const EVENT_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/events",
    access: "publisher",
    id: "publishEvent",
    summary: "Publish an event. The answer comes once it is on disk; `Idempotency-Key` is the same as `id`.",
    tag,
    body: { schema: refTo(EVENT_INPUT), parse: parseEvent, sizeField: "data" },
    answer: { status: 202, description: "stored", schema: refTo(PUBLISH_RECEIPT) },
    isBusy: true,
    async handle({ body, request, service }) {
      return service(body).publish(withIdempotencyKey(traced(body, request), request));
    },
  }),

  route({
    method: "GET",
    path: "/v1/events",
    access: "reader",
    id: "listEvents",
    summary: "List events, newest first.",
    tag,
    query: EVENT_QUERY,
    answer: { status: 200, description: "a page of events", schema: pageOfRefs("Event") },
    async handle({ query, service }) {
      return service().listEvents(numbered(query));
    },
  }),

  route({
    method: "GET",
    path: "/v1/events/:id",
    access: "reader",
    id: "getEvent",
    summary: "An event with its data and its deliveries.",
    tag,
    params: ID_PARAMS,
    answer: { status: 200, description: "the event", schema: refTo(EVENT_DETAIL) },
    async handle({ params, service }) {
      return encodeEvent(await service().getEvent(params.id));
    },
  }),

  route({
    method: "POST",
    path: "/v1/events/:id/replay",
    access: "admin",
    id: "replayEvent",
    summary: "Send an event again: to everyone who got it or would get it now, or only to some.",
    tag,
    params: ID_PARAMS,
    body: { schema: refTo(EVENT_REPLAY), parse: parseJson, optional: true },
    answer: { status: 202, description: "deliveries to be sent again", schema: refTo(REPLAY_RECEIPT) },
    async handle({ params, body, service }) {
      return service().replayEvent(params.id, { subscriptions: body?.subscriptions, dry_run: body?.dry_run });
    },
  }),
];

/** What a publisher that traces says of its span, in the event or for the whole request. */
export interface NamedSpan {
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

/** A publisher that traces says in which span (W3C Trace Context); what names none is passed over, as it asks. */
export function traced(event: EventInput & NamedSpan, { headers }: Pick<IncomingMessage, "headers">): EventInput {
  const { traceparent, tracestate } = event;
  const ofRequest = headers["traceparent"];
  if (traceparent === undefined && typeof ofRequest !== "string") return event;
  const trace =
    traceparent === undefined
      ? parseTraceContext(ofRequest as string, [headers["tracestate"] ?? []].flat().join(","))
      : parseTraceContext(traceparent, tracestate);
  return trace === undefined ? event : { ...event, trace };
}

/** The header and the field name the same thing; both given must agree. */
function withIdempotencyKey(event: EventInput, request: IncomingMessage): EventInput {
  if (request.headers["idempotency-key"] === undefined) return event;
  const key = singleHeader(request, "idempotency-key") ?? "";
  if (!EVENT_ID_PATTERN.test(key)) {
    throw invalid("idempotency-key", 'Idempotency-Key must be 1 to 128 characters of A-Z, a-z, 0-9, "_" and "-"');
  }
  if (event.id !== undefined && event.id !== key) {
    throw invalid("idempotency-key", "Idempotency-Key and id are both given and differ");
  }
  return { ...event, id: key };
}
