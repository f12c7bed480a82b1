import { expect, it, onTestFinished } from "vitest";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { startStubDns } from "../support/stub-dns.ts";

// The built program, wired as it is run. What is refused and why, case by case: test/egress and test/core/egress.

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const DENIED = ["--deny-net", "127.0.0.0/8", "--deny-net", "::1/128"];

/** A name server whose names have the address that `at` holds; undefined: there are none. */
async function names() {
  const at: { address: string | undefined } = { address: undefined };
  const dns = await startStubDns(() => (at.address === undefined ? "nxdomain" : { a: [at.address], ttl: 0 }));
  onTestFinished(() => dns.close());
  return { at, server: `127.0.0.1:${dns.server.port}` };
}

async function api(daemon: RunningDaemon, method: string, path: string, json?: unknown, environment = "development") {
  const response = await fetch(daemon.url + path, {
    method,
    headers: {
      authorization: `Bearer ${await daemon.home.token()}`,
      "hooks-environment": environment,
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  return { status: response.status, json: (await response.json()) as any };
}

it("a name that turns to this machine is blocked at every door of a daemon that denies it, and reaches it otherwise", async () => {
  const home = new HooksHome();
  const receiver = await openReceiver();
  const proxy = await openReceiver();
  const { at, server } = await names();
  const env = { HOOKS_DNS: server };
  const url = `http://rebind.attacker.example.net:${receiver.port}/in`;

  const created = await home.run(["sub", "create", "--url", url, "--event", "*", "--name", "trap"], { env });
  expect(created).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("warning: url: rebind.attacker.example.net"),
  });

  at.address = "127.0.0.1";
  const daemon = await home.serve("--dns", server, ...DENIED);
  await daemon.program.sees(/"deny_net":\["127\.0\.0\.0\/8","::1"\]/);
  const doors = [
    await home.run(["trigger", "a.b", "--data", "{}", "--wait"]),
    await home.run(["sub", "test", "trap"]),
    await home.run(["trigger", "a.b", "--to", url, "--secret", SECRET, ...DENIED], { env }),
    await home.run(["trigger", "a.b", "--to", "http://127.0.0.1:1/", "--secret", SECRET, ...DENIED], { env }),
  ];
  for (const door of doors) {
    expect(door.code).not.toBe(0);
    expect(door.stdout + door.stderr).toMatch(/may not be (reached|sent to)/);
  }
  for (const target of [url, receiver.url, `http://localhost:${receiver.port}/`]) {
    const answer = await api(daemon, "POST", "/v1/subscriptions", { url: target, events: ["*"] });
    expect(answer).toMatchObject({ status: 422, json: { error: { code: "url_refused", field: "url" } } });
  }
  const [delivery] = (await api(daemon, "GET", "/v1/deliveries")).json.data;
  const detail = (await api(daemon, "GET", `/v1/deliveries/${delivery.id}`)).json;
  expect(detail.attempts[0]).toMatchObject({
    outcome: "failure",
    error: expect.stringContaining("may not be reached"),
  });
  expect(JSON.stringify(detail.attempts)).not.toContain("127.0.0.1");
  // The operator reads what nobody else does.
  await daemon.program.sees(/"host":"rebind\.attacker\.example\.net".*"address":"127\.0\.0\.1".*"egress\.blocked"/);
  expect(receiver.connections).toHaveLength(0);
  await daemon.program.kill("SIGTERM");

  // Without the denial the same name is this machine's, which development may reach; and no proxy is asked.
  const proxies = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, ALL_PROXY: proxy.url, NODE_USE_ENV_PROXY: "1" };
  const open = home.start(["serve", "--port", "0", "--log-format", "json", "--dns", server], { env: proxies });
  await open.sees(/http:\/\/127\.0\.0\.1:\d+/);
  expect(await home.run(["trigger", "a.b", "--data", "{}", "--wait"])).toMatchObject({ code: 0 });
  expect(await home.run(["sub", "test", "trap"])).toMatchObject({ code: 0 });
  expect(await home.run(["trigger", "a.b", "--to", url, "--secret", SECRET], { env })).toMatchObject({ code: 0 });
  expect(receiver.requests.length).toBeGreaterThanOrEqual(3);
  expect(proxy.connections).toHaveLength(0);
});

it("a daemon says what it may send to, refuses the rest with a reason, and commands beside it go by its lists", async () => {
  const home = new HooksHome();
  const inside = ["sub", "create", "--url", "http://10.9.0.1:3000/", "--event", "a"];
  const refused = await home.run(inside);
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--url may not be sent to: its address is a private network (10.0.0.0/8)"),
  });
  expect(refused.stderr).toContain("hooks serve --allow-net 10.9.0.1");

  const daemon = await home.serve("--allow-net", "10.9.0.0/16", "--allow-net", "billing.internal:8443");
  await daemon.program.sees(/"allow_net":\["10\.9\.0\.0\/16","billing\.internal:8443"\]/);
  expect(await home.run(inside, { isAwaited: true })).toMatchObject({ code: 0 }); // nothing is published to it
  expect(await home.run(["sub", "create", "--url", daemon.url, "--event", "a"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("hooks itself listens there"),
  });
  const create = (url: string, environment?: string) =>
    api(daemon, "POST", "/v1/subscriptions", { url, events: ["*"] }, environment);
  expect(await create("http://10.9.255.1/")).toMatchObject({ status: 201 });
  expect(await create("https://billing.internal:8443/", "production")).toMatchObject({ status: 201 });
  for (const [url, environment, message] of [
    ["http://10.8.0.1/", "development", "private network"],
    ["https://billing.internal/", "production", "names of .internal are not public"],
    ["http://10.9.0.1/", "production", "must be https in production"],
    ["https://127.0.0.1/", "production", "loopback"],
    [daemon.url, "development", "hooks itself listens there"],
  ] as const) {
    expect(await create(url, environment)).toMatchObject({
      status: 422,
      json: { error: { code: "url_refused", message: expect.stringContaining(message) } },
    });
  }
});

it("a daemon that others reach does not take its machine for the developer's", async () => {
  const home = new HooksHome();
  const receiver = await openReceiver();
  const daemon = await home.serve("--public-url", "https://hooks.example.com", "--trust-proxy", "loopback");
  const input = { url: receiver.url, events: ["*"] };
  expect(await api(daemon, "POST", "/v1/subscriptions", input)).toMatchObject({
    status: 422,
    json: { error: { message: expect.stringContaining("loopback") } },
  });
  // Nor does it feed itself, whoever asks: over HTTP, or a command that works on its store beside it.
  const itself = { url: "https://hooks.example.com/in/own", events: ["*"] };
  expect(await api(daemon, "POST", "/v1/subscriptions", itself)).toMatchObject({
    status: 422,
    json: { error: { code: "url_refused", message: expect.stringContaining("hooks itself listens there") } },
  });
  expect(await home.run(["sub", "create", "--url", itself.url, "--event", "a"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("hooks itself listens there"),
  });
  await daemon.program.kill("SIGTERM");
  const local = await home.serve();
  expect(await api(local, "POST", "/v1/subscriptions", input)).toMatchObject({ status: 201 });
  expect(await api(local, "POST", "/v1/subscriptions", itself)).toMatchObject({ status: 201 });
});
