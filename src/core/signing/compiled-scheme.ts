import type { Scheme, SignaturePlace, TimestampRule } from "./scheme.ts";
import type { FindHeader } from "./scheme-code.ts";
import { HeaderFinder, type HeadersInput } from "./webhook-request.ts";

/** A record made ready: what `sign` and `verify` would otherwise work out for every message. */
export interface CompiledScheme {
  readonly scheme: Scheme;
  readonly parts: readonly ContentPart[];
  /** The hash under the HMAC; undefined when the signature is none, or has code of its own. */
  readonly hash: HmacHash | undefined;
  /** Finds the headers that it reads. */
  readonly headers: { find(input: HeadersInput): FindHeader };
  /** Undefined where signatures have no fixed length. */
  readonly signatureBytes: number | undefined;
  /** What an id may not contain, because it ends the id in the signed text; undefined: nothing does. */
  readonly idEnd: string | undefined;
  /** The signature covers the body; schemes with code of their own say it of each message. */
  readonly signsBody: boolean;
  /** Something that it reads stands in the body. */
  readonly readsJson: boolean;
}

export type HmacHash = "sha1" | "sha256" | "sha512";

export type ContentField = "id" | "timestamp" | "method" | "url" | "url:hubspot" | "secret" | "body" | "json";

/** A field, or the text between two of them; `text` is the path of a `json` field. */
export interface ContentPart {
  field: ContentField | undefined;
  text: string;
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

const FIELDS: readonly string[] = [
  "id",
  "timestamp",
  "method",
  "url",
  "url:hubspot",
  "secret",
  "body",
] satisfies ContentField[];

/** @throws RangeError for a record whose content names a field that there is not: a bug in the record. */
export function compileScheme(scheme: Scheme): CompiledScheme {
  const parts = scheme.code === undefined ? parseContent(scheme) : [];
  const afterId = parts[parts.findIndex((part) => part.field === "id") + 1];
  const signatureBytes = SIGNATURE_BYTES[scheme.algorithm];
  const isHmac = scheme.code === undefined && scheme.algorithm.startsWith("hmac-");
  return {
    scheme,
    parts,
    signatureBytes,
    hash: isHmac ? (scheme.algorithm.slice("hmac-".length) as HmacHash) : undefined,
    headers: new HeaderFinder([...headersOf(scheme), ...(scheme.code?.headers ?? [])]),
    idEnd: scheme.id !== undefined && afterId?.field === undefined ? afterId?.text.slice(0, 1) : undefined,
    signsBody: scheme.code !== undefined || parts.some(({ field }) => field === "body"),
    readsJson:
      scheme.code === undefined &&
      ("json" in scheme.signature ||
        (scheme.timestamp !== undefined && "json" in scheme.timestamp) ||
        parts.some(({ field }) => field === "json")),
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
  return parts.map((part) => {
    if (part.field === "body") return body;
    return part.field === undefined ? part.text : fieldValue(part, values, scheme, key);
  });
}

/** @throws TypeError when the caller did not give the method or the URL that is signed. */
export function fieldValue(
  { field, text }: ContentPart,
  values: ContentValues,
  { name }: Scheme,
  key: unknown,
): string {
  switch (field) {
    case "secret":
      return (key as { text: string }).text;
    case "json":
      return values.json?.get(text) ?? "";
    case "url:hubspot":
      return unescapeForHubspot(needed(values.url, name, "url"));
    default: {
      const value = values[field as "id" | "timestamp" | "method" | "url"];
      return value ?? needed(value, name, field ?? "");
    }
  }
}

function needed(value: string | undefined, scheme: string, field: string): string {
  if (value === undefined) throw new TypeError(`${scheme} signs the ${field}: request.${field} is needed`);
  return value;
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
      if (!piece.startsWith("{")) return { field: undefined, text: piece };
      const field = piece.slice(1, -1);
      if (/^json:[^{}]+$/.test(field)) return { field: "json", text: field.slice("json:".length) };
      if (!FIELDS.includes(field)) throw new RangeError(`scheme ${name}: unknown field ${piece} in its content`);
      return { field: field as ContentField, text: "" };
    });
}
