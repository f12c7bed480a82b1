import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { Webhook } from "standardwebhooks";
import { describe, expect, it, onTestFinished } from "vitest";
import { closedPort, type Receiver, type ReceiverOptions, startReceiver } from "../support/receiver.ts";
import { PROGRAM, plainEnv, runSource, testHome } from "../support/source-program.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

async function receiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const started = await startReceiver(options);
  onTestFinished(() => started.close());
  return started;
}

async function ok(home: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runSource(args, home);
  if (code !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

function subscribe(home: string, url: string, name: string, ...more: string[]): Promise<string> {
  return ok(home, "sub", "create", "--url", url, "--event", "order.*", "--name", name, "--quiet", ...more);
}

/** Starts `hooks serve` and waits for its ready file. */
async function serve(home: string, ...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", "--ready-file", "ready.json", ...args], {
    cwd: home,
    env: plainEnv(home),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const ended = once(child, "close").then(([code]) => code as number | null);
  while (!output.stdout.includes("\n"))
    await Promise.race([once(child.stdout, "data"), ended.then(() => Promise.reject(new Error(output.stderr)))]);
  const { url } = JSON.parse(readFileSync(path.join(home, "ready.json"), "utf8")) as { url: string };
  return { child, output, ended, url };
}

describe("trigger --wait without a daemon", () => {
  it("sends from its own process, says so, and prints each result; exit 1 if one failed", async () => {
    const home = testHome();
    const [good, bad] = [await receiver(), await receiver({ reply: () => ({ status: 500, body: "no\x1b[2J" }) })];
    await subscribe(home, `${good.url}/hook`, "shop", "--secret", SECRET);
    await subscribe(home, `${bad.url}/hook`, "billing");
    const { code, stdout, stderr } = await runSource(["trigger", "order.paid", "--data", '{"n":1}', "--wait"], home);
    expect(code).toBe(1);
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(new Set(rows.map(([, , name, result, answer]) => `${name} ${result} ${answer}`))).toEqual(
      new Set(["shop succeeded 204", "billing failed 500"]),
    );
    expect(stderr).toMatch(/^no daemon is running: sending from this process$/m);
    expect(stderr).toMatch(/^error: 1 of 2 deliveries failed\nhint: hooks why evt_\w+ \w+/m);
    const request = await good.request(1);
    expect(new Webhook(SECRET).verify(request.text, request.headers)).toMatchObject({
      type: "order.paid",
      data: { n: 1 },
    });
  });

  it("exits 0 when all succeeded; --json is one line an event", async () => {
    const home = testHome();
    const good = await receiver();
    await subscribe(home, good.url, "shop");
    const { code, stdout } = await runSource(["trigger", "order.paid", "--count", "2", "--wait", "--json"], home);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { deliveries: { result: string; response_status: number }[] });
    expect(events.map(({ deliveries }) => deliveries)).toEqual([
      [expect.objectContaining({ name: "shop", result: "succeeded", response_status: 204 })],
      [expect.objectContaining({ name: "shop", result: "succeeded", response_status: 204 })],
    ]);
  });

  it("says what waits when nothing comes in time", async () => {
    const home = testHome();
    const good = await receiver();
    await subscribe(home, good.url, "shop");
    await ok(home, "sub", "pause", "shop");
    const { code, stderr } = await runSource(["trigger", "order.paid", "--wait", "--timeout", "300ms"], home);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: 1 of 1 delivery had no result within 300 ms\nhint: hooks why evt_\w+ shop/);
    expect(good.requests).toHaveLength(0);
  });

  it("does not send without --wait: it waits for a daemon", async () => {
    const home = testHome();
    const good = await receiver();
    await subscribe(home, good.url, "shop");
    const { stderr } = await runSource(["trigger", "order.paid"], home);
    expect(stderr).toMatch(/no daemon is running: deliveries wait until one does\nhint: hooks serve/);
    expect(await ok(home, "delivery", "list", "--fields", "status")).toBe("pending");
    expect(good.requests).toHaveLength(0);
  });
});

describe("sub test, delivery retry", () => {
  it("send at once, and exit 1 when the answer is no 2xx", async () => {
    const home = testHome();
    const shop = await receiver({ reply: [500, 204, 500] });
    await subscribe(home, shop.url, "shop", "--retry", "1h");
    expect((await runSource(["trigger", "order.paid", "--wait", "--quiet"], home)).code).toBe(1);
    const delivery = await ok(home, "delivery", "list", "--quiet");
    const retried = await runSource(["delivery", "retry", delivery, "--json"], home);
    expect(retried).toMatchObject({ code: 0, stderr: "no daemon is running: sending from this process\n" });
    expect(JSON.parse(retried.stdout)).toMatchObject({ id: delivery, status: "succeeded", attempt_count: 2 });
    expect(await ok(home, "delivery", "get", delivery, "--fields", "status,response_status")).toBe("succeeded\t204");

    const tested = await runSource(["sub", "test", "shop", "--type", "order.paid", "--data", '{"x":1}'], home);
    expect(tested.code).toBe(1);
    expect(tested.stdout).toMatch(/^failed\t500\t\d+\n$/);
    expect((await shop.request(3)).text).toContain('"data":{"x":1}');
    expect(await ok(home, "event", "list", "--quiet")).not.toContain("\n");
  });
});

