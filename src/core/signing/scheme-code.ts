import type { SignedMessage, UnsignedRequest } from "./options.ts";
import type { SignatureEncoding } from "./scheme.ts";
import type { Content, Statement, StatementAlgorithm } from "./signed-content.ts";
import type { Refusal } from "./verdict.ts";
import type { HeaderValues, WebhookRequest } from "./webhook-request.ts";

/** Values of a header (lower case, one of those that the scheme names); undefined: the message has none. */
export type FindHeader = (name: string) => HeaderValues | undefined;

/**
 * What a scheme does that no record can say. The rest (age, keys, hashing, comparing) is the same for all of them, and is
 * done by whoever has the cryptography: node:crypto at once, or Web Crypto with promises.
 */
export interface SchemeCode {
  /** Headers that it reads beside those of the record. */
  headers: readonly string[];
  /** The message names the key that signed it, by an id or a URL: `resolveKey` may answer it. */
  namesKey: boolean;
  /** Reads a message; the ways to read it that count, in their order. Its faults are refusals, never exceptions. */
  read(request: WebhookRequest, find: FindHeader): readonly (ReadMessage | Refusal)[];
  /**
   * The headers, or the body, of the signed message. Yields what is to be hashed or signed, and is given the text of it.
   * @throws TypeError when the message cannot carry a signature.
   */
  sign(request: UnsignedRequest, options: CodeSignOptions): Signing<SignedMessage>;
}

/** Code that has a hash or a signature made for it on the way. */
export type Signing<Result> = Generator<SigningStep, Result, string>;

export type SigningStep =
  | { hash: BodyHash["algorithm"]; of: WebhookRequest["body"]; encoding: SignatureEncoding }
  | { sign: StatementAlgorithm; content: Content; encoding: SignatureEncoding };

export interface CodeSignOptions {
  id: string;
  /** Unix seconds. */
  timestamp: number;
  keyId: string;
  /** "secret", "ed25519", "P-256", "P-384", "rsa", "rsa-pss", or one that nothing signs with. */
  keyType: string;
}

export interface ReadMessage {
  /** Unix seconds. */
  timestamp?: number;
  /** Unix seconds: the last one in which it is valid. */
  expires?: number;
  /** Which key the sender says it is. */
  keyName?: string;
  /** Hashes of the body that the message names. All of them must be right. */
  bodyHashes?: readonly BodyHash[];
  /** All of them must be right; at least one. */
  statements: readonly Statement[];
  /** The signature says nothing about the body. */
  bodyUnsigned?: boolean;
}

export interface BodyHash {
  algorithm: "sha256" | "sha512";
  encoding: SignatureEncoding;
  /** As received. */
  text: string;
  /** What is said against a message whose body has another. */
  otherwise: Refusal;
}
