import type { ReplayResource } from "../core/replay.ts";
import type { Output } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import { cellOf, type ListView } from "./table.ts";
import { relativeTime, timeText } from "./time-text.ts";

const PAINTS = { running: "yellow", completed: "green", cancelled: "dim" } as const;

/** `now` for relative times. */
export function replayView(now: number): ListView<ReplayResource> {
  return {
    fields: [
      "id",
      "status",
      "filter",
      "rate",
      "count",
      "reopened",
      "tenant",
      "environment",
      "created_at",
      "updated_at",
      "ended_at",
    ],
    id: (row) => row.id,
    columns: [
      { title: "id", text: (row) => row.id, whole: true },
      {
        title: "status",
        text: (row) => row.status,
        whole: true,
        paint: (row, colors) => colors[PAINTS[row.status]],
      },
      { title: "again", text: (row) => String(row.reopened) },
      { title: "found", text: (row) => String(row.count) },
      { title: "rate", text: (row) => row.rate ?? "", expendable: 2 },
      { title: "which", text: filterText, expendable: 3 },
      {
        title: "created",
        text: (row) => row.created_at,
        human: (row) => relativeTime(row.created_at, now),
        expendable: 1,
      },
    ],
  };
}

/** `status=failed since=2h` */
function filterText({ filter }: ReplayResource): string {
  return Object.entries(filter)
    .map(([name, value]) => `${name}=${cellOf(value)}`)
    .join(" ");
}

export function replayLines(row: ReplayResource, out: Output, now: number): ViewLine[] {
  const time = timeText(out, now);
  return [
    ["id", row.id],
    ["status", out.colors[PAINTS[row.status]](row.status)],
    ["which", escapeLine(filterText(row))],
    ["rate", row.rate ?? "no limit"],
    ["found", String(row.count)],
    ["sent again", String(row.reopened)],
    ["created", time(row.created_at)],
    ["ended", time(row.ended_at)],
  ];
}
