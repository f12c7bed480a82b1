// `t=…,v1=…`: the time and one or more signatures in one header. The secret is text, with whatever prefix it has.

import type { Scheme } from "../scheme.ts";

const TEXT = { decode: "utf8" } as const;

/** What Stripe began and others took over. */
const STRIPE: Scheme = {
  name: "stripe",
  title: "Stripe (HMAC-SHA256)",
  signature: { headers: ["stripe-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
  timestamp: { field: "t", unit: "s", past: 300 },
  content: "{timestamp}.{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: TEXT,
  notes: ["The secret is used as text: `whsec_` is neither removed nor is the rest decoded."],
};

const like = (name: string, title: string, header: string, rest: Partial<Scheme> = {}): Scheme => ({
  ...STRIPE,
  name,
  title,
  signature: { headers: [header], format: "list", separator: ",", pair: "=", field: "v1" },
  notes: [],
  ...rest,
});

export const TIMED_LIST_SCHEMES: readonly Scheme[] = [
  STRIPE,
  like("paddle", "Paddle (HMAC-SHA256)", "paddle-signature", {
    signature: { headers: ["paddle-signature"], format: "list", separator: ";", pair: "=", field: "h1" },
    timestamp: { field: "ts", unit: "s", past: 5 },
    content: "{timestamp}:{body}",
    notes: ["Paddle accepts five seconds: give `--tolerance` where a queue stands between."],
  }),
  like("mux", "Mux (HMAC-SHA256)", "mux-signature"),
  like("workos", "WorkOS (HMAC-SHA256)", "workos-signature", {
    signature: { headers: ["workos-signature"], format: "list", separator: ",", joiner: ", ", pair: "=", field: "v1" },
    timestamp: { field: "t", unit: "ms", past: 180 },
  }),
  like("elevenlabs", "ElevenLabs (HMAC-SHA256)", "elevenlabs-signature", {
    signature: { headers: ["elevenlabs-signature"], format: "list", separator: ",", pair: "=", field: "v0" },
    timestamp: { field: "t", unit: "s", past: 1800 },
  }),
  like("sanity", "Sanity (HMAC-SHA256)", "sanity-webhook-signature", {
    timestamp: { field: "t", unit: "ms" },
    encoding: "base64url",
  }),
  like("retell", "Retell (HMAC-SHA256)", "x-retell-signature", {
    signature: { headers: ["x-retell-signature"], format: "list", separator: ",", pair: "=", field: "d" },
    timestamp: { field: "v", unit: "ms", past: 300, future: 300 },
    content: "{body}{timestamp}",
  }),
  like("calendly", "Calendly (HMAC-SHA256)", "calendly-webhook-signature", {
    timestamp: { field: "t", unit: "s", past: 180 },
  }),
  like("convoy-advanced", "Convoy, advanced signatures (HMAC-SHA256)", "x-convoy-signature", {
    aliases: ["convoy"],
    content: "{timestamp},{body}",
    notes: ["With hex and SHA-256, as a project has them unless it says otherwise."],
  }),
];
