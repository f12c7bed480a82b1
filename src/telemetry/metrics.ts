import type { SendErrorCode } from "../core/attempt.ts";
import { type BreakerState, breakerPhase } from "../core/breaker.ts";
import type { DeliveryReason } from "../core/delivery.ts";
import {
  type ExpositionFormat,
  exposition,
  type MetricDefinition,
  type MetricFamily,
  type MetricSample,
} from "../core/exposition.ts";
import type { Histogram } from "../core/histogram.ts";
import { ANY, covers, type Reach } from "../core/key.ts";
import { type Scope, scopeKey } from "../core/scope.ts";
import type { AttemptRecorded } from "../deliver/attempt-recorded.ts";
import { OTHER } from "./capped-map.ts";
import { METRICS, type MetricKey } from "./metric-definitions.ts";
import { type EventLoopDelay, processFigures } from "./process-figures.ts";
import { HotCounters, type ScopeCounters } from "./scope-counters.ts";

/** Series of one gauge at most, beyond which they are added up. */
const MOST_SERIES = 500;

/** A subscription, as far as it is counted. */
export interface CountedSubscription {
  id: string;
  scope: Scope;
  events: readonly string[];
  enabled: boolean;
  paused: boolean;
  /** As it was stored when this was read. */
  breaker: BreakerState;
}

/** What waits in one tenant and environment. Times unix ms. */
export interface ScopeBacklog extends Scope {
  pending: number;
  retrying: number;
  /** How long what is most overdue has been due; 0: nothing is. */
  ageMs: number;
  failed: number;
}

/** What is asked when somebody asks for the metrics; nothing of it costs anything before. */
export interface MetricSources {
  /** Those with a URL. */
  subscriptions(): Iterable<CountedSubscription>;
  /** How many enabled subscriptions take this type. */
  takers(scope: Scope, type: string): number;
  filtered(): Iterable<{ scope: Scope; dropped: number; failed: number }>;
  backlog(): Promise<readonly ScopeBacklog[]>;
  alertsFiring(): readonly (Scope & { kind: string })[];
  attemptsInFlight(): number;
  attemptSlots: number;
  listeners(): number;
  store(): { lagMs: number; commits: number; bytes: number; walBytes: number };
  logLinesDropped(): number;
  spans(): { exported: number; dropped: number };
  versions: { hooks: string; node: string; sqlite: string };
  eventLoop: EventLoopDelay;
  /** Unix ms. */
  now(): number;
}

/** Everything that /metrics shows: counters that count as things happen, and what is looked up when it is asked for. */
export class Metrics {
  readonly counters = new HotCounters();
  readonly #sources: MetricSources;
  /** By subscription id, of those whose breaker an attempt of this process changed. */
  readonly #breakers = new Map<string, BreakerState>();

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  attempt(record: AttemptRecorded): void {
    this.counters.attempt(record);
    if (record.breaker !== undefined) this.#breakers.set(record.subscriptionId, record.breaker);
  }

  /** The page for whoever reaches so far: a key of one tenant sees what is labelled so, and nothing else. */
  async page(reach: Reach, format: ExpositionFormat): Promise<string> {
    const isAll = reach.tenant === ANY && reach.environment === ANY;
    const families = new Families((labels) =>
      labels === undefined ? isAll : covers(reach, { tenant: labels[0]!, environment: labels[1]! }),
    );
    // Counters that are there from the start: what Prometheus sees first it takes for no increase.
    for (const { scope } of this.#sources.subscriptions()) this.counters.scope(scope);
    this.#addCounters(families);
    this.#addSubscriptions(families);
    for (const { tenant, environment, pending, retrying, ageMs, failed } of await this.#sources.backlog()) {
      families.sum("backlog", [tenant, environment, "pending"], pending);
      families.sum("backlog", [tenant, environment, "retrying"], retrying);
      families.most("backlogAge", [tenant, environment], ageMs / 1_000);
      families.sum("deadLetters", [tenant, environment], failed);
    }
    for (const { tenant, environment, kind } of this.#sources.alertsFiring()) {
      families.sum("alertsFiring", [tenant, environment, kind], 1);
    }
    this.#addProcess(families);
    return exposition([...families.all()], format);
  }

  #addCounters(families: Families): void {
    for (const counters of this.counters.scopes()) addScope(families, counters);
    for (const { scope, dropped, failed } of this.#sources.filtered()) {
      const { tenant, environment } = this.counters.scope(scope);
      families.sum("deliveriesFiltered", [tenant, environment, "dropped"], dropped);
      families.sum("deliveriesFiltered", [tenant, environment, "failed"], failed);
    }
  }

