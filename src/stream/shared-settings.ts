import { formatDuration } from "../core/duration.ts";
import { HooksError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import type { HelloFrame } from "./protocol.ts";

/** For a listener that names none: long enough to look around at a breakpoint. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** What all listeners of a session have in common, in the order in which it is compared. */
const SHARED: readonly { what: string; of(hello: HelloFrame): string }[] = [
  { what: "other patterns", of: ({ events }) => [...new Set(events)].sort().join(", ") },
  { what: "other sources", of: ({ sources = [] }) => [...new Set(sources)].sort().join(", ") },
  { what: "another filter", of: ({ filter }) => (filter === undefined ? "" : quoted(filter)) },
  { what: "another timeout", of: (hello) => formatDuration(timeoutOf(hello)) },
  { what: "another choice of --retry", of: ({ retry = false }) => (retry ? "with it" : "without it") },
];

export function timeoutOf({ timeout_ms = DEFAULT_TIMEOUT_MS }: HelloFrame): number {
  return timeout_ms;
}

/**
 * Sharing a session with other settings would change, unasked, what its other listeners get.
 * @throws HooksError `conflict` that says what the others have
 */
export function checkSameSettings(
  others: readonly { hello: HelloFrame | undefined }[],
  mine: HelloFrame,
  name: string,
): void {
  for (const { what, of } of SHARED) {
    const theirs = others
      .map(({ hello }) => hello && of(hello))
      .find((text) => text !== undefined && text !== of(mine));
    if (theirs === undefined) continue;
    throw new HooksError(
      "conflict",
      `another listener uses session ${name} with ${what} (${theirs === "" ? "none" : theirs}); ` +
        "listen as it does, or under another name: --session NAME",
      { field: "session" },
    );
  }
}
