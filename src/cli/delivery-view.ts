import type {
  AttemptResource,
  DeliveryDetail,
  DeliveryReason,
  DeliveryResource,
  DeliveryState,
} from "../core/delivery.ts";
import type { HooksService } from "../core/hooks-service.ts";
import type { Colors, Output, Paint } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import type { ListView } from "./table.ts";
import { relativeTime, span, timeText } from "./time-text.ts";

const FIELDS = [
  "id",
  "event_id",
  "event_type",
  "subscription",
  "tenant",
  "environment",
  "status",
  "reason",
  "attempt_count",
  "last_attempt_at",
  "next_attempt_at",
  "response_status",
  "response_excerpt",
  "error",
  "created_at",
  "completed_at",
] as const satisfies readonly (keyof DeliveryResource)[];

/** `now` for relative times; `names`: of subscriptions by id, for people. */
export function deliveryView(now: number, names: ReadonlyMap<string, string> = new Map()): ListView<DeliveryResource> {
  return {
    fields: FIELDS,
    id: (row) => row.id,
    columns: [
      { title: "id", text: (row) => row.id, whole: true },
      { title: "type", text: (row) => row.event_type },
      { title: "event", text: (row) => row.event_id, inPipesOnly: true },
      {
        title: "sub",
        text: (row) => row.subscription,
        human: (row) => names.get(row.subscription) ?? row.subscription,
        expendable: 1,
      },
      {
        title: "status",
        text: (row) => row.status,
        whole: true,
        paint: (row, colors) => paintOfStatus(row.status, colors),
      },
      { title: "tries", text: (row) => String(row.attempt_count), expendable: 4 },
      { title: "answer", text: answerOf, human: shortAnswerOf, expendable: 2 },
      {
        title: "created",
        text: (row) => row.created_at,
        human: (row) => relativeTime(row.created_at, now),
        expendable: 3,
      },
    ],
  };
}

/** Names of the scope's subscriptions by id, for a list that people read; empty in every other mode. */
export async function subscriptionNames(service: HooksService, out: Output): Promise<Map<string, string>> {
  if (out.mode !== "human") return new Map();
  const { data } = await service.listSubscriptions({ limit: 200 });
  return new Map(data.filter(({ name }) => name !== "").map(({ id, name }) => [id, name]));
}

/** `now` for relative times. */
export function attemptView(now: number): ListView<AttemptResource> {
  return {
    fields: ["number", "started_at", "duration_ms", "outcome", "status", "error"],
    id: (row) => String(row.number),
    columns: [
      { title: "try", text: (row) => String(row.number) },
      {
        title: "started",
        text: (row) => row.started_at,
        human: (row) => relativeTime(row.started_at, now),
        expendable: 1,
      },
      { title: "took", text: (row) => String(row.duration_ms), human: (row) => span(row.duration_ms) },
      {
        title: "answer",
        text: (row) => String(row.status ?? row.error ?? ""),
        human: (row) => (row.status === null ? messageOf(row.error ?? "") : String(row.status)),
        whole: true,
        paint: (row, colors) => (row.outcome === "success" ? colors.green : colors.red),
      },
      { title: "by", text: (row) => row.trigger, expendable: 2 },
      {
        title: "response",
        text: (row) => row.response_excerpt ?? "",
        human: (row) => (row.response_excerpt ?? "").trim(),
        expendable: 3,
      },
    ],
  };
}

/** The last status or error. */
export function answerOf(row: DeliveryResource): string {
  if (row.response_status !== null) return String(row.response_status);
  return row.error ?? row.reason ?? "";
}

/** The same in a word: an error is `code: message`. */
function shortAnswerOf(row: DeliveryResource): string {
  return answerOf(row).replace(/:.*$/s, "").replaceAll("_", " ");
}

/** The same in people's words. */
export function answerText(row: DeliveryResource): string {
  if (row.response_status === null && row.error === null && row.reason !== null) return REASON_TEXTS[row.reason];
  return messageOf(answerOf(row));
}

function messageOf(error: string): string {
  return error.replace(/^[a-z_]+: /, "");
}

/** Why it is not tried again. */
export const REASON_TEXTS: Record<DeliveryReason, string> = {
  exhausted: "no tries are left",
  final_status: "not tried again after such an answer",
  gone: "the receiver says it is gone",
  subscription_disabled: "its subscription was disabled",
  subscription_deleted: "its subscription was deleted",
  expired: "nobody listened in time",
  cancelled: "cancelled by hand",
};

export function paintOfStatus(status: DeliveryState, colors: Colors): Paint {
  switch (status) {
    case "succeeded":
      return colors.green;
    case "failed":
      return colors.red;
    case "cancelled":
      return colors.dim;
    case "pending":
    case "sending":
    case "retrying":
      return colors.yellow;
  }
}

/** Whether another delivery with the same value of `order_by` comes first. */
function waitsForTurn(row: DeliveryResource): boolean {
  return row.status === "pending" && row.next_attempt_at === null;
}

/** The head of `hooks delivery get`; the attempts and the payload follow it. */
export function deliveryLines(row: DeliveryDetail | DeliveryResource, out: Output, now: number): ViewLine[] {
  const time = timeText(out, now);
  const lines: ViewLine[] = [
    ["id", row.id],
    ["event", `${row.event_type}  ${row.event_id}`],
    ["subscription", row.subscription],
    ["status", row.status + (row.reason === null ? "" : ` (${REASON_TEXTS[row.reason]})`)],
    ["attempts", String(row.attempt_count)],
    ["last answer", answerText(row) || "-"],
    ["last attempt", time(row.last_attempt_at)],
    ["next attempt", waitsForTurn(row) ? "after an earlier one of its order" : time(row.next_attempt_at)],
    ["created", time(row.created_at)],
    ["completed", time(row.completed_at)],
  ];
  return lines.map(([key, value]) => [key, escapeLine(value)]);
}