  #addSubscriptions(families: Families): void {
    const { subscriptions, takers, now } = this.#sources;
    const at = now();
    const known = new Map<string, CountedSubscription>();
    const types = new Map<string, { scope: Scope; types: Set<string> }>();
    const typesOf = (scope: Scope): Set<string> => {
      const key = scopeKey(scope);
      const entry = types.get(key) ?? { scope, types: new Set<string>() };
      types.set(key, entry);
      return entry.types;
    };
    for (const one of subscriptions()) {
      known.set(one.id, one);
      const { tenant, environment } = one.scope;
      const state = !one.enabled ? "disabled" : one.paused ? "paused" : "active";
      families.sum("subscriptions", [tenant, environment, state], 1);
      if (!one.enabled) continue;
      const phase = breakerPhase(this.#breakers.get(one.id) ?? one.breaker, at);
      families.sum("breakers", [tenant, environment, phase], 1);
      const named = typesOf(one.scope);
      for (const pattern of one.events) if (!pattern.endsWith("*") && named.size < MOST_SERIES) named.add(pattern);
    }
    for (const counters of this.counters.scopes()) {
      if (counters.tenant === OTHER) continue;
      const named = typesOf(counters);
      for (const type of counters.types) if (named.size < MOST_SERIES) named.add(type);
    }
    for (const { scope, types: named } of types.values()) {
      const { tenant, environment } = scope;
      for (const type of named) families.sum("subscriptionsActive", [tenant, environment, type], takers(scope, type));
    }
    this.#addFailures(families, known);
  }

  #addFailures(families: Families, known: ReadonlyMap<string, CountedSubscription>): void {
    const { failures } = this.counters;
    for (const [id, { total, inRow }] of [...failures.entries()]) {
      const scope = known.get(id)?.scope;
      if (id !== OTHER && scope === undefined) {
        // It was deleted, or is a listener that left: others have its place from now on.
        failures.delete(id);
        continue;
      }
      const labels = scope === undefined ? [OTHER, OTHER, OTHER] : [scope.tenant, scope.environment, id];
      families.add("subscriptionFailures", labels, total);
      if (scope !== undefined) families.add("subscriptionFailuresInRow", labels, inRow);
    }
    for (const [id, { openings }] of this.#breakers) {
      const stored = known.get(id);
      // What is closed again, and was read so, needs no memory.
      if (stored === undefined || (openings === 0 && stored.breaker.openings === 0)) this.#breakers.delete(id);
    }
  }

  #addProcess(families: Families): void {
    const sources = this.#sources;
    families.add("attemptsInFlight", [], sources.attemptsInFlight());
    families.add("attemptSlots", [], sources.attemptSlots);
    families.add("listeners", [], sources.listeners());
    const { lagMs, commits, bytes, walBytes } = sources.store();
    families.add("storeLag", [], lagMs / 1_000);
    families.add("storeCommits", [], commits);
    families.add("storeBytes", [], bytes);
    families.add("walBytes", [], walBytes);
    families.add("eventLoopDelay", [], sources.eventLoop.histogram);
    families.add("logLinesDropped", [], sources.logLinesDropped());
    const spans = sources.spans();
    families.add("spansExported", [], spans.exported);
    families.add("spansDropped", [], spans.dropped);
    const { hooks, node, sqlite } = sources.versions;
    families.add("buildInfo", [hooks, node, sqlite], 1);
    const figures = processFigures();
    families.add("cpu", [], figures.cpuSeconds);
    families.add("startTime", [], figures.startedAt);
    families.add("memory", [], figures.residentBytes);
    families.add("heap", [], figures.heapBytes);
    if (figures.openFiles !== undefined) families.add("openFiles", [], figures.openFiles);
  }
}

/** What as a rule comes of attempts and deliveries that fail: shown before it ever happened. */
const USUAL_CLASSES = [2, 4, 5];
const USUAL_ERRORS: readonly SendErrorCode[] = ["dns_failed", "refused", "reset", "timeout", "tls_error"];
const USUAL_REASONS: readonly DeliveryReason[] = ["exhausted", "final_status", "gone"];

