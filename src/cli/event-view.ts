import type { EventResource } from "../core/event.ts";
import type { Output } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import type { ListView } from "./table.ts";
import { relativeTime, timeText } from "./time-text.ts";

const FIELDS = [
  "id",
  "type",
  "timestamp",
  "version",
  "tenant",
  "environment",
  "delivery_count",
  "created_at",
] as const satisfies readonly (keyof EventResource)[];

/** `now` for relative times. */
export function eventView(now: number): ListView<EventResource> {
  return {
    fields: FIELDS,
    id: (row) => row.id,
    columns: [
      { title: "id", text: (row) => row.id, whole: true },
      { title: "type", text: (row) => row.type },
      { title: "deliveries", text: (row) => String(row.delivery_count), expendable: 1 },
      { title: "time", text: (row) => row.timestamp, human: (row) => relativeTime(row.timestamp, now) },
    ],
  };
}

/** The head of `hooks event get`; the deliveries and the data follow it. */
export function eventLines(row: EventResource, out: Output, now: number): ViewLine[] {
  const time = timeText(out, now);
  const lines: ViewLine[] = [
    ["id", row.id],
    ["type", row.type],
    ["time", time(row.timestamp)],
    ["version", row.version ?? "-"],
    ["deliveries", String(row.delivery_count)],
    ["tenant", row.tenant],
    ["environment", row.environment],
    ["received", time(row.created_at)],
  ];
  return lines.map(([key, value]) => [key, escapeLine(value)]);
}
