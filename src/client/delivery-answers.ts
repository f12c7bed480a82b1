import type { AttemptResource, DeliveryDetail, DeliveryResource } from "../core/delivery.ts";
import type { EventDetail, EventResource } from "../core/event.ts";
import { bytes, type Form, flag, listOf, number, objectOf, orNull, text } from "./answer-form.ts";

// The forms of what the API answers about events, deliveries and attempts.

const EVENT_MEMBERS = {
  id: text,
  type: text,
  timestamp: text,
  version: orNull(text),
  tenant: text,
  environment: text,
  delivery_count: number,
  created_at: text,
};
export const EVENT = objectOf<EventResource>(EVENT_MEMBERS);

const DELIVERY_MEMBERS = {
  id: text,
  event_id: text,
  event_type: text,
  subscription: text,
  tenant: text,
  environment: text,
  status: text,
  reason: orNull(text),
  attempt_count: number,
  last_attempt_at: orNull(text),
  next_attempt_at: orNull(text),
  response_status: orNull(number),
  response_excerpt: orNull(text),
  error: orNull(text),
  created_at: text,
  completed_at: orNull(text),
};
export const DELIVERY = objectOf<DeliveryResource>(DELIVERY_MEMBERS);

export const EVENT_DETAIL = objectOf<EventDetail>({
  ...EVENT_MEMBERS,
  deliveries: listOf(DELIVERY),
  metadata: orNull(bytes),
  data: bytes,
});

const HEADER_PAIRS: Form = listOf(listOf(text));

const ATTEMPT = objectOf<AttemptResource>({
  number,
  started_at: text,
  duration_ms: number,
  outcome: text,
  status: orNull(number),
  error: orNull(text),
  phase: text,
  remote_address: orNull(text),
  bytes_sent: number,
  request_headers: HEADER_PAIRS,
  response_headers: HEADER_PAIRS,
  response_excerpt: orNull(text),
  truncated: flag,
  trigger: text,
  worker: text,
});

export const DELIVERY_DETAIL = objectOf<DeliveryDetail>({
  ...DELIVERY_MEMBERS,
  payload: text,
  payload_encoding: text,
  payload_as: text,
  attempts: listOf(ATTEMPT),
});
