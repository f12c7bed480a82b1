import { createRequire } from "node:module";
import { LinearWebhookClient } from "@linear/sdk/webhooks";
import { verify as verifyGithub } from "@octokit/webhooks-methods";
import { Paddle } from "@paddle/paddle-node-sdk";
import { EventWebhook } from "@sendgrid/eventwebhook";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";
import "@shopify/shopify-api/adapters/node";
import { verifyKey } from "discord-interactions";
import { WebhooksHelper } from "square";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import twilio from "twilio";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ProviderName } from "../../../src/core/simulations/provider-names.ts";
import { NOW, type Simulated, simulateAll, URL } from "./support/simulated.ts";

// Each provider's own library takes what we send in its name, and refuses it once it is changed. Of Zoom, Twitch and
// Typeform no library has a function for that: rivet's receiver is tried over HTTP in zoom-receiver.test.ts.

const require = createRequire(import.meta.url);

interface SlackRequest {
  signingSecret: string;
  body: string;
  headers: { "x-slack-signature": string; "x-slack-request-timestamp": number };
}
const { verifySlackRequest } = require("@slack/bolt/dist/receivers/verify-request.js") as {
  verifySlackRequest(request: SlackRequest): void;
};

/** Throws or answers false when the library refuses. */
type Check = (made: Simulated, body: string) => unknown;

const stripe = new Stripe("sk_test_x");
const paddle = new Paddle("pdl_x");

const CHECKS: Partial<Record<ProviderName, Check>> = {
  stripe: ({ lower, secret, json }, body) =>
    stripe.webhooks.constructEvent(body, lower["stripe-signature"]!, secret).id === (json as { id: string }).id,
  github: ({ lower, secret }, body) => verifyGithub(secret, body, lower["x-hub-signature-256"]!),
  gitlab: ({ lower, secret }, body) => new Webhook(secret).verify(body, lower),
  slack: ({ lower, secret }, body) => {
    const [signature = "", timestamp] = [lower["x-slack-signature"], lower["x-slack-request-timestamp"]];
    verifySlackRequest({
      signingSecret: secret,
      body,
      headers: { "x-slack-signature": signature, "x-slack-request-timestamp": Number(timestamp) },
    });
    return true;
  },
  shopify: async ({ headers, secret }, body) => {
    const shopify = shopifyApi({
      apiKey: "key",
      apiSecretKey: secret,
      apiVersion: ApiVersion.October26 ?? Object.values(ApiVersion)[0]!,
      hostName: "example.com",
      isEmbeddedApp: false,
      logger: { level: 0 },
    });
    const rawRequest = { method: "POST", url: "/webhooks", headers };
    const answer = await shopify.webhooks.validate({ rawBody: body, rawRequest });
    return answer.valid && "topic" in answer;
  },
  twilio: ({ lower, secret }, body) =>
    twilio.validateRequest(secret, lower["x-twilio-signature"]!, URL, Object.fromEntries(new URLSearchParams(body))),
  square: ({ lower, secret }, body) =>
    WebhooksHelper.verifySignature({
      requestBody: body,
      signatureHeader: lower["x-square-hmacsha256-signature"]!,
      signatureKey: secret,
      notificationUrl: URL,
    }),
  paddle: async ({ lower, secret, event }, body) => {
    const read = await paddle.webhooks.unmarshal(body, secret, lower["paddle-signature"]!);
    return read.eventId === event.id;
  },
  linear: ({ lower, secret }, body) =>
    new LinearWebhookClient(secret).verify(Buffer.from(body), lower["linear-signature"]!),
  discord: ({ lower, check }, body) =>
    verifyKey(body, lower["x-signature-ed25519"]!, lower["x-signature-timestamp"]!, check),
  sendgrid: ({ lower, check }, body) => {
    const library = new EventWebhook();
    const header = "x-twilio-email-event-webhook";
    const key = library.convertPublicKeyToECDSA(check);
    return library.verifySignature(key, body, lower[`${header}-signature`]!, lower[`${header}-timestamp`]!);
  },
};

// Most of them judge the age by the system's clock and cannot be told another.
beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterAll(() => void vi.useRealTimers());

async function accepts(check: Check, made: Simulated, body: string): Promise<boolean> {
  try {
    return Boolean(await check(made, body));
  } catch {
    return false;
  }
}

describe.each(Object.entries(CHECKS) as [ProviderName, Check][])("the library of %s", (provider, check) => {
  it.each(simulateAll(provider).map((made) => [made.name, made] as const))("takes %s", async (_, made) => {
    expect(await check(made, made.body)).toBeTruthy();
    expect(
      await accepts(
        check,
        made,
        made.body.replace(/\d(?!.*\d)/s, (digit) => String((Number(digit) + 1) % 10)),
      ),
    ).toBe(false);
  });
});
