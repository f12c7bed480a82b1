import { formatDuration } from "../core/duration.ts";
import { graceOfAge } from "./secret-rotations.ts";

/**
 * What may not be meant by `rotate_every`: the daemon makes the new secret, no answer over HTTP ever holds it, and once
 * the grace ends its receiver refuses everything unless somebody brought it there. Not an error: whoever owns the store
 * may have a program for that, which `hooks.secret.rotated` starts.
 *
 * @param name of the subscription, or its id
 * @param everyMs undefined: its secret is rotated by hand
 */
export function rotationWarnings(name: string, everyMs: number | undefined): string[] {
  if (everyMs === undefined) return [];
  return [
    "rotate_every: nobody is shown the secrets that the daemon makes; within " +
      `${formatDuration(graceOfAge(everyMs))} of each rotation, of which hooks.secret.rotated tells, its receiver needs ` +
      `the new one: hooks sub secret ${name}, on the store's machine`,
  ];
}
