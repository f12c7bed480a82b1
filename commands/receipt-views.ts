import type { CliContext } from "../src/cli/context.ts";
import { escapeLine } from "../src/cli/escape.ts";
import type { ListView } from "../src/cli/table.ts";
import type { PublishReceipt } from "../src/core/event.ts";
import type { TestResult } from "../src/core/hooks-service.ts";
import type { ReplayReceipt, ReplayStarted } from "../src/core/replay.ts";

// What commands answer that make no row of their own, for --fields.

export const REPLAY_VIEW: ListView<ReplayReceipt> = {
  fields: ["count", "dry_run"],
  id: (row) => String(row.count),
  columns: [{ title: "count", text: (row) => String(row.count) }],
};

export const REPLAY_STARTED_VIEW: ListView<ReplayStarted> = {
  fields: ["count", "dry_run", "id", "status"],
  id: (row) => String(row.count),
  columns: [{ title: "count", text: (row) => String(row.count) }],
};

export const PUBLISH_VIEW: ListView<PublishReceipt> = {
  fields: ["id", "deliveries", "warnings"],
  id: (row) => row.id,
  columns: [{ title: "id", text: (row) => row.id }],
};

export const TEST_VIEW: ListView<TestResult> = {
  fields: ["success", "status", "duration_ms", "response", "error"],
  id: (row) => String(row.success),
  columns: [{ title: "success", text: (row) => String(row.success) }],
};

export const DELETED_VIEW: ListView<{ id: string; deleted: true }> = {
  fields: ["id", "deleted"],
  id: (row) => row.id,
  columns: [{ title: "id", text: (row) => row.id }],
};

export function noteReceiptWarnings({ warnings = [] }: PublishReceipt, { out }: CliContext): void {
  for (const warning of warnings) out.note(`warning: ${escapeLine(warning)}`);
}
