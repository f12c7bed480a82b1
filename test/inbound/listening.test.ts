import { createHmac } from "node:crypto";
import { verify as verifyGithub } from "@octokit/webhooks-methods";
import Stripe from "stripe";
import { Webhook } from "svix";
import twilio from "twilio";
import { describe, expect, it, vi } from "vitest";
import { verify } from "../../src/index.ts";
import { simulateOne } from "../core/simulations/support/simulated.ts";
import { RunningCommand } from "../stream/support/running-listen.ts";
import type { ReceivedRequest } from "../support/receiver.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { type Relay, SCOPE, startRelay } from "./support/relay.ts";

const WAIT = { timeout: 30_000, interval: 10 };
const SECRET = "a-secret-of-tests";

function githubSigned(body: string | Uint8Array): string {
  return `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
}

async function withSource(change: object = {}): Promise<Relay> {
  const relay = await startRelay();
  await relay.service.createSource({ name: "github", scheme: "github", secret: SECRET, ...change });
  return relay;
}

describe("hooks listen --source", () => {
  it("hands on method, path, query, headers in order, case and number, and the bytes of the body", async () => {
    const relay = await withSource();
    const { app, running } = await relay.listen("github");
    expect(running.stderr).toContain(`${relay.daemon.url}/in/github is where the sender sends to`);
    const body = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0xfe]);
    const headers: [string, string][] = [
      ["X-b", "1"],
      ["x-A", "2"],
      ["X-b", "3"],
      ["Content-Type", "application/octet-stream"],
      ["X-GitHub-Event", "blob"],
      ["X-Hub-Signature-256", githubSigned(body)],
      ["Cookie", "a=b"],
    ];
    const answer = await relay.send("/in/github/extra/x%20y?a=1&a=2&b=%2F", { method: "PUT", headers, body });
    expect(answer.status).toBe(200);
    const got = await app.request(1);
    expect(got.method).toBe("PUT");
    expect(got.path).toBe("/app/extra/x%20y?a=1&a=2&b=%2F");
    expect(got.body).toEqual(body);
    const names = headers.map(([name]) => name.toLowerCase());
    expect(got.rawHeaders.filter(([name]) => names.includes(name.toLowerCase()))).toEqual(headers);
    expect(got.headers).not.toHaveProperty("webhook-signature");
    await running.sees("stdout", /\t204\t.*\tgithub\.blob\t/);
  });

  it("brings a body of 10 MiB whole, and none of what was published otherwise", async () => {
    const relay = await withSource();
    const { app } = await relay.listen("github");
    const body = Buffer.alloc(10 * 1024 * 1024, 0xa5);
    await relay.service.publish({ type: "github.push", data: Buffer.from("{}") });
    await relay.send("/in/github", {
      headers: [
        ["x-hub-signature-256", githubSigned(body)],
        ["x-github-event", "big"],
      ],
      body,
    });
    const got = await app.request(1);
    expect(got.body.equals(body)).toBe(true);
    expect(app.requests).toHaveLength(1);
  });

  it("gets it as it came also after a person changed the session", async () => {
    const relay = await withSource();
    const { app } = await relay.listen("github");
    const [session] = (await relay.service.listSubscriptions()).data;
    const body = '{"ref":"main"}';
    const send = () =>
      relay.send("/in/github", {
        headers: [
          ["X-Hub-Signature-256", githubSigned(body)],
          ["X-GitHub-Event", "push"],
        ],
        body,
      });
    await relay.service.updateSubscription(session!.id, { timeout_ms: 60_000 });
    await send();
    const read = await relay.service.getSubscription(session!.id);
    await relay.service.replaceSubscription(session!.id, { ...read, description: "mine" } as never);
    await send();
    for (const got of [await app.request(1), await app.request(2)]) {
      expect(got.text).toBe(body);
      expect(got.headers["x-hub-signature-256"]).toBe(githubSigned(body));
    }
  });

  it("brings nothing that never came to the source, whatever it says of itself, nor by a replay", async () => {
    const relay = await withSource();
    const { app } = await relay.listen("github");
    const { service } = relay;
    const { id, deliveries } = await service.publish({
      type: "order.paid",
      data: Buffer.from("{}"),
      metadata: Buffer.from('{"source":"github"}'),
    });
    expect(deliveries).toBe(0);
    const [session] = (await service.listSubscriptions({})).data;
    expect(await service.replayEvent(id)).toMatchObject({ count: 0 });
    expect(await service.replayEvent(id, { subscriptions: [session!.id] })).toMatchObject({ count: 0 });
    const body = '{"mine":true}';
    await relay.send("/in/github", { headers: [["x-hub-signature-256", githubSigned(body)]], body });
    expect((await app.request(1)).text).toBe(body);
    expect(app.requests).toHaveLength(1);
  });

  it("of a source that there is not ends at once, naming the nearest", async () => {
    const relay = await withSource();
    const running = new RunningCommand(["listen", "--source", "githbu"], { home: relay.home });
    expect(await running.ended).toBe(3);
    expect(running.stderr).toMatch(/no source "githbu"[\s\S]*did you mean "github"/);
  });

  it("gets what came while it was away, and what is replayed, as it came", async () => {
    const relay = await withSource();
    const first = await relay.listen("github", {}, ["--keep", "1h"]);
    first.running.interrupt();
    await first.running.ended;
    const body = '{"late":true}';
    const headers: [string, string][] = [
      ["X-Hub-Signature-256", githubSigned(body)],
      ["X-GitHub-Event", "push"],
    ];
    const sent = await relay.send("/in/github", { headers, body });
    const { app, running } = await relay.listen("github");
    expect((await app.request(1)).text).toBe(body);
    await running.sees("stdout", /\t204\t/);
    // What is still being recorded is left alone.
    await vi.waitFor(async () => {
      const { data } = await relay.service.listDeliveries({ status: "succeeded" });
      expect(data).toHaveLength(1);
    }, WAIT);
    await relay.service.replayEvent(String(sent.headers["hooks-event-id"]));
    const again = await app.request(2);
    expect(again.text).toBe(body);
    expect(again.headers["x-hub-signature-256"]).toBe(githubSigned(body));
    // What the delivery shows is the sender's own body, not one of ours.
    await vi.waitFor(async () => {
      const [row] = (await relay.service.listDeliveries({ status: "succeeded" })).data;
      expect(await relay.service.getDelivery(row!.id)).toMatchObject({
        payload: body,
        payload_as: "sent",
        attempt_count: 2,
      });
    }, WAIT);
  });

  it("shows its delivery without the body where the source's secrets do not open: they could stand in it", async () => {
    const relay = await withSource();
    const { running } = await relay.listen("github", {}, ["--keep", "1h"]);
    running.interrupt();
    await running.ended;
    const body = '{"late":true}';
    const headers: [string, string][] = [
      ["X-Hub-Signature-256", githubSigned(body)],
      ["X-GitHub-Event", "push"],
    ];
    await relay.send("/in/github", { headers, body });
    const [delivery] = (await relay.service.listDeliveries({ status: "pending" })).data;
    expect(await relay.service.getDelivery(delivery!.id)).toMatchObject({ payload: body, payload_as: "unsent" });
    await relay.daemon.stop({ drainMs: 0 });

    const env = { HOOKS_HOME: relay.home, HOOKS_MASTER_KEY: "ab".repeat(32) };
    const { code, stdout } = await runInProcess(["delivery", "get", delivery!.id, "--json"], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id: delivery!.id, payload: "", payload_as: "rebuilt", attempts: [] });
  });

  it("keeps no secret that the sender writes into a header, but hands it on", async () => {
    const relay = await startRelay();
    const token = "gitlab-token-that-is-secret";
    await relay.service.createSource({ name: "gitlab", scheme: "gitlab", secret: token });
    const { app } = await relay.listen("gitlab");
    await relay.send("/in/gitlab", {
      headers: [
        ["X-Gitlab-Token", token],
        ["X-Gitlab-Event", "Push Hook"],
      ],
      body: "{}",
    });
    expect((await app.request(1)).headers["x-gitlab-token"]).toBe(token);
    const [request] = (await relay.service.listSourceRequests("gitlab")).data;
    const detail = await relay.service.getSourceRequest("gitlab", request!.id);
    expect(JSON.stringify(detail)).not.toContain(token);
    await vi.waitFor(async () => {
      const [delivery] = (await relay.service.listDeliveries({ status: "succeeded" })).data;
      const { attempts } = await relay.service.getDelivery(delivery!.id);
      expect(JSON.stringify(attempts)).not.toContain(token);
      expect(attempts[0]!.request_headers).toContainEqual(["X-Gitlab-Token", "***"]);
    }, WAIT);
  });
});

/** What the provider's own library says of the request as it reached the developer's program. */
const LIBRARIES: Record<string, (request: ReceivedRequest, secret: string) => unknown> = {
  github: ({ text, headers }, secret) => verifyGithub(secret, text, headers["x-hub-signature-256"]!),
  stripe: ({ body, headers }, secret) =>
    Stripe.webhooks.constructEvent(body, headers["stripe-signature"]!, secret).type !== undefined,
};

describe("the sender's signature is still good where the developer's program gets it", () => {
  it.each([
    ["github", "push"],
    ["stripe", "invoice.paid"],
    ["slack", "app_mention"],
    ["shopify", "orders/create"],
    ["linear", "Issue.create"],
    ["typeform", "form_response"],
    ["paddle", "transaction.completed"],
    ["zoom", "meeting.started"],
  ] as const)("%s:%s", async (provider, type) => {
    const made = simulateOne(provider, type, { now: Date.now() });
    const relay = await startRelay();
    const { schemes } = made.provider;
    const [scheme] = typeof schemes === "function" ? schemes(made.secret) : schemes;
    await relay.service.createSource({ name: "src", scheme: scheme!, secret: made.check, handshake: "none" });
    const { app } = await relay.listen("src");
    const sent = await relay.send("/in/src", { headers: Object.entries(made.headers), body: made.body });
    expect(sent.status).toBe(200);
    const got = await app.request(1);
    expect(got.text).toBe(made.body);
    expect(verify(scheme!, { headers: got.headers, body: got.body }, made.check)).toMatchObject({ valid: true });
    const library = LIBRARIES[provider];
    if (library !== undefined) expect(await library(got, made.check)).toBe(true);
  });

  it("svix: its library takes what is handed on", async () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
    const relay = await startRelay();
    await relay.service.createSource({ name: "svix", scheme: "svix", secret });
    const { app } = await relay.listen("svix");
    const body = '{"type":"user.created","data":{"id":1}}';
    const timestamp = new Date();
    const signature = new Webhook(secret).sign("msg_1", timestamp, body);
    const headers: [string, string][] = [
      ["svix-id", "msg_1"],
      ["svix-timestamp", String(Math.floor(timestamp.getTime() / 1000))],
      ["svix-signature", signature],
    ];
    expect((await relay.send("/in/svix", { headers, body })).status).toBe(200);
    const got = await app.request(1);
    expect(got.text).toBe(body);
    expect(() => new Webhook(secret).verify(got.text, { ...got.headers })).not.toThrow();
    expect(() => new Webhook(secret).verify(`${got.text} `, { ...got.headers })).toThrow();
  });

  it("twilio: signs the URL that it called, which is the relay's", async () => {
    const token = "12345678901234567890123456789012";
    const url = "https://relay.example/in/twilio";
    const relay = await startRelay();
    await relay.service.createSource({ name: "twilio", scheme: "twilio", secret: token, url });
    const { app } = await relay.listen("twilio");
    const params = { MessageSid: "SM1", MessageStatus: "sent", To: "+15551234" };
    const signature = twilio.validateRequest.length > 0 ? expectedTwilio(token, `${url}?a=1`, params) : "";
    const headers: [string, string][] = [
      ["Content-Type", "application/x-www-form-urlencoded"],
      ["X-Twilio-Signature", signature],
    ];
    const body = new URLSearchParams(params).toString();
    expect((await relay.send("/in/twilio?a=1", { headers, body })).status).toBe(200);
    const got = await app.request(1);
    const form = Object.fromEntries(new URLSearchParams(got.text));
    expect(twilio.validateRequest(token, got.headers["x-twilio-signature"]!, `${url}?a=1`, form)).toBe(true);
    expect((await relay.service.listEvents()).data[0]).toMatchObject({ type: "twilio.message.sent" });
    expect((await relay.send("/in/twilio?a=2", { headers, body })).status).toBe(401);
  });
});

function expectedTwilio(token: string, url: string, params: Record<string, string>): string {
  const text = Object.keys(params)
    .sort()
    .reduce((sum, name) => sum + name + params[name]!, url);
  return createHmac("sha1", token).update(text).digest("base64");
}

describe("a live source", () => {
  const body = "{}";
  const headers: [string, string][] = [
    ["X-Hub-Signature-256", githubSigned(body)],
    ["X-GitHub-Event", "push"],
  ];

  it("answers with what the developer's program answers, but for what a browser would take as ours", async () => {
    const relay = await withSource({ mode: "live" });
    await relay.listen("github", {
      reply: () => ({
        status: 418,
        headers: { "X-Own": ["a", "b"], "content-type": "text/x-own", "set-cookie": "a=b" },
        body: "short and stout",
      }),
    });
    const answer = await relay.send("/in/github", { headers, body });
    expect(answer.status).toBe(418);
    expect(answer.body.toString()).toBe("short and stout");
    expect(answer.headers).toMatchObject({ "x-own": "a, b", "content-type": "text/x-own" });
    expect(answer.headers).not.toHaveProperty("set-cookie");
    expect(answer.headers["content-security-policy"]).toContain("sandbox");
    expect((await relay.service.listEvents()).data).toHaveLength(1);
  });

  it("answers 202 when nobody listens, when the program is not there, and when it takes too long", async () => {
    const relay = await withSource({ mode: "live", live_timeout: "300ms" });
    expect((await relay.send("/in/github", { headers, body })).status).toBe(202);
    const { app } = await relay.listen("github", { reply: () => "hang" });
    expect((await relay.send("/in/github", { headers, body })).status).toBe(202);
    await app.close();
    expect((await relay.send("/in/github", { headers, body })).status).toBe(202);
    expect((await relay.service.listEvents()).data).toHaveLength(3);
  });

  it("does not wait for a listener of another environment, nor for one of events", async () => {
    const relay = await withSource({ mode: "live", live_timeout: "50s" });
    const running = new RunningCommand(["listen", "--session", "events"], { home: relay.home });
    await running.sees("stderr", /● connected/);
    expect((await relay.send("/in/github", { headers, body })).status).toBe(202);
    running.interrupt();
    await running.ended;
    expect(relay.daemon.serviceFor(SCOPE)).toBeDefined();
  });
});
