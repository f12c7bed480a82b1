import { Type } from "typebox";
import { DELIVERY_STATES, type DeliveryDetail, type DeliveryResource, PAYLOAD_AS } from "../../core/delivery.ts";
import { EVENT_ID, EVENT_TYPE } from "./event.ts";
import { INSTANT, orNull, ref, SCOPE_NAME } from "./words.ts";

const TEXT_OR_NULL = orNull(Type.String());
const PAIRS = Type.Array(Type.Array(Type.String(), { minItems: 2, maxItems: 2 }), {
  description: "pairs of name and value, in the order received",
});

const DELIVERY_FIELDS = {
  id: Type.String({ pattern: "^dlv_[0-9a-z]+$" }),
  event_id: EVENT_ID,
  event_type: EVENT_TYPE,
  subscription: Type.String({ pattern: "^sub_[0-9a-z]+$" }),
  tenant: SCOPE_NAME,
  environment: SCOPE_NAME,
  status: Type.Enum([...DELIVERY_STATES]),
  reason: orNull(Type.String({ description: "why it failed or was cancelled" })),
  attempt_count: Type.Integer({ minimum: 0 }),
  last_attempt_at: orNull(INSTANT),
  next_attempt_at: Type.Unsafe<string | null>({
    ...INSTANT,
    type: ["string", "null"],
    description: "null once it ended, and while it waits for an earlier one of its order",
  }),
  response_status: orNull(Type.Integer()),
  response_excerpt: TEXT_OR_NULL,
  error: TEXT_OR_NULL,
  created_at: INSTANT,
  completed_at: orNull(INSTANT),
};

export const DELIVERY = Type.Unsafe<DeliveryResource>(Type.Object(DELIVERY_FIELDS, { $id: "Delivery" }));

export const ATTEMPT = Type.Object(
  {
    number: Type.Integer({ minimum: 1, description: "1 for the first; goes on over replays" }),
    started_at: INSTANT,
    duration_ms: Type.Integer({ minimum: 0 }),
    outcome: Type.Enum(["success", "failure"]),
    status: orNull(Type.Integer()),
    error: orNull(Type.String({ description: "code and message" })),
    phase: Type.Enum(["dns", "connect", "tls", "write", "headers", "body", "done"]),
    remote_address: TEXT_OR_NULL,
    bytes_sent: Type.Integer({ minimum: 0 }),
    request_headers: PAIRS,
    response_headers: PAIRS,
    response_excerpt: TEXT_OR_NULL,
    truncated: Type.Boolean(),
    trigger: Type.Enum(["auto", "manual", "replay"]),
    worker: Type.String({ description: "the process that sent it" }),
  },
  { $id: "Attempt" },
);

export const DELIVERY_DETAIL = Type.Unsafe<DeliveryDetail>(
  Type.Object(
    {
      ...DELIVERY_FIELDS,
      payload: Type.String({ description: "the body; of a batch, its own part" }),
      payload_encoding: Type.Enum(["utf8", "base64"]),
      payload_as: Type.Enum([...PAYLOAD_AS], {
        description:
          "sent: what the last request had, which its recorded signature proves; unsent: nothing was sent yet, and the next " +
          "request has it; rebuilt: made again from what is set now, what was sent may differ",
      }),
      attempts: Type.Array(ref("Attempt")),
    },
    { $id: "DeliveryDetail" },
  ),
);
