// What a template can name of a delivery, and how each is written.

import { spanAt, textOf } from "../json-place.ts";
import { nearest } from "../nearest.ts";
import { quoted } from "../quoted.ts";
import { uuidOf, uuidOfMade } from "../uuid.ts";
import type { ProfileMessage } from "./profile.ts";

/** Text, a number, or JSON as bytes; undefined: there is none. */
export type FieldValue = string | number | Uint8Array | undefined;

export type WireField = (message: ProfileMessage) => FieldValue;

const FIELDS: Readonly<Record<string, WireField>> = {
  id: ({ event }) => event.id,
  uuid: ({ event }) => uuidOfMade("evt", event.id) ?? uuidOf("bat", event.id) ?? event.id,
  type: ({ event }) => event.type,
  version: ({ event }) => event.version,
  data: ({ event }) => event.data,
  metadata: ({ event }) => event.metadata,
  "delivery.id": ({ deliveryId }) => deliveryId,
  "delivery.uuid": ({ deliveryId }) => uuidOf("dlv", deliveryId) ?? uuidOf("bat", deliveryId) ?? deliveryId,
  "subscription.id": ({ subscription }) => subscription.id,
  "subscription.name": ({ subscription }) => subscription.name,
  tenant: ({ subscription }) => subscription.scope.tenant,
  environment: ({ subscription }) => subscription.scope.environment,
  source: (message) => sourceOf(message),
  subject: (message) => textIn(message, "subject"),
};

const TIMES: Readonly<Record<string, (message: ProfileMessage) => number>> = {
  time: ({ event }) => event.timestamp,
  "delivery.time": ({ madeAt }) => madeAt,
  "attempt.time": ({ sentAt }) => sentAt,
};

const TIME_FORMATS: Readonly<Record<string, (at: number) => string | number>> = {
  "": (at) => new Date(at).toISOString(),
  ":seconds": (at) => wholeSeconds(at),
  ":unix": (at) => Math.floor(at / 1_000),
  ":unix_ms": (at) => at,
};

/** Every name, for documentation and guesses. */
export const WIRE_FIELD_NAMES: readonly string[] = [
  ...Object.keys(FIELDS),
  ...Object.keys(TIMES).flatMap((name) => Object.keys(TIME_FORMATS).map((format) => name + format)),
];

/** `2026-01-31T12:00:00Z` */
export function wholeSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** The field of this name; or, as text, why there is none. */
export function wireField(name: string): WireField | string {
  const field = own(FIELDS, name);
  if (field !== undefined) return field;
  const [, base = "", format = ""] = /^([^:]*)(:.*)?$/s.exec(name) ?? [];
  const [time, write] = [own(TIMES, base), own(TIME_FORMATS, format)];
  if (time !== undefined && write !== undefined) return (message) => write(time(message));
  const place = /^(data|metadata)\.(.+)$/s.exec(name);
  if (place !== null) return memberOf(place[1] as "data" | "metadata", place[2]!.split("."));
  const near = nearest(name, WIRE_FIELD_NAMES);
  return near === undefined
    ? `names nothing: ${quoted(`{${name}}`)}; known: ${WIRE_FIELD_NAMES.join(", ")}, data.…, metadata.…`
    : `names nothing: ${quoted(`{${name}}`)}; did you mean "{${near}}"?`;
}

/** RFC 3986: what a URI reference may be made of. */
const URI_REFERENCE = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9a-f]{2})+$/i;

/**
 * Where an event comes from: the publisher's own `metadata.source` where that is a URI reference, else the tenant and
 * environment, within which its id is unique.
 */
function sourceOf(message: ProfileMessage): string {
  const own = textIn(message, "source");
  if (own !== undefined && URI_REFERENCE.test(own)) return own;
  const { tenant, environment } = message.subscription.scope;
  return `urn:hooks:${tenant}:${environment}`;
}

/** A text of the metadata that is not empty. */
function textIn({ event: { metadata } }: ProfileMessage, name: string): string | undefined {
  const span = metadata === undefined ? undefined : spanAt(metadata, [name]);
  if (span?.kind !== "string") return undefined;
  return (JSON.parse(textOf(metadata!, span)) as string) || undefined;
}

/** A value inside the publisher's JSON, as it stands there; null is none. */
function memberOf(where: "data" | "metadata", names: readonly string[]): WireField {
  return ({ event }) => {
    const json = event[where];
    if (json === undefined || json.length === 0) return undefined;
    const span = spanAt(json, names);
    return span === undefined || span.kind === "null" ? undefined : json.subarray(span.start, span.end);
  };
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
