import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { sendRaw } from "../receive/support/test-server.ts";
import { RunningCommand } from "../stream/support/running-listen.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { testHome } from "../support/source-program.ts";

/** `hooks serve` on a terminal; interrupted at the end of the test if it still runs. */
function serve(home: string, ...args: string[]): RunningCommand {
  const running = new RunningCommand(["serve", "--port", "0", ...args], { home, isTty: true });
  onTestFinished(async () => {
    running.interrupt();
    await running.ended;
  });
  return running;
}

describe("hooks serve on a terminal", () => {
  it("says once where it is, how it stops, what comes next, and each attempt in one line of words", async () => {
    const home = testHome();
    const shop = await openReceiver();
    const running = serve(home);
    await running.sees("stderr", /^Ctrl-C stops it\..*\nhint: hooks sub create --url/m);
    const env = { HOOKS_HOME: home };
    const said = running.stdout + running.stderr;
    expect(said.match(/http:\/\/127\.0\.0\.1:/g)).toHaveLength(1);
    expect(said.split(`${home}/hooks.db`)).toHaveLength(2);

    const create = ["sub", "create", "--url", shop.url, "--event", "order.*", "--name", "shop"];
    expect(await runInProcess(create, { env })).toMatchObject({ code: 0 });
    expect(await runInProcess(["trigger", "order.paid", "--data", "{}"], { env })).toMatchObject({ code: 0 });
    await running.sees("stderr", /^\d\d:\d\d:\d\d info {2}order\.paid → shop {2}204 {2}\d+ ms$/m);

    running.interrupt();
    expect(await running.ended).toBe(0);
    expect(running.stderr.match(/stopped$/gm)).toHaveLength(1);
  });

  it("suggests no first subscription to who has one", async () => {
    const home = testHome();
    const create = ["sub", "create", "--url", "http://localhost:9", "--event", "a"];
    await runInProcess(create, { env: { HOOKS_HOME: home } });
    const running = serve(home);
    await running.sees("stderr", /^hint: hooks delivery list$/m);
  });
});

describe("names, proxies and certificates", () => {
  it.each([
    ["--allow-host", "a b", "--allow-host must be a name"],
    ["--allow-host", "http://x", "--allow-host must be a name"],
    ["--public-url", "hooks.example.com", "--public-url must be a URL"],
    ["--trust-proxy", "everybody", "--trust-proxy must be loopback, a number of proxies, or addresses"],
    ["--trust-proxy", "0.0.0.0/0", "would let everybody say who they are"],
    ["--tls-cert", "cert.pem", "--tls-key is missing: a certificate and its key go together"],
    ["--tls-key", "key.pem", "--tls-cert is missing: a certificate and its key go together"],
  ])("%s %j is refused before anything starts", async (flag, value, message) => {
    const home = testHome();
    const ran = await runInProcess(["serve", flag, value], { env: { HOOKS_HOME: home } });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(message);
    expect(existsSync(`${home}/hooks.db`)).toBe(false);
  });

  it("a certificate that is not there is refused, naming the file", async () => {
    const ran = await runInProcess(["serve", "--tls-cert", "a.pem", "--tls-key", "b.pem"], {
      env: { HOOKS_HOME: testHome() },
    });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/error: --tls-cert: cannot read .*a\.pem: there is no such file/);
  });

  it("are taken from flags, variables and files, repeated or with commas", async () => {
    const home = testHome();
    const running = new RunningCommand(
      ["serve", "--port", "0", "--allow-host", "a.example", "--allow-host", "b.example:1"],
      {
        home,
        isTty: true,
        env: { HOOKS_TRUST_PROXY: "loopback,10.0.0.0/8", HOOKS_PUBLIC_URL: "https://hooks.example.com" },
      },
    );
    onTestFinished(async () => {
      running.interrupt();
      await running.ended;
    });
    const [, port] = await running.sees("stdout", /127\.0\.0\.1:(\d+)/);
    await running.sees("stderr", /Ctrl-C stops it/);
    expect(running.stdout).toMatch(/public url +https:\/\/hooks\.example\.com\n/);
    const statusOf = async (host: string, ...lines: string[]): Promise<number> => {
      const head = [`Host: ${host}`, ...lines].join("\r\n");
      return (await sendRaw(Number(port), `GET /healthz HTTP/1.1\r\n${head}\r\n\r\n`)).status;
    };
    for (const host of ["a.example", "a.example:99", "b.example:1", "hooks.example.com"]) {
      expect([host, await statusOf(host)]).toEqual([host, 200]);
    }
    for (const host of ["b.example", "c.example", "hooks.example.com:80"]) {
      expect([host, await statusOf(host)]).toEqual([host, 421]);
    }
    expect(await statusOf("a.example", "X-Forwarded-Host: c.example")).toBe(421);
  });
});

