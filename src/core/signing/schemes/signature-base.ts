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

/** @throws TypeError when the caller did not give the method or the URL that is signed. */
export function signatureBase(
  member: InnerList,
  components: readonly Component[],
  request: WebhookRequest,
): string | Refusal {
  const names = components.map(({ name }) => name).filter((name) => FIELD_NAME.test(name));
  const find = new HeaderFinder([...names, "host"]).find(request.headers);
  let base = "";
  for (const { name, item } of components) {
    let value: string | undefined;
    if (name.startsWith("@")) {
      value = derived(name, item, request, find("host")?.[0]);
    } else {
      // The parameters sf, bs, key, tr and req ask for other readings of a field.
      if (item.parameters.size > 0 || !FIELD_NAME.test(name)) return unreadable(item);
      value = find(name)?.join(", ");
      if (value === undefined) return refuse("missing_header", `${name} is missing, which the signature covers`);
    }
    if (value === undefined || /[\r\n]/.test(value)) return unreadable(item);
    base += `${serializeItem(item)}: ${value}\n`;
  }
  return `${base}"@signature-params": ${serializeInnerList(member)}`;
}

function unreadable(item: Item): Refusal {
  return refuse("unsupported_version", `signature-input: the component ${serializeItem(item)} cannot be checked here`);
}

/** RFC 9421, 2.2; undefined: not known, or not of a request. */
function derived(name: string, item: Item, request: WebhookRequest, host: string | undefined): string | undefined {
  if (name === "@query-param") return queryParameter(item, request);
  if (item.parameters.size > 0) return undefined;
  switch (name) {
    case "@method":
      if (request.method === undefined) throw new TypeError("rfc9421 signs the method: request.method is needed");
      return request.method;
    case "@authority":
      return request.url === undefined && host !== undefined ? host.toLowerCase() : authorityOf(urlOf(request));
    case "@target-uri":
      return targetOf(request);
    case "@scheme":
      return urlOf(request).protocol.slice(0, -1);
    case "@request-target":
      return urlOf(request).pathname + urlOf(request).search;
    case "@path":
      return urlOf(request).pathname;
    case "@query":
      return urlOf(request).search || "?";
    default:
      return undefined;
  }
}

/** As the sender wrote it. */
function targetOf(request: WebhookRequest): string {
  urlOf(request);
  return request.url ?? "";
}

function urlOf({ url }: WebhookRequest): URL {
  const parsed = url === undefined ? null : URL.parse(url);
  if (parsed === null) throw new TypeError("rfc9421 signs the url: request.url is needed, and whole");
  return parsed;
}

function authorityOf({ host, protocol }: URL): string {
  const port = DEFAULT_PORTS[protocol] ?? "";
  return host.endsWith(port) ? host.slice(0, host.length - port.length) : host;
}

/** RFC 9421, 2.2.8. */
function queryParameter(item: Item, request: WebhookRequest): string | undefined {
  const wanted = item.parameters.get("name");
  if (wanted?.type !== "string" || item.parameters.size > 1) return undefined;
  const values = [...urlOf(request).searchParams].filter(([name]) => encode(name) === wanted.text);
  return values.length === 1 ? encode(values[0]?.[1] ?? "") : undefined;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
