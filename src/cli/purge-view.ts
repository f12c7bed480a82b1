import type { PurgeResource, PurgeStarted } from "../core/purge.ts";
import type { Output } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import { cellOf, type ListView } from "./table.ts";
import { relativeTime, timeText } from "./time-text.ts";

const PAINTS = { running: "yellow", completed: "green", cancelled: "dim" } as const;

export const PURGE_STARTED_VIEW: ListView<PurgeStarted> = {
  fields: ["count", "kept", "undecided", "dry_run", "id", "status", "next_cursor"],
  id: (row) => String(row.count),
  columns: [{ title: "count", text: (row) => String(row.count) }],
};

/** `now` for relative times. */
export function purgeView(now: number): ListView<PurgeResource> {
  return {
    fields: [
      "id",
      "status",
      "filter",
      "reason",
      "cancel_waiting",
      "erased",
      "kept",
      "undecided",
      "tenant",
      "environment",
      "created_at",
      "updated_at",
      "ended_at",
    ],
    id: (row) => row.id,
    columns: [
      { title: "id", text: (row) => row.id, whole: true },
      { title: "status", text: (row) => row.status, whole: true, paint: (row, colors) => colors[PAINTS[row.status]] },
      { title: "erased", text: (row) => String(row.erased.events) },
      { title: "kept", text: (row) => String(row.kept) },
      { title: "which", text: filterText, expendable: 3 },
      { title: "reason", text: (row) => row.reason, expendable: 2 },
      {
        title: "created",
        text: (row) => row.created_at,
        human: (row) => relativeTime(row.created_at, now),
        expendable: 1,
      },
    ],
  };
}

/** `before=30d where=data.user_id == "***"` */
function filterText({ filter }: PurgeResource): string {
  return Object.entries(filter)
    .map(([name, value]) => `${name}=${cellOf(value)}`)
    .join(" ");
}

export function purgeLines(row: PurgeResource, out: Output, now: number): ViewLine[] {
  const time = timeText(out, now);
  const { events, deliveries, attempts } = row.erased;
  return [
    ["id", row.id],
    ["status", out.colors[PAINTS[row.status]](row.status)],
    ["which", escapeLine(filterText(row))],
    ["reason", row.reason === "" ? "-" : escapeLine(row.reason)],
    ["erased", `${events} events, ${deliveries} deliveries, ${attempts} attempts`],
    ["kept", `${row.kept} with deliveries that wait or were being sent`],
    ["undecided", String(row.undecided)],
    ["created", time(row.created_at)],
    ["ended", time(row.ended_at)],
  ];
}
