// Challenges that are signed as every message of their provider is: they are answered only when that is right. Else they
// are no challenges, and are refused as any other request is.

import { createHmac } from "node:crypto";
import { asObject, type JsonObject, own, ownText, parseObject } from "../signing/schemes/json-object.ts";
import { verify } from "../signing/verify.ts";
import { HeaderFinder } from "../signing/webhook-request.ts";
import { bare, type Challenge, type Handshaker, isToken, json, plainText, type Reply } from "./challenge.ts";

/** The number of the secret that signed it; undefined: none did. */
function signedBy(scheme: string, { request, secrets, now }: Challenge): number | undefined {
  const result = secrets.length === 0 ? undefined : verify(scheme, request, secrets, { now });
  return result?.valid === true ? result.secretIndex : undefined;
}

/** A signed POST, if `asks` reads a challenge in its body. */
function signedPost(
  scheme: string,
  asks: (body: JsonObject, challenge: Challenge) => boolean,
  answer: (body: JsonObject, secret: string) => Reply | undefined,
): Handshaker {
  return (challenge) => {
    const { request, secrets } = challenge;
    if (request.method !== "POST") return undefined;
    const body = parseObject(request.body);
    if (body === undefined || !asks(body, challenge)) return undefined;
    const index = signedBy(scheme, challenge);
    return index === undefined ? undefined : answer(body, secrets[index]!);
  };
}

const challengeText = (body: JsonObject): Reply | undefined => {
  const text = ownText(body, "challenge");
  return isToken(text) ? plainText(text) : undefined;
};

/** Slack, Events API: `url_verification`. https://api.slack.com/events/url_verification */
export const slack = signedPost("slack", (body) => own(body, "type") === "url_verification", challengeText);

/**
 * Zoom, "Validate your webhook endpoint": an HMAC of `plainToken`, with the secret that signs. A token never has a colon,
 * as all that Zoom signs has: the answer can be no signature of anything.
 */
export const zoom = signedPost(
  "zoom",
  (body) => own(body, "event") === "endpoint.url_validation",
  (body, secret) => {
    const plainToken = ownText(asObject(own(body, "payload")), "plainToken");
    if (!isToken(plainToken) || plainToken.includes(":")) return undefined;
    return json({ plainToken, encryptedToken: createHmac("sha256", secret).update(plainToken).digest("hex") });
  },
);

const TWITCH_TYPE = new HeaderFinder(["twitch-eventsub-message-type"]);

/** Twitch, "Handling webhook events: responding to a challenge request": the text itself, nothing around it. */
export const twitch = signedPost(
  "twitch",
  (_, { request }) => TWITCH_TYPE.findAll(request.headers)[0]?.[0] === "webhook_callback_verification",
  challengeText,
);

/**
 * Discord: the PING of interactions (type 1) and that of webhook events (type 0). An event has type 1 as well, and an
 * `event` in it.
 */
export const discord = signedPost(
  "discord",
  (body) => (own(body, "type") === 1 || own(body, "type") === 0) && own(body, "event") === undefined,
  (body) => (own(body, "type") === 1 ? json({ type: 1 }) : bare(204)),
);

/** Xero, "Intent to receive": events without any, of which both the rightly and the wrongly signed are sent. */
export const xero = signedPost(
  "xero",
  (body) => {
    const events = own(body, "events");
    return Array.isArray(events) && events.length === 0;
  },
  () => bare(200),
);

const OKTA = new HeaderFinder(["x-okta-verification-challenge", "authorization"]);

/** Okta, "Event hooks: one-time verification request". What it says of itself has to be right, where it says anything. */
export const okta: Handshaker = (challenge) => {
  const { request } = challenge;
  if (request.method !== "GET") return undefined;
  const [asked, authorization] = OKTA.findAll(request.headers);
  const [verification] = asked ?? [];
  if (asked?.length !== 1 || !isToken(verification)) return undefined;
  if (authorization !== undefined && signedBy("okta", challenge) === undefined) return undefined;
  return json({ verification });
};

/** Exactly an SNS host of a region, and what confirms a subscription there. */
const CONFIRM_URL = /^https:\/\/sns\.[a-z]{2}(?:-[a-z]+)+-\d{1,2}\.amazonaws\.com(?:\.cn)?\/\?[\w=&%.:~+/-]+$/;

/**
 * SNS, "Confirming a subscription": a URL is to be fetched. Only of a topic that the source names, and only at a host of
 * SNS: anybody who has a topic can have such a message rightly signed.
 */
export const sns = signedPost(
  "sns",
  (body, { topics = [] }) =>
    own(body, "Type") === "SubscriptionConfirmation" && topics.includes(ownText(body, "TopicArn") ?? ""),
  (body) => {
    const confirmUrl = ownText(body, "SubscribeURL") ?? "";
    if (!CONFIRM_URL.test(confirmUrl)) return undefined;
    const query = new URLSearchParams(confirmUrl.slice(confirmUrl.indexOf("?")));
    const isRight = query.get("Action") === "ConfirmSubscription" && query.get("TopicArn") === own(body, "TopicArn");
    return isRight ? { ...bare(200), confirmUrl } : undefined;
  },
);
