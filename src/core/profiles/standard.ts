import type { ClaimedEvent } from "../delivery.ts";
import { signStandard } from "../signing/sign-standard.ts";
import { decodeStandardSecret, formatStandardSecret } from "../signing/standard-secret.ts";
import type { SigningSecret } from "../subscription.ts";
import type { Profile, ProfileRequest, ProfileRequestContext } from "./profile.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** `traceparent` is ours too: it is set when tracing is on. */
const RESERVED_HEADERS = [
  "content-type",
  "user-agent",
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
  "traceparent",
] as const;

const RESERVED = new Set<string>(RESERVED_HEADERS);

/**
 * Standard Webhooks 1.0.0: the envelope `{"type","timestamp","data"}`, three `webhook-*` headers, and its "Example retry
 * schedule".
 */
export const STANDARD_PROFILE: Profile = {
  name: "standard",
  scheme: "standard-webhooks",
  retry: {
    strategy: "list",
    delaysMs: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
    jitter: 0.1,
  },
  timeoutMs: 10 * SECOND,
  reservedHeaders: RESERVED_HEADERS,
  formatSecret: formatStandardSecret,
  decodeSecret: decodeStandardSecret,
  build: (message) => buildRequest(message.event.id, envelope(message.event), message),
  buildBatch: (batch) => buildRequest(batch.id, arrayOf(batch.events), batch),
};

function buildRequest(
  id: string,
  body: Uint8Array,
  { subscription, sentAt, userAgent }: ProfileRequestContext,
): ProfileRequest {
  const timestamp = Math.floor(sentAt / SECOND);
  const headers = [
    "content-type",
    "application/json",
    "user-agent",
    userAgent,
    "webhook-id",
    id,
    "webhook-timestamp",
    String(timestamp),
  ];
  const signature = signatures(subscription.secrets, id, timestamp, body, sentAt);
  // Only a preview of a request has no secret: a subscription always holds one that does not end.
  if (signature !== "") headers.push("webhook-signature", signature);
  for (const name in subscription.headers) {
    const value = subscription.headers[name];
    if (value !== undefined && !RESERVED.has(name)) headers.push(name, value);
  }
  return { headers, body };
}

/** The publisher's bytes are copied in as they are: parsed and printed again, big numbers and key order would change. */
function envelope({ type, timestamp, data }: ClaimedEvent): Uint8Array {
  const head = `{${typeAndTime(type, timestamp)},"data":`;
  const headBytes = Buffer.byteLength(head);
  const body = Buffer.allocUnsafe(headBytes + data.length + 1);
  body.write(head);
  body.set(data, headBytes);
  body[headBytes + data.length] = 0x7d; // }
  return body;
}

/** The same envelopes one after the other, each with its event's id: the header has that of the batch. */
function arrayOf(events: readonly ClaimedEvent[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { id, type, timestamp, data } of events) {
    const start = parts.length === 0 ? "[" : "},";
    parts.push(Buffer.from(`${start}{"id":${JSON.stringify(id)},${typeAndTime(type, timestamp)},"data":`), data);
  }
  parts.push(Buffer.from("}]"));
  return Buffer.concat(parts);
}

function typeAndTime(type: string, timestamp: number): string {
  return `"type":${JSON.stringify(type)},"timestamp":"${new Date(timestamp).toISOString()}"`;
}

/** One for each secret that is valid at `sentAt` (unix ms), so that a receiver may know the old or the new one. */
function signatures(
  secrets: readonly SigningSecret[],
  id: string,
  timestamp: number,
  body: Uint8Array,
  sentAt: number,
): string {
  let text = "";
  for (const { key, expiresAt } of secrets) {
    if (expiresAt !== undefined && expiresAt <= sentAt) continue;
    const signature = signStandard(key, id, timestamp, body);
    text = text === "" ? signature : `${text} ${signature}`;
  }
  return text;
}
