import type { Scheme, TimestampRule } from "./scheme.ts";
import { type HmacKey, startHmac } from "./secret-key.ts";
import { TextComparer } from "./text-comparer.ts";
import { HeaderFinder } from "./webhook-request.ts";

/** A record made ready: what `sign` and `verify` would otherwise work out for every message. */
export interface CompiledScheme {
  readonly scheme: Scheme;
  readonly parts: readonly ContentPart[];
  /** Node's name of the hash under the HMAC. */
  readonly hash: string;
  /** Finds the headers that it reads. */
  readonly headers: HeaderFinder;
  readonly signatureBytes: number;
  /** For signatures in the scheme's encoding. */
  readonly comparer: TextComparer;
  /** What an id may not contain, because it ends the id in the signed text; undefined: nothing does. */
  readonly idEnd: string | undefined;
}

export type ContentField = "id" | "timestamp" | "method" | "url" | "body";

/** A field, or the text between two of them. */
export interface ContentPart {
  field: ContentField | undefined;
  text: string;
}

/** What the signed text is made of beside the body; only what the scheme's content names is needed. */
export type ContentValues = { readonly [field in Exclude<ContentField, "body">]?: string | undefined };

const SIGNATURE_BYTES = { "hmac-sha1": 20, "hmac-sha256": 32, "hmac-sha512": 64 } as const;

const FIELDS: readonly string[] = ["id", "timestamp", "method", "url", "body"] satisfies ContentField[];

/** @throws RangeError for a record whose content names a field that there is not: a bug in the record. */
export function compileScheme(scheme: Scheme): CompiledScheme {
  const parts = parseContent(scheme);
  const afterId = parts[parts.findIndex((part) => part.field === "id") + 1];
  const signatureBytes = SIGNATURE_BYTES[scheme.algorithm];
  return {
    scheme,
    parts,
    signatureBytes,
    comparer: new TextComparer(Buffer.alloc(signatureBytes).toString(scheme.encoding).length),
    hash: scheme.algorithm.slice("hmac-".length),
    headers: new HeaderFinder([
      ...scheme.signature.headers,
      ...(scheme.id?.headers ?? []),
      ...(timestampHeaders(scheme.timestamp) ?? []),
    ]),
    idEnd: scheme.id !== undefined && afterId?.field === undefined ? afterId?.text.slice(0, 1) : undefined,
  };
}

/** Undefined when the timestamp stands in no header of its own. */
export function timestampHeaders(rule: TimestampRule | undefined): readonly string[] | undefined {
  return rule !== undefined && "headers" in rule ? rule.headers : undefined;
}

/** The signature in the scheme's encoding, without prefix or version. `body` as received: it is hashed, never copied. */
export function computeSignature(
  { parts, hash, scheme }: CompiledScheme,
  key: HmacKey,
  values: ContentValues,
  body: Uint8Array | string,
): string {
  const hmac = startHmac(hash, key);
  let text = "";
  for (const part of parts) {
    if (part.field === undefined) {
      text += part.text;
    } else if (part.field === "body") {
      if (text !== "") hmac.update(text);
      hmac.update(body);
      text = "";
    } else {
      const value = values[part.field];
      if (value === undefined)
        throw new TypeError(`${scheme.name} signs the ${part.field}: request.${part.field} is needed`);
      text += value;
    }
  }
  if (text !== "") hmac.update(text);
  return hmac.digest(scheme.encoding);
}

function parseContent({ name, content }: Scheme): ContentPart[] {
  return content
    .split(/(\{[^}]*\})/)
    .filter((piece) => piece !== "")
    .map((piece): ContentPart => {
      if (!piece.startsWith("{")) return { field: undefined, text: piece };
      const field = piece.slice(1, -1);
      if (!FIELDS.includes(field)) throw new RangeError(`scheme ${name}: unknown field ${piece} in its content`);
      return { field: field as ContentField, text: "" };
    });
}
