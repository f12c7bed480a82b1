// The frames of `hooks.listen.v1`: JSON text, one object each, told apart by `type`. Field names are those on the wire;
// bodies are bytes here and base64 there. Both ends parse strictly: what is not as described here is a reason to part.

import type { HeaderPairs } from "../core/attempt.ts";
import { FILTER_MAX_LENGTH } from "../core/filter/expression.ts";
import {
  base64,
  type Field,
  type FieldsOf,
  flag,
  headerPair,
  integer,
  list,
  matching,
  nullable,
  oneOf,
  optional,
  text,
} from "./frame-field.ts";

export const LISTEN_SUBPROTOCOL = "hooks.listen.v1";

/** Largest frame that a server takes (a result of 64 KiB is the largest there is). */
export const SERVER_MAX_FRAME_BYTES = 1024 * 1024;
/** Largest frame that a client takes: a body of 10 MiB in base64 and its headers. */
export const CLIENT_MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** Largest body of a delivery. */
export const DELIVERY_MAX_BODY_BYTES = 10 * 1024 * 1024;
/** What a result holds of the local program's answer. */
export const RESULT_MAX_BODY_BYTES = 64 * 1024;
export const RESULT_MAX_HEADERS = 200;
export const MESSAGE_MAX_CHARS = 1_000;
export const SESSION_PATTERN = /^[A-Za-z0-9._:/@-]{1,128}$/;
/** Most that one listener may ask to have in flight. */
export const MAX_CREDIT = 1_000;
/** Most deliveries of one session in flight, over all of its listeners. */
export const SESSION_CONCURRENCY = 256;

const DELIVERY_MAX_HEADERS = 2_000;
const DAY_MS = 24 * 60 * 60 * 1000;

// ---- from the client -------------------------------------------------------------------------------------------

/** The first frame: who listens to what. */
export interface HelloFrame {
  type: "hello";
  /** The session to make or to take up again; left out: a new one with a name of the server's choice. */
  session?: string;
  /** Patterns. */
  events: string[];
  /** Expression over `data`, `metadata`, `type` and `event` (docs/filters.md): only events for which it is true. */
  filter?: string;
  /** Only what came to these inbound sources, each request as its sender sent it. */
  sources?: string[];
  /** `share` (default): listeners of one session split its deliveries; `copy`: each gets a session of its own. */
  mode?: "share" | "copy";
  /** Most deliveries in flight. 0: none yet. */
  credit: number;
  /** For people: who listens. */
  name?: string;
  /** Of the client's program. */
  version?: string;
  /** The session ends with the connection, after a grace of 60 s. */
  ephemeral?: boolean;
  /** Try failed deliveries again on the default schedule. Default: each is answered once. */
  retry?: boolean;
  /** The local answer must come within this. */
  timeout_ms?: number;
  /** How long deliveries wait for an absent listener. */
  keep_ms?: number;
  /** Only asks for the session's secrets: takes no deliveries, and changes nothing of a session that is there. */
  secrets_only?: boolean;
  /** Random, one for each running client: its next connection replaces a dead one of its own at once. */
  client?: string;
}

/** What the local program answered. */
export interface ResultFrame {
  type: "result";
  delivery_id: string;
  attempt: number;
  status: number;
  headers: HeaderPairs;
  /** At most 64 KiB. */
  body: Uint8Array;
  /** The answer had more than `body`. */
  truncated: boolean;
  duration_ms: number;
}

export const LOCAL_FAILURES = [
  "refused",
  "timeout",
  "dns",
  "tls",
  "reset",
  "aborted",
  "too_large", // the body is larger than the client takes
  "not_taken", // the client takes no more: the delivery is given back, no attempt is used up
  "refused_by_user",
] as const;
export type LocalFailureCode = (typeof LOCAL_FAILURES)[number];

/** Why no answer came from the local program. */
export interface ErrorFrame {
  type: "error";
  delivery_id: string;
  attempt: number;
  code: LocalFailureCode;
  message: string;
  duration_ms: number;
}

