import { describe, expect, it, onTestFinished } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { startReceiver } from "../support/receiver.ts";

/** A subscription whose receiver answers 500 to paths with "fail". */
async function opened(): Promise<HooksHome> {
  const home = new HooksHome();
  const receiver = await startReceiver({ reply: ({ text }) => (text.includes("order.bad") ? 500 : 200) });
  onTestFinished(() => receiver.close());
  await home.ok("sub", "create", "--url", receiver.url, "--event", "order.*", "--name", "shop", "--retry", "1h");
  return home;
}

async function publish(home: HooksHome, url: string, type: string): Promise<void> {
  const { status } = await fetch(`${url}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${await home.token()}`, "content-type": "application/json" },
    body: JSON.stringify({ type, data: {} }),
  });
  expect(status).toBe(202);
}

const json = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("hooks logs", () => {
  it("shows attempts from before, oldest first, by subscription, type and outcome", async () => {
    const home = await opened();
    for (const type of ["order.paid", "order.bad", "order.sent"]) {
      await home.run(["trigger", type, "--data", "{}", "--wait"]);
    }
    const all = json(await home.ok("logs", "--json"));
    expect(all.map(({ event_type, outcome, verdict }) => [event_type, outcome, verdict])).toEqual([
      ["order.paid", "success", "succeeded"],
      ["order.bad", "failure", "retry"],
      ["order.sent", "success", "succeeded"],
    ]);
    expect(all[1]).toMatchObject({ type: "attempt.recorded", status: 500, subscription_name: "shop", attempt: 1 });
    expect(json(await home.ok("logs", "--failed", "--json"))).toHaveLength(1);
    // Also where newer ones succeeded.
    expect(json(await home.ok("logs", "--failed", "--limit", "1", "--json"))).toMatchObject([
      { event_type: "order.bad" },
    ]);
    expect(json(await home.ok("logs", "--type", "order.paid", "--sub", "shop", "--json"))).toHaveLength(1);
    expect(json(await home.ok("logs", "--limit", "1", "--json"))).toMatchObject([{ event_type: "order.sent" }]);
    expect(await home.ok("logs", "--fields", "event_type,status,error")).toBe(
      "order.paid\t200\t\norder.bad\t500\t\norder.sent\t200\t",
    );
    expect(json(await home.ok("logs", "--fields", "attempt,deliveries", "--limit", "1", "--json"))).toEqual([
      { attempt: 1, deliveries: null },
    ]);
    expect(await home.ok("logs", "--fields", "help")).toContain("subscription_name");
    expect(await home.run(["logs", "--fields", "statsu"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "status"?') as string,
    });
    expect((await home.ok("logs", "--quiet")).split("\n").sort()).toEqual(
      (await home.ok("delivery", "list", "--quiet")).split("\n").sort(),
    );
    expect((await home.ok("logs")).split("\n")[1]).toMatch(
      /^\S+Z\tattempt\.recorded\torder\.bad\t.*\tfailure\t500\t\d+\tretry\t$/,
    );
  });

  it("follows what happens: on the local store its daemon, and a server over HTTP", async () => {
    const home = await opened();
    const daemon = await home.serve();
    const here = home.start(["logs", "--follow", "--limit", "0", "--events", "--json"]);
    const failures = home.start(["logs", "-f", "--limit", "0", "--failed", "--json", "--server", daemon.url], {
      env: { HOOKS_API_KEY: await home.token() },
    });
    await Promise.all([here.sees(/waiting for what happens/), failures.sees(/waiting for what happens/)]);
    // Of events it tells that its daemon took.
    await publish(home, daemon.url, "order.paid");
    await here.sees(/"type":"event\.accepted"[^\n]*order\.paid/);
    await here.sees(/"type":"attempt\.recorded"[^\n]*order\.paid[^\n]*"status":200/);
    await publish(home, daemon.url, "order.bad");
    await failures.sees(/order\.bad[^\n]*"status":500/);
    expect(failures.output.stdout).not.toContain("order.paid");
    expect(await here.kill("SIGINT")).toMatchObject({ code: 0 });
    expect(await failures.kill("SIGTERM")).toMatchObject({ code: 0 });
  });

  it("comes back when its server does", async () => {
    const home = await opened();
    const first = await home.serve();
    const logs = home.start(["logs", "--follow", "--limit", "0", "--json"]);
    await logs.sees(/waiting for what happens/);
    await first.program.kill("SIGKILL");
    await logs.sees(/trying again/);
    await home.serve();
    await logs.sees(/connected again/);
    await home.ok("trigger", "order.paid", "--data", "{}");
    await logs.sees(/"type":"attempt\.recorded"[^\n]*order\.paid/);
  });

  it("says what is missing: a daemon, a subscription, --follow", async () => {
    const home = await opened();
    expect(await home.run(["logs", "--follow"])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("hooks serve") as string,
    });
    expect(await home.run(["logs", "--sub", "nobody"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("nobody") as string,
    });
    expect(await home.run(["logs", "--events"])).toMatchObject({ code: 2 });
    expect(await home.run(["logs", "--type", "a..b"])).toMatchObject({ code: 2 });
  });
});
