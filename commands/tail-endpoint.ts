import type { CliContext } from "../src/cli/context.ts";
import type { TailEndpoint } from "../src/cli/tail.ts";
import { HooksError } from "../src/core/errors.ts";
import { notSignedIn } from "../src/core/not-signed-in.ts";
import { VERSION } from "../src/core/version.ts";

/**
 * Where what happens is told live: the server that the settings name, or the daemon that runs on the local store.
 * @throws HooksError `unreachable` when none runs, `unauthenticated` without a key
 */
export async function tailEndpoint(context: CliContext): Promise<TailEndpoint> {
  const { target, tenant, environment, dataDirectory } = context.settings();
  const userAgent = `hooks/${VERSION}`;
  if (target.kind === "remote") {
    const apiKey = await context.apiKey(target);
    if (apiKey === undefined) throw notSignedIn(target.server.href, undefined);
    return { server: target.server, apiKey, tenant, environment, userAgent };
  }
  const { findDaemon } = await import("../src/daemon.ts");
  const daemon = await findDaemon(target.storePath, dataDirectory);
  if (daemon === undefined) {
    throw new HooksError("unreachable", "no daemon runs on this store: nothing is sent that could be shown", {
      field: "--store",
      hint: "hooks serve",
    });
  }
  if (daemon.takesKeysOnly) {
    throw new HooksError("unauthenticated", "the daemon on this store takes API keys only", {
      field: "--server",
      hint: `name it, and give a key of role reader: HOOKS_API_KEY=hk_… hooks logs --server ${daemon.url}`,
    });
  }
  const scope = context.scope();
  const { url, token, certificate } = daemon;
  return { server: new URL(url), apiKey: token, certificate, userAgent, ...scope };
}
