import { HooksError } from "./errors.ts";

/**
 * What a server's 401 means to whoever works on it from a command line. `refusal`: the server's words about the key
 * that was sent; undefined when there was none.
 */
export function notSignedIn(server: string, refusal: string | undefined): HooksError {
  const { origin } = new URL(server);
  const message = refusal === undefined ? `not signed in at ${origin}` : refusal;
  return new HooksError("unauthenticated", message, {
    field: "--api-key",
    hint: `hooks login ${origin}, or give a key: --api-key-file FILE, HOOKS_API_KEY or --api-key KEY`,
  });
}

/**
 * There is a key, and this server must not have it: a folder that somebody got from others names the server.
 * `origin`: where the key is; `namedBy`: the file.
 */
export function keyWithheld(server: string, { origin, namedBy }: { origin: string; namedBy: string }): HooksError {
  const url = new URL(server);
  return new HooksError(
    "unauthenticated",
    `the key of ${origin} is not sent to ${url.origin}: only ${namedBy} names that server`,
    { field: origin, hint: `if it is yours: hooks login ${url.href}, or name it with --server or HOOKS_SERVER` },
  );
}
