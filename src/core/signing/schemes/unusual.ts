// Hashes that are no HMAC, tokens, and signatures that stand in the body.

import { defineRecord, deriveRecord } from "../define-record.ts";
import type { Scheme } from "../scheme.ts";

const EXTENSION =
  "A plain hash of the secret and what follows it: whoever has one signed message can append bytes to it. Prefer hubspot-v3.";

export const hubspotV1 = /* @__PURE__ */ defineRecord({
  name: "hubspot-v1",
  title: "HubSpot v1 (SHA-256)",
  signature: { headers: ["x-hubspot-signature"], format: "raw" },
  content: "{secret}{body}",
  algorithm: "sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
  notes: [EXTENSION],
});

export const hubspotV2 = /* @__PURE__ */ deriveRecord(hubspotV1, {
  name: "hubspot-v2",
  title: "HubSpot v2 (SHA-256)",
  content: "{secret}{method}{url}{body}",
  notes: [EXTENSION],
});

export const gitlabToken = /* @__PURE__ */ defineRecord({
  name: "gitlab-token",
  title: "GitLab, secret token",
  aliases: ["gitlab"],
  signature: { headers: ["x-gitlab-token"], format: "raw" },
  content: "",
  algorithm: "token",
  encoding: "hex",
  secret: { decode: "utf8" },
  notes: ["Nothing is signed: the secret itself is sent, and compared in constant time."],
});

export const okta = /* @__PURE__ */ deriveRecord(gitlabToken, {
  name: "okta",
  title: "Okta event hooks, token",
  signature: { headers: ["authorization"], format: "raw" },
  notes: ["Nothing is signed: the secret is the whole value of the header."],
});

export const auth0 = /* @__PURE__ */ deriveRecord(okta, {
  name: "auth0",
  title: "Auth0 log streams, token",
  notes: ["Nothing is signed: the secret is the whole value of the header."],
});

export const mailgun = /* @__PURE__ */ defineRecord({
  name: "mailgun",
  title: "Mailgun (HMAC-SHA256)",
  signature: { json: "signature.signature", format: "raw" },
  timestamp: { json: "signature.timestamp", unit: "s", past: 300 },
  content: "{timestamp}{json:signature.token}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
  notes: ["Only time and token are signed, not the event: take each token once."],
});

export const dropboxSign = /* @__PURE__ */ defineRecord({
  name: "dropbox-sign",
  title: "Dropbox Sign (HMAC-SHA256)",
  aliases: ["hellosign"],
  signature: { json: "event.event_hash", format: "raw" },
  content: "{json:event.event_time}{json:event.event_type}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
  repeats: true,
  notes: ["Only the event's time and type are signed. The body is the form's field `json`."],
});

export const UNUSUAL_SCHEMES: readonly Scheme[] = [
  hubspotV1,
  hubspotV2,
  gitlabToken,
  okta,
  auth0,
  mailgun,
  dropboxSign,
];
