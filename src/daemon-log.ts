import { pino } from "pino";
import type { AlertKind } from "./core/alert-rule.ts";
import type { DeliveryReason } from "./core/delivery.ts";
import type { HandshakeState } from "./core/handshake.ts";
import type { Scope } from "./core/scope.ts";
import type { LogFormat, LogLevel } from "./core/setting-rules.ts";
import type { DisabledReason } from "./core/subscription.ts";
import type { AttemptRecorded } from "./deliver/attempt-recorded.ts";
import type { ListenerNews } from "./stream/listen-server.ts";

export interface LogOptions {
  level: LogLevel;
  /** json: every id and number of each happening; pretty: a short line in words, for a person who watches. */
  format: LogFormat;
  /** One line without its line break; stderr, as a rule. */
  write(line: string): void;
  /** Bytes that were written and that nobody has read yet; default: everything is read. */
  waiting?(): number;
}

/** What the daemon says of itself, one line for each happening. */
export interface DaemonLog {
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
  /** What a person needs of the facts the command says by itself. */
  started(facts: { url: string; store: string; boot: string }): void;
  /** Undefined below the level debug: an event costs nothing then. One line for each that was stored. */
  readonly published: ((event: PublishedEvent) => void) | undefined;
  /** Of every attempt: info when it succeeded, warn when it failed. `name`: of the subscription, for people. */
  attempt(record: AttemptRecorded, name: string): void;
  /** Of ours, while a delivery was sent: its attempt is recorded as failed. */
  fault(error: unknown, delivery: { id: string; eventId: string }): void;
  listener(news: ListenerNews): void;
  /** A subscription was disabled by its failures or a 410, a probe found out whether it may be enabled again, or its
   * secret was rotated. */
  subscription(news: SubscriptionNews): void;
  /** One begins (warn) or ends (info). `name`: of its subscription; empty: of the whole environment. */
  alert(alert: LoggedAlert, name: string): void;
  /** Lines that were left out because nobody read them. */
  readonly linesDropped: number;
}

export interface LoggedAlert {
  id: string;
  scope: Scope;
  subscription: string | undefined;
  rule: { text: string; kind: AlertKind };
  value: number;
  /** Undefined: it fires. */
  endedAt: number | undefined;
}

export interface PublishedEvent {
  tenant: string;
  environment: string;
  eventId: string;
  eventType: string;
  deliveries: number;
  bytes: number;
  /** It came a second time: nothing was stored. */
  repeated: boolean;
}

export type SubscriptionNews = { id: string; name: string } & (
  | { kind: "disabled"; reason: DisabledReason }
  /** Its secret was as old as its owner wants; `grace`: so long the old one signs, too. */
  | { kind: "rotated"; grace: string }
  /** What its receiver said to being asked whether it may be sent to. */
  | { kind: "handshake"; state: HandshakeState; why: string | undefined }
  | { kind: "probed"; status: number | null; error: string | null; enabled: boolean }
);

type Level = "debug" | "info" | "warn" | "error";

