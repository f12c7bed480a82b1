// The headers of a delivery in the form of Standard Webhooks, made wrong or unusual on purpose (listen-fault.ts).

import type { HeaderPairs } from "./attempt.ts";
import { signStandard } from "./signing/sign-standard.ts";
import { decodeStandardSecret } from "./signing/standard-secret.ts";

/** Twice what verifiers allow. */
export const STALE_SECONDS = 600;

/** What of a delivery is signed. */
export interface SignedDelivery {
  headers: HeaderPairs;
  body: Uint8Array;
}

/** Each signature with one character changed, so that it is as long and as well-formed as the right one. */
export function withBadSignature({ headers }: SignedDelivery): HeaderPairs {
  return replaced(headers, "webhook-signature", (value) =>
    value.replace(
      /(v1a?,)([A-Za-z0-9+/])/g,
      (_, version: string, first: string) => version + (first === "A" ? "B" : "A"),
    ),
  );
}

/** Signed anew with `secret`, as if it had been sent so many seconds earlier. Unchanged when it is not signed so. */
export function withStaleTimestamp({ headers, body }: SignedDelivery, secret: string): HeaderPairs {
  const [id, sentAt] = [headerOf(headers, "webhook-id"), Number(headerOf(headers, "webhook-timestamp"))];
  if (id === undefined || Number.isNaN(sentAt)) return headers;
  const timestamp = sentAt - STALE_SECONDS;
  const signature = signStandard(decodeStandardSecret(secret), id, timestamp, body);
  const stamped = replaced(headers, "webhook-timestamp", () => String(timestamp));
  return replaced(stamped, "webhook-signature", () => signature);
}

/** @param other a secret that is nobody's, in the same form */
export function withUnknownSignature({ headers, body }: SignedDelivery, other: string): HeaderPairs {
  const [id, sentAt] = [headerOf(headers, "webhook-id"), Number(headerOf(headers, "webhook-timestamp"))];
  if (id === undefined || Number.isNaN(sentAt)) return headers;
  const signature = signStandard(decodeStandardSecret(other), id, sentAt, body);
  return replaced(headers, "webhook-signature", (own) => `${signature} ${own}`);
}

function headerOf(headers: HeaderPairs, name: string): string | undefined {
  return headers.find(([given]) => given.toLowerCase() === name)?.[1];
}

function replaced(headers: HeaderPairs, name: string, change: (value: string) => string): HeaderPairs {
  return headers.map(([given, value]) => [given, given.toLowerCase() === name ? change(value) : value]);
}
