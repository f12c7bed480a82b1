import { isHostName } from "./host-name.ts";
import { formatIp, type IpAddress, parseIp } from "./ip-address.ts";

/** An URL that means one thing to every reader. */
export interface TargetUrl {
  /** The canonical form, without fragment: what is stored and dialled. */
  href: string;
  origin: string;
  /** Path and query. */
  path: string;
  protocol: "http:" | "https:";
  /** A name in lower case and ASCII without a dot at the end, or an address without brackets. */
  host: string;
  /** Undefined: the host is a name. */
  address: IpAddress | undefined;
  port: number;
}

/** Why a text is none. */
export interface UrlFault {
  /** `url_refused`: it is well-formed, but where it points is not written in the one plain way. */
  code: "invalid_request" | "url_refused";
  /** Goes on after the name of the field: `must not contain a backslash`. */
  what: string;
  hint?: string;
}

export const MAX_URL_LENGTH = 2_048;
/** Control characters, spaces of any kind, what is formatting only (zero-width, bidirectional, soft hyphen). */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Z}\p{Cs}]/u;
/** Characters that a host's canonical form drops or that nobody sees. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;

/**
 * Reads the text as it was given, before `new URL` repairs it: whatever two readers of URLs could take for different
 * hosts is refused.
 */
export function readTargetUrl(text: string): TargetUrl | UrlFault {
  if (MAX_URL_LENGTH < text.length) return malformed(`must be at most ${MAX_URL_LENGTH} characters`);
  if (INVISIBLE.test(text)) return malformed("must not contain spaces, control or invisible characters");
  if (text.includes("\\")) return malformed("must not contain a backslash");
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return notHttp();
  if (authority.includes("@")) {
    return malformed("must not contain a user name or password", "send them in a header");
  }
  if (authority.includes("%")) return malformed("must not contain escapes in its host");
  const url = URL.parse(text);
  const written = /^(\[[\da-f:.]+\]|[^:[\]]+)(?::\d{0,5})?$/i.exec(authority)?.[1];
  if (url === null || written === undefined || (url.protocol !== "http:" && url.protocol !== "https:"))
    return notHttp();

  const host = canonicalHost(written, url.hostname);
  if (typeof host !== "string") return host;
  url.hostname = host.includes(":") ? `[${host}]` : host;
  url.hash = "";
  if (MAX_URL_LENGTH < url.href.length) return malformed(`must be at most ${MAX_URL_LENGTH} characters once escaped`);
  return {
    href: url.href,
    origin: url.origin,
    path: url.pathname + url.search,
    protocol: url.protocol,
    host,
    address: parseIp(host),
    port: Number(url.port || (url.protocol === "https:" ? 443 : 80)),
  };
}

/** The host as it is compared, when what was written is plainly it. */
function canonicalHost(written: string, read: string): string | UrlFault {
  if (written.startsWith("[")) {
    const address = parseIp(written.slice(1, -1));
    const text = address === undefined ? undefined : formatIp(address);
    return text === undefined || `[${text}]` !== read ? notHttp() : text;
  }
  const address = parseIp(read);
  if (address !== undefined) {
    if (written === read) return read;
    const hint = `write it as four decimal numbers: ${read}`;
    return {
      code: "url_refused",
      what: "has an IPv4 address in a form that not every reader takes for the same",
      hint,
    };
  }
  const name = withoutLastDot(read);
  if (!isHostName(name)) return { code: "url_refused", what: "has a host that is no valid name" };
  const labels = name.split(".");
  const given = withoutLastDot(written).split(".");
  const isPlain = labels.length === given.length && labels.every((label, at) => isPlainly(label, given[at] ?? ""));
  if (isPlain && !IGNORABLE.test(written)) return name;
  return {
    code: "url_refused",
    what: "has characters in its host that stand for others",
    hint: `if ${name} is meant, write it so`,
  };
}

/** A label in ASCII is itself; another must come out as punycode, not as the ASCII that it looks like. */
function isPlainly(label: string, given: string): boolean {
  return /^[\0-\x7f]*$/.test(given) ? given.toLowerCase() === label : label.startsWith("xn--");
}

function withoutLastDot(host: string): string {
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

function notHttp(): UrlFault {
  return malformed("must be an http:// or https:// address", "for example: https://example.com/webhooks");
}

function malformed(what: string, hint?: string): UrlFault {
  return { code: "invalid_request", what, ...(hint === undefined ? {} : { hint }) };
}
