// The types that all entries of the signing library have in common.

export type { Tolerance } from "../core/signing/message-time.ts";
export type {
  DefinedScheme,
  ResolvedKey,
  ResolveKey,
  SchemeName,
  Secrets,
  SignedMessage,
  SignOptions,
  UnsignedRequest,
} from "../core/signing/options.ts";
export type { ReplayStore } from "../core/signing/replays.ts";
export type { Accepted, Refusal, VerifyReason, VerifyResult } from "../core/signing/verdict.ts";
export type { VerifierOptions } from "../core/signing/verifier-options.ts";
export type { HeadersInput, WebhookRequest } from "../core/signing/webhook-request.ts";
export type { Verifier, VerifyOptions, VerifyTime } from "./verifier.ts";
