import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { runInProcess } from "../support/run-in-process.ts";
import { startRelay } from "./support/relay.ts";

const SECRET = "a-secret-of-the-sender";
const signed: [string, string][] = [
  ["X-Hub-Signature-256", `sha256=${createHmac("sha256", SECRET).update("{}").digest("hex")}`],
  ["X-GitHub-Event", "push"],
];

it("a source and what came to it outlast a change of the master key", async () => {
  const relay = await startRelay();
  await relay.service.createSource({ name: "github", scheme: "github", secret: SECRET });
  await relay.send("/in/github", { headers: signed, body: "{}" });
  const changed = await runInProcess(["key", "rotate-master", "--json"], { env: { HOOKS_HOME: relay.home } });
  expect(changed).toMatchObject({ code: 0 });
  expect(JSON.parse(changed.stdout)).toMatchObject({ moved: 1, ended: true });
  expect((await relay.send("/in/github", { headers: signed, body: "{}" })).status).toBe(200);
  const { data } = await relay.service.listSourceRequests("github");
  expect(data).toHaveLength(2);
  for (const { id } of data) {
    const { headers } = await relay.service.getSourceRequest("github", id);
    expect(headers).toContainEqual(["X-GitHub-Event", "push"]);
  }
});

it("a deleted tenant leaves no source behind: its URL is free, and nothing of it is another's", async () => {
  const relay = await startRelay();
  const acme = relay.daemon.serviceFor({ tenant: "acme", environment: "development" });
  await acme.createSource({ name: "github", scheme: "github", secret: SECRET });
  await relay.send("/in/github", { headers: signed, body: "{}" });
  expect((await acme.listEvents()).data).toHaveLength(1);
  expect((await relay.service.listSources()).data).toEqual([]);
  await expect(relay.service.getSource("github")).rejects.toMatchObject({ code: "not_found" });
  await expect(relay.service.createSource({ name: "github", scheme: "github" })).rejects.toMatchObject({
    code: "conflict",
  });
  const ask = (path: string) =>
    fetch(`${relay.daemon.url}${path}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${relay.daemon.token}` },
    });
  expect((await ask("/v1/tenants/acme")).status).toBe(409);
  expect((await ask("/v1/tenants/acme?force=true")).status).toBe(204);
  await relay.service.createSource({ name: "github", scheme: "github", secret: SECRET });
  expect((await relay.service.listSourceRequests("github")).data).toEqual([]);
  expect((await relay.send("/in/github", { headers: signed, body: "{}" })).status).toBe(200);
  expect((await relay.service.listEvents()).data).toHaveLength(1);
});
