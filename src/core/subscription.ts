import type { BreakerPhase, BreakerState } from "./breaker.ts";
import type { ReceiverRules } from "./egress/policy.ts";
import type { HandshakeState } from "./handshake.ts";
import type { Scope } from "./scope.ts";
import type { StatementKey } from "./signing/statement.ts";

/** Of one tenant in one environment; tunnel sessions have a limit of their own. */
export const MAX_SUBSCRIPTIONS_DEFAULT = 10_000;

/** Characters of a response that an attempt keeps; the most of them are 64 KiB, all that is read of one. */
export const EXCERPT_CHARS_DEFAULT = 1_000;
export const EXCERPT_CHARS_MAX = 16_384;

/** When to try again (delivery.md). All durations in ms. */
export type RetryPolicy =
  /** Wait n after failed attempt n; `delaysMs.length + 1` attempts in all. */
  | { strategy: "list"; delaysMs: readonly number[]; jitter: number }
  /** linear: first · n; exponential: first · 2^(n−1); both capped at `longestDelayMs`. */
  | {
      strategy: "linear" | "exponential";
      firstDelayMs: number;
      longestDelayMs: number;
      /** 1–20, the first try included. */
      maxAttempts: number;
      jitter: number;
    };

/** What of everything that is not a 2xx is tried again; a list names statuses, "5xx" and "network". */
export type RetryOn = "any" | "server-errors" | readonly string[];

export type Transport = "http" | "tunnel";

export type DisabledReason = "by_hand" | "gone" | "failing";

/** A secret that signs now. */
export interface SigningSecret {
  id: string;
  /** What signs: made ready once, when the subscription is loaded. */
  key: StatementKey;
  /** Unix ms; undefined: does not end. A secret signs until then. */
  expiresAt: number | undefined;
}

/** A subscription as the running program holds it: secrets unsealed and decoded. Never serialised, never logged. */
export interface Subscription {
  rowId: number;
  /** `sub_…` */
  id: string;
  scope: Scope;
  name: string;
  description: string;
  /** Undefined for a tunnel. */
  url: string | undefined;
  /** Who its receiver may be; checked at every attempt. */
  egress: ReceiverRules;
  transport: Transport;
  /** Exact names, `prefix.*` or `*`. */
  events: readonly string[];
  enabled: boolean;
  disabledReason: DisabledReason | undefined;
  paused: boolean;
  profile: string;
  /** Custom headers, lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** Newest first; the expired ones may still be in it. */
  secrets: readonly SigningSecret[];
  retry: RetryPolicy;
  retryOn: RetryOn;
  on410: "disable" | "retry" | "fail";
  timeoutMs: number;
  /** Attempts in flight at once. */
  concurrency: number;
  /** Token bucket; undefined: no limit. */
  rateLimit: RateLimit | undefined;
  autoDisable: AutoDisable;
  /** Whether failures of several deliveries in a row make it rest for a while. */
  hasBreaker: boolean;
  /** As it was when this was read; the lane knows better from then on. */
  breaker: BreakerState;
  /** Pointer into the data (RFC 6901), or `*` for the whole subscription; undefined: no order. */
  orderBy: string | undefined;
  /** Undefined: one event a request. */
  batch: BatchRule | undefined;
  /** The version of its events that it wants; undefined or left out: what comes. */
  eventVersion?: string | undefined;
  /** Characters of a response that an attempt keeps: 0 to `EXCERPT_CHARS_MAX`. */
  excerptChars: number;
  metadata: Readonly<Record<string, unknown>>;
  /** Of a tunnel: the sources whose senders' own requests its listener gets; left out: none. */
  sources?: readonly string[] | undefined;
  /** The name under which it asked its receiver, which each request repeats; undefined: nobody asked. */
  requestOrigin?: string | undefined;
  createdAt: number;
  updatedAt: number;
}

export interface RateLimit {
  count: number;
  perMs: number;
}

/** Several events in one request: sent when there are so many, or when the first has waited so long. */
export interface BatchRule {
  maxEvents: number;
  maxWaitMs: number;
}

export interface AutoDisable {
  /** Failed requests in a row; 0: never. */
  failures: number;
  /** First to last of them at least this far apart. */
  minSpanMs: number;
  /** `probe`: once disabled by its failures, a test event an hour finds out whether it may be enabled again. */
  reEnable: "probe" | undefined;
}

export type HealthState = "healthy" | "degraded" | "unhealthy" | "disabled";

// ---- as the API shows and takes it -----------------------------------------------------------------------------

export interface RetryResource {
  strategy: "list" | "linear" | "exponential";
  delays?: string[];
  first_delay?: string;
  longest_delay?: string;
  max_attempts?: number;
  jitter: number;
}

