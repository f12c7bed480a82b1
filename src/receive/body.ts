// From the bytes of a body to what a route is given. Each event is read once: its envelope becomes an object, its
// `data` and `metadata` stay the bytes they are.

import { HooksError, invalid } from "../core/errors.ts";
import { EVENT_MAX_BYTES } from "../core/event.ts";
import {
  type JsonEnvelope,
  type JsonEnvelopeResult,
  parseMember,
  readBatch,
  readEnvelope,
  readLines,
} from "../core/json-envelope.ts";
import { decodeMembers } from "../core/raw-json.ts";
import type { BodyFormat } from "./doors.ts";

/**
 * Reads a body that is not empty.
 * @throws HooksError `invalid_json`, `invalid_request`, `too_large`.
 */
export type BodyParser = (bytes: Uint8Array, format: BodyFormat) => unknown;

/** An ordinary JSON object; a member given twice is refused. */
export const parseJson: BodyParser = (bytes) => {
  // The scan checks encoding, depth and duplicates, so that what is validated is what is stored.
  readEnvelope(bytes);
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")) as unknown;
};

/** An object whose `data` stays bytes. */
export const parseWithRawData: BodyParser = (bytes) => decodeMembers(readEnvelope(bytes), (name) => name === "data");

export const parseEvent: BodyParser = (bytes) => eventOf(readEnvelope(bytes));

/** What a batch is before its events are checked one by one. */
export interface ParsedBatch {
  /** Each an event's envelope, or what is wrong with it. */
  events: (object | HooksError)[];
}

export const parseBatch: BodyParser = (bytes, format) => {
  if (format === "ndjson") return { events: readLines(bytes).map(eventOrError) } satisfies ParsedBatch;
  const { events, notAnArray, otherNames } = readBatch(bytes);
  const batch: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  // What else stands there is refused by the schema, which needs the names only.
  for (const name of otherNames) batch[name] = null;
  if (events !== undefined) batch["events"] = events.map(eventOrError);
  else if (notAnArray !== undefined) batch["events"] = parseMember({ bytes, members: new Map() }, notAnArray);
  return batch;
};

/** A route that takes no body. */
export const refuseBody: BodyParser = () => {
  throw invalid("body", "the body must be empty: this takes none");
};

/** `metadata` that is no object is parsed, for the schema to name what it is. */
function eventOf(envelope: JsonEnvelope): object {
  return decodeMembers(envelope, (name, kind) => name === "data" || (name === "metadata" && kind === "object"));
}

function eventOrError(result: JsonEnvelopeResult): object | HooksError {
  if (result instanceof HooksError) return result;
  const size = sizeOf(result);
  if (EVENT_MAX_BYTES < size) {
    return new HooksError("too_large", `an event must be at most ${EVENT_MAX_BYTES} bytes, got ${size}`, {
      field: "data",
    });
  }
  return eventOf(result);
}

/** From the first member's value to the last one's: the envelope without its braces and first name. */
function sizeOf({ members }: JsonEnvelope): number {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const span of members.values()) {
    start = Math.min(start, span.start);
    end = Math.max(end, span.end);
  }
  return Math.max(0, end - start);
}
