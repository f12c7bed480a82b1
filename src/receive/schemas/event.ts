import { Type } from "typebox";
import {
  BATCH_MAX_EVENTS,
  type BatchReceipt,
  EVENT_ID_PATTERN,
  EVENT_TYPE_MAX_LENGTH,
  EVENT_TYPE_PATTERN,
  type EventDetail,
  type EventResource,
  type PublishReceipt,
} from "../../core/event.ts";
import { closed, INSTANT, RAW_JSON, RAW_OBJECT, ref, SCOPE_NAME } from "./words.ts";

export const EVENT_TYPE = Type.String({
  pattern: EVENT_TYPE_PATTERN.source,
  maxLength: EVENT_TYPE_MAX_LENGTH,
  description: 'names of A-Z, a-z, 0-9, "_" and "-" joined by dots, for example invoice.paid',
});

/** `*`, `invoice.*` or a whole name. */
export const EVENT_PATTERN = Type.String({
  pattern: String.raw`^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?)$`,
  maxLength: EVENT_TYPE_MAX_LENGTH + 2,
  description: 'an event type, a prefix that ends in ".*", or "*"',
});

export const EVENT_ID = Type.String({
  pattern: EVENT_ID_PATTERN.source,
  description: '1 to 128 characters of A-Z, a-z, 0-9, "_" and "-"',
});

export const EVENT_INPUT = closed(
  {
    type: EVENT_TYPE,
    data: RAW_JSON,
    id: Type.Optional(EVENT_ID),
    timestamp: Type.Optional(
      Type.String({ maxLength: 64, description: "when it happened, ISO 8601 with an offset or Z; default: now" }),
    ),
    metadata: Type.Optional(RAW_OBJECT),
    version: Type.Optional(Type.String({ minLength: 1, maxLength: 32, description: "version of the event type" })),
    traceparent: Type.Optional(
      Type.String({
        pattern: String.raw`^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}`,
        maxLength: 512,
        description: "the span that it is published in (W3C Trace Context); default: the header of that name",
      }),
    ),
    tracestate: Type.Optional(Type.String({ maxLength: 512, description: "belongs to traceparent" })),
    tenant: Type.Optional(SCOPE_NAME),
    environment: Type.Optional(SCOPE_NAME),
  },
  { $id: "EventInput" },
);

export const BATCH_INPUT = closed(
  { events: Type.Array(ref("EventInput"), { minItems: 1, maxItems: BATCH_MAX_EVENTS }) },
  { $id: "BatchInput" },
);

/** What is checked of a batch as a whole; its events are checked one by one, as one bad one must not spoil the rest. */
export const BATCH_FRAME = closed({ events: Type.Array(Type.Unknown(), { minItems: 1 }) });

export const PUBLISH_RECEIPT = Type.Unsafe<PublishReceipt>(
  Type.Object(
    {
      id: EVENT_ID,
      deliveries: Type.Integer({ minimum: 0 }),
      repeated: Type.Optional(
        Type.Boolean({ description: "of a dry run: it is stored already, and would not be stored again" }),
      ),
      warnings: Type.Optional(
        Type.Array(Type.String(), { description: "what its publisher should know: its type is deprecated" }),
      ),
    },
    { $id: "PublishReceipt" },
  ),
);

export const BATCH_RECEIPT = Type.Unsafe<BatchReceipt>(
  Type.Object(
    {
      results: Type.Array(
        Type.Union([
          ref("PublishReceipt"),
          Type.Object({
            error: Type.Object({
              code: Type.String(),
              message: Type.String(),
              field: Type.Optional(Type.String()),
              hint: Type.Optional(Type.String()),
            }),
          }),
        ]),
        { description: "one for each event, in the order sent" },
      ),
    },
    { $id: "BatchReceipt" },
  ),
);

const EVENT_FIELDS = {
  id: EVENT_ID,
  type: EVENT_TYPE,
  timestamp: INSTANT,
  version: Type.Unsafe<string | null>({ type: ["string", "null"] }),
  tenant: SCOPE_NAME,
  environment: SCOPE_NAME,
  delivery_count: Type.Integer({ minimum: 0 }),
  created_at: INSTANT,
};

export const EVENT = Type.Unsafe<EventResource>(Type.Object(EVENT_FIELDS, { $id: "Event" }));

export const EVENT_DETAIL = Type.Unsafe<EventDetail>(
  Type.Object(
    {
      ...EVENT_FIELDS,
      deliveries: Type.Array(ref("Delivery")),
      metadata: Type.Unsafe<Uint8Array | null>({ type: ["object", "null"] }),
      data: RAW_JSON,
    },
    { $id: "EventDetail" },
  ),
);
