import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

describe("from a subscription to a delivery, as a user does it", () => {
  it("works on the local store with a daemon: subscribe, trigger, deliver signed, read the record", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await home.serve();
    const created = JSON.parse(
      await home.ok("sub", "create", "--url", receiver.url, "--event", "order.*", "--name", "shop", "--json"),
    );

    const triggered = await home.run([
      "trigger",
      "order.created",
      "--data",
      '{"big":9007199254740993,"a":1.10}',
      "--wait",
      "--json",
    ]);
    expect(triggered).toMatchObject({ code: 0 });

    const request = await receiver.request(1);
    expect(request.body.toString()).toMatch(
      /^\{"type":"order\.created","timestamp":"[^"]+","data":\{"big":9007199254740993,"a":1\.10\}\}$/,
    );
    new Webhook(created.secret).verify(request.body, request.headers as Record<string, string>);

    const [delivery] = (await home.ok("delivery", "list", "--json")).split("\n").map((line) => JSON.parse(line));
    expect(delivery).toMatchObject({
      event_type: "order.created",
      subscription: created.id,
      status: "succeeded",
      attempt_count: 1,
      response_status: 204,
    });
    const detail = JSON.parse(await home.ok("delivery", "get", delivery.id, "--json"));
    expect(detail.payload).toBe(request.body.toString());
    expect(detail.attempts).toMatchObject([
      { number: 1, outcome: "success", status: 204, phase: "done", trigger: "auto" },
    ]);
    expect(await daemon.program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it("sends nothing to a subscription whose patterns do not take the type", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    await home.serve();
    await home.ok("sub", "create", "--url", receiver.url, "--event", "order.*");
    const other = JSON.parse(await home.ok("trigger", "invoice.paid", "--data", "{}", "--json"));
    await home.ok("trigger", "order.created", "--data", "{}", "--wait");
    await receiver.request(1);
    expect(receiver.requests.map((one) => JSON.parse(one.text).type)).toEqual(["order.created"]);
    expect(JSON.parse(await home.ok("event", "get", other.id, "--json"))).toMatchObject({
      delivery_count: 0,
      deliveries: [],
    });
  });

  it("works without a daemon: trigger --wait sends by itself and says so; without --wait the event waits for one", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    await home.ok("sub", "create", "--url", receiver.url, "--event", "*");
    const waited = await home.run(["trigger", "order.created", "--data", "{}", "--wait"]);
    expect(waited).toMatchObject({ code: 0 });
    expect(waited.stderr).toMatch(/no daemon/);
    await receiver.request(1);

    const left = await home.run(["trigger", "order.paid", "--data", "{}"]);
    expect(left.code).toBe(0);
    expect(left.stderr).toContain("hooks serve");
    await home.serve();
    expect(JSON.parse((await receiver.request(2)).text).type).toBe("order.paid");
  });

  it("exits 1 when a delivery fails, and retries it by hand", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver({ reply: [{ status: 500, body: "upstream timeout" }, 200] });
    await home.serve();
    await home.ok("sub", "create", "--url", receiver.url, "--event", "*");
    const failed = await home.run(["trigger", "order.created", "--data", "{}", "--wait"]);
    expect(failed.code).toBe(1);
    expect(failed.stdout + failed.stderr).toContain("500");
    const [delivery] = (await home.ok("delivery", "list", "--json")).split("\n").map((line) => JSON.parse(line));
    expect(delivery).toMatchObject({
      status: "retrying",
      attempt_count: 1,
      response_status: 500,
      response_excerpt: "upstream timeout",
    });

    await home.ok("delivery", "retry", delivery.id);
    const [first, second] = [await receiver.request(1), await receiver.request(2)];
    expect(second.body.equals(first.body)).toBe(true);
    expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
  });

  it("goes over HTTP with --server and --api-key, and nothing goes without the key", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await home.serve();
    const far = new HooksHome();
    const remote = ["--server", daemon.url, "--api-key", await home.token()];
    const refused = await far.run(["sub", "list", "--server", daemon.url]);
    expect(refused).toMatchObject({ code: 4, stdout: "" });

    const id = await far.ok("sub", "create", "--url", receiver.url, "--event", "order.*", "--quiet", ...remote);
    expect(await far.ok("sub", "list", "--quiet", ...remote)).toBe(id);
    expect(await home.ok("sub", "list", "--quiet")).toBe(id);
    const triggered = await far.run(["trigger", "order.created", "--data", "{}", "--wait", ...remote]);
    expect(triggered).toMatchObject({ code: 0 });
    await receiver.request(1);
  });

  it("has the running daemon notice a local change within 100 ms", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    const daemon = await home.serve();
    const token = await home.token();
    const published = async (id: string): Promise<number> => {
      const response = await fetch(`${daemon.url}/v1/events`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ type: "order.created", id, data: {} }),
      });
      return ((await response.json()) as { deliveries: number }).deliveries;
    };
    expect(await published("before")).toBe(0);
    const child = home.start(["sub", "create", "--url", receiver.url, "--event", "order.*", "--json"]);
    await child.sees(/"id":"sub_/);
    const committedBy = performance.now();
    let probe = 0;
    while ((await published(`probe-${probe}`)) === 0) probe++;
    // The child prints after its commit, and each probe takes a request: the bound holds with room for a busy machine.
    expect(performance.now() - committedBy).toBeLessThan(1_000);
    await receiver.request(1);
  });
});

describe("the daemon", () => {
  it("is one for each store: a second names the first one's process and leaves it alone", async () => {
    const home = new HooksHome();
    const daemon = await home.serve();
    const second = await home.run(["serve", "--port", "0"]);
    expect(second.code).toBe(6);
    expect(second.stderr).toContain(String(daemon.program.child.pid));
    expect((await fetch(`${daemon.url}/healthz`)).status).toBe(200);

    // The lock is the kernel's: nothing to clean up after kill -9.
    await daemon.program.kill("SIGKILL");
    const third = await home.serve();
    expect((await fetch(`${third.url}/healthz`)).status).toBe(200);
  });

  it("replaces nothing but a ready file of its own", async () => {
    const home = new HooksHome();
    const daemon = await home.serve("--ready-file", "ready.json");
    expect(await home.appears("ready.json")).toEqual({ url: daemon.url });
    for (const file of ["hooks.db", "ready.json"]) {
      const second = await home.run(["serve", "--port", "0", "--ready-file", file]);
      expect(second.code).toBe(file === "hooks.db" ? 2 : 6);
    }
    expect(await home.appears("ready.json")).toEqual({ url: daemon.url });
    expect(await home.ok("sub", "list")).toBe("");
    expect((await fetch(`${daemon.url}/v1/events/${"a".repeat(3_000)}`)).status).toBe(404);
  });

  it("finishes what is in flight when it gets SIGTERM, and takes nothing new", async () => {
    const home = new HooksHome();
    const { promise: released, resolve: release } = Promise.withResolvers<number>();
    const receiver = await openReceiver({ reply: () => released });
    const daemon = await home.serve();
    await home.ok("sub", "create", "--url", receiver.url, "--event", "*");
    await home.ok("trigger", "order.created", "--data", "{}");
    await receiver.request(1);
    daemon.program.child.kill("SIGTERM");
    await daemon.program.sees(/stopping/);
    release(200);
    expect(await daemon.program.ended).toEqual({ code: 0, signal: null });
    const [delivery] = (await home.ok("delivery", "list", "--json")).split("\n").map((line) => JSON.parse(line));
    expect(delivery).toMatchObject({ status: "succeeded", attempt_count: 1 });
  });
});
