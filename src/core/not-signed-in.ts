import { HooksError } from "./errors.ts";

const HINT = "give a key: --api-key KEY, --api-key-file FILE or HOOKS_API_KEY";

/**
 * What a server's 401 means to whoever works on it from a command line. `refusal`: the server's words about the key
 * that was sent; undefined when there was none.
 */
export function notSignedIn(server: string, refusal: string | undefined): HooksError {
  const message = refusal === undefined ? `not signed in at ${new URL(server).origin}` : refusal;
  return new HooksError("unauthenticated", message, { field: "--api-key", hint: HINT });
}
