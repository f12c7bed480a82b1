import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { type Json, Relay } from "./support/relay.ts";

it("row 21: a catalogue of event types, with schemas and examples; a strict environment takes no other", async () => {
  const relay = await Relay.start();
  const schema = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
  const example = { id: "ord_1" };
  await relay.ok("POST", "/v1/event-types", { name: "order.paid", description: "Paid", schema, example });
  expect(await relay.ok("GET", "/v1/event-types/order.paid")).toMatchObject({
    name: "order.paid",
    description: "Paid",
    versions: [{ schema, example }],
  });
  expect(await relay.home.ok("event-type", "list")).toContain("order.paid");
  expect(await relay.call("POST", "/v1/events", { type: "order.lost", data: {} })).toMatchObject({ status: 202 });
  await relay.hooks("env", "update", "--strict-types", "on");
  expect(await relay.call("POST", "/v1/events", { type: "order.sold", data: {} })).toMatchObject({
    status: 400,
    body: { error: { code: "unknown_event_type" } },
  });
  expect(await relay.call("POST", "/v1/events", { type: "order.paid", data: { id: 5 } })).toMatchObject({
    status: 400,
  });
  expect(await relay.call("POST", "/v1/events", { type: "order.paid", data: example })).toMatchObject({ status: 202 });
});

it("row 25: statistics of a period: totals, success rate, durations, by type and by subscription", async () => {
  const relay = await Relay.start();
  const [good, bad] = [await openReceiver(), await openReceiver({ reply: () => 500 })];
  await relay.subscribe(good.url, { name: "good" });
  await relay.subscribe(bad.url, { name: "bad", retry: { strategy: "list", delays: [] }, events: ["order.paid"] });
  for (const type of ["order.paid", "order.paid", "user.created"]) await relay.publish(type);
  await relay.until("/v1/deliveries", (body) =>
    body.data.every((row: Json) => ["succeeded", "failed"].includes(row.status)),
  );
  const stats = await relay.ok("GET", "/v1/stats?period=1h");
  const text = JSON.stringify(stats);
  expect(text).toMatch(/"success_rate":0\.6/);
  expect(text).toMatch(/p95/);
  const byType = JSON.stringify(await relay.ok("GET", "/v1/stats?period=1h&by=type"));
  expect(byType).toContain("order.paid");
  expect(byType).toContain("user.created");
  expect(await relay.home.ok("stats", "--by", "subscription")).toMatch(/good[\s\S]*bad|bad[\s\S]*good/);
  expect(await relay.ok("GET", "/v1/stats/tenants?period=1h")).toMatchObject({
    data: [{ tenant: "default", environment: "development", attempts: 5, failed: 2 }],
  });
});

it("row 26: metrics for Prometheus, and alerts that are events", async () => {
  const relay = await Relay.start("--alert", "failure_count > 2 in 5m");
  const [bad, pager] = [await openReceiver({ reply: () => 500 }), await openReceiver()];
  await relay.subscribe(bad.url, { retry: { strategy: "list", delays: [] }, breaker: false });
  await relay.subscribe(pager.url, { events: ["hooks.alert.*"] });
  for (let n = 0; n < 4; n++) await relay.publish("order.paid", { n });
  const alarm = JSON.parse((await pager.request(1)).text);
  expect(alarm).toMatchObject({ type: "hooks.alert.failure_count", data: { alert: { state: "firing" } } });
  expect(await relay.home.ok("alert", "list", "--state", "firing")).toContain("failure_count");
  const { body } = await relay.call("GET", "/metrics");
  const value = (name: string) =>
    [...(body as string).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce(
      (sum, [, number]) => sum + Number(number),
      0,
    );
  expect(value("hooks_deliveries_failed_total")).toBe(4);
  expect(value("hooks_attempts_total")).toBeGreaterThanOrEqual(4);
  expect(value("hooks_alerts_firing")).toBe(1);
});

it("row 28: what is old goes by itself, as the environment or the server says; what waits and what is counted stays", async () => {
  const relay = await Relay.start("--retention", "events=0");
  const receiver = await openReceiver();
  await relay.subscribe(receiver.url, { events: ["order.*"] });
  const { id } = await relay.subscribe(receiver.url, { events: ["late.*"] });
  await relay.ok("POST", `/v1/subscriptions/${id}/pause`);
  const gone = await relay.publish("order.paid");
  const waits = await relay.publish("late.paid");
  await relay.until("/v1/deliveries?status=succeeded", (body) => body.data.length === 1);
  // The server keeps for ever, this environment for a second or two: each change is a reason to look at once.
  await relay.hooks("env", "update", "--retention", "events=1s");
  for (let n = 2; (await relay.ok("GET", "/v1/events")).data.length !== 1; n++)
    await relay.ok("PATCH", "/v1/environment", { retention: { events: n % 2 === 0 ? "2s" : "1s" } });
  expect(await relay.call("GET", `/v1/events/${gone.id}`)).toMatchObject({ status: 404 });
  expect(await relay.ok("GET", `/v1/events/${waits.id}`)).toMatchObject({ deliveries: [{ status: "pending" }] });
  expect(await relay.ok("GET", "/v1/stats?period=1h")).toMatchObject({ totals: { attempts: 1, succeeded: 1 } });
});

it("row 28: what somebody wants erased is erased, by a predicate of the data; the rest stays, and so do the counts", async () => {
  const relay = await Relay.start();
  const receiver = await openReceiver();
  await relay.subscribe(receiver.url);
  const theirs = await relay.publish("order.paid", { user_id: "u_1" });
  const others = await relay.publish("order.paid", { user_id: "u_2" });
  await relay.until("/v1/deliveries?status=succeeded", (body) => body.data.length === 2);
  const purge = ["purge", "--where", 'data.user_id = "u_1"'];
  await relay.hooks(...purge, "--dry-run");
  expect(await relay.ok("GET", `/v1/events/${theirs.id}`)).toMatchObject({ id: theirs.id });
  expect(await relay.home.run([...purge, ...relay.daemon.asked])).toMatchObject({ code: 2 }); // nobody said --yes
  await relay.hooks(...purge, "--yes", "--reason", "request 17");
  expect((await relay.call("GET", `/v1/events/${theirs.id}`)).status).toBeGreaterThanOrEqual(404);
  expect(JSON.stringify(await relay.ok("GET", "/v1/events"))).not.toContain(theirs.id);
  expect(await relay.ok("GET", `/v1/events/${others.id}`)).toMatchObject({ id: others.id });
  expect(await relay.ok("GET", "/v1/stats?period=1h")).toMatchObject({ totals: { attempts: 2, succeeded: 2 } });
});

it("row 33: a demonstration with sample subscriptions that needs nothing", async () => {
  const home = new HooksHome();
  const { code, stdout, stderr } = await home.run(["demo"]);
  expect(code, stderr).toBe(0);
  // A line an attempt: to the steady receiver, and to the one that fails twice before it takes an event.
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));
  const shaky = rows.filter(([, , name]) => name === "shaky").map(([, , , number, status]) => [number, status]);
  expect(shaky).toEqual([
    ["1", "500"],
    ["2", "500"],
    ["3", "200"],
  ]);
  expect(rows.filter(([, , name]) => name === "steady").every(([, , , , status]) => status === "200")).toBe(true);
});

