import type { KeyObject } from "node:crypto";
import type { ClaimedEvent } from "../delivery.ts";
import { invalid } from "../errors.ts";
import { ORIGIN_HEADER } from "../handshake.ts";
import { AUTO_DISABLE_DEFAULT, STANDARD_RETRY } from "../retry-policy.ts";
import { standardWebhooksV1a } from "../signing/schemes/standard-webhooks.ts";
import { signStandard } from "../signing/sign-standard.ts";
import { readSigningKey } from "../signing/signing-key.ts";
import { decodeStandardSecret, formatStandardSecret } from "../signing/standard-secret.ts";
import type { SigningSecret } from "../subscription.ts";
import type { Profile, ProfileRequest, ProfileRequestContext } from "./profile.ts";

const SECOND = 1_000;
const PRIVATE_PREFIX = "whsk_";

/** `traceparent` is ours too: it is set when tracing is on. */
const RESERVED_HEADERS = [
  "content-type",
  "user-agent",
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
  ORIGIN_HEADER,
  "traceparent",
] as const;

const RESERVED = new Set<string>(RESERVED_HEADERS);

/**
 * Standard Webhooks 1.0.0: the envelope `{"type","timestamp","data"}`, three `webhook-*` headers, and its "Example retry
 * schedule". Written out, not made of a record: it is what most subscriptions have, and every one of theirs costs.
 */
export const STANDARD_PROFILE: Profile = {
  name: "standard",
  title: "Standard Webhooks",
  scheme: "standard-webhooks",
  retry: STANDARD_RETRY,
  timeoutMs: 10 * SECOND,
  leastTimeoutMs: SECOND,
  retryOn: "any",
  on410: "disable",
  hasBreaker: true,
  autoDisable: AUTO_DISABLE_DEFAULT,
  reservedHeaders: RESERVED_HEADERS,
  test: {
    type: "webhook.test",
    data: (at) =>
      Buffer.from(JSON.stringify({ message: "This is a test from hooks.", timestamp: new Date(at).toISOString() })),
  },
  formatSecret: formatStandardSecret,
  decodeSecret: readStandardSecret,
  build: buildOne,
  buildTest: buildOne,
  buildBatch: (batch) => buildRequest(batch.id, arrayOf(batch.deliveries.map(({ event }) => event)), batch),
};

/**
 * `whsec_…` signs with HMAC-SHA256 (v1), `whsk_…` with ed25519 (v1a).
 * @throws HooksError `invalid_request` (field `secret`)
 */
export function readStandardSecret(secret: string): KeyObject {
  if (!secret.startsWith(PRIVATE_PREFIX)) return decodeStandardSecret(secret);
  const key = readSigningKey(standardWebhooksV1a, secret);
  if (typeof key !== "string" && !("text" in key)) return key;
  throw invalid(
    "secret",
    `secret must be "${PRIVATE_PREFIX}" and the base64 of an ed25519 private key: 32 bytes, or 64 with the public key`,
    "leave it out, and one for HMAC is made",
  );
}

/** One for each secret that is valid at `sentAt` (unix ms), so that a receiver may know the old or the new one. */
export function standardSignatures(
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

function buildOne(message: Parameters<Profile["build"]>[0]): ProfileRequest {
  return buildRequest(message.event.id, envelope(message.event), message);
}

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
  const signature = standardSignatures(subscription.secrets, id, timestamp, body, sentAt);
  // Only a preview of a request has no secret: a subscription always holds one that does not end.
  if (signature !== "") headers.push("webhook-signature", signature);
  if (subscription.requestOrigin !== undefined) headers.push(ORIGIN_HEADER, subscription.requestOrigin);
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