/** A log that nobody reads is held up to this size, and goes on when half of it was read. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

export function createDaemonLog(options: LogOptions): DaemonLog {
  const isPretty = options.format === "pretty";
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string): void => take(line) },
  );
  let dropped = 0;
  let allDropped = 0;
  const take = (line: string): void => {
    const waiting = options.waiting?.() ?? 0;
    if ((dropped === 0 ? MOST_WAITING_BYTES : MOST_WAITING_BYTES / 2) < waiting) {
      dropped += 1;
      allDropped += 1;
      return;
    }
    if (0 < dropped) {
      const lines = dropped;
      dropped = 0;
      const level = logger.isLevelEnabled("warn") ? "warn" : "error";
      log(level, "log.dropped", { lines }, () => `${lines} lines of this log were dropped: nobody read it`);
    }
    options.write(isPretty ? pretty(line) : line.trimEnd());
  };
  /** `words`: the same for people. */
  const log = (level: Level, message: string, facts: object, words: () => string): void => {
    if (!isPretty) logger[level](facts, message);
    else if (logger.isLevelEnabled(level)) logger[level](words());
  };
  const published = (event: PublishedEvent): void =>
    log("debug", "event.published", event, () => {
      const { eventType, eventId, deliveries, repeated } = event;
      return `${eventType}  ${repeated ? "again" : "stored"}  ${eventId}  ${deliveries} deliveries`;
    });
  return {
    get linesDropped() {
      return allDropped;
    },
    alert: ({ id, scope, subscription, rule, value, endedAt }, name) => {
      const facts = { id, ...scope, subscription, kind: rule.kind, rule: rule.text, value };
      const where = name === "" ? `${scope.tenant}/${scope.environment}` : name;
      if (endedAt === undefined) log("warn", "alert.firing", facts, () => `ALERT  ${where}  ${rule.text}  (${value})`);
      else log("info", "alert.resolved", facts, () => `alert over  ${where}  ${rule.text}`);
    },
    published: logger.isLevelEnabled("debug") ? published : undefined,
    fault: (error, { id, eventId }) => {
      const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
      log("error", "delivery.fault", { deliveryId: id, eventId, error: message, stack }, () => `${id}  ${message}`);
    },
    info: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, facts = {}) => logger.error(facts, message),
    started: (facts) => log("info", "started", facts, () => "started"),
    attempt: (record, name) => {
      const level = record.outcome === "success" ? "info" : "warn";
      log(level, "attempt.recorded", record, () => attemptInWords(record, name));
    },
    subscription: ({ kind, name, ...facts }) => {
      // Something is to be done by a person.
      log(kind === "disabled" || kind === "rotated" ? "warn" : "info", `subscription.${kind}`, { ...facts, name }, () =>
        subscriptionInWords({ kind, name, ...facts } as SubscriptionNews),
      );
    },
    listener: (news) => {
      if (news.kind === "fault") logger.error({ error: String(news.error) }, "listener.fault");
      else if (news.kind === "connected") {
        const { subscription, name, resumed } = news;
        const facts = { subscription: subscription.id, name, resumed };
        log("info", "listener.connected", facts, () => `listener ${name}  connected`);
      } else {
        const { subscription, code, reason, clean } = news;
        const facts = { subscription: subscription?.id, code, reason, clean };
        const why = clean ? "" : `: ${reason === "" ? `the connection was lost (${code})` : reason}`;
        log("info", "listener.gone", facts, () => `listener ${subscription?.name ?? "(no session)"}  gone${why}`);
      }
    },
  };
}

/** `order.paid → shop  refused  try 2, again in 5 min` */
function attemptInWords(record: AttemptRecorded, name: string): string {
  const { attempt, verdict, durationMs } = record;
  const answer = record.status ?? record.errorCode?.replaceAll("_", " ") ?? "no answer";
  const notes = [
    ...(attempt === 1 && verdict === "succeeded" ? [] : [`try ${attempt}`]),
    ...(verdict === "retry"
      ? [`again in ${waitInWords((record.nextAttemptAt ?? 0) - record.startedAt - durationMs)}`]
      : []),
    ...(verdict === "failed" ? [`given up: ${record.reason === undefined ? "" : GIVEN_UP[record.reason]}`] : []),
  ];
  return [`${record.eventType} → ${name}`, answer, `${durationMs} ms`, notes.join(", ")]
    .filter((part) => part !== "")
    .join("  ");
}

function subscriptionInWords(news: SubscriptionNews): string {
  const name = news.name === "" ? news.id : news.name;
  if (news.kind === "disabled") {
    return `${name}  disabled: ${news.reason === "gone" ? "it answered 410" : "too many failures in a row"}`;
  }
  if (news.kind === "rotated") {
    return `${name}  has a new secret, which its receiver needs within ${news.grace}: hooks sub secret ${news.id}`;
  }
  if (news.kind === "handshake") {
    return `${name}  handshake ${news.state}${news.why === undefined ? "" : `: ${news.why}`}`;
  }
  const answer = news.status ?? news.error ?? "no answer";
  return `${name}  probed: ${answer}${news.enabled ? ", enabled again" : ""}`;
}

const GIVEN_UP: Readonly<Record<DeliveryReason, string>> = {
  exhausted: "that was the last try",
  final_status: "this answer is final",
  gone: "410, the subscription is disabled now",
  subscription_disabled: "the subscription is disabled",
  subscription_deleted: "the subscription is deleted",
  expired: "nobody listened in time",
  cancelled: "cancelled",
};

/** One unit: "5 s", "30 min", "10 h". */
function waitInWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

const LEVEL_NAMES: Readonly<Record<number, string>> = { 20: "debug", 30: "info", 40: "warn", 50: "error" };

/** Time of this computer, level, message, then the facts as key=value. */
function pretty(line: string): string {
  const { time, level, msg, ...facts } = JSON.parse(line) as { time: string; level: number; msg: string };
  const shown = Object.entries(facts).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const clock = new Date(time).toTimeString().slice(0, 8);
  return [clock, (LEVEL_NAMES[level] ?? String(level)).padEnd(5), msg, ...shown].join(" ");
}
