// Standard Webhooks 1.0.0 and its relatives: `id.timestamp.body`, several signatures with their versions in one header.

import { defineRecord, deriveRecord } from "../define-record.ts";
import type { Scheme } from "../scheme.ts";

export const standardWebhooks = /* @__PURE__ */ defineRecord({
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
});

export const standardWebhooksV1a = /* @__PURE__ */ deriveRecord(standardWebhooks, {
  name: "standard-webhooks-v1a",
  title: "standard-webhooks v1a (ed25519)",
  aliases: ["standard-v1a"],
  signature: { headers: ["webhook-signature"], format: "list", separator: " ", pair: ",", field: "v1a" },
  algorithm: "ed25519",
  secret: { decode: "base64", prefix: "whpk_", privatePrefix: "whsk_", prefixRequired: true },
  notes: ["Checked with the public key (`whpk_…`), signed with the private one (`whsk_…`, of 32 or 64 bytes)."],
});

export const svix = /* @__PURE__ */ deriveRecord(standardWebhooks, {
  name: "svix",
  title: "Svix (HMAC-SHA256)",
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
});

export const clerk = /* @__PURE__ */ deriveRecord(svix, {
  name: "clerk",
  title: "Clerk (Svix)",
  basedOn: "svix",
  signature: { headers: ["svix-signature"], format: "list", separator: " ", pair: ",", field: "v1" },
  id: { headers: ["svix-id"] },
  timestamp: { headers: ["svix-timestamp"], unit: "s", past: 300, future: 300 },
});

export const resend = /* @__PURE__ */ deriveRecord(clerk, {
  name: "resend",
  title: "Resend (Svix)",
  basedOn: "svix",
});

export const openai = /* @__PURE__ */ deriveRecord(standardWebhooks, {
  name: "openai",
  title: "OpenAI (Standard Webhooks)",
  basedOn: "standard-webhooks",
  secret: { decode: "base64", prefix: "whsec_", unprefixed: "utf8" },
  notes: ["A secret without `whsec_` is text; in Standard Webhooks it would be base64."],
});

export const anthropic = /* @__PURE__ */ deriveRecord(standardWebhooks, {
  name: "anthropic",
  title: "Anthropic (Standard Webhooks)",
  basedOn: "standard-webhooks",
});

export const replicate = /* @__PURE__ */ deriveRecord(standardWebhooks, {
  name: "replicate",
  title: "Replicate (Standard Webhooks)",
  basedOn: "standard-webhooks",
});

export const polar = /* @__PURE__ */ deriveRecord(standardWebhooks, {
  name: "polar",
  title: "Polar (Standard Webhooks)",
  basedOn: "standard-webhooks",
  secret: { decode: "utf8" },
  notes: ["The whole secret is text, with whatever it begins with."],
});

export const gitlabSigned = /* @__PURE__ */ deriveRecord(standardWebhooks, {
  name: "gitlab-signed",
  title: "GitLab, signing token (Standard Webhooks)",
  basedOn: "standard-webhooks",
  marks: ["x-gitlab-event"],
});

export const STANDARD_SCHEMES: readonly Scheme[] = [
  standardWebhooks,
  standardWebhooksV1a,
  svix,
  clerk,
  resend,
  openai,
  anthropic,
  replicate,
  polar,
  gitlabSigned,
];
