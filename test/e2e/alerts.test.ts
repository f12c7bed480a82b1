import { expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

const RULES = ["--alert", "failure_count > 2 in 10s per subscription", "--alert", "backlog > 3"];

it("tells of failures and of what waits, when it begins and when it is over; a kill in between tells nothing twice", {
  timeout: 120_000,
}, async () => {
  const home = new HooksHome();
  const ops = await openReceiver();
  const bad = await openReceiver({ reply: () => 500 });
  const first = await home.serve(...RULES);
  await home.ok("sub", "create", "--url", ops.url, "--event", "hooks.alert.*", "--name", "ops");
  const flags = ["--retry", "100ms,100ms,100ms,24h", "--no-breaker", "--name", "shop", "--json"];
  const shop = JSON.parse(await home.ok("sub", "create", "--url", bad.url, "--event", "order.paid", ...flags));
  await home.ok("publish", "order.paid", "--data", "{}");
  const begun = JSON.parse((await ops.request(1)).text);
  expect(begun).toMatchObject({
    type: "hooks.alert.failure_count",
    data: {
      subscription: { id: shop.id, name: "shop" },
      alert: {
        state: "firing",
        kind: "failure_count",
        rule: "failure_count > 2 in 10s per subscription",
        threshold: 2,
      },
    },
  });
  expect(begun.data.alert.value).toBeGreaterThan(2);
  expect(await first.program.sees(/"msg":"alert.firing"/)).not.toBeNull();
  const [alert] = (await home.ok("alert", "list", "--state", "firing", "--json"))
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(alert).toMatchObject({ id: begun.data.alert.id, subscription: shop.id, ended_at: null });
  expect(JSON.parse(await home.ok("status", "--json"))).toMatchObject({ alerts: 1 });
  expect(await home.ok("doctor")).toMatch(/^alerts\twarning\t1 fires: failure_count > 2 in 10s per subscription$/m);

  await first.program.kill("SIGKILL");
  const second = await home.serve(...RULES);
  const metrics = await fetch(`${second.url}/metrics`, { headers: { authorization: `Bearer ${await home.token()}` } });
  expect(await metrics.text()).toContain(
    'hooks_alerts_firing{tenant="default",environment="development",kind="failure_count"} 1',
  );
  const ended = JSON.parse((await ops.request(2)).text);
  expect(ended.data.alert).toMatchObject({ id: alert.id, state: "resolved" });
  expect(Date.parse(ended.data.alert.ended_at)).toBeGreaterThanOrEqual(Date.parse(alert.began_at) + 10_000);
  expect(await home.ok("alert", "list", "--state", "firing", "--quiet")).toBe("");
  expect(await home.ok("doctor")).toMatch(/^alerts\tok\tnone fires$/m);

  await home.ok("sub", "pause", "shop");
  for (let n = 0; n < 4; n++) await home.ok("publish", "order.paid", "--data", "{}");
  const waits = JSON.parse((await ops.request(3)).text);
  expect(waits).toMatchObject({
    type: "hooks.alert.backlog",
    data: { subscription: null, alert: { state: "firing", kind: "backlog", rule: "backlog > 3" } },
  });
  await home.ok("sub", "delete", "shop", "--yes");
  const noMore = JSON.parse((await ops.request(4)).text);
  expect(noMore.data.alert).toMatchObject({ id: waits.data.alert.id, state: "resolved", value: 0 });
  expect(ops.requests).toHaveLength(4);
  expect(await second.program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
});

it("has the alarm of old by default, and none when none is wanted", { timeout: 120_000 }, async () => {
  const told: number[] = [];
  for (const args of [[], ["--alert", "none"]]) {
    const home = new HooksHome();
    const bad = await openReceiver({ reply: () => 500 });
    const daemon = await home.serve(...args);
    const retry = `${"100ms,".repeat(11)}24h`;
    await home.ok("sub", "create", "--url", bad.url, "--event", "a", "--retry", retry, "--no-breaker", "--name", "bad");
    await home.ok("publish", "a", "--data", "{}");
    await bad.request(12);
    if (args.length === 0) await daemon.program.sees(/"msg":"alert.firing"/);
    await daemon.program.kill("SIGTERM");
    told.push((await home.ok("alert", "list", "--quiet")).split("\n").filter(Boolean).length);
  }
  expect(told).toEqual([1, 0]);
});

it.each([
  [["--alert", "failures > 1"], '--alert: "failures > 1": it must begin with one of'],
  [["--alert", "backlog > 1", "--alert", "backlog > 1"], "twice"],
])("refuses to start with %j", async (flags, why) => {
  const home = new HooksHome();
  const ran = await home.run(["serve", "--port", "0", ...flags]);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(why);
});
