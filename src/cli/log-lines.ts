import type { AttemptNews, EventNews, TailNews } from "../core/tail.ts";
import type { Colors, Output } from "./context.ts";
import { padToWidth } from "./display-width.ts";
import { escapeLine, jsonLine } from "./escape.ts";
import { cellOf, type Fields, type ListView, pick } from "./table.ts";
import { span } from "./time-text.ts";

const TYPE_WIDTH = 22;

/** What `--fields` can choose: of an attempt, and of an event what it has of it. */
export const LOG_VIEW: ListView<Omit<AttemptNews, "type"> & Omit<EventNews, "type"> & { type: string }> = {
  columns: [],
  fields: [
    "type",
    "at",
    "tenant",
    "environment",
    "event_id",
    "event_type",
    "delivery_id",
    "subscription",
    "subscription_name",
    "attempt",
    "trigger",
    "outcome",
    "status",
    "error",
    "duration_ms",
    "verdict",
    "reason",
    "next_attempt_at",
    "deliveries",
  ],
  id: ({ delivery_id: id }) => id,
};

/**
 * What happened as a line in the output's form: with --quiet the id of the delivery or of the event that was taken, and
 * nothing of what was left out. Times of people's lines are this computer's.
 */
export function logLine(
  news: TailNews,
  out: Pick<Output, "mode" | "colors">,
  fields: Fields = undefined,
): string | undefined {
  const isChosen = fields !== undefined && news.type !== "dropped";
  switch (out.mode) {
    case "human":
      return isChosen ? chosen(news, fields).join("  ") : humanLine(news, out.colors);
    case "plain":
      return isChosen ? chosen(news, fields).join("\t") : tabLine(news);
    case "json":
      return jsonLine(isChosen ? pick(news, fields) : news);
    case "quiet":
      return news.type === "dropped"
        ? undefined
        : escapeLine(news.type === "attempt.recorded" ? news.delivery_id : news.event_id);
  }
}

function chosen(news: TailNews, fields: readonly string[]): string[] {
  return Object.values(pick(news, fields)).map((value) => escapeLine(cellOf(value)));
}

function humanLine(news: TailNews, colors: Colors): string {
  if (news.type === "dropped") return colors.yellow(`… ${news.count} more, faster than they could be shown`);
  const { dim } = colors;
  const time = dim(new Date(news.at).toTimeString().slice(0, 8));
  const type = padToWidth(escapeLine(news.event_type), TYPE_WIDTH);
  const event = dim(escapeLine(news.event_id));
  if (news.type === "event.accepted") {
    const to = news.deliveries === 1 ? "to 1 subscription" : `to ${news.deliveries} subscriptions`;
    return [time, dim("new"), " ".repeat(8), type, event, dim(to)].join("  ");
  }
  const paint = news.outcome === "success" ? colors.green : colors.red;
  const notes = [
    escapeLine(news.subscription_name ?? news.subscription),
    ...(1 < news.attempt ? [`try ${news.attempt}`] : []),
    ...(news.trigger === "auto" ? [] : [news.trigger]),
    ...(news.error === null ? [] : [escapeLine(news.error.replace(/^[a-z_]+: /, ""))]),
    ...(news.verdict === "failed" ? [colors.red(`failed: ${news.reason ?? ""}`)] : []),
  ];
  const status = paint(String(news.status ?? "ERR").padEnd(3));
  return [time, status, span(news.duration_ms).padStart(8), type, event, ...notes].join("  ");
}

function tabLine(news: TailNews): string {
  if (news.type === "dropped") return `dropped\t${news.count}`;
  const common = [news.at, news.type];
  const cells =
    news.type === "event.accepted"
      ? [...common, news.event_type, news.event_id, String(news.deliveries)]
      : [
          ...common,
          news.event_type,
          news.event_id,
          news.delivery_id,
          news.subscription,
          String(news.attempt),
          news.outcome,
          String(news.status ?? ""),
          String(news.duration_ms),
          news.verdict,
          news.error ?? "",
        ];
  return cells.map(escapeLine).join("\t");
}
