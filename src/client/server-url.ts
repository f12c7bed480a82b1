import { HooksError } from "../core/errors.ts";

/**
 * A key in clear text is anybody's on the way, so `http://` is for this machine only.
 * @throws HooksError `usage` (field `--server`).
 */
export function checkServerUrl(server: URL, hasKey: boolean): void {
  const refuse = (message: string, hint: string): never => {
    throw new HooksError("usage", message, { field: "--server", hint });
  };
  if (server.protocol !== "https:" && server.protocol !== "http:") {
    refuse("--server must be an http:// or https:// address", "for example: --server https://hooks.example.com");
  }
  if (server.username !== "" || server.password !== "") {
    refuse("--server must not contain a user name or password", "give the key by --api-key or HOOKS_API_KEY");
  }
  if (server.protocol === "http:" && hasKey && !isLoopback(server.hostname)) {
    refuse(
      `--server is http://${server.host}: the API key would cross the network in clear text`,
      `use https://${server.host}, or a tunnel to this machine: ssh -L 4680:localhost:4680 ${server.hostname}`,
    );
  }
}

/** What a URL's host name can be that never leaves this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
