import { type HooksError, invalid } from "../core/errors.ts";
import { isOperationalType } from "../core/event-pattern.ts";

/** What hooks tells of itself is stored where no filter runs, and filters never match it (as `*` does not). */
export function filteredOperational(events: readonly string[]): HooksError | undefined {
  const pattern = events.find(isOperationalType);
  if (pattern === undefined) return undefined;
  return invalid(
    "filter",
    `filter cannot be combined with the event pattern ${pattern}: filters never match the events that hooks tells of itself`,
    "make a subscription of its own for them, without a filter",
  );
}
