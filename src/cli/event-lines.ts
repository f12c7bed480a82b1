import { createHash } from "node:crypto";
import { HooksError, invalid } from "../core/errors.ts";
import type { EventInput } from "../core/event.ts";
import { type JsonEnvelope, parseMember, rawMember, readEnvelope } from "../core/json-envelope.ts";
import { quoted } from "../core/quoted.ts";
import { didYouMeanOf } from "./did-you-mean.ts";
import { fileLines, isBlankLine } from "./file-lines.ts";

// Events as NDJSON: `{"type":…,"data":…}` a line, with id, timestamp, metadata and version where they are known.

export interface EventLine {
  /** From 1. */
  number: number;
  /** The event, or what is wrong with the line: one bad line does not spoil the rest. */
  event: EventInput | HooksError;
  bytes: number;
  /** Bytes from the beginning to its end. */
  endsAt: number;
}

const MEMBERS = ["type", "data", "id", "timestamp", "metadata", "version"];
/** An event is at most 1 MiB; a line far above that is a file that has no lines. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Reads lines as they arrive; empty ones count and are skipped. `ids`: lines without an id get one made of their
 * `content`, so that the same lines again are the same events, wherever they stand; `new`: the service makes new ones.
 * @throws HooksError `usage` for a line longer than 16 MiB
 */
export async function* readEventLines(
  chunks: AsyncIterable<Uint8Array | string>,
  ids: "content" | "new",
): AsyncGenerator<EventLine> {
  const contentIds = ids === "content" ? new ContentIds() : undefined;
  for await (const line of fileLines(chunks, MAX_LINE_BYTES, tooLong)) {
    if (isBlankLine(line)) continue;
    const { number, bytes, endsAt } = line;
    yield { number, event: readLine(bytes, contentIds), bytes: bytes.length, endsAt };
  }
}

function tooLong(): HooksError {
  return new HooksError("usage", "--file has a line of more than 16 MiB: it must hold one event a line (NDJSON)", {
    field: "--file",
  });
}

function readLine(bytes: Uint8Array, contentIds: ContentIds | undefined): EventInput | HooksError {
  try {
    const event = toEvent(readEnvelope(bytes, "it"));
    event.id ??= contentIds?.next(bytes);
    return event;
  } catch (error) {
    if (!(error instanceof HooksError)) throw error;
    if (error.field !== "it") return error;
    // The line's number is the reader's business; where JSON is wrong is counted within the line.
    return new HooksError(error.code, error.message.replace("(line 1, ", "("), { hint: error.hint });
  }
}

function toEvent(envelope: JsonEnvelope): EventInput {
  for (const name of envelope.members.keys()) {
    if (!MEMBERS.includes(name)) {
      throw invalid(
        name,
        `${quoted(name)} is not a field of an event${didYouMeanOf(name, MEMBERS)}`,
        `the fields: ${MEMBERS.join(", ")}`,
      );
    }
  }
  const text = (name: string): string | undefined => {
    const span = envelope.members.get(name);
    if (span === undefined || span.kind === "null") return undefined;
    if (span.kind !== "string") throw invalid(name, `${name} must be a string`);
    return String(parseMember(envelope, span));
  };
  const type = text("type");
  const data = envelope.members.get("data");
  const metadata = envelope.members.get("metadata");
  if (type === undefined) throw invalid("type", "type is missing");
  if (data === undefined) throw invalid("data", "data is missing: any JSON value");
  if (metadata !== undefined && metadata.kind !== "object" && metadata.kind !== "null")
    throw invalid("metadata", "metadata must be a JSON object");
  return {
    type,
    data: rawMember(envelope, data),
    id: text("id"),
    timestamp: text("timestamp"),
    version: text("version"),
    metadata: metadata === undefined || metadata.kind === "null" ? undefined : rawMember(envelope, metadata),
  };
}

/** Ids made of a line's bytes, and of how often they came before: two equal lines are two events. */
class ContentIds {
  readonly #seen = new Map<string, number>();

  next(bytes: Uint8Array): string {
    const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 32);
    const count = (this.#seen.get(hash) ?? 0) + 1;
    this.#seen.set(hash, count);
    return count === 1 ? `line_${hash}` : `line_${hash}_${count}`;
  }
}
