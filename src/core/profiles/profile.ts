import type { ClaimedEvent } from "../delivery.ts";
import type { StatementKey } from "../signing/statement.ts";
import type { AutoDisable, RetryOn, RetryPolicy, Subscription } from "../subscription.ts";

/** How a delivery looks on the wire: envelope, headers, signature. And what a subscription that names it gets by default. */
export interface Profile extends ProfileDefaults {
  name: string;
  /** For people: whose form it is. */
  title: string;
  /** Name of the signature scheme (signing/). */
  scheme: string;
  /** The shortest time-out that a subscription may have, ms. */
  leastTimeoutMs: number;
  /** Lower-case header names that a subscription's own headers may not set. */
  reservedHeaders: readonly string[];
  /** What `hooks sub test` sends when nothing else is asked for. */
  test: TestEvent;
  /** A new secret in the profile's form, from 32 random bytes. */
  formatSecret(random: Uint8Array): string;
  /**
   * The key of a secret's text, made ready once.
   * @throws HooksError `invalid_request` (field `secret`) when it is not usable; with nothing of it in the message.
   */
  decodeSecret(secret: string): StatementKey;
  /** The body and headers of one attempt. Pure: the time is an argument. */
  build(message: ProfileMessage): ProfileRequest;
  /** The same of the profile's own test event, where that has a form of its own. */
  buildTest(message: ProfileMessage): ProfileRequest;
  /** Several events in one request. */
  buildBatch(batch: ProfileBatch): ProfileRequest;
}

/** Of what a subscription may set field by field. */
export interface ProfileDefaults {
  retry: RetryPolicy;
  timeoutMs: number;
  retryOn: RetryOn;
  on410: "disable" | "retry" | "fail";
  hasBreaker: boolean;
  autoDisable: Omit<AutoDisable, "reEnable">;
}

export interface TestEvent {
  type: string;
  /** JSON. `at`: unix ms. */
  data(at: number): Uint8Array;
}

/** One event on its way to one subscription. */
export interface ProfileDelivery {
  event: ClaimedEvent;
  /** `dlv_…` */
  deliveryId: string;
  /** When the delivery was made, unix ms: the same for every attempt. */
  madeAt: number;
}

export interface ProfileMessage extends ProfileRequestContext, ProfileDelivery {}

export interface ProfileBatch extends ProfileRequestContext {
  /** `bat_…` (batch-id.ts) */
  id: string;
  /** At least one. */
  deliveries: readonly ProfileDelivery[];
}

export interface ProfileRequestContext {
  subscription: Pick<Subscription, "id" | "name" | "scope" | "headers" | "secrets"> & {
    /** Undefined for a tunnel. Some schemes sign it. */
    url?: string | undefined;
    /** Of its handshake (core/handshake.ts): each request repeats it. */
    requestOrigin?: string | undefined;
  };
  /** When this attempt is sent, unix ms. */
  sentAt: number;
  /** `hooks/0.1.0` */
  userAgent: string;
}

export interface ProfileRequest {
  /** Name, value, name, value …: the form that the HTTP client takes without a copy. */
  headers: string[];
  body: Uint8Array;
}
