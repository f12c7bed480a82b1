// Plaid, "Webhook verification": a JWT with the hash of the body in it, ES256 and nothing else.
// https://plaid.com/docs/api/webhooks/webhook-verification/

import { decodeStrictly, encodeBytes } from "../byte-text.ts";
import { defineRecord } from "../define-record.ts";
import type { FindHeader, ReadMessage } from "../scheme-code.ts";
import { type Refusal, refuse } from "../verdict.ts";
import type { WebhookRequest } from "../webhook-request.ts";
import { type JsonObject, own, ownText, parseObject } from "./json-object.ts";
import { oneHeader } from "./one-header.ts";

const HEADER = "plaid-verification";

export const plaid = /* @__PURE__ */ defineRecord({
  name: "plaid",
  title: "Plaid (JWT, ES256)",
  signature: { headers: [HEADER], format: "raw" },
  timestamp: { headers: [HEADER], unit: "s", past: 300, future: 300 },
  content: "JWT: iat, request_body_sha256 = SHA-256 of {body}",
  algorithm: "ecdsa-p256-sha256",
  encoding: "base64url",
  secret: { decode: "pem" },
  code: {
    headers: [],
    namesKey: true,
    read: (request, find) => [read(request, find)],
    *sign({ body }, { timestamp, keyId }) {
      const head = encode({ alg: "ES256", kid: keyId, typ: "JWT" });
      const hash = yield { hash: "sha256", of: body, encoding: "hex" };
      const token = `${head}.${encode({ iat: Math.floor(timestamp), request_body_sha256: hash })}`;
      const signed = yield { sign: "ecdsa-p256-sha256-raw", content: [token], encoding: "base64url" };
      const signature = `${token}.${signed}`;
      return { headers: { [HEADER]: signature }, signature, timestamp: Math.floor(timestamp) };
    },
  },
  notes: ["The key is the JWK that Plaid answers for the token's `kid`: as the secret, or from `resolveKey`."],
});

function read(_request: WebhookRequest, find: FindHeader): ReadMessage | Refusal {
  const token = oneHeader(HEADER, find);
  if (typeof token !== "string") return token;
  const [head = "", claims = "", signature = "", ...more] = token.split(".");
  const header = decodeObject(head);
  const payload = decodeObject(claims);
  if (header === undefined || payload === undefined || signature === "" || more.length > 0) {
    return refuse("malformed_header", `${HEADER} is not a JWT`);
  }
  // The only algorithm, whatever the token says: else a public key would do as the secret of an HMAC.
  if (own(header, "alg") !== "ES256") return refuse("unsupported_version", "the token's alg is not ES256");
  const keyName = ownText(header, "kid");
  if (keyName === undefined || keyName === "") return refuse("malformed_header", "the token names no key (kid)");
  const timestamp = own(payload, "iat");
  if (typeof timestamp !== "number" || !Number.isSafeInteger(timestamp) || timestamp < 0) {
    return refuse("timestamp_malformed", "the token's iat is not a whole number of unix seconds");
  }
  const otherwise = refuse("signature_mismatch", "the body is not the one whose hash the token has");
  const text = ownText(payload, "request_body_sha256") ?? "";
  const algorithm = "ecdsa-p256-sha256-raw";
  const contents = [[`${head}.${claims}`]];
  return {
    timestamp,
    keyName,
    bodyHashes: [{ algorithm: "sha256", encoding: "hex", text, otherwise }],
    statements: [{ algorithm, encoding: "base64url", signatures: [signature], contents }],
  };
}

function decodeObject(text: string): JsonObject | undefined {
  const bytes = decodeStrictly(text, "base64url");
  return bytes === undefined ? undefined : parseObject(bytes);
}

function encode(value: object): string {
  return encodeBytes(new TextEncoder().encode(JSON.stringify(value)), "base64url");
}
