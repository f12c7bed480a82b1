import { HooksError } from "../core/errors.ts";
import { HOP_BY_HOP } from "../core/hop-by-hop.ts";
import { quotedUrl } from "../core/quoted.ts";
import { headerPair } from "./frame-field.ts";
import { isLoopbackHost } from "./loopback.ts";

/** Where deliveries are forwarded to. */
export interface ForwardTarget {
  /** Normalised: scheme, host, port, path and query of the local program. */
  url: URL;
  /** For people: `localhost:3000/webhooks`. */
  text: string;
}

const FORMS = "expected a port, HOST:PORT, HOST:PORT/PATH or an http(s) URL: 3000, localhost:3000/webhooks";

/**
 * Reads the value of `--forward`: `3000`, `localhost:3000`, `localhost:3000/webhooks`, `http://…`, `[::1]:3000`.
 *
 * @param name of what gives it, for messages
 * @throws HooksError `usage` naming it; also for a host that is not this computer, unless `allowRemote`:
 * whoever can publish events would otherwise reach into the developer's network.
 */
export function parseForwardTarget(value: string, allowRemote: boolean, name = "--forward"): ForwardTarget {
  const wrong = (given: string, message: string, hint?: string): HooksError =>
    new HooksError("usage", `${name} ${quotedUrl(given)}: ${message}`, { field: name, hint });
  const text = value.trim();
  const url = toUrl(text);
  if (url === undefined) throw wrong(value, FORMS);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw wrong(value, FORMS);
  if (url.username !== "" || url.password !== "") {
    throw wrong(value, "name no user in it", `--header "authorization: …" signs in`);
  }
  if (url.hash !== "") throw wrong(value, "a #fragment is never sent: leave it out");
  if (url.port === "0") throw wrong(value, "a port is from 1 to 65535");
  // Servers print these when they listen on every address; as a destination they mean this computer.
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  if (!allowRemote && !isLoopbackHost(url.hostname)) {
    throw wrong(value, `${url.hostname} is not this computer`, "if it is meant so, add --forward-allow-remote");
  }
  return {
    url,
    text: (url.protocol === "http:" ? "" : "https://") + url.host + (url.pathname === "/" ? "" : url.pathname),
  };
}

/**
 * Reads the value of `--header`: `name: value`.
 *
 * @throws HooksError `usage` naming `--header`, also for a name that belongs to the connection.
 */
export function parseForwardHeader(value: string): [name: string, value: string] {
  const at = value.indexOf(":");
  const pair = at < 1 ? undefined : headerPair.read([value.slice(0, at).trim(), value.slice(at + 1).trim()]);
  if (pair === undefined) {
    // What is given is not repeated: it is most likely a key.
    throw new HooksError("usage", `--header must be 'name: value'`, {
      field: "--header",
    });
  }
  if (HOP_BY_HOP.has(pair[0].toLowerCase()) || pair[0].toLowerCase() === "content-length") {
    throw new HooksError("usage", `--header ${pair[0]} may not be set: it belongs to the connection`, {
      field: "--header",
    });
  }
  return pair;
}

function toUrl(text: string): URL | undefined {
  // What URL would drop or mend silently was never meant.
  if (text === "" || /[\s\\\u0000-\u001f\u007f]/.test(text)) return undefined;
  if (/^https?:\/\/[^/]/i.test(text)) return parse(text);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return undefined;
  if (/^\d+$/.test(text) || /^\d+\//.test(text)) return parse(`http://localhost:${text}`);
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d+)?([/?].*)?$/i.test(text) ? parse(`http://${text}`) : undefined;
}

function parse(text: string): URL | undefined {
  // Not canParse and new: of some long texts the one says what the other denies.
  return URL.parse(text) ?? undefined;
}
