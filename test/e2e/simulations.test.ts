import { describe, expect, it, onTestFinished } from "vitest";
import { PROVIDER_NAMES, type ProviderName } from "../../src/core/simulations/provider-names.ts";
import { verify } from "../../src/index.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { startReceiver } from "../support/receiver.ts";

// The built program sends an event of each provider to a real receiver, which checks it as the provider's own would.

const EVENTS: Record<ProviderName, [event: string, scheme: string, header: string]> = {
  stripe: ["invoice.paid", "stripe", "Stripe-Signature"],
  github: ["pull_request", "github", "X-Hub-Signature-256"],
  gitlab: ["merge_request", "gitlab-signed", "webhook-signature"],
  slack: ["slash_command", "slack", "X-Slack-Signature"],
  shopify: ["orders/create", "shopify", "X-Shopify-Hmac-Sha256"],
  twilio: ["call.completed", "twilio", "X-Twilio-Signature"],
  square: ["payment.updated", "square", "x-square-hmacsha256-signature"],
  paddle: ["transaction.completed", "paddle", "Paddle-Signature"],
  linear: ["Issue.update", "linear", "Linear-Signature"],
  discord: ["component.button", "discord", "X-Signature-Ed25519"],
  sendgrid: ["batch", "sendgrid", "X-Twilio-Email-Event-Webhook-Signature"],
  twitch: ["channel.subscribe", "twitch", "Twitch-Eventsub-Message-Signature"],
  zoom: ["meeting.ended", "zoom", "x-zm-signature"],
  typeform: ["form_response", "typeform", "Typeform-Signature"],
};
const SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const MADE_KEYS: readonly ProviderName[] = ["discord", "sendgrid"];

describe.each(PROVIDER_NAMES)("%s", (provider) => {
  it("an event arrives as the provider sends it, and verifies", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const home = new HooksHome();
    const [event, scheme, header] = EVENTS[provider];
    const to = `${receiver.url}/in/${provider}?a=1`;
    const secret = MADE_KEYS.includes(provider) ? [] : ["--secret", SECRET];
    const { code, stdout, stderr } = await home.run([
      "trigger",
      `${provider}:${event}`,
      "--to",
      to,
      ...secret,
      "--json",
    ]);
    expect(stderr.replace(/^signed with a new key; .*\n/, "")).toBe("");
    expect(code).toBe(0);
    const { public_key: publicKey = SECRET, success } = JSON.parse(stdout) as { public_key?: string; success: boolean };
    expect(success).toBe(true);
    const request = await receiver.request(1);
    expect(request.rawHeaders.map(([name]) => name)).toContain(header);
    expect(verify(scheme, { ...request, url: to }, publicKey)).toMatchObject({ valid: true });
    const tampered = Buffer.from(request.body);
    tampered[tampered.length - 9]! ^= 1;
    expect(verify(scheme, { ...request, url: to, body: tampered }, publicKey)).toMatchObject({ valid: false });
  });
});
