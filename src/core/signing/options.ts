// What callers of `sign` and `verify` give and get. No type of Node's is in it: programs without those see it too.

import type { Tolerance } from "./message-time.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** Names of the schemes that `sign` and `verify` know. */
export type SchemeName = "standard-webhooks" | "standard";

/** One secret, or several: any of them may have signed, all of them sign (rotation). */
export type Secrets = string | readonly string[];

export interface VerifyOptions {
  /** Replaces the scheme's limits of age, in seconds; "none": the age is not judged. */
  tolerance?: Tolerance | undefined;
}

/** What is signed. Headers that it has already do not count: `sign` makes those that belong to the signature. */
export type UnsignedRequest = Pick<WebhookRequest, "body" | "method" | "url">;

export interface SignOptions {
  /** The message's id: the receiver recognises a repetition by it. */
  id?: string | undefined;
  /** Unix seconds. */
  timestamp?: number | undefined;
}

export interface SignedMessage {
  /** The headers to send, names in lower case. */
  headers: Record<string, string>;
  /** The value of the signature's header alone. */
  signature: string;
  /** When the scheme has one. */
  id?: string;
  /** Unix seconds, when the scheme signs a time. */
  timestamp?: number;
}
