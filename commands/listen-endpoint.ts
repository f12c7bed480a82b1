import { setTimeout as sleep } from "node:timers/promises";
import type { CliContext } from "../src/cli/context.ts";
import type { LocalTarget } from "../src/config.ts";
import { HooksError, isHooksError } from "../src/core/errors.ts";
import { notSignedIn } from "../src/core/not-signed-in.ts";

/** Where a listener dials, with which key and headers. */
interface Endpoint {
  url: string;
  key: string;
  headers: Record<string, string>;
  certificate?: string | undefined;
}

/** Another command may hold the store for a moment (`hooks trigger --wait` sends from its own process). */
const LOCK_TRIES = 50;
const LOCK_PAUSE_MS = 100;

/**
 * @throws HooksError `unauthenticated` for a server without a key
 *
 * Answers, as often as it is asked, where to dial: the server that the settings name; or the daemon that runs on the
 * local store; or, if none does when it is first asked, one that is started in this process and stopped with it.
 */
export async function listenEndpoint(context: CliContext): Promise<() => Promise<Endpoint>> {
  const { target, tenant, environment } = context.settings();
  if (target.kind === "remote") {
    const headers = {
      ...(tenant === undefined ? {} : { "hooks-tenant": tenant }),
      ...(environment === undefined ? {} : { "hooks-environment": environment }),
    };
    const { server } = target;
    const apiKey = await context.apiKey(target);
    // Without a key nobody may listen: that is known before there is a connection, or while there is none.
    if (apiKey === undefined) throw notSignedIn(server.href, undefined);
    return async () => ({ url: server.href, key: apiKey, headers });
  }
  const scope = context.scope();
  const headers = { "hooks-tenant": scope.tenant, "hooks-environment": scope.environment };
  let own: LocalDaemon | undefined;
  let mayStart = true;
  return async () => {
    const daemon = own ?? (await findOrStart(target, context, mayStart));
    if (daemon.isOwn) own = daemon;
    // Once there was a daemon, its absence means that somebody restarts it: taking its place would be in the way. One
    // that lived in another listener ended with it, and nobody else brings it back.
    mayStart = daemon.endsWithCommand;
    return { url: daemon.url, key: daemon.token, headers, certificate: daemon.certificate };
  };
}

interface LocalDaemon {
  url: string;
  token: string;
  certificate: string | undefined;
  /** It runs in a command such as this one. */
  endsWithCommand: boolean;
  /** It runs here. */
  isOwn: boolean;
}

async function findOrStart({ storePath }: LocalTarget, context: CliContext, mayStart: boolean): Promise<LocalDaemon> {
  const [{ findDaemon, startDaemon }, { profilesOf }] = await Promise.all([
    import("../src/daemon.ts"),
    import("../src/cli/own-profiles.ts"),
  ]);
  const settings = context.settings();
  const { dataDirectory, serve } = settings;
  const { environment } = context.scope();
  for (let tries = 1; ; tries++) {
    const running = await findDaemon(storePath, dataDirectory);
    if (running?.takesKeysOnly === true) throw needsKey(running.url);
    if (running !== undefined) return { ...running, isOwn: false };
    if (!mayStart) throw new HooksError("unreachable", "no daemon runs on this store");
    try {
      const own = await startDaemon({
        storePath,
        dataDirectory,
        host: "127.0.0.1",
        port: 0,
        environment,
        dns: serve.dns,
        sources: serve.sources,
        allowNet: serve.allowNet,
        denyNet: serve.denyNet,
        profiles: await profilesOf(settings),
        env: context.env,
        endsWithCommand: true,
      });
      context.onExit(() => own.stop());
      context.out.note(`no daemon is running: its parts run here, at ${own.url}, until this command ends`);
      return { url: own.url, token: own.token, certificate: undefined, endsWithCommand: true, isOwn: true };
    } catch (error) {
      if (!isHooksError(error) || error.code !== "daemon_running" || LOCK_TRIES <= tries) throw error;
      await sleep(LOCK_PAUSE_MS, undefined, { signal: context.signal });
    }
  }
}

function needsKey(url: string): HooksError {
  return new HooksError(
    "unauthenticated",
    "the daemon on this store can be reached by others: it takes API keys only",
    {
      field: "--server",
      hint: `name it, and give a key of role listener: HOOKS_API_KEY=hk_… hooks listen --server ${url}`,
    },
  );
}
