// What is checked before a request is looked at: that it was meant for this server (DNS rebinding) and does not come
// from a web page of somebody else (cross-site requests). Keys alone do not stop either: a browser can be made to ask
// in its user's name.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { hostsOf, type TrustedProxies } from "../core/door-settings.ts";
import { HooksError, invalid } from "../core/errors.ts";
import { LOOP_HEADER, marksIn } from "../core/loop-mark.ts";
import { type Client, Clients, plainAddress } from "./client.ts";

const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Host names that may stand in `Host` besides loopback names and the address that was dialled: `hooks.example.com`,
 * `10.0.0.5:4680`. Without a port: any port. */
export type AllowedHosts = readonly string[];

/** Node counts bytes only, and 16 KiB are room for thousands of short lines. */
const MAX_HEADERS = 200;

export interface DoorOptions {
  allowedHosts: AllowedHosts;
  /** By which others reach the server. */
  publicUrl?: URL | undefined;
  /** Proxies whose word about the client is taken. */
  trustedProxies?: TrustedProxies | undefined;
  /** What this server's deliveries are marked with, if they are. */
  loopMark?: string | undefined;
}

export class Doors {
  readonly clients: Clients;
  readonly #allowed: readonly string[];
  readonly #publicHosts: readonly string[];
  readonly #publicOrigin: string | undefined;
  readonly #loopMark: string | undefined;
  /** What was let through by each connection last: the next request says the same, as a rule. */
  readonly #lastHosts = new WeakMap<object, string>();

  constructor({ allowedHosts, publicUrl, trustedProxies, loopMark }: DoorOptions) {
    this.clients = new Clients(trustedProxies);
    this.#allowed = allowedHosts.map((host) => host.toLowerCase());
    this.#publicHosts = publicUrl === undefined ? [] : hostsOf(publicUrl);
    this.#publicOrigin = publicUrl?.origin;
    this.#loopMark = loopMark;
  }

  /** @throws HooksError `headers_too_large`, `invalid_request`, `wrong_host`, `forbidden`, `loop_detected`. */
  check(request: IncomingMessage): void {
    if (2 * MAX_HEADERS < request.rawHeaders.length) {
      throw new HooksError("headers_too_large", `a request must have at most ${MAX_HEADERS} headers`);
    }
    const host = singleHost(request);
    this.#checkHost(host, request);
    this.#checkLoop(request);
    // Most requests are a program's, and come by no proxy.
    if (request.headers.origin === undefined && !this.clients.hasProxies) {
      checkSite(request);
      return;
    }
    const client = this.clients.of(request);
    // Both: a page whose name was bound to this machine sends any X-Forwarded-Host, but its own Host.
    if (client.host !== undefined) this.#checkHost(client.host, request);
    this.#checkOrigin(client.host ?? host, client, request);
  }

  /** The same of a WebSocket's handshake. No page has business there: a browser lets any site open one, and asks nobody.
   * @throws HooksError like `check` */
  checkUpgrade(request: IncomingMessage): void {
    this.check(request);
    if (request.headers.origin === undefined) return;
    throw new HooksError("forbidden", "Origin must not be there: no web page listens", { field: "origin" });
  }

