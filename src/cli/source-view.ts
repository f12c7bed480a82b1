import type {
  SourceRequestDetail,
  SourceRequestResource,
  SourceResource,
  SourceWithSecret,
} from "../core/sources/source.ts";
import type { Colors, Output } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import type { ListView } from "./table.ts";
import { relativeTime } from "./time-text.ts";

const FIELDS = [
  "id",
  "name",
  "description",
  "enabled",
  "scheme",
  "mode",
  "live_timeout",
  "prefix",
  "type_from",
  "id_from",
  "data_from",
  "map",
  "handshake",
  "has_verify_token",
  "allow_origins",
  "topics",
  "tolerance",
  "url",
  "rate_limit",
  "tenant",
  "environment",
  "secrets",
  "created_at",
  "updated_at",
] as const;

export const SOURCE_VIEW: ListView<SourceResource> = {
  fields: FIELDS,
  id: (row) => row.name,
  columns: [
    { title: "name", text: (row) => row.name, whole: true },
    { title: "path", text: (row) => pathOf(row) },
    { title: "scheme", text: (row) => row.scheme },
    { title: "mode", text: (row) => (row.enabled ? row.mode : "disabled") },
    { title: "description", text: (row) => row.description, expendable: 1 },
  ],
};

export const NEW_SOURCE_VIEW: ListView<SourceWithSecret> = {
  ...SOURCE_VIEW,
  fields: [...FIELDS, "secret"],
};

export function pathOf({ name }: Pick<SourceResource, "name">): string {
  return `/in/${name}`;
}

/** What there is to know of one, for people. */
export function sourceLines(row: SourceResource): ViewLine[] {
  const { map, secrets } = row;
  const lines: [string, string | null][] = [
    ["id", row.id],
    ["name", row.name],
    ["path", pathOf(row)],
    ["description", row.description === "" ? null : row.description],
    ["enabled", row.enabled ? "yes" : "no"],
    ["scheme", row.scheme],
    ["secrets", secrets.length === 0 ? "none" : secrets.map(secretText).join(", ")],
    ["mode", row.mode === "live" ? `live, for at most ${row.live_timeout}` : row.mode],
    ["types", row.prefix === "" ? "as the sender names them" : `${row.prefix}.…`],
    ["type from", row.type_from],
    ["id from", row.id_from],
    ["data from", row.data_from],
    ["map", Object.keys(map).length === 0 ? null : mapText(map)],
    [
      "handshake",
      row.handshake === null ? null : row.handshake + (row.has_verify_token ? ", with a verify token" : ""),
    ],
    ["origins", row.allow_origins.length === 0 ? null : row.allow_origins.join(", ")],
    ["topics", row.topics.length === 0 ? null : row.topics.join(", ")],
    ["tolerance", row.tolerance],
    ["url", row.url],
    ["rate", row.rate_limit],
    ["tenant", row.tenant],
    ["environment", row.environment],
    ["created", row.created_at],
    ["updated", row.updated_at],
  ];
  return lines
    .filter((line): line is [string, string] => line[1] !== null)
    .map(([key, text]) => [key, escapeLine(text)]);
}

function mapText(map: Record<string, string | null>): string {
  return Object.entries(map)
    .map(([from, to]) => `${from}=${to ?? ""}`)
    .join(", ");
}

function secretText({ hint, expires_at }: SourceResource["secrets"][number]): string {
  return expires_at === null ? hint : `${hint} (until ${expires_at})`;
}

export function sourceRequestView(now: number): ListView<SourceRequestResource> {
  return {
    fields: [
      "id",
      "source",
      "received_at",
      "outcome",
      "status",
      "reason",
      "detail",
      "method",
      "from",
      "body_bytes",
      "event_id",
      "tenant",
      "environment",
    ],
    id: (row) => row.id,
    columns: [
      { title: "id", text: (row) => row.id, whole: true },
      { title: "received", text: (row) => row.received_at, human: (row) => relativeTime(row.received_at, now) },
      { title: "outcome", text: (row) => row.outcome, paint: (row, colors) => paintOf(row, colors) },
      { title: "status", text: (row) => String(row.status) },
      { title: "event", text: (row) => row.event_id ?? "", whole: true },
      { title: "from", text: (row) => row.from, expendable: 2 },
      { title: "why", text: (row) => whyOf(row), expendable: 1 },
    ],
  };
}

function paintOf({ outcome }: SourceRequestResource, colors: Colors): (text: string) => string {
  return outcome === "refused" ? colors.red : outcome === "accepted" ? colors.green : colors.dim;
}

function whyOf({ reason, detail }: SourceRequestResource): string {
  return reason === null ? (detail ?? "") : `${reason}: ${detail ?? ""}`;
}

/** For people: what came, and what was wrong with it. */
export function sourceRequestLines(row: SourceRequestDetail): ViewLine[] {
  const why = whyOf(row);
  return [
    ["id", row.id],
    ["received", row.received_at],
    ["from", row.from],
    ["outcome", `${row.outcome}, answered ${row.status}`],
    ...(why === "" ? [] : [["why", why] as const]),
    ...row.hints.map((hint) => ["hint", hint] as const),
    ...(row.event_id === null ? [] : [["event", row.event_id] as const]),
    [
      "request",
      `${row.method} /in/${row.source}${row.path === "/" ? "" : row.path}${row.query === "" ? "" : `?${row.query}`}`,
    ],
  ].map(([key, text]) => [key!, escapeLine(text!)] as const);
}

/** Headers and body below it. */
export function printSourceRequest(
  { headers, body, body_encoding, body_bytes }: SourceRequestDetail,
  out: Output,
): void {
  out.print("");
  for (const [name, value] of headers) out.print(`${out.colors.dim(`${escapeLine(name)}:`)} ${escapeLine(value)}`);
  out.print("");
  if (body === null) out.print(out.colors.dim(`a body of ${body_bytes} bytes, which was not kept`));
  else if (body_encoding === "base64")
    out.print(out.colors.dim(`a body of ${body_bytes} bytes, not text: --json shows it`));
  else for (const line of body.split("\n")) out.print(escapeLine(line));
}
