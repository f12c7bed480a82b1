// What a provider sends, as data: each file of ./providers is one of them.

import type { Fresh } from "./fresh.ts";

/** A value of JSON, as it is built. Fields that are undefined are left out. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

export interface Provider {
  /** What stands before the colon: `stripe`. */
  name: string;
  title: string;
  /** Where the provider describes its events. */
  docs: string;
  /** Names of the schemes that sign a request; several where the provider sends several signatures. */
  schemes: readonly string[] | ((secret: string) => readonly string[]);
  /** What --secret is, for people. */
  secret: string;
  /** Signed with a private key that a simulation can make by itself; the receiver is given the public one. */
  keyPair?: KeyPairKind;
  /** The scheme signs the URL that the provider calls. */
  signsUrl?: boolean;
  /** Headers of the schemes, as the provider writes them. */
  signatureHeaders: readonly string[];
  style: BodyStyle;
  /** How long the provider waits for an answer, where it says so. */
  patienceMs?: number;
  /** Where what the event tells of stands in the body, for --data: names of objects; empty: it is the whole body. */
  dataPath: readonly string[];
  /** What is worth knowing, for the documentation. */
  notes?: readonly string[];
  simulations: readonly Simulation[];
}

/** `ed25519`: hex of the keys' 32 bytes. `p256`: base64 of DER (PKCS #8, SPKI). */
export type KeyPairKind = "ed25519" | "p256";

/**
 * How a body is written: `compact` and `pretty` (two blanks) as JSON.stringify does; `php`: compact, with slashes and what
 * is not ASCII escaped; `html`: compact, with <, > and & escaped; `lines`: a list with an entry a line, each ended by CR
 * LF; `form`, `php-form`: fields of a form, values that are no text as JSON of that kind.
 */
export type BodyStyle = "compact" | "pretty" | "php" | "html" | "lines" | "form" | "php-form";

export interface Simulation {
  /** As the provider calls it, with the action behind a dot where it has one: `pull_request.opened`. */
  type: string;
  /** Further names: `pull_request`. */
  aliases?: readonly string[];
  /** When the provider sends it. */
  title: string;
  make(fresh: Fresh): SimulatedEvent;
}

/** What is sent, but for the signature. */
export interface SimulatedEvent {
  /** The provider's own id of the event, or of its delivery. */
  id: string;
  /** As on the wire, content-type included. */
  headers: Readonly<Record<string, string>>;
  body: JsonObject | readonly Json[];
  /** Where they differ from the provider's. */
  style?: BodyStyle;
  dataPath?: readonly string[];
  /** Where the provider reads the answer: a handshake. */
  answer?: ExpectedAnswer;
}

/** What is wrong with an answer whose status is a 2xx; undefined: nothing. `secret` is what signed the request. */
export type ExpectedAnswer = (answer: string, secret: string) => string | undefined;
