// The text that an HTTP Message Signature signs (RFC 9421, 2.5).

import { type InnerList, type Item, serializeInnerList, serializeItem } from "../structured-fields.ts";
import { type Refusal, refuse } from "../verdict.ts";
import { HeaderFinder, type WebhookRequest } from "../webhook-request.ts";

const MAX_COMPONENTS = 64;
const FIELD_NAME = /^[a-z0-9!#$%&'*+\-.^_`|~]+$/;
const DEFAULT_PORTS: Partial<Record<string, string>> = { "http:": ":80", "https:": ":443" };

export interface Component {
  /** A field's name in lower case, or a derived component's with its `@`. */
  name: string;
  item: Item;
}

/** The components that a signature covers. */
export function componentsOf(member: InnerList): Component[] | Refusal {
  if (member.items.length > MAX_COMPONENTS) {
    return refuse("malformed_header", `signature-input names more than ${MAX_COMPONENTS} components`);
  }
  const seen = new Set<string>();
  const components: Component[] = [];
  for (const item of member.items) {
    const written = serializeItem(item);
    if (item.value.type !== "string" || seen.has(written)) {
      return refuse("malformed_header", "signature-input: each component must be a string, and stand there once");
    }
    seen.add(written);
    components.push({ name: item.value.text, item });
  }
  return components;
}

/**
 * What the message says is signed. Which parts of the request these are is its sender's choice, so one that the caller did
 * not give is a refusal too, never an exception.
 */
export function signatureBase(
  member: InnerList,
  components: readonly Component[],
  request: WebhookRequest,
): string | Refusal {
  const names = components.map(({ name }) => name).filter((name) => FIELD_NAME.test(name));
  const find = new HeaderFinder([...names, "host"]).find(request.headers);
  let base = "";
  for (const { name, item } of components) {
    let value: string | Refusal | undefined;
    if (name.startsWith("@")) {
      value = derived(name, item, request, find("host")?.[0]);
    } else {
      // The parameters sf, bs, key, tr and req ask for other readings of a field.
      if (item.parameters.size > 0 || !FIELD_NAME.test(name)) return unreadable(item);
      value = find(name)?.join(", ");
      if (value === undefined) return refuse("missing_header", `${name} is missing, which the signature covers`);
    }
    if (typeof value === "object") return value;
    if (value === undefined || /[\r\n]/.test(value)) return unreadable(item);
    base += `${serializeItem(item)}: ${value}\n`;
  }
  return `${base}"@signature-params": ${serializeInnerList(member)}`;
}

function unreadable(item: Item): Refusal {
  return refuse("unsupported_version", `signature-input: the component ${serializeItem(item)} cannot be checked here`);
}

/** RFC 9421, 2.2; undefined: not known, or not of a request. */
function derived(
  name: string,
  item: Item,
  request: WebhookRequest,
  host: string | undefined,
): string | Refusal | undefined {
  if (item.parameters.size > 0 && name !== "@query-param") return undefined;
  if (name === "@method") return request.method ?? notGiven(item, "method");
  if (name === "@authority" && request.url === undefined && host !== undefined) return host.toLowerCase();
  if (!URL_PARTS.has(name)) return undefined;
  const url = request.url === undefined ? null : URL.parse(request.url);
  if (url === null) return notGiven(item, "whole URL");
  switch (name) {
    case "@authority":
      return authorityOf(url);
    case "@target-uri":
      // As the sender wrote it.
      return request.url;
    case "@scheme":
      return url.protocol.slice(0, -1);
    case "@request-target":
      return requestTarget(request.url!);
    case "@path":
      return url.pathname;
    case "@query":
      return writtenParts(request.url!).query || "?";
    default:
      return queryParameter(item, url);
  }
}

const URL_PARTS = new Set([
  "@authority",
  "@target-uri",
  "@scheme",
  "@request-target",
  "@path",
  "@query",
  "@query-param",
]);

function notGiven(item: Item, part: string): Refusal {
  return refuse(
    "unsupported_version",
    `the signature covers ${serializeItem(item)}, and the request's ${part} is not known here`,
  );
}

/** As they were written: a parsed URL has rewritten a query's apostrophes, and resolved a path's dots. */
function writtenParts(url: string): { path: string; query: string } {
  const [, path = "", query = ""] = /^[^:]*:[/\\]*[^/\\?#]*([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  return { path, query };
}

function requestTarget(url: string): string {
  const { path, query } = writtenParts(url);
  return (path || "/") + query;
}

function authorityOf({ host, protocol }: URL): string {
  const port = DEFAULT_PORTS[protocol] ?? "";
  return host.endsWith(port) ? host.slice(0, host.length - port.length) : host;
}

/** RFC 9421, 2.2.8. */
function queryParameter(item: Item, { searchParams }: URL): string | undefined {
  const wanted = item.parameters.get("name");
  if (wanted?.type !== "string" || item.parameters.size > 1) return undefined;
  const values = [...searchParams].filter(([name]) => encode(name) === wanted.text);
  return values.length === 1 ? encode(values[0]?.[1] ?? "") : undefined;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
