import type { IncomingMessage } from "node:http";
import { atIndex, toErrorResult } from "../../core/batch-error.ts";
import { type ErrorCode, HooksError, invalid } from "../../core/errors.ts";
import { BATCH_MAX_BYTES, type BatchOptions, type BatchResult, type EventInput } from "../../core/event.ts";
import type { HooksService } from "../../core/hooks-service.ts";
import { scopeKey } from "../../core/scope.ts";
import { type ParsedBatch, parseBatch } from "../body.ts";
import { StatusOverride } from "../http-error.ts";
import { type Call, type NamedScope, type Route, route } from "../route.ts";
import { BATCH_FRAME, BATCH_INPUT, BATCH_RECEIPT, EVENT_INPUT } from "../schemas/event.ts";
import { BATCH_QUERY } from "../schemas/query.ts";
import { refTo } from "../schemas/words.ts";
import { compileCheck } from "../validation.ts";
import { traced } from "./events.ts";

/** An event and where it goes, or what is wrong with it. */
type Entry = { event: EventInput; service: HooksService } | HooksError;

/** What an event can be guilty of; anything else is about the whole request. */
const FAULTS_OF_AN_EVENT: ReadonlySet<ErrorCode> = new Set([
  "invalid_request",
  "invalid_json",
  "unknown_event_type",
  "conflict",
  "gone_version",
  "too_large",
]);

export const BATCH_ROUTE: Route = route({
  method: "POST",
  path: "/v1/events/batch",
  access: "publisher",
  id: "publishBatch",
  summary:
    "Publish many events, as JSON or NDJSON (one event a line). A bad one is answered with its error and spoils no other, unless `atomic=true`: then nothing is stored and the answer is 422. With `dry_run=true` nothing is stored, and the answer is what would be.",
  tag: "events",
  query: BATCH_QUERY,
  body: {
    schema: refTo(BATCH_INPUT),
    checked: BATCH_FRAME,
    parse: parseBatch,
    maxBytes: BATCH_MAX_BYTES,
    sizeField: "events",
    ndjson: true,
  },
  answer: { status: 202, description: "what became of each event", schema: refTo(BATCH_RECEIPT) },
  async handle({ body, query, request, service, scope }) {
    if (request.headers["idempotency-key"] !== undefined) {
      throw invalid("idempotency-key", "Idempotency-Key names one event: give each event of a batch its own id");
    }
    const { events } = body as unknown as ParsedBatch;
    const services = scopedServices({ service, scope });
    const entries = events.map((event) => toEntry(event, services, request));
    const options = { dry_run: query.dry_run === "true" };
    return query.atomic === "true" ? publishAtomically(entries, options) : publishEach(entries, options);
  },
});

/** Compiled on the first batch; the framework has then added the schema. */
let checkEvent: ReturnType<typeof compileCheck> | undefined;

function toEntry(
  event: object | HooksError,
  serviceFor: (named: NamedScope) => HooksService,
  request: IncomingMessage,
): Entry {
  if (event instanceof HooksError) return event;
  checkEvent ??= compileCheck(refTo(EVENT_INPUT), "body");
  const problem = checkEvent(event);
  if (problem !== undefined) return problem;
  const input = event as EventInput & NamedScope;
  try {
    return { event: traced(input, request), service: serviceFor(input) };
  } catch (error) {
    if (error instanceof HooksError) return error;
    throw error;
  }
}

/** One service for each tenant and environment, however it is named, so that events of one scope are stored together. */
function scopedServices({
  service,
  scope,
}: Pick<Call<unknown, unknown, unknown>, "service" | "scope">): (named: NamedScope) => HooksService {
  // A key that does not reach what the headers name is refused as a whole: that is no fault of an event.
  const unnamed = service();
  const known = new Map([[scopeKey(scope()), unnamed]]);
  return (named) => {
    if (named.tenant === undefined && named.environment === undefined) return unnamed;
    const key = scopeKey(scope(named));
    const existing = known.get(key) ?? service(named);
    known.set(key, existing);
    return existing;
  };
}

async function publishEach(entries: readonly Entry[], options: BatchOptions): Promise<{ results: BatchResult[] }> {
  const results: BatchResult[] = entries.map((entry) =>
    entry instanceof HooksError ? toErrorResult(entry) : undefined!,
  );
  const indexesOf = new Map<HooksService, number[]>();
  for (const [index, entry] of entries.entries()) {
    if (entry instanceof HooksError) continue;
    const indexes = indexesOf.get(entry.service);
    if (indexes === undefined) indexesOf.set(entry.service, [index]);
    else indexes.push(index);
  }
  await Promise.all(
    [...indexesOf].map(async ([service, indexes]) => {
      const receipt = await service.publishBatch(
        indexes.map((index) => (entries[index] as { event: EventInput }).event),
        options,
      );
      for (const [at, index] of indexes.entries()) results[index] = receipt.results[at]!;
    }),
  );
  return { results };
}

async function publishAtomically(entries: readonly Entry[], options: BatchOptions): Promise<unknown> {
  const events: EventInput[] = [];
  let service: HooksService | undefined;
  for (const [index, entry] of entries.entries()) {
    if (entry instanceof HooksError) throw new StatusOverride(422, atIndex(entry, index));
    if (service !== undefined && entry.service !== service) {
      throw new StatusOverride(
        422,
        invalid(`events[${index}].environment`, "an atomic batch must be of one tenant and environment"),
      );
    }
    service = entry.service;
    events.push(entry.event);
  }
  try {
    return await service!.publishBatch(events, { ...options, atomic: true });
  } catch (error) {
    const isOfAnEvent = error instanceof HooksError && FAULTS_OF_AN_EVENT.has(error.code);
    throw isOfAnEvent ? new StatusOverride(422, error) : error;
  }
}
