import { HooksError, invalid } from "../core/errors.ts";
import type { EventInput } from "../core/event.ts";
import type { EventExtras } from "./published-events.ts";

/**
 * An event as the values that a program has.
 * @throws HooksError `invalid_request` for what is not JSON
 */
export function toEventInput(
  type: string,
  data: unknown,
  { timestamp, metadata, ...extras }: EventExtras & { version?: string | undefined },
): EventInput {
  return {
    type,
    ...extras,
    ...(timestamp === undefined ? {} : { timestamp: timestamp instanceof Date ? instantOf(timestamp) : timestamp }),
    data: toJsonBytes(data, "data"),
    ...(metadata === undefined ? {} : { metadata: toJsonBytes(metadata, "metadata") }),
  };
}

/** @throws HooksError `invalid_request` */
export function toJsonBytes(value: unknown, field: string): Uint8Array {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new HooksError("invalid_request", `${field} cannot be written as JSON`, { field, cause: error });
  }
  if (text === undefined) throw invalid(field, `${field} is missing: any JSON value`);
  return Buffer.from(text);
}

function instantOf(date: Date): string {
  if (Number.isNaN(date.getTime())) throw invalid("timestamp", "timestamp is no date");
  return date.toISOString();
}
