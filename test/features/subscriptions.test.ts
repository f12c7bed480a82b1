import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { verify } from "../../src/index.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { type Json, Relay } from "./support/relay.ts";

it("row 4: subscriptions are created, read, listed by filters, changed, replaced and deleted", async () => {
  const relay = await Relay.start();
  const made = await relay.ok("POST", "/v1/subscriptions", { url: "http://localhost:1/a", events: ["order.*"] });
  await relay.subscribe("http://localhost:1/b", { name: "ops", events: ["user.created"], headers: { "x-a": "1" } });
  expect(await relay.ok("GET", `/v1/subscriptions/${made.id}`)).toMatchObject({ enabled: true, name: "" });
  const changes = { name: "shop", description: "All orders", enabled: false };
  expect(await relay.ok("PATCH", `/v1/subscriptions/${made.id}`, changes)).toMatchObject(changes);
  const ids = async (query: string) =>
    (await relay.ok("GET", `/v1/subscriptions?${query}`)).data.map((row: Json) => row.name);
  expect(await ids("event=order.paid")).toEqual(["shop"]);
  expect(await ids("enabled=true")).toEqual(["ops"]);
  const put = { url: "http://localhost:1/c", events: ["invoice.paid"] };
  expect(await relay.ok("PUT", `/v1/subscriptions/${made.id}`, put)).toMatchObject({ ...put, name: "", enabled: true });
  expect(await relay.home.ok("sub", "list", "--fields", "url")).toContain("http://localhost:1/c");
  expect((await relay.call("DELETE", `/v1/subscriptions/${made.id}`)).status).toBe(204);
  expect((await relay.call("GET", `/v1/subscriptions/${made.id}`)).status).toBe(404);
});

it("row 5: one event name, many, prefixes, or all", async () => {
  const relay = await Relay.start();
  const lists = [["order.paid"], ["order.paid", "user.created"], ["order.*"], ["*"]];
  for (const events of lists) await relay.subscribe("http://localhost:1/", { events, enabled: true });
  const counts = [];
  for (const type of ["order.paid", "order.refund.failed", "user.created", "order", "ordered.paid"])
    counts.push((await relay.publish(type)).deliveries);
  expect(counts).toEqual([4, 2, 2, 1, 1]);
});

it("row 6: the server makes a secret of 32 bytes and shows it once, or takes the caller's", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  const { id, secret } = await relay.subscribe(receiver.url);
  expect(Buffer.from(secret.replace("whsec_", ""), "base64")).toHaveLength(32);
  expect(await relay.ok("GET", `/v1/subscriptions/${id}`)).not.toHaveProperty("secret");
  const own = `whsec_${Buffer.alloc(32, 6).toString("base64")}`;
  const mine = await openReceiver();
  await relay.subscribe(mine.url, { secret: own });
  await relay.publish("order.paid");
  expect(verify("standard-webhooks", await receiver.request(1), secret)).toMatchObject({ valid: true });
  expect(verify("standard-webhooks", await mine.request(1), own)).toMatchObject({ valid: true });
  const short = { url: "http://localhost:1/", events: ["*"], secret: "whsec_c2hvcnQ=" };
  expect(await relay.call("POST", "/v1/subscriptions", short)).toMatchObject({ status: 400 });
});

it("row 7: secret rotation with a grace period: old and new both sign, for one or for all", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  const { id, secret: old } = await relay.subscribe(receiver.url);
  const rotated = await relay.ok("POST", `/v1/subscriptions/${id}/rotate-secret`, { grace: "24h" });
  await relay.publish("order.paid");
  const both = await receiver.request(1);
  for (const secret of [old, rotated.secret])
    expect(verify("standard-webhooks", both, secret)).toMatchObject({ valid: true });
  const last = await relay.ok("POST", "/v1/secrets/rotate", { grace: "0s" });
  expect(JSON.stringify(last)).toContain(id);
  await relay.publish("order.paid");
  const after = await receiver.request(2);
  expect(verify("standard-webhooks", after, old)).toMatchObject({ valid: false });
  expect(verify("standard-webhooks", after, rotated.secret)).toMatchObject({ valid: false });
  const aged = await relay.ok("PATCH", `/v1/subscriptions/${id}`, { rotate_every: "90d" });
  expect(aged.rotate_every).toBe("90d");
});

it("row 7: a secret as old as its owner wants is rotated by the daemon, and both sign for the grace period", async () => {
  const home = new HooksHome();
  const receiver = await openReceiver();
  const create = (name: string, ...flags: string[]) =>
    home.ok("sub", "create", "--url", receiver.url, "--event", name, "--name", name, "--fields", "secret", ...flags);
  const old = await create("aged", "--rotate-every", "90d");
  const kept = await create("kept");
  // Nobody waits for 90 days: the store is told that they are over.
  const db = new Database(home.storePath);
  db.prepare("UPDATE secrets SET created_at = created_at - ?").run(91 * 24 * 3_600_000);
  db.close();
  const relay = await Relay.startIn(home);
  await relay.until("/v1/subscriptions/aged", (body) => body.secrets.length === 2);
  expect((await relay.ok("GET", "/v1/subscriptions/kept")).secrets).toHaveLength(1);
  const [fresh, ...others] = (await home.ok("sub", "secret", "aged")).split("\n");
  expect(others).toEqual([old]);
  for (const type of ["aged", "kept"]) await relay.publish(type);
  const requests = [await receiver.request(1), await receiver.request(2)];
  const of = (type: string) => requests.find(({ text }) => JSON.parse(text).type === type)!;
  for (const secret of [old, fresh!])
    expect(verify("standard-webhooks", of("aged"), secret)).toMatchObject({ valid: true });
  expect(verify("standard-webhooks", of("kept"), kept)).toMatchObject({ valid: true });
});

