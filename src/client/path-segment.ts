import { HooksError, invalid } from "../core/errors.ts";

/** What a person gave for an id, as a segment of a path. */
export function segment(id: string, field = "id"): string {
  if (id === "") throw invalid(field, `${field} must not be empty`);
  try {
    return encodeURIComponent(id);
  } catch (error) {
    throw new HooksError("not_found", `there is no such ${field}`, { field, cause: error });
  }
}
