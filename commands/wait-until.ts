import { setTimeout as sleep } from "node:timers/promises";
import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";

const LOCAL_POLL_MS = 20;
const REMOTE_POLL_MS = 100;
export const DEFAULT_WAIT_MS = 60_000;

/**
 * Asks until there is an answer; undefined when `limitMs` passed without one. A daemon's news would come over HTTP,
 * which the local store does not need: asking it costs microseconds.
 * @throws HooksError `interrupted`
 */
export async function waitUntil<T>(
  context: CliContext,
  limitMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const pollMs = context.settings().target.kind === "local" ? LOCAL_POLL_MS : REMOTE_POLL_MS;
  const deadline = context.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || deadline <= context.now()) return answer;
    if (context.signal.aborted) throw new HooksError("interrupted", "interrupted");
    await sleep(pollMs);
  }
}
