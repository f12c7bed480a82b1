import { expect, it } from "vitest";
import { sign } from "../../src/index.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { Relay } from "./support/relay.ts";

const SECRET = `whsec_${Buffer.alloc(24, 3).toString("base64")}`;

it("row 38: third parties' webhooks are verified and become events, under their own name or a mapped one", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  await relay.subscribe(receiver.url);
  const source = [
    "source",
    "create",
    "clerk",
    "--scheme",
    "clerk",
    "--secret",
    SECRET,
    "--map",
    "user.created=user.created",
  ];
  await relay.hooks(...source);
  const post = async (type: string, secret: string, id: string) => {
    const body = JSON.stringify({ type, object: "event", data: { id: "user_1" } });
    const { headers } = sign("clerk", { body }, secret, { id });
    const answer = await fetch(`${relay.daemon.url}/in/clerk`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
    });
    return answer.status;
  };
  const other = `whsec_${Buffer.alloc(24, 4).toString("base64")}`;
  expect(await post("user.created", other, "msg_0")).toBe(401);
  expect((await relay.ok("GET", "/v1/events")).data).toEqual([]);
  expect(await post("user.created", SECRET, "msg_1")).toBeLessThan(300);
  expect(await post("organization.created", SECRET, "msg_2")).toBeLessThan(300);
  // Clerk sends again what it heard no answer to: it is one event.
  expect(await post("user.created", SECRET, "msg_1")).toBeLessThan(300);
  const received = [await receiver.request(1), await receiver.request(2)].map(({ text }) =>
    String(JSON.parse(text).type),
  );
  expect(received.toSorted()).toEqual(["clerk.organization.created", "user.created"]);
  expect((await relay.ok("GET", "/v1/events")).data).toHaveLength(2);
});