it("row 33: a set-up is a file that makes the same elsewhere, and changes nothing when it is there", async () => {
  const [here, there] = [new HooksHome(), new HooksHome()];
  await here.ok("sub", "create", "--url", "http://localhost:3000/in", "--event", "order.*", "--name", "shop");
  await here.ok("event-type", "create", "order.paid", "--example", '{"id":"ord_1"}');
  const input = await here.ok("export");
  expect(input).not.toContain(await here.ok("sub", "secret", "shop"));
  const apply = (...flags: string[]) => there.run(["apply", "-f", "-", ...flags], { input });
  expect(await apply("--plan", "--exit-code")).toMatchObject({ code: 1 });
  expect(await there.ok("sub", "list")).toBe("");
  expect(await apply("--yes")).toMatchObject({ code: 0 });
  expect(await there.ok("sub", "list", "--fields", "name,url,events")).toBe("shop\thttp://localhost:3000/in\torder.*");
  expect(await there.ok("event-type", "get", "order.paid", "--json")).toContain('"example":{"id":"ord_1"}');
  expect(await apply("--plan", "--exit-code")).toMatchObject({ code: 0 });
});

it("row 35: structured logs at levels: publish debug, attempt info, failed attempt warn; no secret in them", async () => {
  const relay = await Relay.start("--log-level", "debug");
  const [good, bad] = [await openReceiver(), await openReceiver({ reply: () => 500 })];
  const one = await relay.subscribe(good.url);
  const two = await relay.subscribe(bad.url, { retry: { strategy: "list", delays: [] } });
  await relay.publish("order.paid", { card: "not-for-logs" });
  await relay.until("/v1/deliveries", (body) =>
    body.data.every((row: Json) => ["succeeded", "failed"].includes(row.status)),
  );
  await relay.daemon.program.kill("SIGTERM");
  const { stdout, stderr } = relay.daemon.program.output;
  const lines = `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { level: string | number; msg: string });
  const levels = (pattern: RegExp) => new Set(lines.filter(({ msg }) => pattern.test(msg)).map(({ level }) => level));
  expect(levels(/attempt/).size).toBe(2); // one for what arrived, a graver one for what failed
  expect(levels(/event|publish/).size).toBeGreaterThanOrEqual(1);
  for (const secret of [one.secret, two.secret, await relay.home.token(), "not-for-logs"])
    expect(stdout + stderr).not.toContain(secret);
});

it("row 37: the schema moves forward only, by numbered steps, and a newer store is refused", async () => {
  const home = new HooksHome();
  await home.ok("sub", "list");
  const version = () => {
    const db = new Database(home.storePath);
    const now = db.pragma("user_version", { simple: true }) as number;
    db.close();
    return now;
  };
  const current = version();
  expect(current).toBeGreaterThan(1);
  const db = new Database(home.storePath);
  db.pragma(`user_version = ${current + 1}`);
  db.close();
  const before = readFileSync(home.storePath);
  const ran = await home.run(["sub", "list"]);
  expect(ran.code).toBe(5);
  expect(ran.stderr).toMatch(/newer hooks/);
  expect(readFileSync(home.storePath).equals(before)).toBe(true);
  expect(version()).toBe(current + 1);
});
