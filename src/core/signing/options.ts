// What callers of `sign` and `verify` give and get. No type of Node's is in it: programs without those see it too.

import type { Tolerance } from "./message-time.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** The name of a scheme, or an alias of it: docs/schemes.md lists them. */
export type SchemeName = string;

/** A scheme of the caller's own, made by `defineScheme`. */
export interface DefinedScheme {
  readonly name: string;
  readonly title: string;
}

/** One secret, or several: any of them may have signed, all of them sign (rotation). */
export type Secrets = string | readonly string[];

export interface VerifyOptions {
  /** Replaces the scheme's limits of age, in seconds; "none": the age is not judged. */
  tolerance?: Tolerance | undefined;
  /** Answers the key that a message names by its id or URL (SNS, Plaid, RFC 9421). Without it nothing is ever fetched. */
  resolveKey?: ResolveKey | undefined;
}

/** A key: PEM (a certificate too), JWK, or base64 with the algorithm's name; undefined: not known. */
export type ResolvedKey = string | { kty: string; [name: string]: unknown } | { alg: string; key: string };

export type ResolveKey = (keyIdOrUrl: string) => ResolvedKey | undefined | Promise<ResolvedKey | undefined>;

/** What is signed. Headers that it has already do not count: `sign` makes those that belong to the signature. */
export type UnsignedRequest = Pick<WebhookRequest, "body" | "method" | "url">;

export interface SignOptions {
  /** The message's id: the receiver recognises a repetition by it. */
  id?: string | undefined;
  /** Unix seconds. */
  timestamp?: number | undefined;
  /** The key's name, for schemes whose messages have one (Plaid, RFC 9421). Default: "hooks". */
  keyId?: string | undefined;
}

export interface SignedMessage {
  /** The headers to send, names in lower case. */
  headers: Record<string, string>;
  /** The value of the signature's header alone. */
  signature: string;
  /** The body with the signature in it, for schemes that keep it there. */
  body?: string;
  /** When the scheme has one. */
  id?: string;
  /** Unix seconds, when the scheme signs a time. */
  timestamp?: number;
}
