import { createHmac, sign as signWith } from "node:crypto";
import type { StatementKey } from "./statement.ts";

/**
 * One signature of Standard Webhooks, what `sign` makes, without its checks, for the delivering side: `v1,<base64>`
 * (HMAC-SHA256) with a secret key, `v1a,<base64>` (ed25519) with a private one.
 * @param timestamp whole unix seconds
 */
export function signStandard(key: StatementKey, id: string, timestamp: number, body: Uint8Array): string {
  const head = `${id}.${timestamp}.`;
  if ("text" in key) throw new TypeError("a secret of Standard Webhooks is made ready before it signs");
  if (key.type === "secret") return `v1,${createHmac("sha256", key).update(head).update(body).digest("base64")}`;
  return `v1a,${signWith(null, Buffer.concat([Buffer.from(head), body]), key).toString("base64")}`;
}
