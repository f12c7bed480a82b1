import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keyOf, startTestServer, type TestServer } from "../receive/support/test-server.ts";
import { startSecretService } from "../support/secret-service.ts";
import { runSource, testHome } from "../support/source-program.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const ADMIN = keyOf("admin");

/** What the keychain has under this account, asked by another program. */
function kept(account: string, bus: Record<string, string>): string | null {
  const program =
    'import { Entry } from "@napi-rs/keyring"; console.log(JSON.stringify(new Entry("hooks", process.argv[1]).getPassword()))';
  const args = ["--input-type=module", "-e", program, account];
  const env = { PATH: process.env["PATH"], ...bus };
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", cwd: import.meta.dirname, env }));
}

/** Node's flags with which nobody has installed the keychain's package. */
function withoutPackage(folder: string): string[] {
  const hook = path.join(folder, "hook.mjs");
  writeFileSync(
    hook,
    `import { registerHooks } from "node:module";
     registerHooks({ resolve: (name, context, next) =>
       next(name === "@napi-rs/keyring" ? "@napi-rs/a-package-that-nobody-has" : name, context) });`,
  );
  return ["--import", `file://${hook}`];
}

it("has the key when it is asked to, and the file has none", async (test) => {
  const env = await startSecretService(test);
  const folder = testHome();
  const account = `safe ${server.url}/`;
  const login = ["login", server.url, "--name", "safe", "--api-key-file", "-"];
  const run = await runSource([...login, "--keychain"], folder, { input: ADMIN, env });
  expect(run).toMatchObject({ code: 0 });
  const file = path.join(folder, "contexts.json");
  expect(JSON.parse(readFileSync(file, "utf8")).contexts).toEqual({
    safe: { server: `${server.url}/`, keychain: true },
  });
  expect(kept(account, env)).toBe(ADMIN);
  expect(await runSource(["doctor"], folder, { env })).toMatchObject({ code: 0 });
  // Without the package, later: what to do is said, and no other key is tried.
  const without = await runSource(["sub", "list"], folder, { env, nodeFlags: withoutPackage(folder) });
  expect(without).toMatchObject({ code: 2, stdout: "" });
  expect(without.stderr).toContain("npm install --global @napi-rs/keyring");
  // Logging in again without it takes the key out of the keychain.
  expect((await runSource(login, folder, { input: ADMIN, env })).code).toBe(0);
  expect(kept(account, env)).toBeNull();
  await runSource([...login, "--keychain"], folder, { input: ADMIN, env });
  expect(kept(account, env)).toBe(ADMIN);
  expect((await runSource(["context", "remove", "safe", "--yes"], folder, { env })).code).toBe(0);
  expect(kept(account, env)).toBeNull();
});

it.each([
  ["that cannot be used", false, /keychain cannot be used: .+[\s\S]*Secret Service/],
  [
    "whose package is not installed",
    true,
    /needs the package @napi-rs\/keyring: it is not installed[\s\S]*npm install/,
  ],
])("a keychain %s is told with what to do, and nothing is kept", async (_, isMissing, message) => {
  const folder = testHome();
  const nodeFlags = isMissing ? withoutPackage(folder) : [];
  // Where no bus is.
  const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path.join(folder, "bus")}` };
  const args = ["login", server.url, "--keychain", "--api-key-file", "-"];
  const run = await runSource(args, folder, { input: ADMIN, env, nodeFlags });
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toMatch(message);
  expect(() => statSync(path.join(folder, "contexts.json"))).toThrow(/ENOENT/);
});