describe("trigger --to", () => {
  it("signs and sends straight to a URL, with no store", async () => {
    const home = testHome();
    const app = await receiver();
    const { code, stdout } = await runSource(
      [
        "trigger",
        "order.paid",
        "--data",
        '{"n":1}',
        "--to",
        `127.0.0.1:${app.port}/in`,
        "--secret",
        SECRET,
        "--header",
        "x-mine: 1",
      ],
      home,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^evt_\w+\torder\.paid\t204\t\d+\n$/);
    const request = await app.request(1);
    expect(request).toMatchObject({ path: "/in", headers: expect.objectContaining({ "x-mine": "1" }) });
    expect(new Webhook(SECRET).verify(request.text, request.headers)).toMatchObject({ data: { n: 1 } });
    expect(existsSync(path.join(home, "hooks.db"))).toBe(false);
  });

  it("exits 1 when nobody answers, 2 for a secret that is none", async () => {
    const home = testHome();
    const port = String(await closedPort());
    const closed = await runSource(["trigger", "order.paid", "--to", port, "--secret", SECRET, "--json"], home);
    expect(closed.code).toBe(1);
    expect(JSON.parse(closed.stdout)).toMatchObject({
      success: false,
      status: null,
      error: expect.stringMatching(/^refused: /),
    });
    expect(JSON.parse(closed.stderr)).toMatchObject({ error: { code: "failed", exit: 1 } });
    const wrong = await runSource(["trigger", "order.paid", "--to", port, "--secret", "whsec_!!"], home);
    expect(wrong).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: --secret|^error: secret/),
    });
  });
});

describe("serve", () => {
  it("sends the tests of its subscriptions without a word about its absence", async () => {
    const home = testHome();
    const shop = await receiver();
    await subscribe(home, shop.url, "shop");
    const tested = { code: 0, stdout: expect.stringMatching(/^ok\t204/) };
    const alone = await runSource(["sub", "test", "shop"], home);
    expect(alone).toMatchObject({ ...tested, stderr: "no daemon is running: sending from this process\n" });
    await serve(home);
    expect(await runSource(["sub", "test", "shop"], home)).toMatchObject({ ...tested, stderr: "" });
  });

  it("prints URL and store, is found by commands, refuses a second one, and drains on SIGTERM", async () => {
    const home = testHome();
    const shop = await receiver();
    const daemon = await serve(home, "--log-format", "json");
    expect(daemon.output.stdout).toBe(`${daemon.url}\t${home}/hooks.db\n`);
    expect(await ok(home, "status", "--json")).toContain(`"url":"${daemon.url}"`);

    await subscribe(home, shop.url, "shop");
    const { code, stderr } = await runSource(["trigger", "order.paid", "--wait"], home);
    expect({ code, stderr: stderr.replace(/^order\.paid is .*\n/, "") }).toEqual({ code: 0, stderr: "" });

    const second = await runSource(["serve", "--port", "0"], home);
    expect(second).toMatchObject({ code: 6, stdout: "" });
    expect(second.stderr).toContain(`process ${daemon.child.pid}`);

    const key = readFileSync(path.join(home, "token"), "utf8").trim();
    const remote = ["--server", daemon.url, "--api-key-file", path.join(home, "token")];
    expect(await ok(home, "sub", "list", "--fields", "name", ...remote)).toBe("shop");
    expect(
      (await runSource(["sub", "list", "--api-key-file", "-", "--server", daemon.url, "--quiet"], home, { input: key }))
        .code,
    ).toBe(0);
    expect((await runSource(["sub", "list", "--server", daemon.url], home)).code).toBe(4);
    expect((await runSource(["sub", "secret", "shop", ...remote], home)).code).toBe(2);
    expect((await runSource(["sub", "test", "shop", ...remote], home)).code).toBe(0);
    expect(await ok(home, "trigger", "order.paid", "--wait", "--json", ...remote)).toContain('"result":"succeeded"');

    daemon.child.kill("SIGTERM");
    expect(await daemon.ended).toBe(0);
    expect(daemon.output.stderr).toContain("stopping: ");
    expect(existsSync(path.join(home, "ready.json"))).toBe(false);
  });

  it("ends at once at the second signal", async () => {
    const home = testHome();
    const shop = await receiver({ reply: () => "hang" });
    await subscribe(home, shop.url, "shop");
    const daemon = await serve(home, "--drain", "1m");
    await ok(home, "trigger", "order.paid");
    await shop.request(1);
    daemon.child.kill("SIGINT");
    while (!daemon.output.stderr.includes("stopping: ")) await once(daemon.child.stderr, "data");
    daemon.child.kill("SIGINT");
    expect(await daemon.ended).toBe(130);
  });

  it("refuses an address that others reach, and works on no server", async () => {
    const home = testHome();
    expect(await runSource(["serve", "--host", "0.0.0.0", "--port", "0"], home)).toMatchObject({ code: 2, stdout: "" });
    const remote = await runSource(["serve", "--server", "http://localhost:1"], home);
    expect(remote).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/local store only/) });
  });
});

describe("Ctrl-C", () => {
  it("ends a command that waits, with 130", async () => {
    const home = testHome();
    const child = spawn(process.execPath, [PROGRAM, "publish", "--file", "-", "--json"], {
      cwd: home,
      env: plainEnv(home),
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    child.stdin.write(`{"type":"a.b","data":1}\n`.repeat(501));
    await once(child.stdout, "data");
    child.kill("SIGINT");
    const [code] = (await once(child, "close")) as [number | null];
    expect(code).toBe(130);
  });
});

describe("publish --file, interrupted", () => {
  it("says how many events are stored", async () => {
    const home = testHome();
    const child = spawn(process.execPath, [PROGRAM, "publish", "--file", "-"], {
      cwd: home,
      env: plainEnv(home),
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    const ended = once(child, "close").then(([code]) => code as number | null);
    // A batch and a half, and no end.
    child.stdin.write('{"type":"a.b","data":1}\n'.repeat(750));
    while (output.stdout.split("\n").length < 500) await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(output.stderr).toMatch(/^500 events stored$/m);
  });
});
