import { HooksError } from "../errors.ts";
import { quoted } from "../quoted.ts";

/** Whether a status is as expected. */
export type ExpectedStatus = (status: number) => boolean;

const ENTRY = /^(?:[1-5]xx|[1-5]\d\d)$/;

/** `2xx`, `404`, `2xx,409`. @throws HooksError `usage` naming the flag */
export function parseExpectedStatus(text: string, flag: string): ExpectedStatus {
  const entries = text.toLowerCase().split(",");
  if (!entries.every((entry) => ENTRY.test(entry))) {
    throw new HooksError("usage", `${flag} ${quoted(text)} must be a status or a class of them`, {
      field: flag,
      hint: `${flag} 2xx, ${flag} 204 or ${flag} 2xx,409`,
    });
  }
  return (status) => entries.some((entry) => entry === String(status) || entry === `${Math.floor(status / 100)}xx`);
}
