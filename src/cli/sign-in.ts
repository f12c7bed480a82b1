import { checkServerUrl } from "../client/server-url.ts";
import { VERSION } from "../core/version.ts";
import type { Whoami } from "../core/whoami.ts";

/** A key that may be one of a server's. */
export interface Credentials {
  server: URL;
  apiKey: string | undefined;
  /** Worked with there; undefined: what the key is bound to. */
  tenant: string | undefined;
  environment: string | undefined;
}

/**
 * Asks the server who the key is.
 * @throws HooksError `unauthenticated`, `forbidden` when it is bound to another tenant or environment, `unreachable`
 */
export async function whoIs(credentials: Credentials): Promise<Whoami> {
  const { RemoteService } = await import("../client/remote.ts");
  const remote = new RemoteService({ ...credentials, userAgent: `hooks/${VERSION}` });
  try {
    return await remote.whoami();
  } finally {
    remote.close();
  }
}

/** @throws HooksError `usage` (field `--server`) for a server that a key must not be sent to */
export function checkMaySendKey(server: URL): void {
  checkServerUrl(server, true);
}
