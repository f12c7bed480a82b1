import type { HeaderPairs } from "../attempt.ts";
import type { PageQuery } from "../hooks-service.ts";

/** `store`: answered as soon as it is on disk. `live`: with what a listener's program answers, if one listens. */
export const SOURCE_MODES = ["store", "live"] as const;
export type SourceMode = (typeof SOURCE_MODES)[number];

/** The scheme of a source whose requests nobody signs: its name is all that one has to know. */
export const NO_SCHEME = "none";

/** Of one request to a source: body as it came. What a listener takes, too. */
export const SOURCE_MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Of one tenant in one environment. */
export const MAX_SOURCES = 1_000;

/** A source in JSON, fields in this order. No secret is in it. */
export interface SourceResource {
  id: string;
  /** Its URL is /in/NAME: no other source of the server has it. */
  name: string;
  description: string;
  enabled: boolean;
  /** A scheme of docs/schemes.md, or `none`. */
  scheme: string;
  mode: SourceMode;
  /** How long a `live` one waits for the listener's answer. */
  live_timeout: string;
  /** What types of its events begin with, before a dot; "": nothing. */
  prefix: string;
  /** Where a request says what happened: a header's name or a pointer into the body; null: the scheme's places. */
  type_from: string | null;
  /** Where its id stands, by which a repetition is known: the same. */
  id_from: string | null;
  /** A pointer into the body to what becomes the event's data; null: all of it. */
  data_from: string | null;
  /** From the sender's types or patterns to event types; null there: nothing is published. */
  map: Record<string, string | null>;
  /** How the sender is answered that asks whether the address is meant; null: nothing is. */
  handshake: string | null;
  /** Whether it has the text that was agreed on for that. */
  has_verify_token: boolean;
  /** For the CloudEvents handshake: who may send. */
  allow_origins: string[];
  /** For WebSub: what it may be subscribed to. For SNS, too, and nothing of another topic is taken: one is needed. */
  topics: string[];
  /** How old a signature may be: a duration or `none`; null: as the scheme says. */
  tolerance: string | null;
  /** The URL by which the sender calls it, for schemes that sign it; null: the server's public URL. */
  url: string | null;
  /** Requests that are taken. */
  rate_limit: string | null;
  tenant: string;
  environment: string;
  secrets: { id: string; created_at: string; expires_at: string | null; hint: string }[];
  created_at: string;
  updated_at: string;
}

/** The answer to create and rotate. `secret`: the one that was made; null: it was given, or there is none. */
export interface SourceWithSecret extends SourceResource {
  secret: string | null;
}

/** What create takes. Only `name` and `scheme` are needed, and a secret where the sender chooses it; null: the default. */
export interface SourceInput extends SourcePatch {
  name: string;
  scheme: string;
  secret?: string | null;
}

/** What a patch changes. The name is part of the URL: it stays. */
export interface SourcePatch {
  description?: string | null;
  enabled?: boolean;
  mode?: SourceMode | null;
  live_timeout?: string | number | null;
  prefix?: string | null;
  type_from?: string | null;
  id_from?: string | null;
  data_from?: string | null;
  /** As a whole. */
  map?: Record<string, string | null> | null;
  handshake?: string | null;
  verify_token?: string | null;
  allow_origins?: string[] | null;
  topics?: string[] | null;
  tolerance?: string | number | null;
  url?: string | null;
  rate_limit?: string | null;
}

export interface SourceQuery extends PageQuery {
  enabled?: boolean | undefined;
  scheme?: string | undefined;
}

/**
 * `accepted`: an event was made of it. `repeated`: it had come before. `dropped`: the source's map says so. `refused`: it
 * is not rightly signed, or no event can be made of it. `challenged`: a handshake.
 */
export const REQUEST_OUTCOMES = ["accepted", "repeated", "dropped", "refused", "challenged"] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** A request that came to a source. */
export interface SourceRequestResource {
  /** `req_…` */
  id: string;
  source: string;
  received_at: string;
  outcome: RequestOutcome;
  /** What the sender was answered. */
  status: number;
  /** Why it was refused: a reason of `hooks verify`, `malformed` or `wrong_topic`; null: it was not. */
  reason: string | null;
  detail: string | null;
  method: string;
  /** The address that it came from. */
  from: string;
  body_bytes: number;
  event_id: string | null;
  tenant: string;
  environment: string;
}

/** One request as it came. Headers that hold a secret are masked. */
export interface SourceRequestDetail extends SourceRequestResource {
  /** Behind /in/NAME: "/" or longer. */
  path: string;
  query: string;
  headers: HeaderPairs;
  /** UTF-8 or base64, as `body_encoding` says; null: it was too large to be kept of one that was refused. */
  body: string | null;
  body_encoding: "utf8" | "base64";
  /** Of a refused one: what would have made it valid. */
  hints: string[];
}

export interface SourceRequestQuery extends PageQuery {
  outcome?: RequestOutcome | undefined;
}

/** A request to a source as it came: what a listener's program gets. */
export interface OriginalRequest {
  method: string;
  /** Behind /in/NAME: "/" or longer. */
  path: string;
  /** Without "?". */
  query: string;
  /** Order, case and duplicates kept. */
  headers: HeaderPairs;
  body: Uint8Array;
}
