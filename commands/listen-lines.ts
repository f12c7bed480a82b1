import { isUtf8 } from "node:buffer";
import type { Colors, Output } from "../src/cli/context.ts";
import { padToWidth } from "../src/cli/display-width.ts";
import { escapeLine, jsonLine } from "../src/cli/escape.ts";
import { type ForwardedDelivery, isOk } from "../src/cli/forwarded-delivery.ts";
import { toIso } from "../src/core/instant.ts";

/** One delivery as a line in the output's form; undefined with --quiet. */
export function deliveryLine(forwarded: ForwardedDelivery, out: Pick<Output, "mode" | "colors">): string | undefined {
  switch (out.mode) {
    case "human":
      return humanLine(forwarded, out.colors);
    case "plain":
      return tabLine(forwarded);
    case "json":
      return jsonOf(forwarded);
    case "quiet":
      return undefined;
  }
}

/** The delivery as it was forwarded and its result, on one line of JSON. */
export function jsonOf(forwarded: ForwardedDelivery): string {
  const { request, result, failure } = forwarded;
  return jsonLine({
    type: "delivery",
    at: toIso(forwarded.at),
    delivery_id: forwarded.deliveryId,
    event_id: forwarded.eventId,
    event_type: forwarded.eventType,
    attempt: forwarded.attempt,
    replay: forwarded.replay,
    method: request.method,
    path: request.path,
    query: request.query,
    headers: request.headers,
    ...bodyOf(request.body),
    result:
      result === undefined
        ? null
        : { status: result.status, headers: result.headers, ...bodyOf(result.body), truncated: result.truncated },
    error: failure ?? null,
    duration_ms: forwarded.durationMs,
  });
}

/** `missed 00:41–07:12, 18 events, replaying`; undefined when nothing waits. */
export function missedLine(waiting: number, from: string | null, to: string | null, now: number): string | undefined {
  if (waiting === 0) return undefined;
  const count = waiting === 1 ? "1 event" : `${waiting} events`;
  const times = from === null || to === null ? "" : `${clockTime(from, now)}–${clockTime(to, now)}, `;
  return `missed ${times}${count}, replaying`;
}

/** "02:31", or "Nov 21 02:31" on another day than `now`; in the time zone of this computer. */
function clockTime(iso: string, now: number): string {
  const date = new Date(iso);
  const time = date.toTimeString().slice(0, 5);
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString("en", { month: "short", day: "numeric" })} ${time}`;
}

/** What of a secret may be shown: enough to tell it from another one. */
export function secretHint(secret: string): string {
  return secret.length < 24 ? `${secret.slice(0, 6)}…` : `${secret.slice(0, 10)}…${secret.slice(-4)}`;
}

const TYPE_WIDTH = 18;

function humanLine(forwarded: ForwardedDelivery, { dim, green, red, yellow }: Colors): string {
  const { result, attempt, replay } = forwarded;
  const status = result === undefined ? "ERR" : String(result.status);
  const paint = isOk(forwarded) ? green : result === undefined || 500 <= result.status ? red : yellow;
  const notes = [
    ...(1 < attempt ? [`try ${attempt}`] : []),
    ...(replay ? ["replay"] : []),
    ...(isOk(forwarded) ? [] : [escapeLine(faultOf(forwarded))]),
  ];
  return [
    ` ${dim(new Date(forwarded.at).toTimeString().slice(0, 8))}`,
    paint(status),
    `${forwarded.durationMs} ms`.padStart(8),
    padToWidth(escapeLine(forwarded.eventType), TYPE_WIDTH),
    dim(escapeLine(forwarded.eventId)),
    ...notes,
  ].join("  ");
}

/** What to tell somebody whose program did not answer 2xx. */
function faultOf({ result, failure, deliveryId }: ForwardedDelivery): string {
  if (failure?.code === "refused") {
    return `${failure.message}. Start your server, then: hooks delivery retry ${deliveryId}`;
  }
  if (failure !== undefined) return failure.message;
  const text = result !== undefined && isUtf8(result.body) ? Buffer.from(result.body).toString().trim() : "";
  const [line = ""] = text.split("\n");
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}

function tabLine(forwarded: ForwardedDelivery): string {
  const { result, failure } = forwarded;
  return [
    toIso(forwarded.at),
    result === undefined ? "ERR" : String(result.status),
    String(forwarded.durationMs),
    forwarded.eventType,
    forwarded.eventId,
    forwarded.deliveryId,
    String(forwarded.attempt),
    failure === undefined ? "" : `${failure.code}: ${failure.message}`,
  ]
    .map(escapeLine)
    .join("\t");
}

function bodyOf(bytes: Uint8Array): { body: string } | { body_base64: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? { body: buffer.toString() } : { body_base64: buffer.toString("base64") };
}