/** So many more may be in flight. */
export interface CreditFrame {
  type: "credit";
  add: number;
}

/** Send this delivery, or the delivery of this event, to this session again. */
export interface ReplayFrame {
  type: "replay";
  delivery_id?: string;
  event_id?: string;
}

/** No new deliveries; finish; then close with 1000. */
export interface DrainFrame {
  type: "drain";
  /** From a client: the session goes on collecting without it. Default: it stops. */
  keep?: boolean;
}

export type ClientFrame = HelloFrame | ResultFrame | ErrorFrame | CreditFrame | ReplayFrame | DrainFrame;

// ---- from the server -------------------------------------------------------------------------------------------

/** The answer to hello: the session is open. */
export interface ReadyFrame {
  type: "ready";
  session: string;
  subscription_id: string;
  /** What signs the session's deliveries, so that the local program can verify. */
  secrets: string[];
  /** The session existed before. */
  resumed: boolean;
  /** How many deliveries are due already. */
  waiting: number;
  /** When the first and the last of the waiting events happened, ISO 8601. */
  missed_from: string | null;
  missed_to: string | null;
  /** URLs of inbound sources. */
  inbound: string[];
  /** By which others reach the server, if it was told. */
  public_url?: string;
  /** Where its pages for people are, if it has any. */
  dashboard?: string;
  /** Bytes. */
  max_body: number;
}

export interface DeliveryFrame {
  type: "delivery";
  delivery_id: string;
  /** 1 for the first. */
  attempt: number;
  event_id: string;
  event_type: string;
  method: string;
  /** Begins with "/". */
  path: string;
  /** Without "?"; "" when there is none. */
  query: string;
  /** As sent: order, case and duplicates kept. */
  headers: HeaderPairs;
  body: Uint8Array;
  /** The answer must come within this. */
  deadline_ms: number;
  /** A person asked for it. */
  replay: boolean;
}

/** Something is wrong; after a `fatal` one the connection is closed, and dialling again would not help. */
export interface ProblemFrame {
  type: "problem";
  code: string;
  message: string;
  fatal: boolean;
}

export type ServerFrame = ReadyFrame | DeliveryFrame | DrainFrame | ProblemFrame;

// ---- reading and writing ---------------------------------------------------------------------------------------

/** What came out of a text: a frame, or why it is none, as a sentence for the one who sent it. */
export type Parsed<F> = { frame: F } | { problem: string };

const deliveryId = matching(/^[A-Za-z0-9_-]{1,128}$/, "an id");
const attempt = integer(1, 1_000_000);
const durationMs = integer(0, DAY_MS);
const drain: FieldsOf<DrainFrame> = { keep: optional(flag) };

const CLIENT_FRAMES: { [Type in ClientFrame["type"]]: FieldsOf<Extract<ClientFrame, { type: Type }>> } = {
  hello: {
    session: optional(matching(SESSION_PATTERN, "a name of 1 to 128 characters of A-Z a-z 0-9 . _ - : / @")),
    events: list(text(130, 1), 1, 100),
    filter: optional(text(FILTER_MAX_LENGTH, 1)),
    sources: optional(list(matching(/^[a-z0-9-]{1,64}$/, "the name of a source"), 1, 100)),
    mode: optional(oneOf("share", "copy")),
    credit: integer(0, MAX_CREDIT),
    name: optional(text(255)),
    version: optional(text(64)),
    ephemeral: optional(flag),
    retry: optional(flag),
    timeout_ms: optional(integer(1_000, 300_000)),
    keep_ms: optional(integer(0, 365 * DAY_MS)),
    secrets_only: optional(flag),
    client: optional(matching(/^[A-Za-z0-9_-]{1,64}$/, "an id of 1 to 64 characters")),
  },
  result: {
    delivery_id: deliveryId,
    attempt,
    status: integer(100, 599),
    headers: list(headerPair, 0, RESULT_MAX_HEADERS),
    body: base64(RESULT_MAX_BODY_BYTES),
    truncated: flag,
    duration_ms: durationMs,
  },
  error: {
    delivery_id: deliveryId,
    attempt,
    code: oneOf(...LOCAL_FAILURES),
    message: text(MESSAGE_MAX_CHARS),
    duration_ms: durationMs,
  },
  credit: { add: integer(1, MAX_CREDIT) },
  replay: { delivery_id: optional(deliveryId), event_id: optional(deliveryId) },
  drain,
};

