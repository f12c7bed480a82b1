import { createHmac, type KeyObject } from "node:crypto";
import type { Scheme, TimestampRule } from "./scheme.ts";

/** A record made ready: what `sign` and `verify` would otherwise work out for every message. */
export interface CompiledScheme {
  readonly scheme: Scheme;
  readonly parts: readonly ContentPart[];
  /** Node's name of the hash under the HMAC. */
  readonly hash: string;
  /** The headers it reads, lower case. */
  readonly headers: ReadonlySet<string>;
  /** What an id may not contain, because it ends the id in the signed text; undefined: nothing does. */
  readonly idEnd: string | undefined;
}

export type ContentField = "id" | "timestamp" | "method" | "url" | "body";

export type ContentPart = { field: ContentField } | { text: string };

/** What the signed text is made of beside the body; only what the scheme's content names is needed. */
export type ContentValues = { readonly [field in Exclude<ContentField, "body">]?: string | undefined };

const FIELDS: readonly string[] = ["id", "timestamp", "method", "url", "body"] satisfies ContentField[];

/** @throws RangeError for a record whose content names a field that there is not: a bug in the record. */
export function compileScheme(scheme: Scheme): CompiledScheme {
  const parts = parseContent(scheme);
  const afterId = parts[parts.findIndex((part) => "field" in part && part.field === "id") + 1];
  return {
    scheme,
    parts,
    hash: scheme.algorithm.slice("hmac-".length),
    headers: new Set([
      ...scheme.signature.headers,
      ...(scheme.id?.headers ?? []),
      ...(timestampHeaders(scheme.timestamp) ?? []),
    ]),
    idEnd: scheme.id !== undefined && afterId !== undefined && "text" in afterId ? afterId.text.slice(0, 1) : undefined,
  };
}

/** Undefined when the timestamp stands in no header of its own. */
export function timestampHeaders(rule: TimestampRule | undefined): readonly string[] | undefined {
  return rule !== undefined && "headers" in rule ? rule.headers : undefined;
}

/** The signature in the scheme's encoding, without prefix or version. `body` as received: it is hashed, never copied. */
export function computeSignature(
  { parts, hash, scheme }: CompiledScheme,
  key: KeyObject,
  values: ContentValues,
  body: Uint8Array | string,
): string {
  const hmac = createHmac(hash, key);
  let text = "";
  for (const part of parts) {
    if ("text" in part) text += part.text;
    else if (part.field === "body") {
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
      if (!piece.startsWith("{")) return { text: piece };
      const field = piece.slice(1, -1);
      if (!FIELDS.includes(field)) throw new RangeError(`scheme ${name}: unknown field ${piece} in its content`);
      return { field: field as ContentField };
    });
}
