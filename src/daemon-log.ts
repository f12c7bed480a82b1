import { pino } from "pino";
import type { LogFormat, LogLevel } from "./core/setting-rules.ts";
import type { AttemptRecorded } from "./deliver/attempt-recorded.ts";
import type { ListenerNews } from "./stream/listen-server.ts";

export interface LogOptions {
  level: LogLevel;
  format: LogFormat;
  /** One line without its line break; stderr, as a rule. */
  write(line: string): void;
}

/** What the daemon says of itself. One line for each happening, with every id and number in it. */
export interface DaemonLog {
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
  /** Of every attempt: info when it succeeded, warn when it failed. */
  attempt(record: AttemptRecorded): void;
  listener(news: ListenerNews): void;
}

const LEVEL_NAMES: Readonly<Record<number, string>> = { 20: "debug", 30: "info", 40: "warn", 50: "error" };

export function createDaemonLog(options: LogOptions): DaemonLog {
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => options.write(options.format === "json" ? line.trimEnd() : pretty(line)) },
  );
  return {
    info: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, facts = {}) => logger.error(facts, message),
    attempt: (record) => {
      if (record.outcome === "success") logger.info(record, "attempt.recorded");
      else logger.warn(record, "attempt.recorded");
    },
    listener: (news) => {
      if (news.kind === "fault") logger.error({ error: String(news.error) }, "listener.fault");
      else if (news.kind === "connected") {
        logger.info(
          { subscription: news.subscription.id, name: news.name, resumed: news.resumed },
          "listener.connected",
        );
      } else {
        const { code, reason, clean } = news;
        logger.info({ subscription: news.subscription?.id, code, reason, clean }, "listener.gone");
      }
    },
  };
}

/** Time, level, message, then the facts as key=value: for a person who watches. */
function pretty(line: string): string {
  const { time, level, msg, ...facts } = JSON.parse(line) as { time: string; level: number; msg: string };
  const shown = Object.entries(facts).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [time.slice(11, 23), (LEVEL_NAMES[level] ?? String(level)).padEnd(5), msg, ...shown].join(" ");
}
