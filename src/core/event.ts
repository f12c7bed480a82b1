import type { DeliveryResource } from "./delivery.ts";
import type { TraceContext } from "./trace-context.ts";

/** JSON text as bytes that are passed on as they came: never parsed and printed again. */
export type RawJson = Uint8Array;

/** `^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`, at most 128 characters. */
export const EVENT_TYPE_PATTERN = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
export const EVENT_TYPE_MAX_LENGTH = 128;
export const EVENT_ID_PATTERN = /^[A-Za-z0-9_-]{1,128}$/;

export const EVENT_MAX_BYTES = 1024 * 1024;
export const JSON_MAX_DEPTH = 64;
export const BATCH_MAX_EVENTS = 1_000;
export const BATCH_MAX_BYTES = 10 * 1024 * 1024;
/** A timestamp may be at most this far ahead of the server's clock. */
export const TIMESTAMP_MAX_AHEAD_MS = 24 * 60 * 60 * 1000;

/** An event to publish. Only `type` and `data` are needed. */
export interface EventInput {
  type: string;
  data: RawJson;
  /** Idempotency key: the same id again stores nothing and gets the first answer. Default: a new `evt_…`. */
  id?: string | undefined;
  /** When it happened, ISO 8601 with an offset or Z. Default: now. */
  timestamp?: string | undefined;
  /** A JSON object. */
  metadata?: RawJson | undefined;
  /** Version of the event type, 1–32 characters. */
  version?: string | undefined;
  /** The span that it is published in: where the server traces, it goes on in that trace. No part of the event. */
  trace?: TraceContext | undefined;
}

export interface BatchOptions {
  /** All or nothing. */
  atomic?: boolean | undefined;
  /** Only say what would become of each. */
  dry_run?: boolean | undefined;
}

export interface PublishReceipt {
  id: string;
  /** How many subscriptions it goes to. */
  deliveries: number;
  /** Of a dry run: it is stored already, and would not be stored again. */
  repeated?: boolean;
  /** What its publisher should know, such as that its type is deprecated: of a batch in the first of each kind only. */
  warnings?: string[];
}

export type BatchResult = PublishReceipt | { error: { code: string; message: string; field?: string; hint?: string } };

export interface BatchReceipt {
  /** One for each event, in the order sent. */
  results: BatchResult[];
}

/** An event in JSON, as lists show it. */
export interface EventResource {
  id: string;
  type: string;
  timestamp: string;
  version: string | null;
  tenant: string;
  environment: string;
  delivery_count: number;
  created_at: string;
}

/** One event with its deliveries. `data` and `metadata` are raw JSON text: `stringifyEvent` (raw-json.ts) prints it. */
export interface EventDetail extends EventResource {
  deliveries: DeliveryResource[];
  metadata: RawJson | null;
  data: RawJson;
}