  #checkHost(host: string, { socket }: IncomingMessage): void {
    if (this.#lastHosts.get(socket) === host) return;
    if (!this.#isOurs(host, socket)) throw wrongHost(host);
    this.#lastHosts.set(socket, host);
  }

  #isOurs(host: string, { localAddress, localPort }: Socket): boolean {
    if (this.#publicHosts.includes(host) || this.#allowed.some((allowed) => isNamed(host, allowed))) return true;
    const { name, port } = splitPort(host);
    const isOurPort = port === undefined || port === String(localPort);
    // An address that was dialled is no name that somebody could rebind. A wildcard is never what was dialled.
    return isOurPort && (LOOPBACK_NAMES.has(name) || name === asHost(localAddress));
  }

  #checkLoop({ headers }: IncomingMessage): void {
    const passed = headers[LOOP_HEADER];
    if (this.#loopMark === undefined || passed === undefined) return;
    if (!marksIn([passed].flat()).includes(this.#loopMark)) return;
    throw new HooksError(
      "loop_detected",
      "this server sent the request itself: taken, it would be sent again for ever",
      {
        field: LOOP_HEADER,
      },
    );
  }

  #checkOrigin(host: string, client: Client, request: IncomingMessage): void {
    const { origin } = request.headers;
    if (origin !== undefined && !this.#isOwn(origin, host, client)) {
      throw new HooksError("forbidden", "Origin is another site: hooks answers no web pages but its own", {
        field: "origin",
      });
    }
    checkSite(request);
  }

  #isOwn(origin: string, host: string, { isSecure }: Client): boolean {
    if (origin === this.#publicOrigin || origin === `https://${host}`) return true;
    // Where a host is reached by https, a page of it that came in the clear may be anybody's.
    return origin === `http://${host}` && !isSecure && this.#publicOrigin !== `https://${host}`;
  }
}

/** Sec-Fetch-Mode is not judged: Node's own fetch sends `cors`. */
function checkSite({ headers }: IncomingMessage): void {
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return;
  throw new HooksError("forbidden", `Sec-Fetch-Site is ${String(site)}: hooks answers no web pages but its own`, {
    field: "sec-fetch-site",
  });
}

/** The request's host, from its one Host header. Node keeps the first of two; only the raw list shows the second. */
function singleHost(request: IncomingMessage): string {
  const host = singleHeader(request, "host");
  if (host === undefined || host === "") throw invalid("host", "Host is missing");
  if (request.url?.startsWith("/") === true) return host.toLowerCase();
  // GET http://other/path: the target's authority counts, not the header (RFC 9112, 3.2.2).
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(request.url ?? "")?.[1];
  if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase()) throw wrongHost(authority);
  return host.toLowerCase();
}

function isNamed(host: string, allowed: string): boolean {
  return host === allowed || splitPort(host).name === allowed;
}

function splitPort(host: string): { name: string; port: string | undefined } {
  const match = /^(.*?)(?::(\d{1,5}))?$/s.exec(host);
  return { name: match?.[1] ?? host, port: match?.[2] };
}

/** A socket's address as it stands in a URL: IPv4 in IPv6 as IPv4, IPv6 in brackets. */
function asHost(address: string | undefined): string | undefined {
  const plain = plainAddress(address);
  return plain?.includes(":") === true ? `[${plain}]` : plain;
}

function wrongHost(host: string): HooksError {
  return new HooksError("wrong_host", `Host "${host}" is not a name of this server`, {
    field: "host",
    hint: "use localhost, or start it with: hooks serve --allow-host NAME (or --public-url URL)",
  });
}

const CONTENT_TYPE = /^application\/(json|x-ndjson)[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

export type BodyFormat = "json" | "ndjson";

/**
 * The format of the request's body; undefined when there is none.
 * @throws HooksError `unsupported_media_type` naming the header. A body that a browser could send without asking
 *   first (text/plain, forms) is never JSON, and nothing is decompressed.
 */
export function bodyFormatOf({ headers }: IncomingMessage): BodyFormat | undefined {
  const length = headers["content-length"];
  const hasBody = headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
  if (!hasBody) return undefined;
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new HooksError("unsupported_media_type", "Content-Encoding is not supported: send the body as it is", {
      field: "content-encoding",
    });
  }
  const type = headers["content-type"] ?? "";
  if (type === "application/json") return "json";
  const format = CONTENT_TYPE.exec(type)?.[1]?.toLowerCase();
  if (format === undefined) {
    throw new HooksError("unsupported_media_type", "Content-Type must be application/json (in UTF-8)", {
      field: "content-type",
    });
  }
  return format === "json" ? "json" : "ndjson";
}

/**
 * A header that may be given once.
 * @throws HooksError `invalid_request` when it is given twice: two readers could believe different ones.
 */
export function singleHeader(request: IncomingMessage, name: string): string | undefined {
  const { rawHeaders } = request;
  let found: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.length !== name.length || rawHeaders[index]!.toLowerCase() !== name) continue;
    if (found !== undefined) throw invalid(name, `${name} is given twice`);
    found = rawHeaders[index + 1]!;
  }
  return found;
}