function addScope(families: Families, counters: ScopeCounters): void {
  const scope = [counters.tenant, counters.environment] as const;
  for (const code of USUAL_ERRORS) families.add("attempts", [...scope, "failure", code], 0);
  for (const reason of USUAL_REASONS) families.add("deliveriesFailed", [...scope, reason], 0);
  families.add("eventsAccepted", scope, counters.eventsAccepted);
  families.add("eventsRepeated", scope, counters.eventsRepeated);
  for (const [outcome, count] of counters.sourceRequests) families.add("sourceRequests", [...scope, outcome], count);
  for (const [code, count] of counters.eventsRefused) families.add("eventsRefused", [...scope, code], count);
  families.add("deliveriesCreated", scope, counters.deliveriesCreated);
  for (const result of ["dropped", "failed"]) families.add("deliveriesFiltered", [...scope, result], 0);
  families.add("publishDuration", scope, counters.publishDuration);
  for (const [status, count] of counters.answers.entries()) {
    if (count === 0 && !USUAL_CLASSES.includes(status)) continue;
    families.add("attempts", [...scope, status === 2 ? "success" : "failure", `${status}xx`], count);
  }
  for (const [code, count] of counters.errors) families.add("attempts", [...scope, "failure", code], count);
  families.add("retries", scope, counters.retries);
  families.add("deliveriesSucceeded", scope, counters.deliveriesSucceeded);
  for (const [reason, count] of counters.deliveriesFailed) families.add("deliveriesFailed", [...scope, reason], count);
  families.add("attemptDuration", [...scope, "success"], counters.attemptDuration.success);
  families.add("attemptDuration", [...scope, "failure"], counters.attemptDuration.failure);
  families.add("deliveryWait", scope, counters.deliveryWait);
  families.add("deliveryLatency", scope, counters.deliveryLatency);
}

/** The families of one page, in the order of their definitions. */
class Families {
  readonly #shows: (labels: readonly string[] | undefined) => boolean;
  readonly #samples = new Map<MetricKey, Map<string, MetricSample>>();

  /** `shows`: whether a sample with these labels belongs onto the page; undefined: one that names no tenant. */
  constructor(shows: (labels: readonly string[] | undefined) => boolean) {
    this.#shows = shows;
  }

  /** One sample, of which there is only one with these labels, and whose number is bounded by whoever counts. */
  add(key: MetricKey, labels: readonly string[], value: number | Histogram): void {
    if (this.#isShown(key, labels)) this.#of(key).set(labels.join("\n"), { labels, value });
  }

  /** Adds to what is there, and to one series for all where there are too many. */
  sum(key: MetricKey, labels: readonly string[], value: number): void {
    this.#merge(key, labels, (before) => before + value);
  }

  /** The same, with the greatest of all. */
  most(key: MetricKey, labels: readonly string[], value: number): void {
    this.#merge(key, labels, (before) => Math.max(before, value));
  }

  *all(): Iterable<MetricFamily> {
    for (const [key, definition] of Object.entries(METRICS) as [MetricKey, MetricDefinition][]) {
      if (!isScoped(definition) && !this.#shows(undefined)) continue;
      yield { definition, samples: [...(this.#samples.get(key)?.values() ?? [])] };
    }
  }

  #merge(key: MetricKey, given: readonly string[], merged: (before: number) => number): void {
    if (!this.#isShown(key, given)) return;
    const samples = this.#of(key);
    const labels =
      samples.has(given.join("\n")) || samples.size < MOST_SERIES ? given : METRICS[key].labels.map(() => OTHER);
    const name = labels.join("\n");
    const before = samples.get(name)?.value;
    samples.set(name, { labels, value: merged(typeof before === "number" ? before : 0) });
  }

  #isShown(key: MetricKey, labels: readonly string[]): boolean {
    return this.#shows(isScoped(METRICS[key]) ? labels : undefined);
  }

  #of(key: MetricKey): Map<string, MetricSample> {
    const samples = this.#samples.get(key) ?? new Map<string, MetricSample>();
    this.#samples.set(key, samples);
    return samples;
  }
}

function isScoped({ labels }: MetricDefinition): boolean {
  return labels[0] === "tenant";
}
