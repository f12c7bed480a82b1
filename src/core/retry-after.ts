import type { HeaderPairs } from "./attempt.ts";

/** Longest wait that a receiver may ask for. */
export const RETRY_AFTER_LIMIT_MS = 24 * 60 * 60 * 1_000;

const DELAY_SECONDS = /^\d{1,15}$/;

/** RFC 9110, 5.6.7: the one form that may be sent. `Date.parse` is not asked: it takes "-5" for the year 2001. */
const IMF_FIXDATE =
  /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat), (\d{2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * The wait that a `Retry-After` value asks for, in ms, at most 24 h; 0 for a time that has passed; undefined when the
 * value is not what RFC 9110, 10.2.3 allows.
 *
 * @param now unix ms, when the answer came.
 */
export function parseRetryAfter(value: string, now: number): number | undefined {
  if (DELAY_SECONDS.test(value)) return Math.min(Number(value) * 1_000, RETRY_AFTER_LIMIT_MS);
  const at = parseImfFixdate(value);
  return at === undefined ? undefined : Math.min(Math.max(at - now, 0), RETRY_AFTER_LIMIT_MS);
}

/** The same for an answer's headers; undefined also when the header stands there twice: nobody knows which is meant. */
export function retryAfterOf(headers: HeaderPairs, now: number): number | undefined {
  const values = headers.filter(([name]) => name.length === 11 && name.toLowerCase() === "retry-after");
  const only = values.length === 1 ? values[0] : undefined;
  return only === undefined ? undefined : parseRetryAfter(only[1].trim(), now);
}

function parseImfFixdate(text: string): number | undefined {
  const match = IMF_FIXDATE.exec(text);
  if (match === null) return undefined;
  const [, dayName = "", day, monthName = "", year, hour, minute, second] = match;
  const month = MONTHS.indexOf(monthName);
  const at = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(at);
  // Date.UTC rolls 31 February and 25:00 over (and takes year 99 for 1999): such a text names no moment.
  const isReal =
    date.getUTCFullYear() === Number(year) &&
    date.getUTCDate() === Number(day) &&
    date.getUTCMonth() === month &&
    date.getUTCHours() === Number(hour) &&
    date.getUTCMinutes() === Number(minute) &&
    date.getUTCSeconds() === Number(second) &&
    DAYS[date.getUTCDay()] === dayName;
  return isReal ? at : undefined;
}
