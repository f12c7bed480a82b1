// Only the body is signed (or what is around it); no time, so that a recorded request stays valid for ever.

import type { HmacAlgorithm, Scheme, SignatureEncoding } from "../scheme.ts";

function bodyHmac(
  name: string,
  title: string,
  header: string,
  encoding: SignatureEncoding,
  rest: Partial<Scheme> & { algorithm?: HmacAlgorithm } = {},
): Scheme {
  return {
    name,
    title: `${title} (HMAC-${(rest.algorithm ?? "hmac-sha256").slice("hmac-".length).toUpperCase()})`,
    signature: { headers: [header], format: "raw" },
    content: "{body}",
    algorithm: "hmac-sha256",
    encoding,
    secret: { decode: "utf8" },
    ...rest,
  };
}

/** `sha256=…` */
function prefixed(header: string, prefix: string): Scheme["signature"] {
  return { headers: [header], format: "prefixed", prefix };
}

const GITHUB = bodyHmac("github", "GitHub", "x-hub-signature-256", "hex", {
  signature: prefixed("x-hub-signature-256", "sha256="),
  marks: ["x-github-event"],
});
const BITBUCKET = bodyHmac("bitbucket", "Bitbucket", "x-hub-signature", "hex", {
  signature: prefixed("x-hub-signature", "sha256="),
  marks: ["x-event-key"],
});
const HUB_SHA1 = { signature: prefixed("x-hub-signature", "sha1="), algorithm: "hmac-sha1" } as const;

const DOCUSIGN_KEYS = 100;

export const BODY_ONLY_SCHEMES: readonly Scheme[] = [
  GITHUB,
  bodyHmac("github-sha1", "GitHub, legacy", "x-hub-signature", "hex", {
    ...HUB_SHA1,
    basedOn: "github",
    marks: ["x-github-event"],
    notes: ["GitHub sends it beside `github`, which is the one to check."],
  }),
  {
    ...GITHUB,
    name: "meta",
    title: "Meta: Facebook, Instagram, WhatsApp (HMAC-SHA256)",
    aliases: ["whatsapp", "facebook", "instagram"],
    marks: [],
    notes: ["The secret is the app's. Meta escapes what is not ASCII: hash the bytes as received."],
  },
  BITBUCKET,
  {
    ...BITBUCKET,
    name: "jira",
    title: "Jira admin webhooks (HMAC-SHA256)",
    basedOn: "bitbucket",
    marks: ["x-atlassian-webhook-identifier"],
  },
  bodyHmac("intercom", "Intercom", "x-hub-signature", "hex", {
    ...HUB_SHA1,
    notes: ["The secret is the app's client secret."],
  }),
  bodyHmac("notion", "Notion", "x-notion-signature", "hex", { signature: prefixed("x-notion-signature", "sha256=") }),
  bodyHmac("pagerduty", "PagerDuty v3", "x-pagerduty-signature", "hex", {
    signature: { headers: ["x-pagerduty-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
  }),
  bodyHmac("typeform", "Typeform", "typeform-signature", "base64", {
    signature: prefixed("typeform-signature", "sha256="),
  }),
  bodyHmac("shopify", "Shopify", "x-shopify-hmac-sha256", "base64", {
    signature: { headers: ["x-shopify-hmac-sha256", "shopify-hmac-sha256"], format: "raw" },
    notes: ["The secret is the app's client secret."],
  }),
  bodyHmac("square", "Square", "x-square-hmacsha256-signature", "base64", {
    content: "{url}{body}",
    notes: ["Signs the notification URL, exactly as it is written in the dashboard."],
  }),
  bodyHmac("docusign", "DocuSign Connect", "x-docusign-signature-1", "base64", {
    signature: {
      headers: ["x-docusign-signature-1"],
      also: Array.from({ length: DOCUSIGN_KEYS - 1 }, (_, index) => `x-docusign-signature-${index + 2}`),
      format: "raw",
    },
    notes: ["One header for each active key, up to 100."],
  }),
  bodyHmac("dropbox", "Dropbox", "x-dropbox-signature", "hex"),
  bodyHmac("asana", "Asana", "x-hook-signature", "hex", {
    notes: ["The secret is the `X-Hook-Secret` of the handshake."],
  }),
  bodyHmac("hookdeck", "Hookdeck", "x-hookdeck-signature", "base64", {
    signature: { headers: ["x-hookdeck-signature"], also: ["x-hookdeck-signature-2"], format: "raw" },
  }),
  bodyHmac("convoy-simple", "Convoy, simple signatures", "x-convoy-signature", "hex"),
  bodyHmac("adyen-banking", "Adyen banking and management", "hmacsignature", "base64", { secret: { decode: "hex" } }),
  bodyHmac("linear", "Linear", "linear-signature", "hex", {
    timestamp: { json: "webhookTimestamp", unit: "ms", past: 60, future: 60 },
    notes: ["The age is judged by `webhookTimestamp` in the body: the header's time is not signed."],
  }),
  bodyHmac("plain", "Plain", "plain-request-signature", "hex", {
    timestamp: { json: "webhookMetadata.webhookDeliveryAttemptTimestamp", unit: "iso", past: 300, future: 300 },
  }),
  bodyHmac("line", "LINE", "x-line-signature", "base64"),
  bodyHmac("razorpay", "Razorpay", "x-razorpay-signature", "hex"),
  bodyHmac("gocardless", "GoCardless", "webhook-signature", "hex"),
  bodyHmac("onfido", "Onfido", "x-sha2-signature", "hex"),
  bodyHmac("vercel", "Vercel", "x-vercel-signature", "hex", { algorithm: "hmac-sha1" }),
  bodyHmac("custom-webhook-signature-256", "AegisX", "x-webhook-signature-256", "hex", {
    aliases: ["aegisx"],
    signature: prefixed("x-webhook-signature-256", "sha256="),
  }),
  bodyHmac("custom-x-signature", "ArsMedicaTech", "x-signature", "hex", {
    aliases: ["arsmedica"],
    signature: prefixed("x-signature", "sha256="),
  }),
  bodyHmac("custom-x-webhook-signature", "DotMac", "x-webhook-signature", "hex", { aliases: ["dotmac"] }),
  bodyHmac("custom-securebase", "SecureBase", "x-securebase-signature", "hex", {
    aliases: ["securebase"],
    notes: ["The secret is used as text, with its `whsec_`."],
  }),
];