const SERVER_FRAMES: { [Type in ServerFrame["type"]]: FieldsOf<Extract<ServerFrame, { type: Type }>> } = {
  ready: {
    session: text(128, 1),
    subscription_id: text(128, 1),
    secrets: list(text(1_024), 0, 100),
    resumed: flag,
    waiting: integer(0, Number.MAX_SAFE_INTEGER),
    missed_from: nullable(text(64)),
    missed_to: nullable(text(64)),
    inbound: list(text(2_048), 0, 1_000),
    public_url: optional(text(2_048, 1)),
    dashboard: optional(text(2_048, 1)),
    max_body: integer(0, Number.MAX_SAFE_INTEGER),
  },
  delivery: {
    delivery_id: deliveryId,
    attempt,
    event_id: deliveryId,
    event_type: text(128, 1),
    // As a request line has them: a provider's own request is handed on as it came, whatever a URL would make of it.
    method: matching(/^(?!CONNECT$)[A-Z][A-Z-]{0,31}$/, "an HTTP method"),
    path: matching(/^\/[\x21-\x3e\x40-\x7e\x80-\xff]*$/, 'a path that begins with "/"'),
    query: matching(/^[\x21-\x7e\x80-\xff]*$/, 'a query without "?"'),
    headers: list(headerPair, 0, DELIVERY_MAX_HEADERS),
    // The frame's own limit; a body above DELIVERY_MAX_BODY_BYTES gets an error of its own.
    body: base64(CLIENT_MAX_FRAME_BYTES),
    deadline_ms: integer(1, DAY_MS),
    replay: flag,
  },
  drain,
  problem: { code: text(64, 1), message: text(MESSAGE_MAX_CHARS), fatal: flag },
};

/** Unknown fields are refused: a client that asks for what this server cannot do must learn it. */
export function parseClientFrame(text: string): Parsed<ClientFrame> {
  return parse<ClientFrame>(text, CLIENT_FRAMES, "refuse");
}

/** Unknown fields are left out: a newer server may say more than this client knows. */
export function parseServerFrame(text: string): Parsed<ServerFrame> {
  return parse<ServerFrame>(text, SERVER_FRAMES, "ignore");
}

export function encodeFrame(frame: ClientFrame | ServerFrame): string {
  if (!("body" in frame)) return JSON.stringify(frame);
  const { buffer, byteOffset, byteLength } = frame.body;
  return JSON.stringify({ ...frame, body: Buffer.from(buffer, byteOffset, byteLength).toString("base64") });
}

function parse<F>(
  json: string,
  table: Readonly<Record<string, Readonly<Record<string, Field<unknown>>>>>,
  unknownFields: "refuse" | "ignore",
): Parsed<F> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { problem: "a frame must be JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: "a frame must be a JSON object" };
  }
  const given = new Map<string, unknown>(Object.entries(value));
  const type = given.get("type");
  const fields = typeof type === "string" && Object.hasOwn(table, type) ? table[type] : undefined;
  if (fields === undefined) return { problem: `type must be one of ${Object.keys(table).join(", ")}` };

  const frame: Record<string, unknown> = { type };
  for (const [name, field] of Object.entries(fields)) {
    if (field.optional && !given.has(name)) continue;
    const read = field.read(given.get(name));
    if (read === undefined) return { problem: `${String(type)}.${name} must be ${field.expects}` };
    frame[name] = read;
  }
  if (unknownFields === "refuse") {
    const unknown = [...given.keys()].find((name) => name !== "type" && !Object.hasOwn(fields, name));
    if (unknown !== undefined)
      return { problem: `${String(type)} has no field ${JSON.stringify(unknown.slice(0, 64))}` };
  }
  return { frame: frame as F };
}
