import path from "node:path";
import { expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

it("a daemon sends a subscription ten tests a minute, and says when the next may be; its owner's store sends on", async () => {
  const home = new HooksHome();
  const receiver = await openReceiver();
  for (const name of ["shop", "other"]) {
    await home.run(["sub", "create", "--url", receiver.url, "--event", "*", "--name", name]);
  }
  const daemon = await home.serve();
  const token = await home.token();
  const test = (name: string, body?: string) =>
    fetch(`${daemon.url}/v1/subscriptions/${name}/test`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });
  // What is refused before it is sent does not count.
  expect((await test("shop", '{"type":"no type"}')).status).toBe(400);
  for (let n = 0; n < 10; n++) expect((await test("shop")).status).toBe(200);
  expect(receiver.requests).toHaveLength(10);

  const refused = await test("shop");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(60);
  expect(await refused.json()).toMatchObject({ error: { code: "rate_limited", field: "id" } });
  const remote = ["--server", daemon.url, "--api-key-file", path.join(home.folder, "token")];
  const ran = await home.run(["sub", "test", "shop", ...remote]);
  expect(ran.code).not.toBe(0);
  expect(ran.stderr).toMatch(/this server sends a subscription 10\/m tests/);
  expect(receiver.requests).toHaveLength(10);

  expect((await test("other")).status).toBe(200);
  expect(await home.run(["sub", "test", "shop"])).toMatchObject({ code: 0 });
  expect(receiver.requests).toHaveLength(12);
});
