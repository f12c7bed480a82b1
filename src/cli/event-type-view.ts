import type { EnvironmentResource, EventTypeResource, EventTypeSummary } from "../core/event-type.ts";
import { RETENTION_KINDS } from "../core/retention.ts";
import type { Output } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import type { ListView } from "./table.ts";
import { timeText } from "./time-text.ts";

// How event types and environments look. `now` is for relative times.

const SUMMARY_FIELDS = [
  "name",
  "description",
  "tags",
  "deprecated",
  "catalogued",
  "versions",
  "default_version",
  "updated_at",
] as const satisfies readonly (keyof EventTypeSummary)[];

export const EVENT_TYPE_LIST_VIEW: ListView<EventTypeSummary> = {
  fields: SUMMARY_FIELDS,
  id: (row) => row.name,
  columns: [
    { title: "name", text: (row) => row.name, whole: true },
    { title: "versions", text: (row) => row.versions.join(",") },
    { title: "state", text: stateOf },
    { title: "tags", text: (row) => row.tags.join(","), expendable: 1 },
    { title: "description", text: (row) => row.description, expendable: 2 },
  ],
};

function stateOf({ catalogued, deprecated }: EventTypeSummary): string {
  return catalogued ? (deprecated ? "deprecated" : "") : "seen only";
}

const FIELDS = [
  "name",
  "description",
  "tags",
  "deprecated",
  "default_version",
  "versions",
  "removed_versions",
  "tenant",
  "environment",
  "created_at",
  "updated_at",
] as const satisfies readonly (keyof EventTypeResource)[];

export const EVENT_TYPE_VIEW: ListView<EventTypeResource> = {
  fields: FIELDS,
  id: (row) => row.name,
  columns: [
    { title: "name", text: (row) => row.name, whole: true },
    { title: "versions", text: (row) => row.versions.map(({ version }) => version).join(",") },
    { title: "state", text: (row) => (row.deprecated ? "deprecated" : "") },
    { title: "tags", text: (row) => row.tags.join(",") },
    { title: "description", text: (row) => row.description },
  ],
};

export function eventTypeLines(row: EventTypeResource, out: Output, now: number): ViewLine[] {
  const time = timeText(out, now);
  const lines: [string, string][] = [
    ["name", row.name],
    ["description", row.description],
    ["tags", row.tags.join(", ")],
    ["state", row.deprecated ? "deprecated" : "in use"],
    ["default version", row.default_version],
    ...row.versions.map(({ version, schema, example, down }): [string, string] => [
      `version ${version}`,
      [
        schema === null ? "any data" : "schema",
        ...(example === null ? [] : ["example"]),
        ...(down === null ? [] : [`converted down to ${down.to} in ${down.steps.length} steps`]),
      ].join(", "),
    ]),
    ...(row.removed_versions.length === 0 ? [] : [["removed", row.removed_versions.join(", ")] as [string, string]]),
    ["tenant", row.tenant],
    ["environment", row.environment],
    ["created", time(row.created_at)],
    ["updated", time(row.updated_at)],
  ];
  return lines.map(([name, value]) => [name, value === "" ? "-" : escapeLine(value)]);
}

export const ENVIRONMENT_VIEW: ListView<EnvironmentResource> = {
  fields: ["tenant", "environment", "strict_types", "retention", "retention_in_force", "alerts", "updated_at"],
  id: (row) => row.environment,
  columns: [
    { title: "environment", text: (row) => row.environment, whole: true },
    { title: "tenant", text: (row) => row.tenant },
    { title: "strict types", text: (row) => onOff(row.strict_types) },
  ],
};

export function environmentLines(row: EnvironmentResource, out: Output, now: number): ViewLine[] {
  return [
    ["environment", escapeLine(row.environment)],
    ["tenant", escapeLine(row.tenant)],
    [
      "strict types",
      row.strict_types ? "on: only types of the catalogue, and data that fits" : "off: any event type is taken",
    ],
    ...RETENTION_KINDS.map(
      (kind): ViewLine => [
        `keeps ${kind.replace("_", " ")}`,
        `${keptText(row.retention_in_force[kind])}${row.retention[kind] === null ? " (as the server keeps them)" : ""}`,
      ],
    ),
    ...row.alerts.map((rule): ViewLine => ["alert", escapeLine(rule)]),
    ["updated", escapeLine(timeText(out, now)(row.updated_at))],
  ];
}

function keptText(span: string): string {
  return span === "0" ? "for ever" : span;
}

function onOff(isOn: boolean): string {
  return isOn ? "on" : "off";
}
