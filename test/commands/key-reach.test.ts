import { describe, expect, it, onTestFinished } from "vitest";
import { keyOf, startTestServer, type TestServer } from "../receive/support/test-server.ts";
import { openTestHooks } from "../support/local-hooks.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";

/** The admin of all, with a key `ci` for each of these tenants. */
async function serverWith(...tenants: string[]): Promise<TestServer> {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  for (const tenant of tenants) await server.local.adminFor().createKey({ name: "ci", role: "publisher", tenant });
  return server;
}

const over = (server: TestServer, method: string, headers: Record<string, string> = {}) =>
  server.ask(method, "/v1/keys/ci", { key: "anyTenant", headers });
const ACME = { "hooks-tenant": "acme" };
const GLOBEX = { "hooks-tenant": "globex" };

describe("a key by its name, over HTTP", () => {
  it("is never another tenant's than the one that the request names", async () => {
    const server = await serverWith("globex");
    for (const method of ["GET", "DELETE"])
      expect(await over(server, method, ACME)).toMatchObject({ status: 404, json: { error: { field: "id" } } });
    expect((await over(server, "GET", { ...GLOBEX, "hooks-environment": "staging" })).status).toBe(404);
    expect((await over(server, "GET", GLOBEX)).json).toMatchObject({ tenant: "globex", status: "active" });
    expect((await over(server, "DELETE", GLOBEX)).status).toBe(204);
    expect((await over(server, "GET")).json.status).toBe("revoked");
  });

  it("is the named tenant's where several have one of that name", async () => {
    const server = await serverWith("acme", "globex");
    expect((await over(server, "DELETE")).status).toBe(400);
    expect((await over(server, "DELETE", ACME)).status).toBe(204);
    const { data } = await server.local.adminFor().listKeys();
    expect(data.map(({ tenant, status }) => [tenant, status])).toEqual([
      ["globex", "active"],
      ["acme", "revoked"],
    ]);
  });

  it("cannot be asked for in a tenant that is not the caller's own", async () => {
    const server = await serverWith();
    const refused = await server.ask("GET", "/v1/keys/ci", { key: "production", headers: ACME });
    expect(refused).toMatchObject({ status: 403, json: { error: { field: "tenant" } } });
  });
});

/** The program on a store, and as a client of a server, where two tenants have a key `ci`. */
const MODES: Record<string, () => Promise<(...argv: string[]) => Promise<Run>>> = {
  async locally() {
    const hooks = await openTestHooks();
    for (const tenant of ["acme", "globex"])
      await hooks.adminFor().createKey({ name: "ci", role: "publisher", tenant });
    return (...argv) => runInProcess(argv, { env: { HOOKS_HOME: hooks.folder } });
  },
  async remotely() {
    const { url } = await serverWith("acme", "globex");
    const env = { HOOKS_HOME: "/nowhere", KEY: keyOf("anyTenant") };
    return (...argv) => runInProcess([...argv, "--server", url, "--api-key", "env:KEY"], { env });
  },
};

describe.each(Object.keys(MODES))("hooks key %s", (mode) => {
  it("get and revoke take --tenant and --env for where the key is", async () => {
    const run = await MODES[mode]!();
    expect(await run("key", "get", "ci")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("names more than one key"),
    });
    const other = await run("key", "revoke", "ci", "--tenant", "initech", "--yes");
    expect(other.stderr).toContain('no key "ci"');
    const elsewhere = await run("key", "revoke", "ci", "--tenant", "acme", "--env", "staging", "--yes");
    expect(elsewhere.stderr).toContain('no key "ci"');
    expect(await run("key", "revoke", "ci", "--tenant", "acme", "--yes")).toMatchObject({ code: 0 });
    const status = async (tenant: string) =>
      (await run("key", "get", "ci", "--tenant", tenant, "--fields", "tenant,status")).stdout;
    expect([await status("acme"), await status("globex")]).toEqual(["acme\trevoked\n", "globex\tactive\n"]);
  });
});
