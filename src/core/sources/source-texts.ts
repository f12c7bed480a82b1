// What commands and the daemon need of a source's settings without the records of all schemes (source-settings.ts).

import { formatDuration } from "../duration.ts";
import { invalid } from "../errors.ts";
import { quoted } from "../quoted.ts";
import type { Tolerance } from "../signing/message-time.ts";
import type { SourceSettings } from "./source-settings.ts";

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** @throws HooksError `invalid_request` */
export function checkSourceName(name: unknown): string {
  if (name === undefined) throw invalid("name", "name is missing: the last part of the URL, /in/NAME");
  if (typeof name !== "string" || !NAME.test(name)) {
    throw invalid("name", `name must be 1 to 64 characters of a-z, 0-9 and "-", got ${shownValue(name)}`);
  }
  if (name === "hooks") throw invalid("name", 'name must not be "hooks": such events are those that hooks publishes');
  return name;
}

/** What was given instead of what was asked for, for messages. */
export function shownValue(value: unknown): string {
  return typeof value === "string" ? quoted(value) : String(JSON.stringify(value)).slice(0, 60);
}

/** As `verify` takes it. */
export function toleranceSeconds(tolerance: SourceSettings["tolerance"]): Tolerance | undefined {
  return typeof tolerance === "number" ? Math.floor(tolerance / 1_000) : tolerance;
}

/** As the API shows it. */
export function toleranceText(tolerance: SourceSettings["tolerance"]): string | null {
  return typeof tolerance === "number" ? formatDuration(tolerance) : (tolerance ?? null);
}
