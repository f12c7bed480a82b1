// Only the body is signed (or what is around it); no time, so that a recorded request stays valid for ever.
//
// In all files of records: each is a constant of its own, made by a call that is marked as without effect and whose
// arguments have no spread in them, so that bundlers leave out those that a program does not name.

import { defineRecord, deriveRecord } from "../define-record.ts";
import type { HmacAlgorithm, Scheme, SignatureEncoding } from "../scheme.ts";

export const github = /* @__PURE__ */ bodyHmac("github", "GitHub", "x-hub-signature-256", "hex", {
  signature: { headers: ["x-hub-signature-256"], format: "prefixed", prefix: "sha256=" },
  marks: ["x-github-event"],
});

export const githubSha1 = /* @__PURE__ */ bodyHmac("github-sha1", "GitHub, legacy", "x-hub-signature", "hex", {
  signature: { headers: ["x-hub-signature"], format: "prefixed", prefix: "sha1=" },
  algorithm: "hmac-sha1",
  basedOn: "github",
  marks: ["x-github-event"],
  notes: ["GitHub sends it beside `github`, which is the one to check."],
});

export const meta = /* @__PURE__ */ deriveRecord(github, {
  name: "meta",
  title: "Meta: Facebook, Instagram, WhatsApp (HMAC-SHA256)",
  aliases: ["whatsapp", "facebook", "instagram"],
  notes: ["The secret is the app's. Meta escapes what is not ASCII: hash the bytes as received."],
});

export const bitbucket = /* @__PURE__ */ bodyHmac("bitbucket", "Bitbucket", "x-hub-signature", "hex", {
  signature: { headers: ["x-hub-signature"], format: "prefixed", prefix: "sha256=" },
  marks: ["x-event-key"],
});

export const jira = /* @__PURE__ */ deriveRecord(bitbucket, {
  name: "jira",
  title: "Jira admin webhooks (HMAC-SHA256)",
  basedOn: "bitbucket",
  marks: ["x-atlassian-webhook-identifier"],
});

export const intercom = /* @__PURE__ */ bodyHmac("intercom", "Intercom", "x-hub-signature", "hex", {
  signature: { headers: ["x-hub-signature"], format: "prefixed", prefix: "sha1=" },
  algorithm: "hmac-sha1",
  notes: ["The secret is the app's client secret."],
});

export const notion = /* @__PURE__ */ bodyHmac("notion", "Notion", "x-notion-signature", "hex", {
  signature: { headers: ["x-notion-signature"], format: "prefixed", prefix: "sha256=" },
});

