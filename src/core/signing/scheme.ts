// A signature scheme as data: most providers need no code of their own. `compiled-scheme.ts` prepares a record once,
// `verify.ts` and `sign.ts` interpret it in the two directions.

import type { SchemeCode } from "./scheme-code.ts";

/** How a provider signs a webhook. Header names in lower case. */
export interface Scheme {
  name: string;
  /** For people: whose it is, and what the algorithm is. */
  title: string;
  /** Further names that find it. */
  aliases?: readonly string[];
  /** The scheme that this one is under a provider's name: headers alone suggest that one, unless a mark is there. */
  basedOn?: string;
  /** Headers beside the signature by which the provider is recognised. */
  marks?: readonly string[];
  signature: SignatureRule;
  /** The message's id, required when the record has this. */
  id?: HeaderRule;
  timestamp?: TimestampRule;
  /** Headers that must be there with exactly this value: the version of the signature. */
  require?: Readonly<Record<string, string>>;
  /**
   * The signed bytes: text with `{id}`, `{timestamp}`, `{method}`, `{url}`, `{url:hubspot}`, `{secret}`, `{body}` and
   * `{json:path}` in it. An id may not contain the character that follows it here, else one text could be read as two
   * different messages.
   */
  content: string;
  algorithm: Algorithm;
  encoding: SignatureEncoding;
  secret: SecretRule;
  /** What a record cannot say. */
  code?: SchemeCode;
  /** Two different messages can have the same signature: one that was seen before need not be a replay. */
  repeats?: true;
  /** For the documentation: what is worth knowing before it is used. */
  notes?: readonly string[];
}

/** The first of these headers that the message has is used. */
export interface HeaderRule {
  headers: readonly string[];
}

/** A value in the body's JSON: names of own properties with dots between them. */
export interface JsonRule {
  json: string;
}

/** Where signatures stand. Those in `also` count beside those of the first header: one for each active key. */
export type SignaturePlace = (HeaderRule & { also?: readonly string[] }) | JsonRule;

export type SignatureRule = SignaturePlace &
  (
    | { format: "raw" }
    /** The value begins with the prefix: `sha256=…`. */
    | { format: "prefixed"; prefix: string }
    /** Items split at `separator`, each split at its first `pair` into name and value: `t=…,v1=…`. `field` is the name of
     * the signatures and may come several times; all of them count. `joiner`: the separator as it is written, where that has a blank. */
    | { format: "list"; separator: string; pair: string; field: string; joiner?: string }
  );

/** Where the time of the message stands: in headers of its own, in a field of the signature's list, or in the body. */
export type TimestampRule = (HeaderRule | { field: string } | JsonRule) & {
  /** Unix seconds, unix milliseconds, or RFC 3339. */
  unit: "s" | "ms" | "iso";
  /** Oldest age that is accepted, in seconds, inclusive; undefined: any. */
  past?: number;
  /** How far ahead of the verifier's clock it may be, in seconds, inclusive; undefined: any. */
  future?: number;
};

export type HmacAlgorithm = "hmac-sha1" | "hmac-sha256" | "hmac-sha512";

/** Signed with a private key, checked with a public one. The signature of `ecdsa-p256-sha256` is DER. */
export type PublicKeyAlgorithm = "ed25519" | "ecdsa-p256-sha256" | "rsa";

/** `sha256`: the hash of a content that has the secret in it. `token`: the secret itself is sent. */
export type Algorithm = HmacAlgorithm | PublicKeyAlgorithm | "sha256" | "token";

export type SignatureEncoding = "hex" | "base64" | "base64url";

/** How a secret's text becomes the key. */
export interface SecretRule {
  /** `pem`: a key in PEM, as JWK, or the base64 of its DER. */
  decode: "utf8" | "base64" | "hex" | "pem";
  /** Removed before decoding when the text begins with it. */
  prefix?: string;
  /** What the private key's text begins with, where that is another. */
  privatePrefix?: string;
  /** The prefix has to be there. */
  prefixRequired?: boolean;
  /** How a text without the prefix is read, where that differs. */
  unprefixed?: "utf8";
}
