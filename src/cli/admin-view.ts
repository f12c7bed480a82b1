import type { AuditEntry } from "../core/audit.ts";
import { ANY, type KeyResource, type KeyStatus, type KeyWithSecret } from "../core/key.ts";
import type { TenantResource } from "../core/tenant.ts";
import type { Colors, Output, Paint } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ViewLine } from "./print-one.ts";
import type { ListView } from "./table.ts";
import { relativeTime, timeText } from "./time-text.ts";

// How keys, tenants and the audit look. `now` is for relative times.

const KEY_FIELDS = [
  "id",
  "name",
  "role",
  "tenant",
  "environment",
  "status",
  "hint",
  "rate_limit",
  "created_at",
  "expires_at",
  "last_used_at",
  "revoked_at",
] as const satisfies readonly (keyof KeyResource)[];

export function keyView(now: number): ListView<KeyResource> {
  return {
    fields: KEY_FIELDS,
    id: (row) => row.id,
    columns: [
      { title: "id", text: (row) => row.id, whole: true },
      { title: "name", text: (row) => row.name },
      { title: "role", text: (row) => row.role, whole: true },
      { title: "tenant", text: (row) => row.tenant, human: (row) => reachText(row.tenant), expendable: 1 },
      {
        title: "environment",
        text: (row) => row.environment,
        human: (row) => reachText(row.environment),
        expendable: 1,
      },
      { title: "status", text: (row) => row.status, whole: true, paint: (row, colors) => paintOf(row.status, colors) },
      {
        title: "last used",
        text: (row) => row.last_used_at ?? "",
        human: (row) => relativeTime(row.last_used_at, now),
        expendable: 2,
      },
      {
        title: "expires",
        text: (row) => row.expires_at ?? "",
        human: (row) => relativeTime(row.expires_at, now),
        expendable: 3,
      },
    ],
  };
}

/** What create answers: with the whole key, this once. */
export function newKeyView(now: number): ListView<KeyWithSecret> {
  return { ...keyView(now), fields: [...KEY_FIELDS, "key"] };
}

export function keyLines(row: KeyResource, out: Output, now: number): ViewLine[] {
  const time = timeText(out, now);
  const lines: ViewLine[] = [
    ["id", row.id],
    ["name", row.name],
    ["role", row.role],
    ["tenant", reachText(row.tenant)],
    ["environment", reachText(row.environment)],
    ["status", row.status],
    ["key", row.hint],
    ["rate limit", row.rate_limit ?? "none"],
    ["created", time(row.created_at)],
    ["expires", time(row.expires_at)],
    ["last used", time(row.last_used_at)],
    ...(row.revoked_at === null ? [] : ([["revoked", time(row.revoked_at)]] as const)),
  ];
  return lines.map(([name, value]) => [name, escapeLine(value)]);
}

const TENANT_FIELDS = [
  "name",
  "description",
  "environments",
  "subscriptions",
  "keys",
  "created_at",
  "updated_at",
] as const satisfies readonly (keyof TenantResource)[];

export const TENANT_VIEW: ListView<TenantResource> = {
  fields: TENANT_FIELDS,
  id: (row) => row.name,
  columns: [
    { title: "name", text: (row) => row.name, whole: true },
    { title: "environments", text: (row) => row.environments.join(","), expendable: 1 },
    { title: "subscriptions", text: (row) => String(row.subscriptions) },
    { title: "keys", text: (row) => String(row.keys) },
    { title: "description", text: (row) => row.description, expendable: 2 },
  ],
};

export function tenantLines(row: TenantResource, out: Output, now: number): ViewLine[] {
  const time = timeText(out, now);
  const lines: ViewLine[] = [
    ["name", row.name],
    ["description", row.description],
    ["environments", row.environments.join(", ")],
    ["subscriptions", String(row.subscriptions)],
    ["keys", String(row.keys)],
    ["created", time(row.created_at)],
    ["updated", time(row.updated_at)],
  ];
  return lines.map(([name, value]) => [name, value === "" ? "-" : escapeLine(value)]);
}

const AUDIT_FIELDS = [
  "id",
  "at",
  "action",
  "actor",
  "from",
  "resource",
  "tenant",
  "environment",
  "before",
  "after",
] as const satisfies readonly (keyof AuditEntry)[];

export function auditView(now: number): ListView<AuditEntry> {
  return {
    fields: AUDIT_FIELDS,
    id: (row) => row.id,
    columns: [
      { title: "time", text: (row) => row.at, human: (row) => relativeTime(row.at, now) },
      { title: "id", text: (row) => row.id, whole: true, inPipesOnly: true },
      { title: "who", text: (row) => row.actor.name },
      { title: "action", text: (row) => row.action, whole: true },
      { title: "what", text: (row) => row.resource.id ?? "" },
      { title: "tenant", text: (row) => row.tenant, human: (row) => reachText(row.tenant), expendable: 2 },
      {
        title: "environment",
        text: (row) => row.environment,
        human: (row) => reachText(row.environment),
        expendable: 2,
      },
      { title: "from", text: (row) => row.from, expendable: 3 },
      { title: "changed", text: changedFields, expendable: 1 },
    ],
  };
}

/** The names of the fields that it changed; their values are in the JSON. */
function changedFields({ before, after }: AuditEntry): string {
  return [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].join(",");
}

function reachText(name: string): string {
  return name === ANY ? "any" : name;
}

function paintOf(status: KeyStatus, { green, dim, red }: Colors): Paint {
  return { active: green, expired: dim, revoked: red }[status] ?? ((text) => text);
}
