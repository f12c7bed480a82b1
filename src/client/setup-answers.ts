import type { FieldChange, SetupChange, SetupExport, SetupResult } from "../core/setup/setup.ts";
import { anything, flag, listOf, maybe, number, objectOf, orNull, record, text } from "./answer-form.ts";

const CHANGE = objectOf<SetupChange>({
  action: text,
  kind: text,
  name: text,
  id: orNull(text),
  changes: listOf(objectOf<FieldChange>({ field: text, before: anything, after: anything })),
  secret: maybe(text),
});

export const SETUP_RESULT = objectOf<SetupResult>({
  dry_run: flag,
  plan: text,
  set: text,
  changes: listOf(CHANGE),
  unchanged: number,
  left: listOf(objectOf<SetupResult["left"][number]>({ kind: text, name: text })),
  warnings: listOf(text),
});

export const SETUP_EXPORT = objectOf<SetupExport>({
  tenant: text,
  environment: text,
  setup: record,
  references: listOf(objectOf<SetupExport["references"][number]>({ field: text, reference: text })),
  left_out: listOf(objectOf<SetupExport["left_out"][number]>({ kind: text, id: text, reason: text })),
});
