import { describe, expect, it } from "vitest";
import type { WhyResource, WhySubscription } from "../../src/core/why/why.ts";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

async function ask(home: HooksHome, ...args: string[]): Promise<WhyResource> {
  return JSON.parse(await home.ok("why", ...args, "--json")) as WhyResource;
}

async function one(home: HooksHome, event: string, subscription: string): Promise<WhySubscription> {
  return (await ask(home, event, subscription)).subscriptions[0]!;
}

const create = (home: HooksHome, name: string, url: string, ...flags: string[]) =>
  home.ok("sub", "create", "--url", url, "--event", `${name}.*`, "--name", name, ...flags);
const publish = (home: HooksHome, type: string) => home.ok("publish", type, "--data", "{}", "--quiet");

describe("hooks why", () => {
  it("asks the daemon what holds a delivery back at this moment", async () => {
    const home = new HooksHome();
    const slow = await openReceiver({ reply: () => "hang" });
    const app = await openReceiver({ reply: ({ path }) => (path === "/fail" ? 500 : 200) });
    await create(home, "busy", slow.url, "--concurrency", "1", "--timeout", "300s");
    await create(home, "rare", app.url, "--rate", "1/h");
    await create(home, "gather", app.url, "--batch", "10,60s");
    await create(home, "down", `${app.url}/fail`, "--retry", "1h");
    const daemon = await home.serve();

    const inFlight = await publish(home, "busy.a");
    await slow.request(1);
    const behind = await publish(home, "busy.b");
    expect(await one(home, inFlight, "busy")).toMatchObject({ outcome: "sending", code: "sending" });
    expect(await one(home, behind, "busy")).toMatchObject({
      outcome: "waiting",
      code: "concurrency",
      summary: expect.stringMatching(/^1 of at most 1 requests at once are unanswered/),
    });

    await home.ok("trigger", "rare.a", "--data", "{}", "--wait");
    expect(await one(home, await publish(home, "rare.b"), "rare")).toMatchObject({
      code: "rate_limit",
      summary: expect.stringMatching(
        /^its rate limit of 1\/h is used up: the next is let through in (1 hour|\d+ minutes)$/,
      ),
    });

    expect(await one(home, await publish(home, "gather.a"), "gather")).toMatchObject({
      code: "batch",
      summary: expect.stringMatching(/^it gathers with others for one request: 1 of at most 10, sent at 2/),
    });

    for (let n = 0; n < 5; n++) {
      expect(await home.run(["trigger", "down.a", "--data", "{}", "--wait"])).toMatchObject({ code: 1 });
    }
    const stopped = await publish(home, "down.b");
    expect(await one(home, stopped, "down")).toMatchObject({
      code: "breaker",
      summary: expect.stringMatching(/^its breaker is open after failures in a row: nothing is sent until 2/),
    });

    // The same over HTTP with a key, in every form of output.
    const remote = ["--server", daemon.url, "--api-key", await home.token()];
    const [here, there] = [await ask(home, stopped), await ask(home, stopped, ...remote)];
    expect(there.subscriptions[0]).toMatchObject({ code: "breaker", actions: here.subscriptions[0]!.actions });
    expect([here.live, there.live, here.notes]).toEqual([true, true, []]);
    expect((await home.ok("why", stopped, "down")).split("\t")).toEqual([
      expect.stringMatching(/^sub_/),
      "waiting",
      "breaker",
      expect.stringMatching(/^dlv_/),
      expect.stringMatching(/^its breaker is open/),
    ]);
    expect(await home.ok("why", stopped, "down", "--quiet")).toMatch(/^sub_\w+$/);
    expect(await home.ok("why", stopped, "--fields", "name,code")).toBe("down\tbreaker");

    // Without it only what the store knows.
    expect(await daemon.program.kill("SIGKILL")).toMatchObject({ code: null });
    const alone = await ask(home, behind, "busy");
    expect(alone).toMatchObject({ live: false, notes: [expect.stringContaining("no daemon runs")] });
    expect(alone.subscriptions[0]).toMatchObject({ code: "no_sender", actions: [{ command: "hooks serve" }] });
  });

  it("says that nobody listens, and knows the wrong and the missing", async () => {
    const home = new HooksHome();
    await home.serve();
    const listener = home.start(["listen", "--session", "mine", "--keep"]);
    await listener.sees(/connected/);
    await listener.kill("SIGINT");
    const event = await publish(home, "order.paid");
    const [session] = (await ask(home, event)).subscriptions;
    expect(session).toMatchObject({
      url: null,
      code: "no_listener",
      summary: expect.stringContaining("nobody listens"),
    });

    expect(await home.run(["why", "evt_none"])).toMatchObject({ code: 3, stdout: "" });
    expect(await home.run(["why", event, "nobody"])).toMatchObject({ code: 3, stdout: "" });
    expect(await home.run(["why"])).toMatchObject({ code: 2 });
    expect(await home.run(["why", event, "--fields", "cod"])).toMatchObject({ code: 2 });
    expect(await home.ok("why", event, "--fields", "help")).toContain("summary");
  });
});
