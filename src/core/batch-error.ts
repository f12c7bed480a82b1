import { HooksError } from "./errors.ts";
import type { BatchResult } from "./event.ts";

/** The same error, its field named from the top of the batch. */
export function atIndex(error: HooksError, index: number): HooksError {
  const at = `events[${index}]`;
  return new HooksError(error.code, `${at}: ${error.message}`, {
    field: error.field === undefined ? at : `${at}.${error.field}`,
    hint: error.hint,
  });
}

/** What became of an event of a batch that was refused. */
export function toErrorResult({ code, message, field, hint }: HooksError): BatchResult {
  return {
    error: { code, message, ...(field === undefined ? {} : { field }), ...(hint === undefined ? {} : { hint }) },
  };
}
