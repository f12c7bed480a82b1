// The time in a header of its own, signed with the body.

import { defineRecord } from "../define-record.ts";
import type { Scheme } from "../scheme.ts";

export const slack = /* @__PURE__ */ defineRecord({
  name: "slack",
  title: "Slack (HMAC-SHA256)",
  signature: { headers: ["x-slack-signature"], format: "prefixed", prefix: "v0=" },
  timestamp: { headers: ["x-slack-request-timestamp"], unit: "s", past: 300 },
  content: "v0:{timestamp}:{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
});

export const zoom = /* @__PURE__ */ defineRecord({
  name: "zoom",
  title: "Zoom (HMAC-SHA256)",
  signature: { headers: ["x-zm-signature"], format: "prefixed", prefix: "v0=" },
  timestamp: { headers: ["x-zm-request-timestamp"], unit: "s", past: 300, future: 300 },
  content: "v0:{timestamp}:{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
});

export const discord = /* @__PURE__ */ defineRecord({
  name: "discord",
  title: "Discord (ed25519)",
  signature: { headers: ["x-signature-ed25519"], format: "raw" },
  timestamp: { headers: ["x-signature-timestamp"], unit: "s" },
  content: "{timestamp}{body}",
  algorithm: "ed25519",
  encoding: "hex",
  secret: { decode: "hex" },
  notes: ["The application's public key, in hex. Discord sets no limit of age."],
});

export const telnyx = /* @__PURE__ */ defineRecord({
  name: "telnyx",
  title: "Telnyx (ed25519)",
  signature: { headers: ["telnyx-signature-ed25519"], format: "raw" },
  timestamp: { headers: ["telnyx-timestamp"], unit: "s", past: 300, future: 300 },
  content: "{timestamp}|{body}",
  algorithm: "ed25519",
  encoding: "base64",
  secret: { decode: "base64" },
  notes: ["The account's public key, in base64."],
});

export const sendgrid = /* @__PURE__ */ defineRecord({
  name: "sendgrid",
  title: "SendGrid event webhook (ECDSA P-256)",
  signature: { headers: ["x-twilio-email-event-webhook-signature"], format: "raw" },
  timestamp: { headers: ["x-twilio-email-event-webhook-timestamp"], unit: "s" },
  content: "{timestamp}{body}",
  algorithm: "ecdsa-p256-sha256",
  encoding: "base64",
  secret: { decode: "pem" },
  notes: ["The verification key as SendGrid shows it: base64 of the public key. SendGrid sets no limit of age."],
});

export const twitch = /* @__PURE__ */ defineRecord({
  name: "twitch",
  title: "Twitch EventSub (HMAC-SHA256)",
  signature: { headers: ["twitch-eventsub-message-signature"], format: "prefixed", prefix: "sha256=" },
  id: { headers: ["twitch-eventsub-message-id"] },
  timestamp: { headers: ["twitch-eventsub-message-timestamp"], unit: "iso", past: 600 },
  content: "{id}{timestamp}{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
});

export const zendesk = /* @__PURE__ */ defineRecord({
  name: "zendesk",
  title: "Zendesk (HMAC-SHA256)",
  signature: { headers: ["x-zendesk-webhook-signature"], format: "raw" },
  timestamp: { headers: ["x-zendesk-webhook-signature-timestamp"], unit: "iso", past: 300 },
  content: "{timestamp}{body}",
  algorithm: "hmac-sha256",
  encoding: "base64",
  secret: { decode: "utf8" },
});

export const hubspotV3 = /* @__PURE__ */ defineRecord({
  name: "hubspot-v3",
  title: "HubSpot v3 (HMAC-SHA256)",
  aliases: ["hubspot"],
  signature: { headers: ["x-hubspot-signature-v3"], format: "raw" },
  timestamp: { headers: ["x-hubspot-request-timestamp"], unit: "ms", past: 300 },
  content: "{method}{url:hubspot}{body}{timestamp}",
  algorithm: "hmac-sha256",
  encoding: "base64",
  secret: { decode: "utf8" },
  notes: ["Signs method and URL; twelve escapes of the URL are undone before, as HubSpot's documentation says."],
});

export const box = /* @__PURE__ */ defineRecord({
  name: "box",
  title: "Box (HMAC-SHA256)",
  signature: { headers: ["box-signature-primary"], also: ["box-signature-secondary"], format: "raw" },
  timestamp: { headers: ["box-delivery-timestamp"], unit: "iso", past: 600, future: 0 },
  require: { "box-signature-version": "1", "box-signature-algorithm": "HmacSHA256" },
  content: "{body}{timestamp}",
  algorithm: "hmac-sha256",
  encoding: "base64",
  secret: { decode: "utf8" },
});

export const webflow = /* @__PURE__ */ defineRecord({
  name: "webflow",
  title: "Webflow (HMAC-SHA256)",
  signature: { headers: ["x-webflow-signature"], format: "raw" },
  timestamp: { headers: ["x-webflow-timestamp"], unit: "ms", past: 300 },
  content: "{timestamp}:{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
});

export const customForesight = /* @__PURE__ */ defineRecord({
  name: "custom-foresight",
  title: "Foresight (HMAC-SHA256)",
  aliases: ["foresight"],
  signature: { headers: ["x-foresight-signature"], format: "raw" },
  timestamp: { headers: ["x-foresight-timestamp"], unit: "s", past: 300, future: 300 },
  content: "{timestamp}.{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
});

export const TIMED_HEADER_SCHEMES: readonly Scheme[] = [
  slack,
  zoom,
  discord,
  telnyx,
  sendgrid,
  twitch,
  zendesk,
  hubspotV3,
  box,
  webflow,
  customForesight,
];