export const pagerduty = /* @__PURE__ */ bodyHmac("pagerduty", "PagerDuty v3", "x-pagerduty-signature", "hex", {
  signature: { headers: ["x-pagerduty-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
});

export const typeform = /* @__PURE__ */ bodyHmac("typeform", "Typeform", "typeform-signature", "base64", {
  signature: { headers: ["typeform-signature"], format: "prefixed", prefix: "sha256=" },
});

export const x = /* @__PURE__ */ bodyHmac("x", "X (Twitter)", "x-twitter-webhooks-signature", "base64", {
  aliases: ["twitter"],
  signature: { headers: ["x-twitter-webhooks-signature"], format: "prefixed", prefix: "sha256=" },
  notes: ["The secret is the app's consumer secret (API key secret)."],
});

export const xero = /* @__PURE__ */ bodyHmac("xero", "Xero", "x-xero-signature", "base64");

export const shopify = /* @__PURE__ */ bodyHmac("shopify", "Shopify", "x-shopify-hmac-sha256", "base64", {
  signature: { headers: ["x-shopify-hmac-sha256", "shopify-hmac-sha256"], format: "raw" },
  notes: ["The secret is the app's client secret."],
});

export const square = /* @__PURE__ */ bodyHmac("square", "Square", "x-square-hmacsha256-signature", "base64", {
  content: "{url}{body}",
  notes: ["Signs the notification URL, exactly as it is written in the dashboard."],
});

export const docusign = /* @__PURE__ */ bodyHmac("docusign", "DocuSign Connect", "x-docusign-signature-1", "base64", {
  signature: {
    headers: ["x-docusign-signature-1"],
    also: /* @__PURE__ */ docusignHeaders(),
    format: "raw",
  },
  notes: ["One header for each active key, up to 100."],
});

export const dropbox = /* @__PURE__ */ bodyHmac("dropbox", "Dropbox", "x-dropbox-signature", "hex");

export const asana = /* @__PURE__ */ bodyHmac("asana", "Asana", "x-hook-signature", "hex", {
  notes: ["The secret is the `X-Hook-Secret` of the handshake."],
});

export const hookdeck = /* @__PURE__ */ bodyHmac("hookdeck", "Hookdeck", "x-hookdeck-signature", "base64", {
  signature: { headers: ["x-hookdeck-signature"], also: ["x-hookdeck-signature-2"], format: "raw" },
});

export const convoySimple = /* @__PURE__ */ bodyHmac(
  "convoy-simple",
  "Convoy, simple signatures",
  "x-convoy-signature",
  "hex",
);

export const adyenBanking = /* @__PURE__ */ bodyHmac(
  "adyen-banking",
  "Adyen banking and management",
  "hmacsignature",
  "base64",
  { secret: { decode: "hex" } },
);

export const linear = /* @__PURE__ */ bodyHmac("linear", "Linear", "linear-signature", "hex", {
  timestamp: { json: "webhookTimestamp", unit: "ms", past: 60, future: 60 },
  notes: ["The age is judged by `webhookTimestamp` in the body: the header's time is not signed."],
});

export const plain = /* @__PURE__ */ bodyHmac("plain", "Plain", "plain-request-signature", "hex", {
  timestamp: { json: "webhookMetadata.webhookDeliveryAttemptTimestamp", unit: "iso", past: 300, future: 300 },
});

export const line = /* @__PURE__ */ bodyHmac("line", "LINE", "x-line-signature", "base64");
export const razorpay = /* @__PURE__ */ bodyHmac("razorpay", "Razorpay", "x-razorpay-signature", "hex");
export const gocardless = /* @__PURE__ */ bodyHmac("gocardless", "GoCardless", "webhook-signature", "hex");
export const onfido = /* @__PURE__ */ bodyHmac("onfido", "Onfido", "x-sha2-signature", "hex");
export const vercel = /* @__PURE__ */ bodyHmac("vercel", "Vercel", "x-vercel-signature", "hex", {
  algorithm: "hmac-sha1",
});

export const customWebhookSignature256 = /* @__PURE__ */ bodyHmac(
  "custom-webhook-signature-256",
  "AegisX",
  "x-webhook-signature-256",
  "hex",
  {
    aliases: ["aegisx"],
    signature: { headers: ["x-webhook-signature-256"], format: "prefixed", prefix: "sha256=" },
  },
);

export const customXSignature = /* @__PURE__ */ bodyHmac("custom-x-signature", "ArsMedicaTech", "x-signature", "hex", {
  aliases: ["arsmedica"],
  signature: { headers: ["x-signature"], format: "prefixed", prefix: "sha256=" },
});

export const customXWebhookSignature = /* @__PURE__ */ bodyHmac(
  "custom-x-webhook-signature",
  "DotMac",
  "x-webhook-signature",
  "hex",
  { aliases: ["dotmac"] },
);

export const customSecurebase = /* @__PURE__ */ bodyHmac(
  "custom-securebase",
  "SecureBase",
  "x-securebase-signature",
  "hex",
  { aliases: ["securebase"], notes: ["The secret is used as text, with its `whsec_`."] },
);

export const BODY_ONLY_SCHEMES: readonly Scheme[] = [
  github,
  githubSha1,
  meta,
  bitbucket,
  jira,
  intercom,
  notion,
  pagerduty,
  typeform,
  x,
  xero,
  shopify,
  square,
  docusign,
  dropbox,
  asana,
  hookdeck,
  convoySimple,
  adyenBanking,
  linear,
  plain,
  line,
  razorpay,
  gocardless,
  onfido,
  vercel,
  customWebhookSignature256,
  customXSignature,
  customXWebhookSignature,
  customSecurebase,
];

function bodyHmac(
  name: string,
  title: string,
  header: string,
  encoding: SignatureEncoding,
  rest: Partial<Scheme> & { algorithm?: HmacAlgorithm } = {},
): Scheme {
  return defineRecord({
    name,
    title: `${title} (HMAC-${(rest.algorithm ?? "hmac-sha256").slice("hmac-".length).toUpperCase()})`,
    signature: { headers: [header], format: "raw" },
    content: "{body}",
    algorithm: "hmac-sha256",
    encoding,
    secret: { decode: "utf8" },
    ...rest,
  });
}

function docusignHeaders(): string[] {
  const keys = 100;
  return Array.from({ length: keys - 1 }, (_, index) => `x-docusign-signature-${index + 2}`);
}
