import type { Scheme, SignaturePlace, TimestampRule } from "./scheme.ts";
import { HeaderFinder } from "./webhook-request.ts";

/** A record made ready: what `sign` and `verify` would otherwise work out for every message. */
export interface CompiledScheme {
  readonly scheme: Scheme;
  readonly parts: readonly ContentPart[];
  /** The hash under the HMAC; undefined when the signature is none, or has code of its own. */
  readonly hash: HmacHash | undefined;
  /** Finds the headers that it reads. */
  readonly headers: HeaderFinder;
  readonly places: HeaderPlaces;
  /** Undefined where signatures have no fixed length. */
  readonly signatureBytes: number | undefined;
  /** What an id may not contain, because it ends the id in the signed text; undefined: nothing does. */
  readonly idEnd: string | undefined;
  /** The signature covers the body; schemes with code of their own say it of each message. */
  readonly signsBody: boolean;
  /** The secret's own text is part of what is signed. */
  readonly signsSecret: boolean;
  /** Something that it reads stands in the body. */
  readonly readsJson: boolean;
}

/** Where among the headers that are found each thing stands; undefined: it stands in none. */
export interface HeaderPlaces {
  readonly signature: HeaderPlace | undefined;
  readonly also: HeaderPlace | undefined;
  readonly id: HeaderPlace | undefined;
  readonly timestamp: HeaderPlace | undefined;
  /** The timestamp's name in the list of signatures. */
  readonly timestampField: string | undefined;
}

/** The first of these that the message has. */
export interface HeaderPlace {
  readonly names: readonly string[];
  /** By name. */
  readonly slots: readonly number[];
}

export type HmacHash = "sha1" | "sha256" | "sha512";

export type ContentField = "id" | "timestamp" | "method" | "url" | "url:hubspot" | "secret" | "body" | "json";

/** A field, or the text between two of them. */
export interface ContentPart {
  field: ContentField | undefined;
  /** The text itself; of a `json` field its path. */
  text: string;
  /** The part's text in a message; undefined: the caller did not give it. Never called for the body. */
  read(values: ContentValues, key: unknown): string | undefined;
}

/** What the signed text is made of beside the body; only what the scheme's content names is needed. */
export interface ContentValues {
  id: string | undefined;
  timestamp: string | undefined;
  method: string | undefined;
  url: string | undefined;
  /** By path. */
  json: ReadonlyMap<string, string> | undefined;
}

const SIGNATURE_BYTES: Partial<Record<Scheme["algorithm"], number>> = {
  "hmac-sha1": 20,
  "hmac-sha256": 32,
  "hmac-sha512": 64,
  sha256: 32,
  ed25519: 64,
};

/** @throws RangeError for a record whose content names a field that there is not: a bug in the record. */
export function compileScheme(scheme: Scheme): CompiledScheme {
  const parts = scheme.code === undefined ? parseContent(scheme) : [];
  const afterId = parts[parts.findIndex((part) => part.field === "id") + 1];
  const signatureBytes = SIGNATURE_BYTES[scheme.algorithm];
  const isHmac = scheme.code === undefined && scheme.algorithm.startsWith("hmac-");
  const headers = new HeaderFinder([...headersOf(scheme), ...(scheme.code?.headers ?? [])]);
  return {
    scheme,
    parts,
    signatureBytes,
    hash: isHmac ? (scheme.algorithm.slice("hmac-".length) as HmacHash) : undefined,
    headers,
    places: placesOf(scheme, headers),
    idEnd: scheme.id !== undefined && afterId?.field === undefined ? afterId?.text.slice(0, 1) : undefined,
    signsBody: scheme.code !== undefined || parts.some(({ field }) => field === "body"),
    signsSecret: parts.some(({ field }) => field === "secret"),
    readsJson:
      scheme.code === undefined &&
      ("json" in scheme.signature ||
        (scheme.timestamp !== undefined && "json" in scheme.timestamp) ||
        parts.some(({ field }) => field === "json")),
  };
}

function placesOf({ signature, id, timestamp }: Scheme, finder: HeaderFinder): HeaderPlaces {
  const place = (names: readonly string[] | undefined): HeaderPlace | undefined =>
    names && { names, slots: names.map((name) => finder.slotOf(name)) };
  return {
    signature: place("json" in signature ? undefined : signature.headers),
    also: place("json" in signature ? undefined : signature.also),
    id: place(id?.headers),
    timestamp: place(timestampHeaders(timestamp)),
    timestampField: timestamp !== undefined && "field" in timestamp ? timestamp.field : undefined,
  };
}

/** Names of all headers that a record names, the signature's first. */
export function headersOf({ signature, id, timestamp, require }: Scheme): string[] {
  return [
    ...signatureHeaders(signature),
    ...(id?.headers ?? []),
    ...(timestampHeaders(timestamp) ?? []),
    ...Object.keys(require ?? {}),
  ];
}

/** Empty when the signature stands in the body. */
export function signatureHeaders(place: SignaturePlace): readonly string[] {
  return "json" in place ? [] : [...place.headers, ...(place.also ?? [])];
}

/** Undefined when the timestamp stands in no header of its own. */
export function timestampHeaders(rule: TimestampRule | undefined): readonly string[] | undefined {
  return rule !== undefined && "headers" in rule ? rule.headers : undefined;
}

/** The signed bytes in pieces. */
export function contentOf(
  { parts, scheme }: CompiledScheme,
  key: unknown,
  values: ContentValues,
  body: Uint8Array | string,
): (string | Uint8Array)[] {
  return parts.map((part) => (part.field === "body" ? body : partText(part, values, key, scheme)));
}

/** @throws TypeError when the caller did not give the method or the URL that is signed. */
export function partText(part: ContentPart, values: ContentValues, key: unknown, { name }: Scheme): string {
  const text = part.read(values, key);
  if (text !== undefined) return text;
  const field = part.field === "url:hubspot" ? "url" : part.field;
  throw new TypeError(`${name} signs the ${field}: request.${field} is needed`);
}

const HUBSPOT_ESCAPES = /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

/** HubSpot signs the URI with these twelve characters unescaped. Source: HubSpot, "Validating requests", version 3. */
function unescapeForHubspot(url: string): string {
  return url.replace(HUBSPOT_ESCAPES, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function parseContent({ name, content }: Scheme): ContentPart[] {
  return content
    .split(/(\{[^}]*\})/)
    .filter((piece) => piece !== "")
    .map((piece): ContentPart => {
      if (!piece.startsWith("{")) return { field: undefined, text: piece, read: () => piece };
      const field = piece.slice(1, -1);
      if (/^json:[^{}]+$/.test(field)) {
        const path = field.slice("json:".length);
        return { field: "json", text: path, read: ({ json }) => json?.get(path) ?? "" };
      }
      const read = Object.hasOwn(READERS, field) ? READERS[field as keyof typeof READERS] : undefined;
      if (read === undefined) throw new RangeError(`scheme ${name}: unknown field ${piece} in its content`);
      return { field: field as ContentField, text: "", read };
    });
}

/** One function for each, so that each reads its own property. */
const READERS: Record<Exclude<ContentField, "json">, ContentPart["read"]> = {
  id: (values) => values.id,
  timestamp: (values) => values.timestamp,
  method: (values) => values.method,
  url: (values) => values.url,
  "url:hubspot": ({ url }) => (url === undefined ? undefined : unescapeForHubspot(url)),
  secret: (_values, key) => (key as { text: string }).text,
  body: () => undefined,
};
