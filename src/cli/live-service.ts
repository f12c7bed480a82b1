import type { HooksService } from "../core/hooks-service.ts";
import { VERSION } from "../core/version.ts";
import type { CliContext } from "./context.ts";

/** A daemon on this machine answers at once, or is in trouble. */
const TIMEOUT_MS = 5_000;

/**
 * The service of the daemon that runs on the local store, which knows what is going on at this moment; undefined: none
 * runs, or it lets nobody in who has no key.
 */
export async function liveService(context: CliContext): Promise<HooksService | undefined> {
  const daemon = await context.daemon();
  // One with a certificate is reached by the name in it, which this machine need not know.
  if (daemon === undefined || daemon.takesKeysOnly === true || daemon.certificate !== undefined) return undefined;
  const [{ RemoteService }, { readLocalToken }] = await Promise.all([
    import("../client/remote.ts"),
    import("../service/local-token.ts"),
  ]);
  const apiKey = readLocalToken(context.settings().dataDirectory);
  if (apiKey === undefined) return undefined;
  const server = new URL(daemon.url);
  const remote = new RemoteService({
    server,
    apiKey,
    ...context.scope(),
    userAgent: `hooks/${VERSION}`,
    timeoutMs: TIMEOUT_MS,
  });
  context.onExit(() => remote.close());
  return remote;
}