describe("an address that others can reach", () => {
  it.each(["0.0.0.0", "::", "10.0.0.1", "hooks.example.com"])("%s is refused while there is no key", async (host) => {
    const home = testHome();
    const ran = await runInProcess(["serve", "--port", "0", "--host", host], { env: { HOOKS_HOME: home } });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(readdirSync(home)).toEqual([]);
    expect(ran.stderr).toContain(`--host ${host} can be reached by others, and there is no API key yet`);
    expect(ran.stderr).toContain("hint: make one first: hooks key create");
  });

  it("is refused before a line of log when the store has none", async () => {
    const env = { HOOKS_HOME: testHome() };
    const create = ["sub", "create", "--url", "http://localhost:9", "--event", "a"];
    expect((await runInProcess(create, { env })).code).toBe(0);
    const ran = await runInProcess(["serve", "--port", "0"], { env: { ...env, HOOKS_HOST: "0.0.0.0" } });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr.trimEnd().split("\n")).toEqual([
      "error: HOOKS_HOST 0.0.0.0 can be reached by others, and there is no API key yet",
      expect.stringMatching(/^hint: make one first/),
    ]);
  });
});

describe("--config", () => {
  it("names a file whose settings are in force, and hooks config shows them", async () => {
    const home = testHome();
    const file = path.join(home, "relay.json");
    writeFileSync(file, '{"store":"relay.db","max_subscriptions":3,"max_backlog":1,"concurrency":5}');
    const running = serve(home, "--config", "relay.json", "--max-backlog", "9");
    const [, url] = await running.sees("stdout", /url +(http\S+)/);
    await running.sees("stderr", /Ctrl-C stops it/);
    expect(running.stdout).toContain(path.join(home, "relay.db"));
    expect(existsSync(path.join(home, "hooks.db"))).toBe(false);
    const token = readFileSync(path.join(home, "token"), "utf8").trim();
    const meta = await fetch(`${url}/v1/meta`, { headers: { authorization: `Bearer ${token}` } });
    expect(await meta.json()).toMatchObject({ limits: { subscriptions: 3, backlog: 9 } });

    const shown = await runInProcess(["config", "--config", "relay.json", "--json"], {
      env: { HOOKS_HOME: home, HOOKS_CONCURRENCY: "6" },
      cwd: home,
    });
    const rows = shown.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const rowOf = (key: string) => rows.find((row) => row["key"] === key);
    expect(rowOf("max_subscriptions")).toMatchObject({ value: "3", origin: file });
    expect(rowOf("concurrency")).toMatchObject({ value: "6", origin: "HOOKS_CONCURRENCY", overridden: [file] });
  });
});

describe("https", () => {
  const FIXTURES = path.join(import.meta.dirname, "../fixtures/tls");
  function certificate(home: string, name: string): string[] {
    const [cert, key] = [path.join(home, "cert.pem"), path.join(home, "key.pem")];
    copyFileSync(path.join(FIXTURES, `${name}.crt`), cert);
    copyFileSync(path.join(FIXTURES, `${name}.key`), key);
    chmodSync(key, 0o600);
    return ["--tls-cert", cert, "--tls-key", key];
  }

  it("is dialled by this machine's own listener, whatever name the certificate is for, and by nobody who pins another", async () => {
    const home = testHome();
    const running = serve(home, ...certificate(home, "wrong-name"));
    await running.sees("stdout", /https:\/\/127\.0\.0\.1:\d+/);
    await running.sees("stderr", /Ctrl-C stops it/);
    const listener = new RunningCommand(["listen", "--max-events", "1"], { home });
    await listener.sees("stderr", /● connected/);
    const sent = await runInProcess(["trigger", "order.paid", "--data", "{}"], { env: { HOOKS_HOME: home } });
    expect(sent.code).toBe(0);
    expect(await listener.ended).toBe(0);

    const file = path.join(home, "daemon.json");
    const other = readFileSync(path.join(FIXTURES, "good.crt"), "utf8");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), certificate: other }));
    const deceived = new RunningCommand(["listen"], { home });
    await deceived.sees("stderr", /not connected: .*certificate/);
    deceived.interrupt();
    expect(await deceived.ended).not.toBe(0);
  });

  it("with a certificate that has expired starts, and says so", async () => {
    const home = testHome();
    const running = serve(home, ...certificate(home, "expired"));
    await running.sees("stderr", /the certificate has expired on 2021-01-01: clients refuse it/);
    await running.sees("stderr", /Ctrl-C stops it/);
  });
});
