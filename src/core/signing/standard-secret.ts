import { createSecretKey, type KeyObject } from "node:crypto";
import { invalid } from "../errors.ts";
import { decodeStrictly } from "./byte-text.ts";

const PREFIX = "whsec_";
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** A secret of Standard Webhooks in its text form. */
export function formatStandardSecret(key: Uint8Array): string {
  return PREFIX + Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("base64");
}

/**
 * The key of a secret that is to sign from now on, and so has to be as long as Standard Webhooks asks for. Only verifying
 * takes shorter ones: other people's secrets are not ours to refuse.
 * @throws HooksError `invalid_request` (field `secret`), with nothing of the secret in it.
 */
export function decodeStandardSecret(secret: string): KeyObject {
  const key = secret.startsWith(PREFIX) ? decodeStrictly(secret.slice(PREFIX.length), "base64") : undefined;
  if (key !== undefined && MIN_BYTES <= key.length && key.length <= MAX_BYTES) return createSecretKey(key);
  throw invalid(
    "secret",
    `secret must be "${PREFIX}" and the base64 of ${MIN_BYTES} to ${MAX_BYTES} bytes`,
    "leave it out, and one is made",
  );
}
