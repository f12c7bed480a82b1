import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HTTPReceiver, LogLevel as SlackLogLevel } from "@slack/bolt";
import { LogLevel, MeetingsS2SAuthClient } from "@zoom/rivet/meetings";
import { verifyKeyMiddleware } from "discord-interactions";
import express from "express";
import { describe, expect, it, onTestFinished } from "vitest";
import { answerChallenge } from "../../../src/core/sources/answer-challenge.ts";
import type { ChallengeAnswer, HandshakeName } from "../../../src/core/sources/challenge.ts";
import { type Simulated, simulateOne } from "../simulations/support/simulated.ts";

// What the providers' own receivers answer to the same request, over HTTP.

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function ours(handshake: HandshakeName, { lower, body, check }: Simulated, now: number): ChallengeAnswer | undefined {
  const request = { method: "POST", url: "https://example.com/in/x", headers: lower, body: Buffer.from(body) };
  return answerChallenge(handshake, { request, secrets: [check], now: now / 1000 });
}

const post = (url: string, { headers, body }: Pick<Simulated, "headers" | "body">) =>
  fetch(url, { method: "POST", headers, body });

it("slack: bolt's receiver answers the same challenge, and neither does with another signature", async () => {
  const now = Date.now();
  const made = simulateOne("slack", "url_verification", { now });
  const port = await freePort();
  const receiver = new HTTPReceiver({ signingSecret: made.secret, logLevel: SlackLogLevel.ERROR });
  await receiver.start(port);
  onTestFinished(async () => void (await receiver.stop()));
  const url = `http://127.0.0.1:${port}/slack/events`;

  const theirs = (await (await post(url, made)).json()) as { challenge: string };
  expect(ours("slack", made, now)).toMatchObject({ status: 200, body: theirs.challenge });

  const changed = { ...made, body: made.body.replace('"challenge":"', '"challenge":"x') };
  expect((await post(url, changed)).status).toBe(401);
  expect(ours("slack", changed, now)).toBeUndefined();
});

it("zoom: rivet's receiver answers the same, and neither does with another signature", async () => {
  const now = Date.now();
  const made = simulateOne("zoom", "endpoint.url_validation", { now });
  const port = await freePort();
  const client = new MeetingsS2SAuthClient({
    clientId: "id",
    clientSecret: "secret",
    accountId: "account",
    webhooksSecretToken: made.secret,
    port,
    logLevel: LogLevel.ERROR,
  });
  const server = await client.start();
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${port}/zoom/events`;

  const theirs = (await (await post(url, made)).json()) as unknown;
  expect(JSON.parse(ours("zoom", made, now)?.body ?? "")).toEqual(theirs);

  const changed = { ...made, body: made.body.replace('"plainToken":"', '"plainToken":"x') };
  expect((await post(url, changed)).status).toBeGreaterThanOrEqual(400);
  expect(ours("zoom", changed, now)).toBeUndefined();
});

it("discord: its middleware answers a PING the same", async () => {
  const now = Date.now();
  const made = simulateOne("discord", "ping", { now });
  const app = express();
  app.post("/", verifyKeyMiddleware(made.check), (_, response) => void response.sendStatus(202));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const theirs = (await (await post(url, made)).json()) as unknown;
  expect(JSON.parse(ours("discord", made, now)?.body ?? "")).toEqual(theirs);

  const changed = { ...made, body: made.body.replace('"version":1', '"version":2') };
  expect((await post(url, changed)).status).toBe(401);
  expect(ours("discord", changed, now)).toBeUndefined();
});

describe("simulations, which say whether an answer would do", () => {
  const CHALLENGES: [Parameters<typeof simulateOne>[0] & HandshakeName, string][] = [
    ["slack", "url_verification"],
    ["zoom", "endpoint.url_validation"],
    ["twitch", "webhook_callback_verification"],
    ["discord", "ping"],
    ["discord", "event.ping"],
  ];

  it.each(CHALLENGES)("%s:%s", (name, type) => {
    const now = 1_795_357_855_250;
    const made = simulateOne(name, type, { now });

    const answer = ours(name, made, now);

    expect(answer?.handshake).toBe(name);
    expect(made.event.answer?.(answer?.body ?? "", made.secret)).toBeUndefined();
    expect(ours(name, { ...made, lower: {} }, now)).toBeUndefined();
    expect(ours(name, { ...made, check: made.check.replace(/.$/, "0") }, now)).toBeUndefined();
  });

  it.each([
    ["slack", "message"],
    ["zoom", "meeting.started"],
    ["twitch", "channel.follow"],
    ["discord", "command"],
    ["discord", "event.application_authorized"],
  ] as const)("%s:%s is no challenge", (name, type) => {
    const made = simulateOne(name, type);

    expect(ours(name, made, 1_795_357_855_250)).toBeUndefined();
  });
});
