import { invalid } from "./errors.ts";

/**
 * A text of somebody's that lists and terminals show: a name, a description.
 * @throws HooksError `invalid_request` naming `field`
 */
export function checkLineText(text: unknown, field: string, maxChars: number): string {
  if (typeof text !== "string") throw invalid(field, `${field} must be a string`);
  if (maxChars < text.length) throw invalid(field, `${field} must be at most ${maxChars} characters`);
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) throw invalid(field, `${field} must not contain control characters`);
  return text;
}
