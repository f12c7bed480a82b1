// Hashes that are no HMAC, tokens, and signatures that stand in the body.

import type { Scheme } from "../scheme.ts";

const HUBSPOT = { headers: ["x-hubspot-signature"], format: "raw" } as const;
const EXTENSION =
  "A plain hash of the secret and what follows it: whoever has one signed message can append bytes to it. Prefer hubspot-v3.";

export const UNUSUAL_SCHEMES: readonly Scheme[] = [
  {
    name: "hubspot-v1",
    title: "HubSpot v1 (SHA-256)",
    signature: HUBSPOT,
    content: "{secret}{body}",
    algorithm: "sha256",
    encoding: "hex",
    secret: { decode: "utf8" },
    notes: [EXTENSION],
  },
  {
    name: "hubspot-v2",
    title: "HubSpot v2 (SHA-256)",
    signature: HUBSPOT,
    content: "{secret}{method}{url}{body}",
    algorithm: "sha256",
    encoding: "hex",
    secret: { decode: "utf8" },
    notes: [EXTENSION],
  },
  {
    name: "gitlab-token",
    title: "GitLab, secret token",
    aliases: ["gitlab"],
    signature: { headers: ["x-gitlab-token"], format: "raw" },
    content: "",
    algorithm: "token",
    encoding: "hex",
    secret: { decode: "utf8" },
    notes: ["Nothing is signed: the secret itself is sent, and compared in constant time."],
  },
  ...["okta", "auth0"].map(
    (name): Scheme => ({
      name,
      title: name === "okta" ? "Okta event hooks, token" : "Auth0 log streams, token",
      signature: { headers: ["authorization"], format: "raw" },
      content: "",
      algorithm: "token",
      encoding: "hex",
      secret: { decode: "utf8" },
      notes: ["Nothing is signed: the secret is the whole value of the header."],
    }),
  ),
  {
    name: "mailgun",
    title: "Mailgun (HMAC-SHA256)",
    signature: { json: "signature.signature", format: "raw" },
    timestamp: { json: "signature.timestamp", unit: "s", past: 300 },
    content: "{timestamp}{json:signature.token}",
    algorithm: "hmac-sha256",
    encoding: "hex",
    secret: { decode: "utf8" },
    notes: ["Only time and token are signed, not the event: take each token once."],
  },
  {
    name: "dropbox-sign",
    title: "Dropbox Sign (HMAC-SHA256)",
    aliases: ["hellosign"],
    signature: { json: "event.event_hash", format: "raw" },
    content: "{json:event.event_time}{json:event.event_type}",
    algorithm: "hmac-sha256",
    encoding: "hex",
    secret: { decode: "utf8" },
    notes: ["Only the event's time and type are signed. The body is the form's field `json`."],
  },
];