/** A subscription in JSON, fields in this order (http-api.md). Header values are masked `"***"`, a URL's query `?***`. */
export interface SubscriptionResource {
  id: string;
  name: string;
  description: string;
  url: string | null;
  transport: Transport;
  events: string[];
  enabled: boolean;
  paused: boolean;
  profile: string;
  headers: Record<string, string>;
  /** Expression over `data`, `metadata`, `type` and `event` (docs/filters.md); null: every event of its types. */
  filter: string | null;
  retry: RetryResource;
  retry_on: RetryOn;
  timeout_ms: number;
  on_410: "disable" | "retry" | "fail";
  breaker: boolean;
  auto_disable: { failures: number; min_span: string; re_enable: "probe" | null };
  rotate_every: string | null;
  /** Whether its receiver allows deliveries (core/handshake.ts), rates in requests a minute; null: nobody asks. */
  handshake: HandshakeResource | null;
  allow_net: string[];
  deny_net: string[];
  concurrency: number;
  rate_limit: string | null;
  /** Characters of each response that are kept. */
  excerpt_chars: number;
  order_by: string | null;
  batch: { max_events: number; max_wait: string } | null;
  metadata: Record<string, unknown>;
  tenant: string;
  environment: string;
  /** The version of its events that it wants; null: it takes what comes. */
  event_version: string | null;
  health: {
    state: HealthState;
    consecutive_failures: number;
    success_rate: number;
    disabled_reason: DisabledReason | null;
    last_triggered_at: string | null;
    last_success_at: string | null;
    /** `half_open`: it has rested, and one delivery at a time finds out whether its receiver is back. */
    breaker: { state: BreakerPhase; open_until: string | null };
  };
  /** Deliveries that ended, over the subscription's life. */
  counts: { succeeded: number; failed: number };
  secrets: { id: string; created_at: string; expires_at: string | null; hint: string }[];
  created_at: string;
  updated_at: string;
  /** What is not wrong but may be: in the answer to what made or changed it only. */
  warnings?: string[];
}

export interface HandshakeResource {
  origin: string;
  rate: number | null;
  state: HandshakeState;
  allowed_rate: number | null;
  checked_at: string | null;
  error: string | null;
}

/** The answer to create and rotate: the only places where the whole secret stands. */
export interface SubscriptionWithSecret extends SubscriptionResource {
  secret: string;
}

/** The longest that an old secret signs beside a new one. */
export const ROTATION_GRACE_MAX_MS = 30 * 86_400_000;

/** `POST /v1/secrets/rotate`: which, and how long the old secrets sign on. */
export interface SecretsRotation {
  grace?: string | undefined;
  /** Ids, unique beginnings or names. Default: all of the tenant and environment that have a URL. */
  subscriptions?: string[] | undefined;
}

/** Each with its new secret, shown once: all of them, as one page. */
export interface SecretsRotated {
  data: SubscriptionWithSecret[];
  next_cursor: null;
}

/** What create and replace take. Only `url` and `events` are needed; null means "the default". */
export interface SubscriptionInput {
  url: string;
  events: string[];
  name?: string | null;
  description?: string | null;
  secret?: string | null;
  enabled?: boolean;
  profile?: string | null;
  headers?: Record<string, string> | null;
  /** A preset's name (`"standard"`) or a policy. */
  retry?: string | RetryInput | null;
  retry_on?: RetryOn | null;
  on_410?: "disable" | "retry" | "fail" | null;
  /** ms, or a duration such as "10s" under `timeout`. */
  timeout_ms?: number | null;
  timeout?: string | null;
  concurrency?: number | null;
  rate_limit?: string | null;
  /** Characters of each response that are kept: 0 (none) to 16,384; default 1,000. */
  excerpt_chars?: number | null;
  /** What is left out of it stays as it is. */
  auto_disable?: { failures?: number | null; min_span?: string | number | null; re_enable?: "probe" | null } | null;
  /** Default: true, but false beside a retry preset whose waits are exact. */
  breaker?: boolean | null;
  /** A pointer into the data (`/order_id`), or `*` for the whole subscription. */
  order_by?: string | null;
  batch?: { max_events: number; max_wait?: string | number | undefined } | null;
  /** Only events for which this expression is true; at most 2,000 characters. */
  filter?: string | null;
  /** Networks and names, each with a port or without; when there are any, nothing else is sent to. */
  allow_net?: string[] | null;
  deny_net?: string[] | null;
  metadata?: Record<string, unknown> | null;
  /** Only events of this version, or such as a declared conversion makes so. */
  event_version?: string | null;
  /** Asks the receiver first whether it allows deliveries from this DNS name; `rate`: requests a minute. */
  handshake?: { origin: string; rate?: number | null | undefined } | null;
  /** The age at which the daemon rotates its secret: "90d". */
  rotate_every?: string | number | null;
}

export interface RetryInput {
  strategy?: "list" | "linear" | "exponential";
  delays?: (string | number)[];
  first_delay?: string | number;
  longest_delay?: string | number;
  max_attempts?: number;
  jitter?: number;
}
