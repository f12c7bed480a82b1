import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { HooksHome, type RunningProgram } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { type Canary, canary, secretCanary, Written } from "./support/canaries.ts";

// Marked secrets in real processes that fail by a fault of our own, with and without HOOKS_DEBUG; and those secrets that
// are given or made only once: API keys, a new master key, the key of a certificate.

const FAULTS = pathToFileURL(path.join(import.meta.dirname, "support/faults.ts")).href;
const TLS = path.join(import.meta.dirname, "../fixtures/tls");
const LIMIT = { timeout: 120_000 };
const URL_LINE = /https?:\/\/[\w.[\]:]+:\d+/;

const masterKey = (name: string): Canary => ({
  name,
  text: Buffer.from(canary("").text.slice(0, 32)).toString("base64"),
});

/** A command in a process of its own; what it says is kept under its first words. */
async function run(
  home: HooksHome,
  written: Written,
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; note?: string } = {},
) {
  const ran = await home.run(args, options);
  written.add(`hooks ${args.slice(0, 2).join(" ")} (${options.note ?? ran.code})`, `${ran.stdout}\n${ran.stderr}`);
  return ran;
}

function addFiles(home: HooksHome, written: Written): void {
  for (const name of readdirSync(home.folder, { recursive: true, encoding: "utf8" }) as string[]) {
    const file = path.join(home.folder, name);
    if (statSync(file).isFile() && !name.startsWith("cache")) written.add(`file ${name}`, readFileSync(file));
  }
}

const serve = (home: HooksHome, env: Record<string, string>, ...more: string[]): RunningProgram =>
  home.start(["serve", "--port", "0", "--log-format", "json", "--log-level", "debug", ...more], { env });

