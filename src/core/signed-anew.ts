import type { HeaderPairs } from "./attempt.ts";
import { signStandard } from "./signing/sign-standard.ts";
import { decodeStandardSecret } from "./signing/standard-secret.ts";

/** What of a request is signed, by what and when. */
export interface SigningAnew {
  headers: HeaderPairs;
  body: Uint8Array;
  /** The message's from now on. */
  id: string;
  /** Whole unix seconds. */
  timestamp: number;
  secret: string;
}

/**
 * The headers of a request in the form of Standard Webhooks with another id, time and signature, which are put where the old
 * ones stand. Undefined when it is signed in another way: then only its sender can sign it.
 */
export function signedAnew({ headers, body, id, timestamp, secret }: SigningAnew): HeaderPairs | undefined {
  const values: Readonly<Record<string, string>> = {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signStandard(decodeStandardSecret(secret), id, timestamp, body),
  };
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  if (Object.keys(values).some((name) => !names.has(name))) return undefined;
  return headers.map(([name, value]) => [name, values[name.toLowerCase()] ?? value]);
}
