import { randomBytes } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { keyOf, startTestServer } from "../receive/support/test-server.ts";
import { openTestHooks, TEST_SCOPE, type TestHooks } from "../support/local-hooks.ts";
import { type Run, runInProcess } from "../support/run-in-process.ts";

async function withTwo(): Promise<{ hooks: TestHooks; run(...argv: string[]): Promise<Run> }> {
  const hooks = await openTestHooks();
  for (const name of ["a", "b"])
    await hooks.service.createSubscription({ url: "https://example.com/in?k=canary", events: ["*"], name });
  return { hooks, run: (...argv) => runInProcess(argv, { env: { HOOKS_HOME: hooks.folder } }) };
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("hooks sub rotate-secret --all", () => {
  it("prints each with its new secret, one a line", async () => {
    const { hooks, run } = await withTwo();
    const { code, stdout } = await run("sub", "rotate-secret", "--all", "--grace", "1h", "--yes", "--json");
    expect(code).toBe(0);
    const rotated = lines(stdout);
    expect(rotated.map(({ name }) => name)).toEqual(["a", "b"]);
    for (const { id, secret, url } of rotated) {
      expect((await hooks.secretsOf(TEST_SCOPE, id as string))[0]).toBe(secret);
      expect(url).toBe("https://example.com/in?***");
    }
  });

  it("prints ids in a pipe, and the secrets when they are asked for", async () => {
    const { run } = await withTwo();
    const plain = await run("sub", "rotate-secret", "--all", "--yes");
    expect(plain.stdout).toMatch(/^sub_\w+\nsub_\w+\n$/);
    expect(plain.stderr).toContain("hooks sub secret ID");
    const asked = await run("sub", "rotate-secret", "--all", "--yes", "--print-secret");
    expect(asked.stdout).toMatch(/^(sub_\w+\twhsec_\S+\n){2}$/);
  });

  it("without --yes where nobody can be asked it does nothing, whatever is to be printed", async () => {
    const { hooks, run } = await withTwo();
    const secrets = () => Promise.all(["a", "b"].map((name) => hooks.secretsOf(TEST_SCOPE, name)));
    const before = await secrets();
    for (const flags of [[], ["--json"], ["--quiet"], ["--print-secret", "--grace", "0s"]]) {
      const refused = await run("sub", "rotate-secret", "--all", ...flags);
      expect(refused, String(flags)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--yes") });
    }
    expect(await secrets()).toEqual(before);
    expect((await run("sub", "rotate-secret", "--all", "--yes", "--grace", "0s")).code).toBe(0);
    for (const [index, [newest]] of (await secrets()).entries()) expect(before[index]).not.toContain(newest);
  });

  it("--dry-run says which, and changes nothing", async () => {
    const { hooks, run } = await withTwo();
    const before = await hooks.secretsOf(TEST_SCOPE, "a");
    const shown = await run("sub", "rotate-secret", "--all", "--dry-run");
    expect(shown.stdout).toMatch(/^sub_\w+\ta\t.*\nsub_\w+\tb\t.*\n$/);
    expect(shown.stderr).toContain("2 subscriptions would get a new secret, and the old one would sign too for 24h");
    expect(shown.stdout).not.toContain("whsec_");
    expect((await run("sub", "rotate-secret", "--all", "--dry-run", "--grace", "0s")).stderr).toContain("at once");
    expect(await hooks.secretsOf(TEST_SCOPE, "a")).toEqual(before);
    expect(lines((await run("audit", "--json", "--action", "subscription.rotate_secret")).stdout || "{}")).toEqual([
      {},
    ]);
    expect((await run("sub", "rotate-secret", "--all", "--dry-run", "--env", "staging")).stderr).toContain(
      "nothing to",
    );
    expect(await run("sub", "rotate-secret", "a", "--dry-run")).toMatchObject({ code: 2 });
  });

  it("over HTTP, where a secret is shown once, refuses to rotate what would not be printed", async () => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    const created = await server.ask("POST", "/v1/subscriptions", {
      json: { name: "shop", url: "https://shop.example/", events: ["*"] },
    });
    const run = (...flags: string[]) =>
      runInProcess(["sub", "rotate-secret", "--all", "--grace", "0s", "--yes", "--server", server.url, ...flags], {
        env: { HOOKS_API_KEY: keyOf("admin") },
      });
    // Not their hints: of 4,000 secrets two have the same.
    const idsOfSecrets = async () => {
      const { json } = await server.ask("GET", `/v1/subscriptions/${created.json.id as string}`);
      return (json.secrets as { id: string }[]).map(({ id }) => id);
    };
    const before = await idsOfSecrets();
    for (const flags of [[], ["--quiet"], ["--fields", "id"], ["--fields", "id,secret", "--quiet"]]) {
      const refused = await run(...flags);
      expect(refused, String(flags)).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("shows them only once"),
      });
    }
    expect(await idsOfSecrets()).toEqual(before);
    for (const flags of [["--json"], ["--print-secret"], ["--fields", "secret"]]) {
      const [last] = await idsOfSecrets();
      expect((await run(...flags)).stdout, String(flags)).toContain("whsec_");
      expect(await idsOfSecrets()).not.toContain(last);
    }
  });

  it.each([
    [["--all", "a"], "--all"],
    [["--all", "--secret", "whsec_x"], "--secret"],
    [[], "<subscription> is missing"],
  ])("refuses %j", async (argv, says) => {
    const { run } = await withTwo();
    expect(await run("sub", "rotate-secret", ...argv)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(says),
    });
  });

  it("says so when there is nothing to rotate", async () => {
    const { run } = await withTwo();
    const none = await run("sub", "rotate-secret", "--all", "--yes", "--env", "staging");
    expect(none).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("nothing to rotate") });
  });
});

describe("--rotate-every", () => {
  it("is set, shown and reset", async () => {
    const { run } = await withTwo();
    expect((await run("sub", "update", "a", "--rotate-every", "90d")).code).toBe(0);
    expect((await run("sub", "get", "a")).stdout).toMatch(/^rotated +every 90d$/m);
    expect(lines((await run("sub", "get", "a", "--json")).stdout)[0]).toMatchObject({ rotate_every: "90d" });
    await run("sub", "update", "a", "--reset", "rotate-every");
    expect((await run("sub", "get", "a")).stdout).toMatch(/^rotated +by hand$/m);
    const wrong = await run("sub", "update", "a", "--rotate-every", "90s");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("--rotate-every must be from 1h") });
  });
});

describe("hooks doctor", () => {
  it("warns of a master key beside its store, and not of one that is set", async () => {
    const { run, hooks } = await withTwo();
    const beside = await run("doctor");
    expect(beside.code).toBe(0);
    expect(beside.stdout).toMatch(/^master key\twarning\t.*master\.key lies beside the store/m);
    const env = { HOOKS_MASTER_KEY: randomBytes(32).toString("hex") };
    const other = await openTestHooks({ env });
    await other.service.createSubscription({ url: "https://example.com/", events: ["*"] });
    const set = await runInProcess(["doctor"], { env: { HOOKS_HOME: other.folder, ...env } });
    expect(set.stdout).toMatch(/^master key\tok\t[0-9a-f]{16}, from HOOKS_MASTER_KEY; no backup holds it$/m);
    expect(hooks.folder).not.toBe(other.folder);
  });
});
