import type { ClaimedEvent } from "../delivery.ts";
import type { RetryPolicy, Subscription } from "../subscription.ts";

/** How a delivery looks on the wire: envelope, headers, signature, and the defaults of schedule and time-out. */
export interface Profile {
  name: string;
  /** Name of the signature scheme (signing/). */
  scheme: string;
  retry: RetryPolicy;
  timeoutMs: number;
  /** Lower-case header names that a subscription's own headers may not set. */
  reservedHeaders: readonly string[];
  /** A new secret in the profile's form, from 32 random bytes. */
  formatSecret(random: Uint8Array): string;
  /**
   * The key bytes of a secret's text.
   * @throws HooksError `invalid_request` (field `secret`) when it is not usable.
   */
  decodeSecret(secret: string): Uint8Array;
  /** The body and headers of one attempt. Pure: the time is an argument. */
  build(message: ProfileMessage): ProfileRequest;
  /** The same for several events in one request, each with its id. */
  buildBatch(batch: ProfileBatch): ProfileRequest;
}

export interface ProfileMessage extends ProfileRequestContext {
  event: ClaimedEvent;
  deliveryId: string;
}

export interface ProfileBatch extends ProfileRequestContext {
  /** `bat_…` (batch-id.ts) */
  id: string;
  events: readonly ClaimedEvent[];
}

export interface ProfileRequestContext {
  subscription: Pick<Subscription, "id" | "name" | "scope" | "headers" | "secrets">;
  /** When this attempt is sent, unix ms. */
  sentAt: number;
  /** `hooks/0.1.0` */
  userAgent: string;
}

export interface ProfileRequest {
  /** Name, value, name, value …: the form that the HTTP client takes without a copy. Lower-case names. */
  headers: string[];
  body: Uint8Array;
}
