import type { HmacAlgorithm, SignatureEncoding } from "./scheme.ts";

/** What a sender claims to have signed: right when one of the signatures is one of one of the contents. */
export interface Statement {
  algorithm: StatementAlgorithm;
  encoding: SignatureEncoding;
  /** As received, not decoded. */
  signatures: readonly string[];
  /** Mostly one; several where senders write the same thing in several ways (a URL with and without its port). */
  contents: readonly Content[];
}

/** The signed bytes in pieces, so that a body is never copied for an HMAC; text is UTF-8. */
export type Content = readonly (string | Uint8Array)[];

export type StatementAlgorithm = HmacAlgorithm | "sha256" | "token" | PairAlgorithm;

/** Those that sign with a private key. Signatures of ECDSA are DER, or `raw`: the two numbers side by side. */
export type PairAlgorithm =
  | "ed25519"
  | "ecdsa-p256-sha256"
  | "ecdsa-p256-sha256-raw"
  | "ecdsa-p384-sha384-raw"
  | "rsa-sha1"
  | "rsa-sha256"
  | "rsa-pss-sha512";
