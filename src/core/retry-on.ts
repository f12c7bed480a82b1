import { invalid } from "./errors.ts";
import type { RetryOn } from "./subscription.ts";

const ENTRY = /^([345]xx|network|[3-5]\d\d)$/;
const MAX_ENTRIES = 50;

/** @throws HooksError `invalid_request` naming `field` */
export function parseRetryOn(value: RetryOn, field: string): RetryOn {
  if (value === "any" || value === "server-errors") return value;
  const isEntry = (entry: unknown) => typeof entry === "string" && ENTRY.test(entry);
  if (Array.isArray(value) && value.length <= MAX_ENTRIES && value.every(isEntry)) return [...new Set(value)];
  throw invalid(
    field,
    `${field} must be "any", "server-errors" or a list of statuses, "5xx", "4xx", "3xx" and "network"`,
    '["5xx","network","408","429"]',
  );
}
