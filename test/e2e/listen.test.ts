import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("hooks listen", () => {
  it("forwards what is triggered in a second terminal, which sees the local program's status", async () => {
    const home = new HooksHome();
    const app = await openReceiver({ reply: [{ status: 201, body: "made" }, 500] });
    await home.serve();
    const listener = home.start([
      "listen",
      "--forward",
      `${app.url}/webhooks?x=1`,
      "--print",
      "--ready-file",
      "ready.json",
    ]);
    await listener.sees(/connected/);
    const ready = await home.appears("ready.json");

    const good = await home.run(["trigger", "order.created", "--data", '{"n":1.10}', "--wait", "--json"]);
    expect(good.code).toBe(0);
    expect(good.stdout).toContain("201");
    const request = await app.request(1);
    expect(request.path).toBe("/webhooks?x=1");
    expect(request.text).toContain('"data":{"n":1.10}');
    new Webhook(String(ready["secret"])).verify(request.body, request.headers as Record<string, string>);

    const bad = await home.run(["trigger", "order.created", "--data", "{}", "--wait"]);
    expect(bad.code).toBe(1);
    expect(bad.stdout + bad.stderr).toContain("500");
    // Answered once: a developer sees it and decides; the schedule does not go on behind their back.
    const [latest] = lines(await home.ok("delivery", "list", "--json"));
    expect(latest).toMatchObject({
      status: "failed",
      attempt_count: 1,
      response_status: 500,
      subscription: ready["subscription_id"],
    });

    expect(await listener.kill("SIGINT")).toMatchObject({ code: 0 });
    expect(lines(listener.output.stdout).filter((line) => line["type"] === "delivery")).toHaveLength(2);
  });

  it("forwards only what its filter lets through, and refuses one that it cannot read", async () => {
    const home = new HooksHome();
    const app = await openReceiver();
    await home.serve();
    const bad = await home.run(["listen", "--forward", app.url, "--filter", "data.n >"]);
    expect(bad).toMatchObject({ code: 2 });
    expect(bad.stderr).toMatch(/^error: --filter is not valid at character 9, after "data.n >": it ends too early$/m);
    const listener = home.start(["listen", "--forward", app.url, "--filter", "data.n > 1", "--print"]);
    await listener.sees(/filter data\.n > 1/);
    for (const n of [1, 2]) await home.ok("trigger", "order.created", "--data", `{"n":${n}}`, "--wait");
    expect((await app.request(1)).text).toContain('"data":{"n":2}');
    expect(await listener.kill("SIGINT")).toMatchObject({ code: 0 });
    expect(lines(listener.output.stdout).filter((line) => line["type"] === "delivery")).toHaveLength(1);
  });

  it("runs the daemon's parts itself when none runs, and leaves nothing behind", async () => {
    const home = new HooksHome();
    const app = await openReceiver();
    const listener = home.start(["listen", "--forward", app.url, "--print"]);
    await listener.sees(/connected/);
    expect(await home.run(["trigger", "order.created", "--data", "{}", "--wait"])).toMatchObject({ code: 0 });
    await app.request(1);
    expect(await listener.kill("SIGINT")).toMatchObject({ code: 0 });
    expect((await home.run(["status", "--json"])).stdout).not.toContain(`"pid":${listener.child.pid}`);
    await home.serve();
  });

  it("keeps what happens while it is away, after kill -9, and says so when it is back", async () => {
    const home = new HooksHome();
    const app = await openReceiver();
    await home.serve();
    const listen = ["listen", "--forward", app.url, "--session", "shop", "--print"];
    const first = home.start(listen);
    await first.sees(/connected/);
    await first.kill("SIGKILL");
    for (const id of ["one", "two"]) await home.ok("publish", "order.created", "--data", "{}", "--id", id);
    const second = home.start(listen);
    expect(await second.sees(/missed .*2 events/)).toBeTruthy();
    await app.request(2);
    expect(app.requests.map((request) => request.headers["webhook-id"])).toEqual(["one", "two"]);
    expect(await second.kill("SIGINT")).toMatchObject({ code: 0 });
  });

  it("works on a server, with its key, and not without", async () => {
    const home = new HooksHome();
    const app = await openReceiver();
    const daemon = await home.serve();
    const far = new HooksHome();
    const listen = ["listen", "--forward", app.url, "--print", "--server", daemon.url];
    expect(await far.run([...listen, "--api-key", "hk_wrong"])).toMatchObject({ code: 4 });
    const listener = far.start([...listen, "--api-key", await home.token()]);
    await listener.sees(/connected/);
    await home.ok("trigger", "order.created", "--data", "{}", "--wait");
    await app.request(1);
  });

  it("records in words that nothing listens on the port, and goes on", async () => {
    const home = new HooksHome();
    await home.serve();
    const listener = home.start(["listen", "--forward", "localhost:1"]);
    await listener.sees(/connected/);
    expect((await home.run(["trigger", "order.created", "--data", "{}", "--wait"])).code).toBe(1);
    await listener.sees(/ECONNREFUSED/);
    expect(listener.child.exitCode).toBeNull();
  });

  it("refuses to forward to another machine unless told to", async () => {
    const ran = await new HooksHome().run(["listen", "--forward", "http://169.254.169.254/"]);
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain("--forward");
  });
});
