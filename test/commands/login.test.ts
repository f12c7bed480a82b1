import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { keyOf, startTestServer, type TestServer } from "../receive/support/test-server.ts";
import { LiveTerminal } from "../support/live-terminal.ts";
import { type Ends, type Run, runInProcess } from "../support/run-in-process.ts";
import { PROGRAM, plainEnv, testHome } from "../support/source-program.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const ADMIN = keyOf("admin");

function home(): { folder: string; hooks: (args: string[], ends?: Ends) => Promise<Run>; file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-login-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const hooks = (args: string[], ends: Ends = {}): Promise<Run> =>
    runInProcess(args, { cwd: folder, ...ends, env: { HOOKS_HOME: folder, HOME: folder, ...ends.env } });
  return { folder, hooks, file: path.join(folder, "contexts.json") };
}

describe("hooks login", () => {
  it("checks the key, keeps it in a file of the user alone, and works there from then on", async () => {
    const { hooks, file } = home();
    const run = await hooks(["login", server.url, "--name", "there", "--api-key-file", "-"], { stdin: `${ADMIN}\n` });
    expect(run).toMatchObject({ code: 0, stdout: `there\t${server.url}/\tlocal token\tadmin\tdefault\t*\n` });
    expect(run.stdout + run.stderr).not.toContain(ADMIN);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      current: "there",
      contexts: { there: { server: `${server.url}/`, api_key: ADMIN } },
    });
    const created = await hooks(["sub", "create", "--url", "https://example.com/x", "--event", "a.b", "--name", "far"]);
    expect(created.code).toBe(0);
    expect((await server.local.serviceFor(SCOPE).getSubscription("far")).name).toBe("far");
    expect((await hooks(["status", "--json"])).stdout).toContain(`"server":"${server.url}/"`);
    expect((await hooks(["sub", "list", "--context", "local"])).stdout).toBe("");
    const config = await hooks(["config", "--json"]);
    expect(config.stdout).toContain('"key":"api_key","value":"***","origin":"context there"');
    expect(config.stdout).not.toContain(ADMIN);
  });

  it("prints who was signed in, as JSON and as fields", async () => {
    const { hooks } = home();
    const key = ["--api-key", "env:READER"];
    const env = { READER: keyOf("reader") };
    const run = await hooks(["login", server.url, ...key, "--json"], { env });
    expect(JSON.parse(run.stdout)).toEqual({
      context: new URL(server.url).host.replace(":", "-"),
      server: `${server.url}/`,
      name: "dashboard",
      role: "reader",
      tenant: "default",
      environment: "development",
      key: "file",
    });
    expect((await hooks(["login", server.url, ...key, "--fields", "role"], { env })).stdout).toBe("reader\n");
    expect((await hooks(["login", "--fields", "help"])).stdout).toContain("environment\n");
  });

  it.each<[string, string[], Ends, number, RegExp]>([
    ["a key that the server does not know", ["--api-key-file", "-"], { stdin: "hk_wrong" }, 4, /the key is not known/],
    ["no key, and nobody to ask", [], {}, 2, /the key is missing, and nobody can be asked/],
    ["an empty standard input", ["--api-key-file", "-"], { stdin: "" }, 2, /standard input is empty/],
    ["a variable that is not set", ["--api-key", "env:NOPE"], {}, 2, /"NOPE" is not set/],
    ["a variable that every object has", ["--api-key", "env:__proto__"], {}, 2, /"__proto__" is not set/],
    ["a file that is not there", ["--api-key-file", "none.key"], {}, 2, /cannot read .*none\.key/],
    ["a key and a file", ["--api-key", "hk_x", "--api-key-file", "f"], {}, 2, /cannot be used together/],
    ["a tenant that is not the key's", ["--api-key", ADMIN, "--tenant", "other"], {}, 4, /this key is for "default"/],
    ["a tenant that can be none", ["--api-key", ADMIN, "--tenant", "A B"], {}, 2, /--tenant must be/],
    ["a name that can be none", ["--api-key", ADMIN, "--name", "a b"], {}, 2, /must be 1 to 64/],
    ["the local store's name", ["--api-key", ADMIN, "--name", "local"], {}, 2, /means the store on this machine/],
    ["--context", ["--api-key", ADMIN, "--context", "x"], {}, 2, /--name calls a new one/],
    ["--server beside the URL", ["--api-key", ADMIN, "--server", "http://localhost:1"], {}, 2, /both name the server/],
  ])("keeps nothing for %s", async (_, args, ends, code, message) => {
    const { hooks, folder } = home();
    const run = await hooks(["login", server.url, ...args], ends);
    expect(run).toMatchObject({ code, stdout: "" });
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toContain(ADMIN);
    expect((await hooks(["context", "list", "--quiet"])).stdout).toBe("local\n");
    expect(() => statSync(path.join(folder, "contexts.json"))).toThrow(/ENOENT/);
  });

  it.each([
    ["http://hooks.example.com", /would cross the network in clear text/, 2],
    ["hooks.example.com", /<url> must be a URL/, 2],
    ["https://me:pw@hooks.example.com", /must not hold a name or password/, 2],
    ["http://127.0.0.1:1", /nothing answers at/, 5],
  ])("does not send a key to %s", async (url, message, code) => {
    const run = await home().hooks(["login", url, "--api-key", ADMIN]);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toContain("pw@");
    expect(run.code).toBe(code);
  });

  it("keeps nothing of a server that is not hooks", async () => {
    const http = createServer((_, answer) => answer.end('{"name":"somebody","admin":true}'));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void http.close());
    const { hooks } = home();
    const run = await hooks(["login", `http://127.0.0.1:${(http.address() as AddressInfo).port}`, "--api-key", ADMIN]);
    expect(run.code).toBe(5);
    expect(run.stderr).toContain("is not a hooks server");
    expect((await hooks(["context", "list", "--quiet"])).stdout).toBe("local\n");
  });

  it("replaces the key of the same server, and another server only when it is told to", async () => {
    const { hooks, file } = home();
    const login = (...args: string[]) => hooks(["login", server.url, "--name", "a", ...args]);
    await hooks(["context", "add", "a", "https://other.example", "--api-key", "hk_other"]);
    expect(await login("--api-key", ADMIN)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("other.example"),
    });
    expect(readFileSync(file, "utf8")).toContain("hk_other");
    expect((await login("--api-key", ADMIN, "--yes")).code).toBe(0);
    expect((await login("--api-key", keyOf("reader"), "--env", "development")).code).toBe(0);
    expect(JSON.parse(readFileSync(file, "utf8")).contexts).toEqual({
      a: { server: `${server.url}/`, api_key: keyOf("reader"), environment: "development" },
    });
  });

  it("says when something stronger is worked with all the same", async () => {
    const { hooks, folder } = home();
    writeFileSync(path.join(folder, "hooks.config.json"), '{"server":"https://project.example"}');
    const run = await hooks(["login", server.url, "--api-key", ADMIN]);
    expect(run.stderr).toMatch(/hooks\.config\.json is stronger: commands work on https:\/\/project\.example\//);
  });

  it("tells a person that others can see a key on the command line, and not one that they cannot", async () => {
    const seen = /can be seen by others/;
    const tty = { isTty: true, env: { KEY: ADMIN } };
    expect((await home().hooks(["login", server.url, "--api-key", ADMIN], tty)).stderr).toMatch(seen);
    expect((await home().hooks(["login", server.url, "--api-key", "env:KEY"], tty)).stderr).not.toMatch(seen);
  });
});