describe.each([
  ["with HOOKS_DEBUG", { HOOKS_DEBUG: "1" }],
  ["without HOOKS_DEBUG", {}],
] as const)("a fault of our own %s", (_name, debug) => {
  it("says nothing of what it was given: answers, logs, crashes and commands", LIMIT, async () => {
    const secrets = {
      signing: secretCanary("signing secret"),
      rotated: secretCanary("second signing secret"),
      header: canary("value of a header"),
      query: canary("token in a URL's query"),
      payload: canary("payload"),
      wrongKey: canary("API key that is none", "hk_test_"),
      master: masterKey("master key"),
      bootstrap: { name: "bootstrap key", text: `hk_${canary("").text}` },
    };
    const home = new HooksHome();
    const written = new Written();
    const receiver = await openReceiver();
    const fault = path.join(home.folder, "fault");
    const env = {
      NODE_OPTIONS: `--import=${FAULTS}`,
      HOOKS_TEST_FAULT: fault,
      HOOKS_MASTER_KEY: secrets.master.text,
      HOOKS_BOOTSTRAP_KEY: secrets.bootstrap.text,
      ...debug,
    };
    const program = serve(home, env);
    const [url] = await program.sees(URL_LINE);
    const ask = async (method: string, target: string, body?: object, key = secrets.bootstrap.text) => {
      const answer = await fetch(url + target, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "hooks-environment": "development",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      written.add(
        `${method} ${target.split("?")[0]} (${answer.status})`,
        `${JSON.stringify([...answer.headers])}\n${text}`,
      );
      return { status: answer.status, text };
    };
    const create = {
      url: `${receiver.url}/?token=${secrets.query.text}`,
      events: ["order.*"],
      secret: secrets.signing.text,
      headers: { authorization: `Bearer ${secrets.header.text}` },
      name: "shop",
    };
    const event = { type: "order.paid", data: { card: secrets.payload.text } };
    expect((await ask("POST", "/v1/subscriptions", create)).status).toBe(201);
    expect((await ask("POST", "/v1/events", event)).status).toBe(202);
    await receiver.request(1);

    writeFileSync(fault, "");
    const asked = [
      await ask("POST", "/v1/subscriptions", { ...create, name: "again", secret: secrets.rotated.text }),
      await ask("PATCH", "/v1/subscriptions/shop", { headers: { "x-own": secrets.header.text } }),
      await ask("POST", "/v1/subscriptions/shop/rotate-secret", { secret: secrets.rotated.text }),
      await ask("POST", "/v1/subscriptions/shop/test", { data: { card: secrets.payload.text } }),
      await ask("GET", `/v1/subscriptions?q=${secrets.query.text}`),
      await ask("GET", "/v1/deliveries"),
      await ask("POST", "/v1/events", { ...event, id: "evt_once_more" }),
    ];
    expect(asked.filter(({ status }) => status === 500).length).toBeGreaterThan(3);
    expect(asked.find(({ status }) => status === 500)!.text).toContain('"message":"internal error"');
    await ask("GET", "/v1/deliveries", undefined, secrets.wrongKey.text);

    const flags = ["--secret", secrets.rotated.text, "--header", `authorization: ${secrets.header.text}`];
    const where = ["--url", create.url, "--event", "order.*"];
    const remote = ["--server", url, "--api-key", secrets.bootstrap.text];
    for (const form of [[], ["--json"], ["--verbose"]]) {
      for (const line of [
        ["sub", "create", ...where, ...flags],
        ["sub", "rotate-secret", "shop", "--secret", secrets.rotated.text],
        ["sub", "list"],
        ["trigger", "order.paid", "--data", JSON.stringify(event.data)],
        ["sub", "create", ...where, ...flags, ...remote],
        ["key", "create", "k", "--role", "admin"],
      ]) {
        const ran = await run(home, written, [...line, ...form], { env });
        if (line[0] === "sub" && !line.includes("--server")) expect(ran.code, line.join(" ")).toBe(70);
        // A server's fault has its stack there, not here.
        const isHere = ran.code === 70 && !line.includes("--server");
        if (isHere) expect(ran.stderr.includes("faults.ts"), line.join(" ")).toBe("HOOKS_DEBUG" in debug);
      }
    }
    const { code, signal } = await program.kill("SIGUSR2");
    expect([code, signal]).not.toEqual([0, null]);
    expect(program.output.stderr).toContain("broken on purpose");
    written.add("log", program.output.stderr + program.output.stdout);
    rmSync(fault);
    addFiles(home, written);
    const meant = {
      "signing secret": [/^POST \/v1\/subscriptions \(201\)$/],
      payload: [/^file .*\.db(-wal)?$/],
    };
    expect(written.leaks(Object.values(secrets), meant)).toEqual([]);
    // It was there to be leaked.
    expect(written.leaks([secrets.payload], {})).not.toEqual([]);
  });
});

it("a key that is made is in its own answer and nowhere else", LIMIT, async () => {
  const home = new HooksHome();
  const written = new Written();
  const env = { HOOKS_DEBUG: "1" };
  const program = serve(home, env);
  const [url] = await program.sees(URL_LINE);
  const keys: Canary[] = [];
  const made = (answer: string): string => {
    const key = /\bhk_[\w-]{20,}/.exec(answer)![0];
    keys.push({ name: `key ${keys.length}`, text: key });
    return key;
  };
  const create = ["key", "create", "ops", "--role", "admin", "--all-tenants", "--all-environments"];
  const remote = ["--server", url, "--api-key-file", path.join(home.folder, "token")];
  for (const form of [[], ["--json"], ["--quiet"], ["--verbose"], remote, [...remote, "--json"]]) {
    made((await run(home, written, [...create, ...form], { env, note: "made" })).stdout);
  }
  const token = await home.token();
  const ask = async (method: string, target: string, key: string, body?: object) => {
    const answer = await fetch(url + target, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const note = method === "POST" && answer.status === 201 ? "made" : answer.status;
    written.add(`${method} ${target.split("?")[0]} (${note})`, `${JSON.stringify([...answer.headers])}\n${text}`);
    return text;
  };
  made(await ask("POST", "/v1/keys", token, { name: "http", role: "admin", tenant: "*", environment: "*" }));

  for (const { text: key } of keys) {
    for (const target of ["/v1/keys", "/v1/whoami", "/v1/audit", "/v1/meta", "/v1/nothing"])
      await ask("GET", target, key);
    await ask("GET", `/v1/keys/${key}`, key);
    await ask("GET", `/v1/keys?api_key=${key}`, token);
    await ask("POST", "/v1/keys", key, { name: key, role: "no role" });
    await ask("GET", "/v1/keys", `${key}x`);
  }
  const [first, second] = keys as [Canary, Canary];
  for (const line of [
    ["key", "list"],
    ["key", "list", "--json"],
    ["key", "get", "http", "--json"],
    ["audit", "--json"],
    ["audit"],
    ["doctor"],
    ["status"],
    ["backup", "backup.db"],
    ["config", "--server", url, "--api-key", first.text],
    ["key", "list", "--server", url, "--api-key", first.text],
    ["key", "list", "--server", "http://127.0.0.1:1", "--api-key", first.text],
    ["key", "revoke", "http", "--yes"],
    ["key", "list", "--server", url, "--api-key", keys.at(-1)!.text],
    ["key", "list", "--server", url, "--api-key", `${second.text} `],
  ]) {
    for (const more of [[], ["--verbose"]]) await run(home, written, [...line, ...more], { env });
  }
  await program.kill("SIGTERM");
  written.add("log", program.output.stderr + program.output.stdout);
  addFiles(home, written);
  expect(new Set(keys.map(({ text }) => text)).size).toBe(7);
  expect(written.leaks(keys, {}).length).toBeGreaterThanOrEqual(7);
  // Where a key stands in place of its id, the answer does not repeat it.
  const meant = [/\(made\)$/];
  expect(written.leaks(keys, Object.fromEntries(keys.map(({ name }) => [name, meant])))).toEqual([]);
});

it("a new master key that is given is in its own file and nowhere else", LIMIT, async () => {
  const home = new HooksHome();
  const written = new Written();
  const [one, two, three, unused] = ["first", "second", "third", "unused"].map((name) =>
    masterKey(`${name} master key`),
  );
  const bad = canary("master key that is none");
  const all = [one!, two!, three!, unused!, bad];
  const env = { HOOKS_DEBUG: "1", NEW_KEY: two!.text, BAD_KEY: bad.text };
  await home.ok("sub", "create", "--url", "http://127.0.0.1:1/", "--event", "a", "--name", "shop");
  const program = serve(home, env);
  await program.sees(URL_LINE);
  writeFileSync(path.join(home.folder, "given.txt"), `${one!.text}\n`, { mode: 0o600 });
  writeFileSync(path.join(home.folder, "bad.txt"), `${bad.text}\n`, { mode: 0o600 });
  const rotate = ["key", "rotate-master"];
  expect(await run(home, written, [...rotate, "--new-key", "@given.txt"], { env })).toMatchObject({ code: 0 });
  expect(await run(home, written, [...rotate, "--new-key", "env:NEW_KEY", "--json"], { env })).toMatchObject({
    code: 0,
  });
  expect(
    await run(home, written, [...rotate, "--new-key", "-", "--verbose"], { env, input: three!.text }),
  ).toMatchObject({
    code: 0,
  });
  for (const value of ["@bad.txt", "env:BAD_KEY", "@given.txt/x", "env:NO_SUCH"]) {
    for (const form of [[], ["--json"]]) {
      expect((await run(home, written, [...rotate, "--new-key", value, ...form], { env })).code).not.toBe(0);
    }
  }
  for (const input of [bad.text, `${unused!.text}${unused!.text}`, `${unused!.text} ${bad.text}`]) {
    expect((await run(home, written, [...rotate, "--new-key", "-"], { env, input })).code).not.toBe(0);
  }
  expect((await run(home, written, [...rotate, `--new-kye=${unused!.text}`], { env })).code).toBe(2);
  for (const key of [unused!.text, bad.text]) {
    for (const line of [["sub", "secret", "shop"], ["doctor"], ["status"]]) {
      await run(home, written, line, { env: { ...env, HOOKS_MASTER_KEY: key } });
    }
  }
  for (const line of [["doctor", "--json"], ["audit", "--json"], ["config"], ["status"], ["backup", "backup.db"]]) {
    await run(home, written, line, { env });
  }
  expect(await run(home, written, ["sub", "secret", "shop"], { env })).toMatchObject({ code: 0 });
  await program.kill("SIGTERM");
  written.add("log", program.output.stderr + program.output.stdout);
  addFiles(home, written);
  // The newest, and those of before beside it for older backups.
  const files = [/^file master\.key/, /^file (given|bad)\.txt$/];
  const meant = Object.fromEntries(all.map(({ name }) => [name, files]));
  expect(written.leaks([one!, two!, three!], {}).map((leak) => leak.split(" ", 1)[0])).toEqual(
    expect.arrayContaining(["first", "second", "third"]),
  );
  expect(written.leaks(all, meant)).toEqual([]);
});

it("the key of a certificate is in its own file and nowhere else", LIMIT, async () => {
  const home = new HooksHome();
  const written = new Written();
  const pem = readFileSync(path.join(TLS, "good.key"), "utf8");
  const lines = pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  // Of its first line every key of the kind has the beginning.
  const secret = Buffer.from(lines.slice(1).join(""), "base64");
  const canaries: Canary[] = [
    { name: "line of a TLS key", text: lines[1]! },
    { name: "bytes of a TLS key", text: secret.toString("hex") },
  ];
  const at = (name: string): string => path.join(home.folder, name);
  copyFileSync(path.join(TLS, "good.crt"), at("cert.pem"));
  copyFileSync(path.join(TLS, "ca.crt"), at("other.pem"));
  const put = (name: string, text: string, mode = 0o600) => writeFileSync(at(name), text, { mode });
  put("key.pem", pem);
  put("open.pem", pem, 0o644);
  put("mangled.pem", pem.replace(lines[0]!, "!!!!"));
  put("bare.pem", lines.join("\n"));
  put("locked.pem", pem.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
  for (const env of [{ HOOKS_DEBUG: "1" }, {}] as Record<string, string>[]) {
    for (const [cert, key] of [
      ["cert.pem", "open.pem"],
      ["cert.pem", "mangled.pem"],
      ["cert.pem", "bare.pem"],
      ["cert.pem", "locked.pem"],
      ["other.pem", "key.pem"],
      ["key.pem", "key.pem"],
      ["key.pem", "cert.pem"],
    ] as const) {
      for (const form of [[], ["--json"]]) {
        const line = ["serve", "--port", "0", "--tls-cert", cert, "--tls-key", key, ...form];
        expect((await run(home, written, line, { env })).code, `${cert} ${key}`).toBe(2);
      }
    }
    put("key.pem", pem);
    const more = { ...env, NODE_OPTIONS: `--import=${FAULTS}`, HOOKS_TEST_FAULT: at("no-fault") };
    const program = serve(home, more, "--tls-cert", "cert.pem", "--tls-key", "key.pem");
    const [url] = await program.sees(URL_LINE);
    expect(url).toMatch(/^https:/);
    // Its daemon's file holds what others may meet it by.
    expect(await run(home, written, ["trigger", "a.b", "--data", "{}"], { env })).toMatchObject({ code: 0 });
    await expect(fetch(url.replace("https:", "http:"))).rejects.toThrow();
    put("key.pem", pem.replace(lines[0]!, "!!!!"));
    program.child.kill("SIGHUP");
    await program.sees(/tls\.not_renewed/);
    for (const line of [["doctor"], ["config"], ["status"], ["audit"]]) await run(home, written, line, { env });
    await program.kill("SIGUSR2");
    expect(program.output.stderr).toContain("broken on purpose");
    written.add("log", program.output.stderr + program.output.stdout);
    put("key.pem", pem);
  }
  addFiles(home, written);
  const meant = [/^file (key|open|mangled|bare|locked)\.pem$/];
  expect(written.leaks(canaries.slice(0, 1), {}).length).toBeGreaterThan(3);
  expect(written.leaks(canaries, Object.fromEntries(canaries.map(({ name }) => [name, meant])))).toEqual([]);
});
