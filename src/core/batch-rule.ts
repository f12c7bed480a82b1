import { formatDuration, parseDuration } from "./duration.ts";
import { invalid } from "./errors.ts";
import type { BatchRule, SubscriptionInput, SubscriptionResource } from "./subscription.ts";

const MAX_EVENTS = { least: 2, most: 1_000 };
const MAX_WAIT_DEFAULT_MS = 5_000;
/** Deliveries are leased while they wait, so that the wait stays well below what a restart may cost. */
const MAX_WAIT_BOUNDS = { min: 10, max: 60_000 };

/**
 * How events are put together into one request. Left out: `max_wait` 5 s.
 * @throws HooksError `invalid_request` naming the field below `field`.
 */
export function parseBatchRule(input: NonNullable<SubscriptionInput["batch"]>, field: string): BatchRule {
  if (typeof input !== "object" || Array.isArray(input)) {
    throw invalid(field, `${field} must be an object with max_events and max_wait, or null`, '{"max_events":100}');
  }
  const { max_events: maxEvents, max_wait: maxWait = MAX_WAIT_DEFAULT_MS } = input;
  if (!Number.isInteger(maxEvents) || maxEvents < MAX_EVENTS.least || MAX_EVENTS.most < maxEvents) {
    throw invalid(
      `${field}.max_events`,
      `${field}.max_events must be a whole number from ${MAX_EVENTS.least} to ${MAX_EVENTS.most}`,
      maxEvents === 1 ? "leave batch out: then each event is a request of its own" : undefined,
    );
  }
  return { maxEvents, maxWaitMs: parseDuration(maxWait, `${field}.max_wait`, MAX_WAIT_BOUNDS) };
}

/** Back to JSON; `parseBatchRule` of it gives the same rule. */
export function toBatchResource(rule: BatchRule | undefined): SubscriptionResource["batch"] {
  return rule === undefined ? null : { max_events: rule.maxEvents, max_wait: formatDuration(rule.maxWaitMs) };
}
