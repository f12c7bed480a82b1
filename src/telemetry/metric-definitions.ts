import type { MetricDefinition } from "../core/exposition.ts";

// Every metric there is. Names, labels and meanings are a promise: docs/metrics.md says the same, and a test holds the
// two, the dashboard and the alert rules together.

/** Those labelled so are shown to a key of that tenant and environment; all others to whoever reaches everything. */
const SCOPE = ["tenant", "environment"] as const;

function define(type: MetricDefinition["type"], name: string, labels: readonly string[], help: string) {
  return { name, type, labels, help } satisfies MetricDefinition;
}

export const METRICS = {
  // ---- publishing
  eventsAccepted: define("counter", "hooks_events_accepted_total", SCOPE, "Events stored and acknowledged."),
  eventsRepeated: define(
    "counter",
    "hooks_events_repeated_total",
    SCOPE,
    "Events that came again with the same id: nothing was stored.",
  ),
  eventsRefused: define(
    "counter",
    "hooks_events_refused_total",
    [...SCOPE, "code"],
    "Events that were read and refused, by the code of the error.",
  ),
  sourceRequests: define(
    "counter",
    "hooks_source_requests_total",
    [...SCOPE, "outcome"],
    "Requests to inbound sources, by what became of them: accepted, repeated, dropped, refused, challenged, limited.",
  ),
  deliveriesCreated: define(
    "counter",
    "hooks_deliveries_created_total",
    SCOPE,
    "Deliveries that accepted events made: one for each subscription that takes the event.",
  ),
  deliveriesFiltered: define(
    "counter",
    "hooks_deliveries_filtered_total",
    [...SCOPE, "result"],
    "Deliveries that a subscription's filter kept from being made: dropped, it was not true; failed, it could not be worked out.",
  ),
  publishDuration: define(
    "histogram",
    "hooks_publish_duration_seconds",
    SCOPE,
    "From the checked request to its commit on disk; a batch counts once.",
  ),

  // ---- delivering
  attempts: define(
    "counter",
    "hooks_attempts_total",
    [...SCOPE, "outcome", "result"],
    "Attempts: outcome is success or failure, result the class of the status (2xx) or the error.",
  ),
  retries: define(
    "counter",
    "hooks_retries_total",
    SCOPE,
    "Attempts that the schedule made after a failed one of the same delivery.",
  ),
  deliveriesSucceeded: define("counter", "hooks_deliveries_succeeded_total", SCOPE, "Deliveries that arrived."),
  deliveriesFailed: define(
    "counter",
    "hooks_deliveries_failed_total",
    [...SCOPE, "reason"],
    "Deliveries that an attempt ended without success.",
  ),
  attemptDuration: define(
    "histogram",
    "hooks_attempt_duration_seconds",
    [...SCOPE, "outcome"],
    "How long an attempt took, from the name look-up to the end of the answer.",
  ),
  deliveryWait: define(
    "histogram",
    "hooks_delivery_wait_seconds",
    SCOPE,
    "From storing an event to the first attempt of its delivery.",
  ),
  deliveryLatency: define(
    "histogram",
    "hooks_delivery_latency_seconds",
    SCOPE,
    "From storing an event to its arrival, retries included; replays left out.",
  ),
  attemptsInFlight: define("gauge", "hooks_attempts_in_flight", [], "Requests to receivers that are not answered yet."),
  attemptSlots: define("gauge", "hooks_attempt_slots", [], "Requests that may be in flight at once (--concurrency)."),

  // ---- subscriptions
  subscriptions: define(
    "gauge",
    "hooks_subscriptions",
    [...SCOPE, "state"],
    "Subscriptions that are active, paused or disabled.",
  ),
  subscriptionsActive: define(
    "gauge",
    "hooks_subscriptions_active",
    [...SCOPE, "event_type"],
    "Enabled subscriptions that take this event type, by exact name or by pattern.",
  ),
  subscriptionFailures: define(
    "counter",
    "hooks_subscription_failures_total",
    [...SCOPE, "subscription"],
    "Failed attempts of a subscription that had one.",
  ),
  subscriptionFailuresInRow: define(
    "gauge",
    "hooks_subscription_consecutive_failures",
    [...SCOPE, "subscription"],
    "Failed requests in a row since its last success.",
  ),
  breakers: define(
    "gauge",
    "hooks_subscription_breakers",
    [...SCOPE, "state"],
    "Enabled subscriptions by the state of their circuit breaker: closed, open or half_open.",
  ),
  listeners: define("gauge", "hooks_listeners_connected", [], "Listeners (hooks listen) that are connected."),

  // ---- what waits
  backlog: define(
    "gauge",
    "hooks_backlog_deliveries",
    [...SCOPE, "state"],
    "Deliveries that wait: pending was never tried, retrying waits for its next attempt.",
  ),
  backlogAge: define(
    "gauge",
    "hooks_backlog_age_seconds",
    SCOPE,
    "How long the delivery that is most overdue has been due; paused and disabled subscriptions left out.",
  ),
  deadLetters: define("gauge", "hooks_dead_letters", SCOPE, "Deliveries that ended as failed and are kept."),
  alertsFiring: define("gauge", "hooks_alerts_firing", [...SCOPE, "kind"], "Alerts that fire now."),

  // ---- the store and the process
  storeLag: define(
    "gauge",
    "hooks_store_lag_seconds",
    [],
    "How long the oldest write that is not on disk yet has been waiting.",
  ),
  storeCommits: define("counter", "hooks_store_commits_total", [], "Transactions on disk; many writes share one."),
  storeBytes: define("gauge", "hooks_store_bytes", [], "Size of the store's file."),
  walBytes: define("gauge", "hooks_store_wal_bytes", [], "Size of its write-ahead log."),
  eventLoopDelay: define(
    "histogram",
    "hooks_event_loop_delay_seconds",
    [],
    "How late a timer of 100 ms came: what everything in this process waits at least.",
  ),
  logLinesDropped: define(
    "counter",
    "hooks_log_lines_dropped_total",
    [],
    "Lines of the log that were left out because nobody read it.",
  ),
  spansExported: define("counter", "hooks_spans_exported_total", [], "Spans that the collector of traces took."),
  spansDropped: define(
    "counter",
    "hooks_spans_dropped_total",
    [],
    "Spans given up because the collector did not take them.",
  ),
  buildInfo: define("gauge", "hooks_build_info", ["version", "node", "sqlite"], "1; its labels say what runs."),
  cpu: define("counter", "process_cpu_seconds_total", [], "Time on the processor, user and system."),
  startTime: define("gauge", "process_start_time_seconds", [], "When the process began, unix time."),
  memory: define("gauge", "process_resident_memory_bytes", [], "Memory that the process holds."),
  heap: define("gauge", "nodejs_heap_size_used_bytes", [], "Of it, what JavaScript uses."),
  openFiles: define("gauge", "process_open_fds", [], "Open files and sockets; only where the system tells."),
} as const satisfies Record<string, MetricDefinition>;

export type MetricKey = keyof typeof METRICS;
