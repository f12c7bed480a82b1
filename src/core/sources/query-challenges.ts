// Challenges that stand in the URL. Nobody signs them, so what is written back is bounded, and nothing that was computed
// with a secret may pass for a signature of something else.

import { createHash, createHmac } from "node:crypto";
import { isSameText } from "../signing/text-comparer.ts";
import { verify } from "../signing/verify.ts";
import { HeaderFinder } from "../signing/webhook-request.ts";
import {
  type Challenge,
  type Handshaker,
  isToken,
  json,
  plainText,
  queryOf,
  type Reply,
  refused,
} from "./challenge.ts";

/**
 * Meta, "Webhooks: verification requests": `hub.challenge`, when `hub.verify_token` is the one that was agreed on.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
 */
export const meta: Handshaker = ({ request, verifyToken }) => {
  const query = queryOf(request);
  const challenge = query("hub.challenge");
  if (request.method !== "GET" || query("hub.mode") !== "subscribe" || challenge === undefined) return undefined;
  if (verifyToken === undefined || verifyToken === "") return refused("the source has no verify token");
  if (!isSameText(query("hub.verify_token") ?? "", verifyToken)) return refused("hub.verify_token is another");
  return isToken(challenge) ? plainText(challenge) : refused("hub.challenge is no token");
};

/** WebSub (W3C), 5.3: the hub asks whether a subscription to a topic is meant. */
export const websub: Handshaker = ({ request, topics = [] }) => {
  const query = queryOf(request);
  const challenge = query("hub.challenge");
  const mode = query("hub.mode");
  if (request.method !== "GET" || challenge === undefined) return undefined;
  if (mode !== "subscribe" && mode !== "unsubscribe") return undefined;
  if (!topics.includes(query("hub.topic") ?? "")) return refused("hub.topic is none of the source's topics");
  return isToken(challenge) ? plainText(challenge) : refused("hub.challenge is no token");
};

/** Dropbox, "Webhooks: the verification request"; Adobe I/O Events asks the same. */
export const dropbox: Handshaker = ({ request }) => {
  const challenge = request.method === "GET" ? queryOf(request)("challenge") : undefined;
  if (challenge === undefined) return undefined;
  return isToken(challenge) ? plainText(challenge) : refused("challenge is no token");
};

/** Longer than those of Graph are (some 130 characters). Text with blanks in it, so no token; but no markup either. */
const VALIDATION_TOKEN = /^[\x20-\x7e]{1,1024}$/;

/**
 * Microsoft Graph, "Receive change notifications through webhooks: notificationUrl validation". SharePoint writes the
 * name in lower case.
 */
export const microsoftGraph: Handshaker = ({ request }) => {
  const query = queryOf(request);
  const token = query("validationToken") ?? query("validationtoken");
  if (request.method !== "POST" || token === undefined || request.body.length > 0) return undefined;
  return VALIDATION_TOKEN.test(token) && !/[<>]/.test(token)
    ? plainText(token)
    : refused("validationToken is no text of one line");
};

const X_SIGNATURE = new HeaderFinder(["x-twitter-webhooks-signature"]);
/** No body that X could send, and no query that it signs, is made of these only. */
const CRC_TOKEN = /^[A-Za-z0-9_-]{1,256}$/;

/**
 * X, "Securing webhooks: challenge-response checks". The answer is made as a signature of X is: what looks like anything
 * but a token is not answered, else whoever asks could have his own event signed.
 */
export const x: Handshaker = ({ request, secrets, now }) => {
  const token = request.method === "GET" ? queryOf(request)("crc_token") : undefined;
  const [secret] = secrets;
  if (token === undefined || secret === undefined || secret === "") return undefined;
  if (!CRC_TOKEN.test(token)) return refused("crc_token is no token");
  const signed = X_SIGNATURE.findAll(request.headers)[0] !== undefined;
  if (signed && !isSignedQuery(request, secrets, now)) return refused("the signature of the query is wrong");
  return json({ response_token: `sha256=${createHmac("sha256", secret).update(token).digest("base64")}` });
};

/** Of a GET, X signs the query. */
function isSignedQuery(request: Challenge["request"], secrets: readonly string[], now: number): boolean {
  const body = request.url.slice(request.url.indexOf("?") + 1);
  return verify("x", { headers: request.headers, body }, secrets, { now }).valid;
}

/** eBay, "Marketplace account deletion: endpoint validation": a hash of challenge, token and the URL itself. */
export const ebay: Handshaker = ({ request, verifyToken }): Reply | undefined => {
  const code = request.method === "GET" ? queryOf(request)("challenge_code") : undefined;
  if (code === undefined) return undefined;
  if (verifyToken === undefined || verifyToken === "") return refused("the source has no verify token");
  if (!isToken(code)) return refused("challenge_code is no token");
  const endpoint = request.url.slice(0, request.url.indexOf("?"));
  return json({
    challengeResponse: createHash("sha256").update(code).update(verifyToken).update(endpoint).digest("hex"),
  });
};
