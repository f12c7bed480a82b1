// A signature scheme as data: most providers need no code of their own. `compiled-scheme.ts` prepares a record once,
// `verify.ts` and `sign.ts` interpret it in the two directions.

/** How a provider signs a webhook. Header names in lower case. */
export interface Scheme {
  name: string;
  /** For people: what the algorithm and the version are. */
  title: string;
  /** Further names that find it. */
  aliases?: readonly string[];
  signature: SignatureRule;
  /** The message's id, required when the record has this. */
  id?: HeaderRule;
  timestamp?: TimestampRule;
  /**
   * The signed bytes: text with `{id}`, `{timestamp}`, `{method}`, `{url}` and `{body}` in it. An id may not contain
   * the character that follows it here, else one text could be read as two different messages.
   */
  content: string;
  algorithm: HmacAlgorithm;
  encoding: SignatureEncoding;
  secret: SecretRule;
}

/** The first of these headers that the message has is used. */
export interface HeaderRule {
  headers: readonly string[];
}

export type SignatureRule = HeaderRule &
  (
    | { format: "raw" }
    /** The value begins with the prefix: `sha256=…`. */
    | { format: "prefixed"; prefix: string }
    /** Items split at `separator`, each split at its first `pair` into name and value: `t=…,v1=…`. `field` is the name of
     * the signatures and may come several times; all of them count. */
    | { format: "list"; separator: string; pair: string; field: string }
  );

/** Where the time of the message stands: in headers of its own, or in a field of the signature's list. */
export type TimestampRule = (HeaderRule | { field: string }) & {
  /** Unix seconds, unix milliseconds, or RFC 3339. */
  unit: "s" | "ms" | "iso";
  /** Oldest age that is accepted, in seconds, inclusive; undefined: any. */
  past?: number;
  /** How far ahead of the verifier's clock it may be, in seconds, inclusive; undefined: any. */
  future?: number;
};

export type HmacAlgorithm = "hmac-sha1" | "hmac-sha256" | "hmac-sha512";

export type SignatureEncoding = "hex" | "base64" | "base64url";

/** How a secret's text becomes the key. */
export interface SecretRule {
  decode: "utf8" | "base64" | "hex";
  /** Removed before decoding when the text begins with it. */
  prefix?: string;
}
