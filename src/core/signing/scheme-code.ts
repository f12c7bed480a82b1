import type { SignedMessage, UnsignedRequest } from "./options.ts";
import type { Statement, StatementSigner } from "./statement.ts";
import type { Refusal } from "./verdict.ts";
import type { HeaderValues, WebhookRequest } from "./webhook-request.ts";

/** Values of a header (lower case, one of those that the scheme names); undefined: the message has none. */
export type FindHeader = (name: string) => HeaderValues | undefined;

/** What a scheme does that no record can say. The rest (age, keys, comparing) is the same for all of them. */
export interface SchemeCode {
  /** Headers that it reads beside those of the record. */
  headers: readonly string[];
  /** The message names the key that signed it, by an id or a URL: `resolveKey` may answer it. */
  namesKey: boolean;
  /** Reads a message; the ways to read it that count, in their order. Its faults are refusals, never exceptions. */
  read(request: WebhookRequest, find: FindHeader): readonly (ReadMessage | Refusal)[];
  /** The headers, or the body, of the message signed by `signer`. @throws TypeError when it cannot carry a signature. */
  sign(request: UnsignedRequest, options: CodeSignOptions, signer: StatementSigner): SignedMessage;
}

export interface CodeSignOptions {
  id: string;
  /** Unix seconds. */
  timestamp: number;
  keyId: string;
}

export interface ReadMessage {
  /** Unix seconds. */
  timestamp?: number;
  /** Unix seconds: the last one in which it is valid. */
  expires?: number;
  /** Which key the sender says it is. */
  keyName?: string;
  /** All of them must be right; at least one. */
  statements: readonly Statement[];
  /** The signature says nothing about the body. */
  bodyUnsigned?: boolean;
}