it("row 11: https only, but for development", async () => {
  const relay = await Relay.start();
  const key = await relay.key("live", { role: "admin", environment: "production" });
  const create = (url: string) => relay.call("POST", "/v1/subscriptions", { url, events: ["*"] }, { key });
  expect(await create("http://hooks.example.com/")).toMatchObject({ status: 422, body: { error: { field: "url" } } });
  expect(await create("https://hooks.example.com/")).toMatchObject({ status: 201 });
  await relay.subscribe("http://localhost:1/"); // in development
});

it("row 12: private addresses are refused when created and when dialled; lists of addresses open and close", async () => {
  const relay = await Relay.start();
  const create = (url: string, more = {}) => relay.call("POST", "/v1/subscriptions", { url, events: ["*"], ...more });
  for (const url of ["http://10.1.2.3/", "http://169.254.169.254/latest", "http://[fd00::1]/"])
    expect(await create(url)).toMatchObject({ status: 422, body: { error: { code: "url_refused" } } });
  const receiver = await openReceiver();
  await relay.subscribe(receiver.url, { name: "open" });
  const denied = await create(receiver.url, { deny_net: ["127.0.0.0/8"] });
  expect(denied).toMatchObject({ status: 422 });
  expect(await relay.ok("GET", "/v1/meta")).toMatchObject({ egress_addresses: null });
  // Receivers that allow certain senders only are told which address that is.
  const closed = await Relay.start("--deny-net", "127.0.0.0/8", "--local-address", "127.0.0.1");
  expect(await closed.ok("GET", "/v1/meta")).toMatchObject({ egress_addresses: ["127.0.0.1"] });
  expect(await closed.call("POST", "/v1/subscriptions", { url: receiver.url, events: ["*"] })).toMatchObject({
    status: 422,
  });
});

it("row 13: retry policies: list, linear and exponential, 1 to 20 attempts, validated", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver({ reply: [500, 503, 204] });
  await relay.subscribe(receiver.url, { retry: { strategy: "list", delays: ["100ms", "200ms"], jitter: 0 } });
  await relay.publish("order.paid");
  const [first, , third] = [await receiver.request(1), await receiver.request(2), await receiver.request(3)];
  expect(third.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
  const create = (retry: object) =>
    relay.call("POST", "/v1/subscriptions", { url: "http://localhost:1/", events: ["*"], retry });
  for (const strategy of ["linear", "exponential"]) {
    const retry = { strategy, max_attempts: 20, first_delay: "1s", longest_delay: "1h" };
    expect(await create(retry)).toMatchObject({ status: 201 });
    expect(await create({ ...retry, max_attempts: 21 })).toMatchObject({ status: 400 });
    expect(await create({ ...retry, max_attempts: 0 })).toMatchObject({ status: 400 });
  }
});

it("row 14: a time-out of each subscription, 1 to 300 s, for the whole of the answer", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver({ reply: () => "hang" });
  const { id } = await relay.subscribe(receiver.url, { timeout_ms: 1000, retry: { strategy: "list", delays: [] } });
  await relay.publish("order.paid");
  const { data } = await relay.until(`/v1/deliveries?subscription=${id}`, (body) => body.data[0]?.status === "failed");
  expect(data[0].error).toMatch(/timeout/);
  expect((await relay.subscribe("http://localhost:1/")).timeout_ms).toBe(10_000);
  for (const timeout_ms of [0, 300_001])
    expect(await relay.call("PATCH", `/v1/subscriptions/${id}`, { timeout_ms })).toMatchObject({ status: 400 });
});

it("row 29: rate limit and concurrency of a subscription; waiting costs no attempt", async () => {
  const relay = await Relay.start();
  const slow = await openReceiver();
  const limited = await relay.subscribe(slow.url, { rate_limit: "2/s", concurrency: 1 });
  expect(limited).toMatchObject({ rate_limit: "2/s", concurrency: 1 });
  for (let n = 0; n < 5; n++) await relay.publish("order.paid", { n });
  const [first, last] = [await slow.request(1), await slow.request(5)];
  // A bucket of 2 lets two pass at once; three more take a second and a half.
  expect(last.receivedAt - first.receivedAt).toBeGreaterThan(900);
  expect(slow.maxInFlight).toBe(1);
  const { data } = await relay.until("/v1/deliveries", (body) =>
    body.data.every((row: Json) => row.status === "succeeded"),
  );
  expect(data.map((row: Json) => row.attempt_count)).toEqual([1, 1, 1, 1, 1]);
});

it("row 30: matching is in memory, and sees a change of another process at once", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  // Another process: the command line on the same file.
  const create = ["sub", "create", "--url", receiver.url, "--event", "order.*", "--name", "shop"];
  expect(await relay.home.run(create, { isAwaited: true })).toMatchObject({ code: 0 });
  await relay.until("/v1/subscriptions", (body) => body.data.length === 1);
  let receipt = await relay.publish("order.paid");
  while (receipt.deliveries === 0) receipt = await relay.publish("order.paid");
  expect((await receiver.request(1)).text).toContain("order.paid");
});

it("row 32: several events in one signed request, as a list", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  const { secret } = await relay.subscribe(receiver.url, { batch: { max_events: 3, max_wait: "30s" } });
  const events = [1, 2, 3].map((n) => ({ type: "order.paid", data: { n } }));
  await relay.ok("POST", "/v1/events/batch", { events });
  const request = await receiver.request(1);
  expect(JSON.parse(request.text).map((event: Json) => event.data.n)).toEqual([1, 2, 3]);
  expect(verify("standard-webhooks", request, secret)).toMatchObject({ valid: true });
});
