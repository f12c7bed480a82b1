import type { AlertResource } from "../core/alert.ts";
import type { ListView } from "./table.ts";
import { relativeTime, span } from "./time-text.ts";

/** How alerts look in lists. `now` is for relative times. */
export function alertView(now: number): ListView<AlertResource> {
  return {
    fields: [
      "id",
      "state",
      "kind",
      "rule",
      "unit",
      "value",
      "threshold",
      "subscription",
      "tenant",
      "environment",
      "began_at",
      "ended_at",
    ],
    id: (row) => row.id,
    columns: [
      { title: "id", text: (row) => row.id, whole: true, expendable: 4 },
      {
        title: "state",
        text: (row) => row.state,
        whole: true,
        paint: (row, colors) => (row.state === "firing" ? colors.red : colors.dim),
      },
      { title: "rule", text: (row) => row.rule },
      { title: "value", text: (row) => String(row.value), human: valueText, whole: true },
      { title: "subscription", text: (row) => row.subscription ?? "", expendable: 3 },
      { title: "began", text: (row) => row.began_at, human: (row) => relativeTime(row.began_at, now) },
      {
        title: "lasted",
        text: (row) => row.ended_at ?? "",
        human: (row) => (row.ended_at === null ? "" : span(Date.parse(row.ended_at) - Date.parse(row.began_at))),
        expendable: 2,
      },
    ],
  };
}

/** For people: `54%`, `12`, `10 min`. */
export function valueText({ unit, value }: Pick<AlertResource, "unit" | "value">): string {
  if (unit === "share") return `${Math.round(value * 100)}%`;
  return unit === "ms" ? span(value) : String(value);
}
