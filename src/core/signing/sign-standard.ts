import { createHmac } from "node:crypto";
import { keyOf } from "./secret-key.ts";

/**
 * One signature of Standard Webhooks, `v1,<base64>`: what `sign("standard-webhooks", …)` makes, without its checks, for
 * the delivering side. `key` must not be changed afterwards (its KeyObject is kept beside it).
 * @param timestamp whole unix seconds
 */
export function signStandard(key: Uint8Array, id: string, timestamp: number, body: Uint8Array): string {
  return `v1,${createHmac("sha256", keyOf(key)).update(`${id}.${timestamp}.`).update(body).digest("base64")}`;
}
