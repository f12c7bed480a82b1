import type { PurgeResource, PurgeStarted } from "../core/purge.ts";
import { flag, number, objectOf, orNull, record, text } from "./answer-form.ts";

// The form of what a server says of erasing.

export const PURGE_STARTED = objectOf<PurgeStarted>({
  count: number,
  kept: number,
  undecided: number,
  dry_run: flag,
  id: orNull(text),
  status: text,
  next_cursor: orNull(text),
});
export const PURGE = objectOf<PurgeResource>({
  id: text,
  status: text,
  filter: record,
  reason: text,
  cancel_waiting: flag,
  erased: objectOf<PurgeResource["erased"]>({ events: number, deliveries: number, attempts: number }),
  kept: number,
  undecided: number,
  tenant: text,
  environment: text,
  created_at: text,
  updated_at: text,
  ended_at: orNull(text),
});
