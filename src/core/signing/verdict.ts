/** Why a webhook is not valid: a closed list. */
export type VerifyReason =
  | "missing_header"
  | "malformed_header"
  | "unsupported_version"
  | "timestamp_malformed"
  | "timestamp_too_old"
  | "timestamp_in_future"
  | "signature_mismatch"
  | "secret_unusable"
  | "body_malformed"
  /** Only from a verifier with a replay store: rightly signed, and accepted before. */
  | "replayed";

export interface Refusal {
  valid: false;
  reason: VerifyReason;
  /** For people; holds neither the secret nor the signature that would have been right. */
  detail: string;
}

export interface Accepted {
  valid: true;
  /** Which of the secrets signed it: 0 for the first. */
  secretIndex: number;
  /** The message's time in unix seconds, when the scheme signs one. */
  timestamp?: number;
  /** The signature covers the sender and not the body: this scheme does not sign it, or this message left it out. */
  bodyUnsigned?: true;
  /** What the replay store knows it by, when there is one. */
  replayKey?: string;
}

export type VerifyResult = Accepted | Refusal;

export function refuse(reason: VerifyReason, detail: string): Refusal {
  return { valid: false, reason, detail };
}
