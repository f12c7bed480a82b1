import type { FieldChange, SetupChange, SetupResult } from "../core/setup/setup.ts";
import type { Colors } from "./context.ts";
import { escapeLine } from "./escape.ts";
import type { ListView } from "./table.ts";

const SIGNS = { create: "+", update: "~", adopt: "=", delete: "-" } as const;
const MOST_CHARS = 300;

/** A change as a line of a pipe, which may be the log of a CI: a key that was made is shown now or never, a secret later. */
export const SETUP_CHANGE_VIEW: ListView<SetupChange> = {
  fields: ["action", "kind", "name", "id", "changes", "secret"],
  id: (row) => row.id ?? row.name,
  columns: [
    { title: "action", text: (row) => row.action },
    { title: "kind", text: (row) => row.kind },
    { title: "name", text: (row) => row.name, whole: true },
    { title: "id", text: (row) => row.id ?? "-" },
    { title: "fields", text: (row) => row.changes.map(({ field }) => field).join(",") || "-" },
    { title: "secret", text: (row) => (row.kind === "key" ? (row.secret ?? "-") : "-") },
  ],
};

/** For people: each thing that changes, and under it each field. */
export function setupLines({ changes }: Pick<SetupResult, "changes">, colors: Colors): string[] {
  const paints = { create: colors.green, update: colors.yellow, adopt: colors.cyan, delete: colors.red };
  return changes.flatMap(({ action, kind, name, changes: fields, secret }) => [
    `${paints[action](`${SIGNS[action]} ${kind}`)} ${colors.bold(escapeLine(name))}`,
    ...fields.flatMap((field) => fieldLines(field, action === "create", colors)),
    ...(secret === undefined
      ? []
      : [`    ${kind === "key" ? "key" : "secret"}: ${colors.bold(secret)}   (shown once)`]),
  ]);
}

function fieldLines({ field, before, after }: FieldChange, isNew: boolean, colors: Colors): string[] {
  const name = escapeLine(field);
  if (isNew && before === undefined) return [`    ${name}: ${colors.green(shown(after))}`];
  if (isTexts(before) && isTexts(after) && !isSame(before, after)) {
    const gone = before.filter((one) => !after.includes(one)).map((one) => colors.red(`- ${shown(one)}`));
    const come = after.filter((one) => !before.includes(one)).map((one) => colors.green(`+ ${shown(one)}`));
    if (0 < gone.length + come.length) return [`    ${name}: ${[...gone, ...come].join("  ")}`];
  }
  // What is masked, and differs all the same.
  const other = isSame(before, after) ? colors.dim(" (another one)") : "";
  return [`    ${name}: ${colors.red(shown(before))} → ${colors.green(shown(after))}${other}`];
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function shown(value: unknown): string {
  if (value === undefined) return "(none)";
  const text = escapeLine(JSON.stringify(value));
  return MOST_CHARS < text.length ? `${text.slice(0, MOST_CHARS)}…` : text;
}

/** `1 to create, 2 to change, 12 as they are` */
export function setupSummary({ dry_run: dryRun, changes, unchanged }: SetupResult): string {
  const count = (action: SetupChange["action"]): number => changes.filter((change) => change.action === action).length;
  const words = dryRun
    ? { create: "to create", update: "to change", adopt: "to take over", delete: "to delete" }
    : { create: "created", update: "changed", adopt: "taken over", delete: "deleted" };
  const parts = (["create", "update", "adopt", "delete"] as const)
    .filter((action) => 0 < count(action))
    .map((action) => `${count(action)} ${words[action]}`);
  const rest = unchanged === 0 ? [] : [`${unchanged} as ${unchanged === 1 ? "it is" : "they are"}`];
  if (parts.length === 0) return ["nothing to change", ...rest].join(": ");
  return [...parts, ...rest].join(", ");
}
