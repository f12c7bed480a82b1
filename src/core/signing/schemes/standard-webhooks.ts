// Standard Webhooks 1.0.0 and its relatives: `id.timestamp.body`, several signatures with their versions in one header.

import type { Scheme } from "../scheme.ts";

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
  notes: ["The secret begins with `whsec_`; what follows is the base64 of the key."],
};

const STANDARD_WEBHOOKS_V1A: Scheme = {
  ...STANDARD_WEBHOOKS,
  name: "standard-webhooks-v1a",
  title: "standard-webhooks v1a (ed25519)",
  aliases: ["standard-v1a"],
  signature: { headers: ["webhook-signature"], format: "list", separator: " ", pair: ",", field: "v1a" },
  algorithm: "ed25519",
  secret: { decode: "base64", prefix: "whpk_", privatePrefix: "whsk_", prefixRequired: true },
  notes: ["Checked with the public key (`whpk_…`), signed with the private one (`whsk_…`, of 32 or 64 bytes)."],
};

const SVIX: Scheme = {
  ...STANDARD_WEBHOOKS,
  name: "svix",
  title: "Svix (HMAC-SHA256)",
  aliases: [],
  signature: {
    headers: ["svix-signature", "webhook-signature"],
    format: "list",
    separator: " ",
    pair: ",",
    field: "v1",
  },
  id: { headers: ["svix-id", "webhook-id"] },
  timestamp: { headers: ["svix-timestamp", "webhook-timestamp"], unit: "s", past: 300, future: 300 },
  notes: ["Standard Webhooks with headers of its own; `webhook-…` headers are taken too."],
};

const CLERK: Scheme = {
  ...SVIX,
  name: "clerk",
  title: "Clerk (Svix)",
  basedOn: "svix",
  signature: { headers: ["svix-signature"], format: "list", separator: " ", pair: ",", field: "v1" },
  id: { headers: ["svix-id"] },
  timestamp: { headers: ["svix-timestamp"], unit: "s", past: 300, future: 300 },
  notes: [],
};

/** Standard Webhooks under a provider's name. */
const relative = (name: string, title: string, rest: Partial<Scheme> = {}): Scheme => ({
  ...STANDARD_WEBHOOKS,
  name,
  title,
  aliases: [],
  basedOn: "standard-webhooks",
  notes: [],
  ...rest,
});

export const STANDARD_SCHEMES: readonly Scheme[] = [
  STANDARD_WEBHOOKS,
  STANDARD_WEBHOOKS_V1A,
  SVIX,
  CLERK,
  { ...CLERK, name: "resend", title: "Resend (Svix)" },
  relative("openai", "OpenAI (Standard Webhooks)", {
    secret: { decode: "base64", prefix: "whsec_", unprefixed: "utf8" },
    notes: ["A secret without `whsec_` is text; in Standard Webhooks it would be base64."],
  }),
  relative("anthropic", "Anthropic (Standard Webhooks)"),
  relative("replicate", "Replicate (Standard Webhooks)"),
  relative("polar", "Polar (Standard Webhooks)", {
    secret: { decode: "utf8" },
    notes: ["The whole secret is text, with whatever it begins with."],
  }),
  relative("gitlab-signed", "GitLab, signing token (Standard Webhooks)", { marks: ["x-gitlab-event"] }),
];
