// What an operator says of the way to the daemon: by which names it is called, and which proxies stand before it.

import { HooksError } from "./errors.ts";
import { quoted } from "./quoted.ts";

/** Whose word about a request's client is taken. */
export type TrustedProxies =
  /** So many proxies stand before the daemon, whatever their addresses are. */
  { kind: "hops"; hops: number } | { kind: "networks"; networks: readonly Network[] };

export interface Network {
  address: string;
  /** Bits. */
  prefix: number;
  family: "ipv4" | "ipv6";
}

const LOOPBACK: readonly Network[] = [
  { address: "127.0.0.0", prefix: 8, family: "ipv4" },
  { address: "::1", prefix: 128, family: "ipv6" },
];
const MAX_HOPS = 10;
const MAX_ENTRIES = 100;

/**
 * `loopback`, `10.0.0.0/8`, `10.0.0.5`, several with commas; or a number of proxies: `1`.
 * @throws HooksError `usage` naming `name`.
 */
export function parseTrustedProxies(text: string, name: string): TrustedProxies {
  if (/^\d+$/.test(text)) {
    const hops = Number(text);
    if (1 <= hops && hops <= MAX_HOPS) return { kind: "hops", hops };
    throw usage(`${name} must be from 1 to ${MAX_HOPS} when it is a number of proxies, got ${text.slice(0, 20)}`, name);
  }
  const networks = listOf(text, name).flatMap((entry) => (entry === "loopback" ? LOOPBACK : parseNetwork(entry, name)));
  return { kind: "networks", networks };
}

function parseNetwork(text: string, name: string): Network {
  const [address = "", prefixText, ...more] = text.split("/");
  const family = familyOf(address);
  const bits = family === "ipv4" ? 32 : 128;
  const prefix = prefixText === undefined ? bits : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (family === undefined || 0 < more.length || !(prefix <= bits)) {
    throw usage(
      `${name} must be loopback, a number of proxies, or addresses such as 10.0.0.0/8, got ${quoted(text)}`,
      name,
      `a proxy on this machine: ${name} loopback`,
    );
  }
  if (prefix === 0) {
    throw usage(`${name} ${text} would let everybody say who they are`, name, "name the proxies' own addresses");
  }
  return { address, prefix, family };
}

function familyOf(address: string): Network["family"] | undefined {
  // The URL parser knows what an address is: https://url.spec.whatwg.org/#host-parsing
  if (/^[\d.]+$/.test(address)) return URL.parse(`http://${address}/`)?.hostname === address ? "ipv4" : undefined;
  return /^[\da-f:.]*:[\da-f:.]*$/i.test(address) && URL.canParse(`http://[${address}]/`) ? "ipv6" : undefined;
}

/**
 * Names or addresses as they stand in the header Host, with or without a port, in lower case; several with commas.
 * @throws HooksError `usage` naming `name`.
 */
export function parseAllowedHosts(text: string, name: string): string[] {
  return listOf(text, name).map((host) => {
    if (/^(\[[\da-f:.]+\]|[\w.-]{1,255})(:\d{1,5})?$/i.test(host)) return host.toLowerCase();
    throw usage(
      `${name} must be a name, with or without a port, got ${quoted(host)}`,
      name,
      `for example: ${name} hooks.example.com`,
    );
  });
}

/**
 * The URL by which others reach the daemon, without a "/" at its end.
 * @throws HooksError `usage` naming `name`.
 */
export function parsePublicUrl(text: string, name: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    const hint = /^[\w.-]+(:\d+)?(\/|$)/.test(text) ? `for example: ${name} https://${text}` : undefined;
    throw usage(`${name} must be a URL that begins with https:// or http://, got ${quoted(text)}`, name, hint);
  }
  if (url.username !== "" || url.password !== "") throw usage(`${name} must not hold a name or password`, name);
  if (url.search !== "" || url.hash !== "") throw usage(`${name} must not have a query or fragment`, name);
  return url;
}

/** How the public URL stands in the header Host: `hooks.example.com` and `hooks.example.com:443`. */
export function hostsOf(url: URL): string[] {
  if (url.port !== "") return [url.host];
  return [url.host, `${url.host}:${url.protocol === "https:" ? 443 : 80}`];
}

/** A public URL as text, without the "/" that the parser adds. */
export function publicUrlText(url: URL): string {
  return url.href.replace(/\/$/, "");
}

function listOf(text: string, name: string): string[] {
  const entries = text.split(",").map((entry) => entry.trim());
  if (MAX_ENTRIES < entries.length) throw usage(`${name} takes at most ${MAX_ENTRIES}`, name);
  return entries;
}

function usage(message: string, field: string, hint?: string): HooksError {
  return new HooksError("usage", message, { field, hint });
}
