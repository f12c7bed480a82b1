// What hooks publishes about itself, under types that begin with "hooks.". Ids are made of what happened and when, so
// the same happening is never told twice.

import { createHash } from "node:crypto";
import type { DeliveryReason } from "./delivery.ts";
import { formatId } from "./ids.ts";
import { toIso, toIsoOrNull } from "./instant.ts";
import type { DisabledReason } from "./subscription.ts";

/** The subscription that it is about. */
export interface OperationalSubject {
  id: string;
  name: string;
  url: string | undefined;
}

/** `age`: its secret was as old as `rotate_every` says. */
export type RotationReason = "by_hand" | "age";

/** Times unix ms. */
export type Happening =
  | {
      type: "hooks.subscription.disabled";
      reason: DisabledReason;
      consecutiveFailures: number;
      failingSince: number | undefined;
    }
  /** `probe`: a test event was taken by a subscription that its failures had disabled. */
  | { type: "hooks.subscription.enabled"; reason: "by_hand" | "probe" }
  /** A new secret signs. Of it only what may be shown: it is in no event. */
  | {
      type: "hooks.secret.rotated";
      reason: RotationReason;
      secret: { id: string; hint: string };
      /** Until then the ones before it sign beside it. */
      oldEndsAt: number;
    }
  /** Once, until it has been healthy again. */
  | { type: "hooks.subscription.unhealthy"; successRate: number; consecutiveFailures: number }
  /** An attempt ended a delivery for good, unsuccessfully, and not its subscription with it. */
  | {
      type: "hooks.delivery.exhausted";
      delivery: { id: string; eventId: string; eventType: string; attempts: number; reason: DeliveryReason };
      lastAttempt: { status: number | undefined; errorCode: string | undefined };
    };

export interface OperationalEvent {
  id: string;
  type: string;
  /** Unix ms. */
  timestamp: number;
  /** JSON text. */
  data: Uint8Array;
  /** SHA-256 of `data`. */
  fingerprint: Uint8Array;
}

/**
 * The event that tells of a happening: `{"subscription":{"id","name","host"}, …, "at"}` with what is in `Happening`, in
 * snake_case. Of the URL it holds host and port only: path and query may be secret.
 */
export function operationalEvent(subject: OperationalSubject, happening: Happening, at: number): OperationalEvent {
  return eventOf(happening.type, aboutOf(subject.id, happening), subject, factsOf(happening), at);
}

/** `about`: what tells it apart from others of its type and moment. `subject` undefined: of no one subscription. */
export function eventOf(
  type: string,
  about: string,
  subject: OperationalSubject | undefined,
  facts: object,
  at: number,
): OperationalEvent {
  const subscription = subject === undefined ? null : shownSubject(subject);
  const data = Buffer.from(JSON.stringify({ subscription, ...facts, at: toIso(at) }));
  return {
    id: formatId("evt", uuidOf(at, `${type}/${about}/${at}`)),
    type,
    timestamp: at,
    data,
    fingerprint: createHash("sha256").update(data).digest(),
  };
}

function shownSubject({ id, name, url }: OperationalSubject): object {
  return { id, name, host: url === undefined ? null : (URL.parse(url)?.host ?? null) };
}

/** What tells two happenings of one type and moment apart. */
function aboutOf(subscriptionId: string, happening: Happening): string {
  if (happening.type === "hooks.delivery.exhausted") return `${happening.delivery.id}/${happening.delivery.attempts}`;
  return happening.type === "hooks.secret.rotated" ? happening.secret.id : subscriptionId;
}

/** The id of its delivery to a subscription, by row id. */
export function operationalDeliveryId(event: OperationalEvent, subscriptionRowId: number): string {
  return formatId("dlv", uuidOf(event.timestamp, `${event.id}/${subscriptionRowId}`));
}

function factsOf(happening: Happening): object {
  switch (happening.type) {
    case "hooks.subscription.disabled":
      return {
        reason: happening.reason,
        consecutive_failures: happening.consecutiveFailures,
        failing_since: toIsoOrNull(happening.failingSince),
      };
    case "hooks.subscription.enabled":
      return { reason: happening.reason };
    case "hooks.secret.rotated":
      return { reason: happening.reason, secret: happening.secret, old_secrets_end_at: toIso(happening.oldEndsAt) };
    case "hooks.subscription.unhealthy":
      return { success_rate: happening.successRate, consecutive_failures: happening.consecutiveFailures };
    case "hooks.delivery.exhausted": {
      const { id, eventId, eventType, attempts, reason } = happening.delivery;
      const { status, errorCode } = happening.lastAttempt;
      return {
        delivery: { id, event_id: eventId, event_type: eventType, attempts, reason },
        last_attempt: { status: status ?? null, error: errorCode ?? null },
      };
    }
  }
}

/** 16 bytes as of a UUIDv7, the random part taken from `text`. */
function uuidOf(at: number, text: string): Uint8Array {
  const uuid = createHash("sha256").update(text).digest().subarray(0, 16);
  uuid.writeUIntBE(at, 0, 6);
  uuid[6] = 0x70 | (uuid[6]! & 0x0f);
  uuid[8] = 0x80 | (uuid[8]! & 0x3f);
  return uuid;
}
