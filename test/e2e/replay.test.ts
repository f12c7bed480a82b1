import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { DeliveryResource } from "../../src/core/delivery.ts";
import type { Page } from "../../src/core/hooks-service.ts";
import type { ReplayResource, ReplayStarted } from "../../src/core/replay.ts";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { startReceiver } from "../support/receiver.ts";

const COUNT = 60;

it("a replay goes on after kill -9 where it was, and re-opens each delivery once", { timeout: 180_000 }, async () => {
  const home = new HooksHome();
  const receiver = await startReceiver({ reply: () => 500 });
  onTestFinished(() => receiver.close());
  const create = ["sub", "create", "--url", receiver.url, "--event", "order.*", "--no-breaker", "--name", "shop"];
  await home.ok(...create, "--retry-strategy", "linear", "--max-attempts", "1");
  const first = await home.serve();
  const events = Array.from({ length: COUNT }, (_, n) => ({ type: "order.paid", data: n }));
  await ask(home, first, "POST", "/v1/events/batch", { events });
  await until(async () => (await deadLetters(home, first)).length === COUNT);

  const started = await ask<ReplayStarted>(home, first, "POST", "/v1/dead-letters/replay", { rate: "20/s" });
  expect(started).toMatchObject({ count: COUNT, status: "running" });
  const progress = async (daemon: RunningDaemon) =>
    ask<ReplayResource>(home, daemon, "GET", `/v1/replays/${started.id!}`);
  await until(async () => 5 <= (await progress(first)).reopened);
  await first.program.kill("SIGKILL");

  const second = await home.serve();
  const found = await progress(second);
  expect(found.reopened).toBeGreaterThanOrEqual(5);
  expect(found.reopened).toBeLessThan(COUNT);
  expect(found.status).toBe("running");
  await until(async () => (await progress(second)).status === "completed");
  expect((await progress(second)).reopened).toBe(COUNT);
  // They fail again: the second attempt of each, and no third, though each was a dead letter again before the end.
  await until(async () => {
    const rows = await deadLetters(home, second);
    // One that is being sent again is none for a moment.
    return rows.length === COUNT && rows.every((row) => 2 <= row.attempt_count);
  });
  const rows = await deadLetters(home, second);
  expect(rows).toHaveLength(COUNT);
  expect(new Set(rows.map((row) => row.attempt_count))).toEqual(new Set([2]));
  expect((await home.ok("replay", "--list", "--fields", "status,count,reopened")).split("\t")).toEqual([
    "completed",
    String(COUNT),
    String(COUNT),
  ]);
});

it("without a daemon the command does the steps itself, and what it began a daemon goes on with", {
  timeout: 180_000,
}, async () => {
  const home = new HooksHome();
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  await home.ok("sub", "create", "--url", receiver.url, "--event", "order.*", "--name", "shop");
  const lines = Array.from({ length: 600 }, (_, n) => JSON.stringify({ type: "order.paid", data: n }));
  expect(await home.run(["publish", "--file", "-"], { input: lines.join("\n") })).toMatchObject({ code: 0 });
  const ids = (await home.ok("delivery", "list", "--limit", "600", "--quiet")).split("\n");
  for (const id of ids.slice(0, 2)) await home.ok("delivery", "cancel", id);
  const ran = await home.run(["replay", "--status", "cancelled", "--rate", "100/s", "--json"]);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ count: 2, status: "completed" });
  expect(ran.stderr).toContain("no daemon is running");

  for (const id of ids.slice(2, 5)) await home.ok("delivery", "cancel", id);
  const slow = home.start(["replay", "--status", "cancelled", "--rate", "10/m", "--json"]);
  await until(async () => (await home.ok("replay", "--list", "--fields", "reopened")).startsWith("1\n"));
  expect(await slow.kill("SIGINT")).toMatchObject({ code: 0 });
  expect(JSON.parse(slow.output.stdout)).toMatchObject({ count: 1, status: "running" });
  expect(slow.output.stderr).toMatch(/it goes on as soon as a daemon runs: hooks replay --watch rpl_/);
  const [id = ""] = (await home.ok("replay", "--list", "--quiet")).split("\n");
  expect(await home.ok("replay", "--list", "--fields", "status,count")).toContain("running\t3");
  const daemon = await home.serve();
  expect(await ask<ReplayResource>(home, daemon, "GET", `/v1/replays/${id}`)).toMatchObject({ status: "running" });
  expect(await home.ok("replay", "--cancel", id, "--fields", "status")).toBe("cancelled");
  expect(await home.run(["replay", "--cancel", id])).toMatchObject({ code: 6 });
});

it("Ctrl-C ends the waiting for a replay, also while the server does not answer", { timeout: 60_000 }, async () => {
  const home = new HooksHome();
  await home.ok("sub", "create", "--url", "http://localhost:9", "--event", "order.*", "--name", "shop");
  await home.ok("publish", "order.paid", "--data", "1");
  await home.ok("publish", "order.paid", "--data", "2");
  for (const id of (await home.ok("delivery", "list", "--quiet")).split("\n")) await home.ok("delivery", "cancel", id);
  const daemon = await home.serve();
  const hanging = Promise.withResolvers<void>();
  let looks = 0;
  const door = createServer(async (request, response) => {
    if (request.method === "GET" && 1 < ++looks) return hanging.resolve();
    const body = request.method === "POST" ? Buffer.concat(await request.toArray()) : null;
    const { authorization = "" } = request.headers;
    const headers = { authorization, "content-type": "application/json" };
    const answer = await fetch(`${daemon.url}${request.url}`, { method: request.method ?? "", headers, body });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  }).listen(0, "127.0.0.1");
  await once(door, "listening");
  onTestFinished(() => {
    door.close();
    door.closeAllConnections();
  });
  const server = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  const asked = ["--server", server, "--api-key-file", `${home.folder}/token`];
  const running = home.start(["replay", "--status", "cancelled", "--rate", "1/h", ...asked]);
  await hanging.promise;
  const before = performance.now();
  expect(await running.kill("SIGINT")).toMatchObject({ code: 0 });
  // A request has 30 s for its answer.
  expect(performance.now() - before).toBeLessThan(20_000);
  expect(running.output.stdout).toBe("0\n");
  expect(running.output.stderr).toMatch(/^it goes on: hooks .* replay --watch rpl_/m);
});

async function ask<Answer>(
  home: HooksHome,
  daemon: RunningDaemon,
  method: string,
  target: string,
  json?: object,
): Promise<Answer> {
  const authorization = `Bearer ${await home.token()}`;
  const answer = await fetch(`${daemon.url}${target}`, {
    method,
    headers: json === undefined ? { authorization } : { authorization, "content-type": "application/json" },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  expect(answer.ok, `${method} ${target}: ${answer.status}`).toBe(true);
  return (await answer.json()) as Answer;
}

async function deadLetters(home: HooksHome, daemon: RunningDaemon): Promise<DeliveryResource[]> {
  return (await ask<Page<DeliveryResource>>(home, daemon, "GET", "/v1/dead-letters?limit=200")).data;
}

/** Asks again and again; the test's own limit ends it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
