import type { Scheme } from "../scheme.ts";

/** Source: Standard Webhooks 1.0.0, symmetric signatures. */
export const STANDARD_WEBHOOKS: Scheme = {
  name: "standard-webhooks",
  title: "standard-webhooks v1 (HMAC-SHA256)",
  aliases: ["standard"],
  signature: { headers: ["webhook-signature"], format: "list", separator: " ", pair: ",", field: "v1" },
  id: { headers: ["webhook-id"] },
  timestamp: { headers: ["webhook-timestamp"], unit: "s", past: 300, future: 300 },
  content: "{id}.{timestamp}.{body}",
  algorithm: "hmac-sha256",
  encoding: "base64",
  secret: { decode: "base64", prefix: "whsec_" },
};
