import type { SendErrorCode } from "../core/attempt.ts";
import type { DeliveryReason } from "../core/delivery.ts";
import { type ErrorCode, HooksError } from "../core/errors.ts";
import { Histogram } from "../core/histogram.ts";
import { timeOfId } from "../core/ids.ts";
import type { Scope } from "../core/scope.ts";
import type { AttemptRecorded } from "../deliver/attempt-recorded.ts";
import { CappedMap, OTHER } from "./capped-map.ts";

/** Of publishing: mostly one fsync. */
const PUBLISH_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Of an attempt: its time-out is at most 300 s. */
const ATTEMPT_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
/** From storing to arriving: a schedule may last days. */
const LATENCY_BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 1_800, 3_600, 21_600, 86_400];

const MOST_SCOPES = 100;
const MOST_SUBSCRIPTIONS = 200;
const MOST_TYPES = 200;

/** Failures of one subscription. */
export interface SubscriptionFailures {
  total: number;
  inRow: number;
}

/** What happened in one tenant and environment since the process began. */
export class ScopeCounters {
  readonly tenant: string;
  readonly environment: string;
  eventsAccepted = 0;
  eventsRepeated = 0;
  readonly eventsRefused = new Map<ErrorCode, number>();
  /** Requests to sources, by what became of them. */
  readonly sourceRequests = new Map<string, number>();
  deliveriesCreated = 0;
  readonly publishDuration = new Histogram(PUBLISH_BOUNDS);
  /** By status class: index 2 is 2xx. */
  readonly answers = new Float64Array(10);
  readonly errors = new Map<SendErrorCode, number>();
  retries = 0;
  deliveriesSucceeded = 0;
  readonly deliveriesFailed = new Map<DeliveryReason, number>();
  readonly attemptDuration = { success: new Histogram(ATTEMPT_BOUNDS), failure: new Histogram(ATTEMPT_BOUNDS) };
  readonly deliveryWait = new Histogram(LATENCY_BOUNDS);
  readonly deliveryLatency = new Histogram(LATENCY_BOUNDS);
  /** Types published since the process began. */
  readonly types = new Set<string>();

  constructor(tenant: string, environment: string) {
    this.tenant = tenant;
    this.environment = environment;
  }

  published(type: string): void {
    if (this.types.size < MOST_TYPES) this.types.add(type);
  }

  attempt(record: AttemptRecorded): void {
    const { outcome, status, errorCode, durationMs, attempt, trigger, verdict, reason } = record;
    this.attemptDuration[outcome].observe(durationMs / 1_000);
    if (status !== undefined) this.answers[Math.floor(status / 100)]! += 1;
    else if (errorCode !== undefined) add(this.errors, errorCode);
    if (trigger === "auto" && 1 < attempt) this.retries += 1;
    if (attempt === 1) this.deliveryWait.observe(sinceStored(record, record.startedAt));
    if (verdict === "succeeded") {
      this.deliveriesSucceeded += 1;
      if (!record.isReplayed) this.deliveryLatency.observe(sinceStored(record, record.startedAt + durationMs));
    } else if (verdict === "failed" && reason !== undefined) add(this.deliveriesFailed, reason);
  }
}

/** What publishing says of a request. */
export interface Published {
  accepted: number;
  repeated: number;
  deliveries: number;
  durationMs: number;
}

/** The counters of every scope, as far as there is room; of failing subscriptions, too. */
export class HotCounters {
  readonly #scopes = new Map<string, Map<string, ScopeCounters>>();
  #count = 0;
  #others: ScopeCounters | undefined;
  #last: ScopeCounters | undefined;
  /** By id, of those that failed; others share one. */
  readonly failures = new CappedMap<SubscriptionFailures>(MOST_SUBSCRIPTIONS, () => ({ total: 0, inRow: 0 }));

  scope({ tenant, environment }: Scope): ScopeCounters {
    const last = this.#last;
    // As a rule the same as before: then nothing is looked up.
    if (last !== undefined && last.tenant === tenant && last.environment === environment) return last;
    const found = this.#scopes.get(tenant)?.get(environment) ?? this.#make(tenant, environment);
    if (found !== this.#others) this.#last = found;
    return found;
  }

  attempt(record: AttemptRecorded): void {
    this.scope(record).attempt(record);
    if (record.outcome === "failure") {
      const failures = this.failures.get(record.subscriptionId);
      failures.total += 1;
      failures.inRow += 1;
    } else {
      const failures = this.failures.find(record.subscriptionId);
      if (failures !== undefined) failures.inRow = 0;
    }
  }

  published(scope: Scope, { accepted, repeated, deliveries, durationMs }: Published): void {
    const counters = this.scope(scope);
    counters.eventsAccepted += accepted;
    counters.eventsRepeated += repeated;
    counters.deliveriesCreated += deliveries;
    counters.publishDuration.observe(durationMs / 1_000);
  }

  sourceRequest(scope: Scope, outcome: string): void {
    add(this.scope(scope).sourceRequests, outcome);
  }

  refused(scope: Scope, error: unknown): void {
    add(this.scope(scope).eventsRefused, error instanceof HooksError ? error.code : "internal");
  }

  *scopes(): Iterable<ScopeCounters> {
    for (const environments of this.#scopes.values()) yield* environments.values();
    if (this.#others !== undefined) yield this.#others;
  }

  #make(tenant: string, environment: string): ScopeCounters {
    if (MOST_SCOPES <= this.#count) {
      this.#others ??= new ScopeCounters(OTHER, OTHER);
      return this.#others;
    }
    this.#count += 1;
    const made = new ScopeCounters(tenant, environment);
    const environments = this.#scopes.get(tenant) ?? new Map<string, ScopeCounters>();
    this.#scopes.set(tenant, environments.set(environment, made));
    return made;
  }
}

function sinceStored({ deliveryId }: AttemptRecorded, at: number): number {
  return Math.max(0, at - timeOfId(deliveryId)) / 1_000;
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
