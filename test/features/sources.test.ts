import { createHmac } from "node:crypto";
import { verify as verifyGithub } from "@octokit/webhooks-methods";
import { expect, it } from "vitest";
import { openReceiver } from "../support/open-receiver.ts";
import { type Json, Relay } from "./support/relay.ts";

it("row 38: third parties' webhooks are taken, checked, published, mapped, and delivered to subscribers", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  const secret = "given-to-github";
  await relay.hooks(
    "source",
    "create",
    "github",
    "--scheme",
    "github",
    "--secret",
    secret,
    "--map",
    "push=code.pushed",
  );
  await relay.subscribe(receiver.url, { events: ["code.*"] });
  const body = '{"ref":"refs/heads/main"}';
  const send = (signature: string) =>
    fetch(`${relay.daemon.url}/in/github`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": "d-1",
        "x-hub-signature-256": signature,
      },
      body,
    });
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  expect(await verifyGithub(secret, body, signature)).toBe(true);
  expect((await send(signature)).status).toBe(200);
  expect((await send(signature)).status).toBe(200);
  expect((await send(`sha256=${"0".repeat(64)}`)).status).toBe(401);
  expect(JSON.parse((await receiver.request(1)).text)).toMatchObject({ type: "code.pushed", data: JSON.parse(body) });
  const { data } = await relay.ok("GET", "/v1/events");
  expect(data.map((event: Json) => event.type)).toEqual(["code.pushed"]);
  const refused = async () => (await relay.ok("GET", "/v1/sources/github/requests?outcome=refused")).data;
  await expect.poll(refused, { timeout: 30_000 }).toMatchObject([{ status: 401, reason: "signature_mismatch" }]);
});
