// `t=…,v1=…`: the time and one or more signatures in one header. The secret is text, with whatever prefix it has.

import { defineRecord, deriveRecord } from "../define-record.ts";
import type { Scheme } from "../scheme.ts";

/** What Stripe began and others took over. */
export const stripe = /* @__PURE__ */ defineRecord({
  name: "stripe",
  title: "Stripe (HMAC-SHA256)",
  signature: { headers: ["stripe-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
  timestamp: { field: "t", unit: "s", past: 300 },
  content: "{timestamp}.{body}",
  algorithm: "hmac-sha256",
  encoding: "hex",
  secret: { decode: "utf8" },
  notes: ["The secret is used as text: `whsec_` is neither removed nor is the rest decoded."],
});

export const paddle = /* @__PURE__ */ deriveRecord(stripe, {
  name: "paddle",
  title: "Paddle (HMAC-SHA256)",
  signature: { headers: ["paddle-signature"], format: "list", separator: ";", pair: "=", field: "h1" },
  timestamp: { field: "ts", unit: "s", past: 5 },
  content: "{timestamp}:{body}",
  notes: ["Paddle accepts five seconds: give `--tolerance` where a queue stands between."],
});

export const mux = /* @__PURE__ */ deriveRecord(stripe, {
  name: "mux",
  title: "Mux (HMAC-SHA256)",
  signature: { headers: ["mux-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
});

export const workos = /* @__PURE__ */ deriveRecord(stripe, {
  name: "workos",
  title: "WorkOS (HMAC-SHA256)",
  signature: { headers: ["workos-signature"], format: "list", separator: ",", joiner: ", ", pair: "=", field: "v1" },
  timestamp: { field: "t", unit: "ms", past: 180 },
});

export const elevenlabs = /* @__PURE__ */ deriveRecord(stripe, {
  name: "elevenlabs",
  title: "ElevenLabs (HMAC-SHA256)",
  signature: { headers: ["elevenlabs-signature"], format: "list", separator: ",", pair: "=", field: "v0" },
  timestamp: { field: "t", unit: "s", past: 1800 },
});

export const sanity = /* @__PURE__ */ deriveRecord(stripe, {
  name: "sanity",
  title: "Sanity (HMAC-SHA256)",
  signature: { headers: ["sanity-webhook-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
  timestamp: { field: "t", unit: "ms" },
  encoding: "base64url",
});

export const retell = /* @__PURE__ */ deriveRecord(stripe, {
  name: "retell",
  title: "Retell (HMAC-SHA256)",
  signature: { headers: ["x-retell-signature"], format: "list", separator: ",", pair: "=", field: "d" },
  timestamp: { field: "v", unit: "ms", past: 300, future: 300 },
  content: "{body}{timestamp}",
});

export const calendly = /* @__PURE__ */ deriveRecord(stripe, {
  name: "calendly",
  title: "Calendly (HMAC-SHA256)",
  signature: { headers: ["calendly-webhook-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
  timestamp: { field: "t", unit: "s", past: 180 },
});

export const convoyAdvanced = /* @__PURE__ */ deriveRecord(stripe, {
  name: "convoy-advanced",
  title: "Convoy, advanced signatures (HMAC-SHA256)",
  aliases: ["convoy"],
  signature: { headers: ["x-convoy-signature"], format: "list", separator: ",", pair: "=", field: "v1" },
  content: "{timestamp},{body}",
  notes: ["With hex and SHA-256, as a project has them unless it says otherwise."],
});

export const TIMED_LIST_SCHEMES: readonly Scheme[] = [
  stripe,
  paddle,
  mux,
  workos,
  elevenlabs,
  sanity,
  retell,
  calendly,
  convoyAdvanced,
];
