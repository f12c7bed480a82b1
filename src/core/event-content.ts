import { createHash, hash } from "node:crypto";
import { HooksError, invalid } from "./errors.ts";
import { EVENT_ID_PATTERN, EVENT_MAX_BYTES, type EventInput, TIMESTAMP_MAX_AHEAD_MS } from "./event.ts";
import { checkEventType, isOperationalType } from "./event-pattern.ts";
import { checkVersion } from "./event-type.ts";
import { parseInstant } from "./instant.ts";

/** An event whose every field was checked. */
export interface CheckedEvent {
  type: string;
  /** Undefined: one is to be made. */
  id: string | undefined;
  timestamp: number;
  data: Uint8Array;
  metadata: Uint8Array | undefined;
  version: string | undefined;
  /** Of what was sent; empty when the publisher gave no id, timestamp and version: then the stored event tells as much. */
  fingerprint: Uint8Array;
}

/** What is copied together to be hashed at once; a larger one is read where it is. */
const MAX_COPIED_BYTES = 64 * 1024;
const EMPTY = new Uint8Array(0);

/**
 * Checks an event at `now` (unix ms). That `data` and `metadata` are JSON was checked by whoever cut them out
 * (json-envelope.ts).
 * @throws HooksError `invalid_request` or `too_large`, naming the field.
 */
export function checkEvent(input: EventInput, now: number): CheckedEvent {
  const type = checkEventType(input.type, "type");
  if (isOperationalType(type)) {
    throw invalid("type", 'type must not begin with "hooks.": those are the events that hooks itself publishes');
  }
  checkEventId(input.id);
  if (input.version !== undefined) checkVersion(input.version, "version");
  if (input.data.length === 0) throw invalid("data", "data is missing: any JSON value");
  if (input.metadata !== undefined && !isObjectText(input.metadata)) {
    throw invalid("metadata", "metadata must be a JSON object");
  }
  if (EVENT_MAX_BYTES < input.data.length + (input.metadata?.length ?? 0)) {
    throw new HooksError("too_large", `data and metadata must be at most ${EVENT_MAX_BYTES} bytes together`, {
      field: "data",
    });
  }
  return {
    type,
    id: input.id,
    timestamp: checkTimestamp(input.timestamp, now),
    data: input.data,
    metadata: input.metadata,
    version: input.version,
    fingerprint: isToldByItself(input) ? EMPTY : fingerprintOf(input),
  };
}

/** Of JSON: its first character says what it is. */
function isObjectText(json: Uint8Array): boolean {
  return json.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) === 0x7b;
}

/** @throws HooksError `invalid_request` */
export function checkEventId(id: string | undefined): void {
  if (id === undefined || EVENT_ID_PATTERN.test(id)) return;
  throw invalid("id", 'id must be 1 to 128 characters of A-Z, a-z, 0-9, "_" and "-"');
}

/** Of an event, as unix ms. @throws HooksError `invalid_request` */
export function readTimestamp(text: string): number {
  const at = parseInstant(text);
  if (at !== undefined) return at;
  throw invalid("timestamp", "timestamp must be ISO 8601 with an offset or Z", "for example: 2026-01-31T12:00:00.000Z");
}

function checkTimestamp(text: string | undefined, now: number): number {
  if (text === undefined) return now;
  const at = readTimestamp(text);
  if (at < 0) throw invalid("timestamp", "timestamp must not be before 1970");
  if (now + TIMESTAMP_MAX_AHEAD_MS < at) throw invalid("timestamp", "timestamp must be at most 24 hours ahead");
  return at;
}

/** An id that is made here is new. Hashing costs as much as all other checks of an event. */
function isToldByItself({ id, timestamp, version }: EventInput): boolean {
  return id === undefined && timestamp === undefined && version === undefined;
}

/**
 * SHA-256 over the bytes sent for type, data, timestamp, metadata and version, to tell whether an id that comes again
 * comes with the same event. Each part is preceded by its length, and a missing one differs from an empty one, so no two
 * events share bytes.
 */
export function fingerprintOf({
  type,
  data,
  timestamp,
  metadata,
  version,
}: Pick<EventInput, "type" | "data" | "timestamp" | "metadata" | "version">): Uint8Array {
  const head = `${lengthAndText(type)}${data.length};`;
  const tail = `${lengthAndText(timestamp)}${metadata === undefined ? "-;" : `${metadata.length};`}`;
  if (data.length + (metadata?.length ?? 0) <= MAX_COPIED_BYTES) {
    // In one call: an object that is fed part by part costs three times as much as the hashing itself.
    const parts = [Buffer.from(head), data, Buffer.from(tail), metadata ?? EMPTY, Buffer.from(lengthAndText(version))];
    return hash("sha256", Buffer.concat(parts), "buffer");
  }
  const digest = createHash("sha256").update(head).update(data).update(tail);
  if (metadata !== undefined) digest.update(metadata);
  return digest.update(lengthAndText(version)).digest();
}

/** Of texts that are ASCII by their rules, so that characters are bytes; a timestamp's were checked to be, too. */
function lengthAndText(text: string | undefined): string {
  return text === undefined ? "-;" : `${text.length};${text}`;
}
