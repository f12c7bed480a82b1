import type { CliContext } from "../src/cli/context.ts";

/**
 * In local mode without a daemon, nobody would send what a command waits for: starts the delivering side in this
 * process, and says so (rulings.md 33). Called before the deliveries are made. It stops with the command, after what
 * is in flight; retries that are due later wait for a daemon.
 */
export async function startSenderIfNeeded(context: CliContext, what: string): Promise<void> {
  if (await startSender(context, what)) context.out.note("no daemon is running: sending from this process");
}

/**
 * Another command may be the one that sends now, and end before our deliveries had their turn: whoever waits asks again
 * and again, and takes its place. True when this process sends from here on.
 */
export async function startSender(context: CliContext, what: string): Promise<boolean> {
  if (context.settings().target.kind === "remote") return false;
  const [{ startLocalSender }, local] = await Promise.all([import("../src/daemon.ts"), context.local(what)]);
  const sender = await startLocalSender(local, await context.egress("stored"));
  if (sender === undefined) return false;
  context.onExit(() => sender.stop());
  return true;
}

/** In local mode without a daemon, says that what was just made waits for one. */
export async function hintAtDaemon(context: CliContext): Promise<void> {
  if (context.settings().target.kind === "remote" || (await context.daemon()) !== undefined) return;
  context.out.note("no daemon is running: deliveries wait until one does");
  context.out.hint("hooks serve");
}
