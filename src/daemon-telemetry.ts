// What can be seen of a running daemon from outside, wired: metrics, and what of publishing and attempts goes to the log.

import { randomBytes } from "node:crypto";
import type { AlertRule } from "./core/alert-rule.ts";
import { rulesInForce } from "./core/environment-alerts.ts";
import type { Scope } from "./core/scope.ts";
import type { TraceSettings } from "./core/trace-settings.ts";
import type { DaemonLog } from "./daemon-log.ts";
import type { AttemptRecorded } from "./deliver/attempt-recorded.ts";
import { AlertWatch } from "./service/alert-watch.ts";
import { BacklogSurvey, type SurveyedSubscription } from "./service/backlog-survey.ts";
import { newId } from "./service/new-id.ts";
import type { LocalHooks } from "./service/open-local.ts";
import type { PublishObserver } from "./service/publish-observer.ts";
import type { PublishTracing } from "./service/publish-tracing.ts";
import type { SubscriptionDirectory } from "./service/subscription-directory.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { EventLoopDelay } from "./telemetry/process-figures.ts";
import { SpanExporter } from "./telemetry/span-exporter.ts";
import { Tracer } from "./telemetry/tracer.ts";

export interface TelemetryOptions {
  local: LocalHooks;
  log: DaemonLog;
  /** Attempts that may be in flight at once. */
  concurrency: number;
  inFlight(): number;
  listeners(): number;
  version: string;
  alerts: readonly AlertRule[];
  /** Undefined: nobody traces. */
  traces?: TraceSettings | undefined;
  /** Something of this subscription may be due. */
  wake(subscriptionRowId: number): void;
  /** The store could not be read or written. */
  onFault(error: unknown): void;
}

export interface Telemetry {
  readonly metrics: Metrics;
  readonly observer: PublishObserver;
  /** Both undefined: nobody traces. */
  readonly tracing: PublishTracing | undefined;
  readonly traceHeaders: ((events: readonly { trace?: string | undefined }[]) => readonly string[]) | undefined;
  attempt(record: AttemptRecorded): void;
  /** A request came to a source. */
  sourceRequest(scope: Scope, outcome: string): void;
  /** Takes over the alerts that fire. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { local, log, concurrency, inFlight, listeners, version, onFault } = options;
  const { store, directory } = local;
  const { catalogue } = local.cases.parts;
  const eventLoop = new EventLoopDelay();
  const survey = new BacklogSurvey({
    store,
    subscriptions: () => surveyed(directory),
    now: Date.now,
    running: () => performance.now(),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const alerts = new AlertWatch({
    store: store.alerts,
    rules: () => rulesInForce(options.alerts, catalogue.environmentAlerts()),
    survey,
    running: () => performance.now(),
    now: Date.now,
    newId,
    wake: (takers) => {
      for (const subscriptionRowId of takers) options.wake(subscriptionRowId);
    },
    onNews: (alert) => log.alert(alert, directory.nameOf(alert.subscription ?? "")),
    onFault,
  });
  let isStarted = false;
  catalogue.onReload(() => {
    if (isStarted) alerts.refresh();
  });
  const { exporter, tracer } = tracingOf(options);
  const metrics = new Metrics({
    subscriptions: () => withUrl(directory),
    takers: (scope, type) => directory.takersOf(scope, type).length,
    filtered: () => directory.filterCounts(),
    backlog: async () => (await survey.read()).scopes.map(({ scope, ...one }) => ({ ...scope, ...one })),
    alertsFiring: () => alerts.firing.map(({ scope, rule }) => ({ ...scope, kind: rule.kind })),
    attemptsInFlight: inFlight,
    attemptSlots: concurrency,
    listeners,
    store: () => store.figures.figures(),
    logLinesDropped: () => log.linesDropped,
    spans: () => ({ exported: exporter?.exported ?? 0, dropped: exporter?.dropped ?? 0 }),
    versions: { hooks: version, node: process.version, sqlite: local.storeFacts?.sqliteVersion ?? "" },
    eventLoop,
    now: Date.now,
  });
  return {
    metrics,
    observer: publishObserver(metrics, log, tracer),
    tracing: tracer,
    traceHeaders: tracer === undefined ? undefined : (events) => tracer.requestHeaders(events),
    attempt: (record) => {
      metrics.attempt(record);
      alerts.attempt(record);
      tracer?.attempt(record);
      log.attempt(record, directory.nameOf(record.subscriptionId));
    },
    sourceRequest: (scope, outcome) => metrics.counters.sourceRequest(scope, outcome),
    start: async () => {
      await alerts.start();
      isStarted = true;
      // What changed while it started.
      alerts.refresh();
    },
    stop: async () => {
      eventLoop.stop();
      await alerts.stop();
      await exporter?.stop();
    },
  };
}

function tracingOf({ traces, local, log, version }: TelemetryOptions): { exporter?: SpanExporter; tracer?: Tracer } {
  if (traces === undefined) return {};
  const exporter = new SpanExporter({
    settings: traces,
    version,
    onState: (state, why) => (state === "ok" ? log.info : log.warn)("traces", { note: why }),
  });
  const { directory } = local;
  const tracer = new Tracer({
    sampler: traces.sampler,
    random: randomBytes,
    add: (span) => exporter.add(span),
    urlOf: (id) => directory.urlOf(id),
  });
  return { exporter, tracer };
}

function publishObserver({ counters }: Metrics, { published }: DaemonLog, tracer: Tracer | undefined): PublishObserver {
  return {
    appended(events, outcomes, durationMs) {
      const first = events[0];
      if (first === undefined) return;
      let accepted = 0;
      let repeated = 0;
      let deliveries = 0;
      const scoped = counters.scope(first.event.scope);
      const endedAt = tracer === undefined ? 0 : Date.now();
      for (let at = 0; at < events.length; at++) {
        const { event, traceParent } = events[at]!;
        const { kind } = outcomes[at]!;
        if (kind === "conflict") continue;
        if (kind === "stored") {
          accepted += 1;
          deliveries += event.deliveries.length;
          scoped.published(event.type);
        } else repeated += 1;
        if (event.trace !== undefined) {
          tracer?.published({
            scope: event.scope,
            id: event.id,
            type: event.type,
            bytes: event.data.length,
            deliveries: event.deliveries.length,
            trace: event.trace,
            parentSpanId: traceParent,
            startedAt: endedAt - durationMs,
            endedAt,
            repeated: kind === "repeated",
          });
        }
        published?.({
          ...event.scope,
          eventId: event.id,
          eventType: event.type,
          deliveries: event.deliveries.length,
          bytes: event.data.length,
          repeated: kind === "repeated",
        });
      }
      counters.published(first.event.scope, { accepted, repeated, deliveries, durationMs });
    },
    refused(scope, error) {
      counters.refused(scope, error);
    },
  };
}

/** Those with a URL: a listener's session is nobody's business but the listener's. */
function* withUrl(directory: SubscriptionDirectory) {
  for (const stored of directory.stored()) if (stored.transport === "http") yield stored;
}

function* surveyed(directory: SubscriptionDirectory): Generator<SurveyedSubscription> {
  for (const { rowId, id, scope, enabled, paused } of withUrl(directory)) {
    yield { rowId, id, scope, takes: enabled && !paused };
  }
}
