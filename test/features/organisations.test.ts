import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openReceiver } from "../support/open-receiver.ts";
import { Relay } from "./support/relay.ts";

it("row 1: many organisations, isolated: what is another's is not there", async () => {
  const relay = await Relay.start();
  await relay.ok("POST", "/v1/tenants", { name: "acme" });
  const [acme, own] = await Promise.all([
    relay.key("acme", { role: "admin", tenant: "acme", environment: "development" }),
    relay.key("own", { role: "admin", tenant: "default", environment: "development" }),
  ]);
  const receiver = await openReceiver();
  const { id } = await relay.subscribe(receiver.url, {}, { key: acme });
  expect(await relay.call("GET", `/v1/subscriptions/${id}`, undefined, { key: own })).toMatchObject({ status: 404 });
  expect(await relay.call("DELETE", `/v1/subscriptions/${id}`, undefined, { key: own })).toMatchObject({ status: 404 });
  expect((await relay.ok("GET", "/v1/subscriptions", undefined, { key: own })).data).toEqual([]);
  expect(await relay.publish("order.paid", { of: "default" }, { key: own })).toMatchObject({ deliveries: 0 });
  expect(await relay.publish("order.paid", { of: "acme" }, { key: acme })).toMatchObject({ deliveries: 1 });
  expect((await receiver.request(1)).text).toContain('"of":"acme"');
});

it("row 2: environments of one organisation are separate: same URL, other secrets, events and lists", async () => {
  const relay = await Relay.start();
  const [staging, production] = await Promise.all(
    ["staging", "production"].map((environment) => relay.key(environment, { role: "admin", environment })),
  );
  const url = "https://hooks.example.com/in";
  const one = await relay.subscribe(url, { name: "one" }, { key: staging! });
  await relay.ok("POST", `/v1/subscriptions/${one.id}/pause`, undefined, { key: staging! });
  const two = await relay.subscribe(url, { name: "two" }, { key: production! });
  await relay.ok("POST", `/v1/subscriptions/${two.id}/pause`, undefined, { key: production! });
  expect(one.secret).not.toBe(two.secret);
  const names = async (key: string) =>
    (await relay.ok("GET", "/v1/subscriptions", undefined, { key })).data.map((row: { name: string }) => row.name);
  expect([await names(staging!), await names(production!)]).toEqual([["one"], ["two"]]);
  expect(await relay.publish("order.paid", {}, { key: staging! })).toMatchObject({ deliveries: 1 });
  const count = async (key: string) =>
    (await relay.ok("GET", "/v1/deliveries", undefined, { key })).data.length as number;
  expect([await count(staging!), await count(production!)]).toEqual([1, 0]);
  const waiting = async (key: string) =>
    (await relay.ok("GET", "/v1/stats", undefined, { key })).backlog.waiting as number;
  expect([await waiting(staging!), await waiting(production!)]).toEqual([1, 0]);
});

it("row 3: only admins manage subscriptions; keys have roles, are shown once and stored hashed", async () => {
  const relay = await Relay.start();
  const keys = Object.fromEntries(
    await Promise.all(
      ["admin", "publisher", "reader", "listener"].map(
        async (role) => [role, await relay.key(role, { role, environment: "development" })] as const,
      ),
    ),
  );
  const create = (role: string) =>
    relay.call("POST", "/v1/subscriptions", { url: "http://localhost:1/", events: ["*"] }, { key: keys[role]! });
  expect(await create("admin")).toMatchObject({ status: 201 });
  for (const role of ["publisher", "reader", "listener"]) expect(await create(role)).toMatchObject({ status: 403 });
  const publish = (key: string) => relay.call("POST", "/v1/events", { type: "a.b", data: {} }, { key });
  expect(await publish(keys["publisher"]!)).toMatchObject({ status: 202 });
  expect(await publish(keys["reader"]!)).toMatchObject({ status: 403 });
  expect(await publish("hk_none")).toMatchObject({ status: 401 });
  const listed = JSON.stringify(await relay.ok("GET", "/v1/keys"));
  const stored = readFileSync(relay.home.storePath);
  for (const key of Object.values(keys)) {
    expect(listed).not.toContain(key);
    expect(stored.includes(key)).toBe(false);
  }
});

it("row 8: secrets are kept sealed under a master key that is not in the store", async () => {
  const relay = await Relay.start();
  const { id, secret } = await relay.subscribe("http://localhost:1/in", { headers: { "x-team": "a-hidden-value" } });
  const got = JSON.stringify(await relay.ok("GET", `/v1/subscriptions/${id}`));
  expect(got).not.toContain(secret);
  expect(got).toContain('"x-team":"***"');
  await relay.daemon.program.kill("SIGTERM");
  const bytes = readFileSync(relay.home.storePath);
  for (const text of [secret, secret.replace("whsec_", ""), "a-hidden-value"]) expect(bytes.includes(text)).toBe(false);
  expect(await relay.home.ok("sub", "secret", id)).toContain(secret);
});

it("row 34: management actions are on record: who changed what and when, secrets masked", async () => {
  const relay = await Relay.start();
  const { id, secret } = await relay.subscribe("http://localhost:1/in", { name: "shop" });
  await relay.ok("PATCH", `/v1/subscriptions/${id}`, { name: "store" });
  await relay.ok("DELETE", `/v1/subscriptions/${id}`);
  const { data } = await relay.ok("GET", "/v1/audit");
  expect(data.map((entry: { action: string }) => entry.action).slice(0, 3)).toEqual([
    "subscription.delete",
    "subscription.update",
    "subscription.create",
  ]);
  expect(JSON.stringify(data[1])).toContain("store");
  expect(Date.parse(data[0].at)).toBeGreaterThan(Date.now() - 600_000);
  expect(JSON.stringify(data)).not.toContain(secret);
  expect(await relay.home.ok("audit", "--json")).toContain(id);
});
