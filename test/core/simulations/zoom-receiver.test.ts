import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LogLevel, MeetingsS2SAuthClient } from "@zoom/rivet/meetings";
import { expect, it, onTestFinished } from "vitest";
import { simulateOne } from "./support/simulated.ts";

// Zoom's library has no function that checks a signature: its receiver does, and is asked over HTTP.

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

it("rivet's receiver takes what is signed, hands it on, and refuses it once it is changed", async () => {
  const port = await freePort();
  const made = simulateOne("zoom", "meeting.started", { now: Date.now() });
  const client = new MeetingsS2SAuthClient({
    clientId: "id",
    clientSecret: "secret",
    accountId: "account",
    webhooksSecretToken: made.secret,
    port,
    logLevel: LogLevel.ERROR,
  });
  const seen: unknown[] = [];
  client.webEventConsumer?.event("meeting.started", (event) => void seen.push(event));
  const server = await client.start();
  onTestFinished(() => void server.close());
  const post = (body: string) =>
    fetch(`http://127.0.0.1:${port}/zoom/events`, { method: "POST", headers: made.lower, body });

  expect((await post(made.body)).status).toBe(200);
  expect(JSON.stringify(seen)).toContain((made.json as { payload: { object: { uuid: string } } }).payload.object.uuid);
  const refused = await post(made.body.replace('"duration":60', '"duration":61'));
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(seen).toHaveLength(1);

  const validation = simulateOne("zoom", "endpoint.url_validation", { now: Date.now() });
  const answer = await fetch(`http://127.0.0.1:${port}/zoom/events`, {
    method: "POST",
    headers: validation.lower,
    body: validation.body,
  });
  expect(validation.event.answer?.(await answer.text(), validation.secret)).toBeUndefined();
});
