import type { WhyOutcome, WhyResource, WhySubscription } from "../core/why/why.ts";
import { conditionLines } from "./condition-lines.ts";
import type { Colors, Output, Paint } from "./context.ts";
import { displayWidth } from "./display-width.ts";
import { escapeLine } from "./escape.ts";
import type { ListView } from "./table.ts";
import { relativeTime, span } from "./time-text.ts";

export const WHY_VIEW: ListView<WhySubscription> = {
  fields: [
    "id",
    "name",
    "url",
    "outcome",
    "code",
    "summary",
    "details",
    "pattern",
    "filter",
    "delivery",
    "next_attempt_at",
    "attempts",
    "actions",
  ],
  id: (row) => row.id,
  columns: [
    { title: "id", text: (row) => row.id, whole: true },
    { title: "outcome", text: (row) => row.outcome, whole: true },
    { title: "code", text: (row) => row.code },
    { title: "delivery", text: (row) => row.delivery?.id ?? "", whole: true },
    { title: "summary", text: (row) => row.summary },
  ],
};

const MARKS: Record<WhyOutcome, string> = {
  delivered: "✓",
  sending: "→",
  waiting: "…",
  failed: "✗",
  cancelled: "✗",
  not_sent: "–",
};

/** `hooks why` for people: the event, then each subscription with its reason and what to do. */
export function whyLines(
  { event, subscriptions, others }: WhyResource,
  { colors, columns = 100 }: Output,
  now: number,
): string[] {
  const { bold, dim } = colors;
  const lines = [
    `${bold(escapeLine(event.type))}  ${event.id}  ${dim(`published ${relativeTime(event.created_at, now)}`)}`,
  ];
  for (const one of subscriptions) lines.push("", ...linesOf(one, colors, columns, now));
  if (others !== 0) {
    const which = subscriptions.length === 0 ? "" : " more";
    lines.push(
      "",
      dim(
        `${others}${which} ${others === 1 ? "subscription takes" : "subscriptions take"} no ${escapeLine(event.type)}`,
      ),
    );
  }
  return lines;
}

function linesOf(one: WhySubscription, colors: Colors, columns: number, now: number): string[] {
  const { bold, dim, cyan } = colors;
  const paint = paintOf(one.outcome, colors);
  const text = (line: string, indent = "  "): string[] => wrapped(escapeLine(line), columns, indent);
  const lines = [
    `${paint(MARKS[one.outcome])} ${bold(escapeLine(one.name ?? one.id))}  ${dim(escapeLine(one.url ?? ""))}`.trimEnd(),
  ];
  lines.push(...text(one.summary).map(paint));
  for (const detail of one.details) lines.push(...text(detail));
  if (one.filter !== null && one.filter.outcome !== "matched")
    lines.push(...conditionLines(one.filter.conditions, colors));
  for (const { number, started_at, duration_ms, cause, outcome } of one.attempts) {
    if (one.outcome === "delivered" && one.attempts.length === 1) break;
    const mark = outcome === "success" ? colors.green("✓") : colors.red("✗");
    const head = `  ${mark} try ${number}  ${dim(`${relativeTime(started_at, now)}, ${span(duration_ms)}`)}`;
    lines.push(head, ...text(cause, "      "));
  }
  for (const { text: what, command } of one.actions) {
    lines.push(`  ${cyan("→")} ${escapeLine(what)}${command === null ? "" : `:  ${bold(escapeLine(command))}`}`);
  }
  return lines;
}

function paintOf(outcome: WhyOutcome, colors: Colors): Paint {
  switch (outcome) {
    case "delivered":
      return colors.green;
    case "failed":
    case "cancelled":
      return colors.red;
    case "waiting":
    case "sending":
      return colors.yellow;
    case "not_sent":
      return colors.dim;
  }
}

/** At spaces; a word that is longer than the line stays whole. */
function wrapped(text: string, columns: number, indent: string): string[] {
  const most = Math.max(20, columns - indent.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && most < displayWidth(line) + 1 + displayWidth(word)) {
      lines.push(indent + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