const SCOPE = { tenant: "default", environment: "development" };

describe("a folder with a hooks.config.json of somebody else", () => {
  it("gets no key sent to the server that it names", async () => {
    const seen: (string | undefined)[] = [];
    const evil = createServer((request, answer) => {
      seen.push(request.headers.authorization);
      answer.end("{}");
    });
    await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void evil.close());
    const url = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
    const { hooks, folder } = home();
    expect((await hooks(["login", server.url, "--api-key", ADMIN])).code).toBe(0);
    writeFileSync(path.join(folder, "hooks.config.json"), JSON.stringify({ server: url }));
    const env = { HOOKS_API_KEY: ADMIN };
    for (const args of [["sub", "list"], ["key", "list"], ["status"], ["doctor"], ["listen", "--print-secret"]]) {
      const run = await hooks(args, { env });
      expect(run.code, args.join(" ")).not.toBe(0);
      expect(run.stdout + run.stderr).not.toContain(ADMIN);
    }
    const refused = await hooks(["sub", "list", "--json"], { env });
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(JSON.parse(refused.stderr).error).toMatchObject({
      code: "unauthenticated",
      message: expect.stringMatching(/the key of HOOKS_API_KEY is not sent to .*: only .*hooks\.config\.json names/),
      hint: expect.stringContaining(`hooks login ${url}`),
    });
    expect(seen).toEqual([]);
    // Without any key it is asked, and refused by what it answers; with the server named by the user the key goes.
    await hooks(["sub", "list", "--context", "local"], { env });
    await hooks(["sub", "list"]);
    expect(seen).toEqual([undefined]);
    await hooks(["sub", "list", "--server", url], { env });
    expect(seen).toEqual([undefined, `Bearer ${ADMIN}`]);
  });

  it("has no collector's key sent to a collector that it names, and no event deleted", async () => {
    const { hooks, folder } = home();
    expect((await hooks(["trigger", "a.b", "--data", "{}"])).code).toBe(0);
    const env = {
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=vendor-key",
      OTEL_EXPORTER_OTLP_ENDPOINT: "https://vendor.example",
    };
    for (const settings of [{ otlp_endpoint: "http://127.0.0.1:1" }, { retention: "events=1s" }]) {
      writeFileSync(path.join(folder, "hooks.config.json"), JSON.stringify(settings));
      const run = await hooks(["serve", "--port", "0"], { env });
      expect(run).toMatchObject({ code: 2, stdout: "" });
      expect(run.stderr).toContain(`${Object.keys(settings)[0]} is not taken from a project's file`);
      expect(run.stderr).not.toContain("vendor-key");
    }
    rmSync(path.join(folder, "hooks.config.json"));
    expect((await hooks(["event", "list", "--quiet"])).stdout).toMatch(/^evt_\w+\n$/);
  });
});

const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript && process.env["CI"] !== undefined) throw new Error("CI needs util-linux's script for hooks login");

describe.skipIf(!hasScript)("on a terminal (skipped without util-linux's script)", () => {
  it("the key is asked for, and nothing of it is shown", async () => {
    const folder = testHome();
    const command = [process.execPath, PROGRAM, "login", server.url, "--name", "typed"];
    const terminal = new LiveTerminal(command, { cwd: folder, env: plainEnv(folder) });
    await terminal.sees(/Key for http:/);
    terminal.type("not a key\r");
    await terminal.sees(/a key must be 1 to 512 visible ASCII characters/);
    terminal.type("\u0015");
    terminal.type(`${ADMIN}\r`);
    await terminal.sees(/signed in to/);
    expect(await terminal.code()).toBe(0);
    expect(terminal.output).not.toContain(ADMIN);
    expect(terminal.output).not.toContain("not a key");
    expect(JSON.parse(readFileSync(path.join(folder, "contexts.json"), "utf8")).contexts.typed.api_key).toBe(ADMIN);
  });
});
