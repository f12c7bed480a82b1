import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { answered } from "../support/attempts.ts";
import { type Ends, type Run, runInProcess } from "../support/run-in-process.ts";

const URL = "https://example.com/in";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** Commands on a store of its own. */
function commands(): (argv: string[], ends?: Ends) => Promise<Run> {
  const home = mkdtempSync(path.join(tmpdir(), "hooks-egress-flags-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return (argv, ends = {}) => runInProcess(argv, { ...ends, env: { HOOKS_HOME: home, ...ends.env } });
}

describe("a subscription's --allow-net and --deny-net", () => {
  it("are stored, shown, changed and taken back", async () => {
    const hooks = commands();
    const create = ["sub", "create", "--url", URL, "--event", "a", "--name", "shop", "--json"];
    const created = await hooks([
      ...create,
      "--allow-net",
      "example.com",
      "--deny-net",
      "10.0.0.0/8",
      "--deny-net",
      "b.c",
    ]);
    expect(JSON.parse(created.stdout)).toMatchObject({ allow_net: ["example.com"], deny_net: ["10.0.0.0/8", "b.c"] });
    const shown = await hooks(["sub", "get", "shop"]);
    expect(shown.stdout).toMatch(/^allow-net +example\.com\ndeny-net +10\.0\.0\.0\/8, b\.c$/m);
    const updated = await hooks(["sub", "update", "shop", "--deny-net", "::1", "--reset", "allow-net", "--json"]);
    expect(JSON.parse(updated.stdout)).toMatchObject({ allow_net: [], deny_net: ["::1"] });
  });

  it.each([
    [["--allow-net", "0.0.0.0/0"], "error: --allow-net: 0.0.0.0/0 is too wide for an allowance"],
    [["--deny-net", "a.b", "--deny-net", "10.0.0.1/8"], "error: --deny-net: 10.0.0.1/8 has bits behind its prefix"],
    [["--allow-net", "8.8.8.8"], "error: --url may not be sent to: it is not in allow_net"],
  ])("are refused by their names: %j", async (flags, message) => {
    const run = await commands()(["sub", "create", "--url", URL, "--event", "a", ...flags]);
    expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
  });
});

it("a name that has no address is taken, and said, when it is set and when it is changed", async () => {
  const hooks = commands();
  const parts = { lookUpOnce: async () => ({ kind: "failed", code: "ENOTFOUND", keepMs: 0 }) as const };
  const created = await hooks(["sub", "create", "--url", URL, "--event", "a", "--name", "shop"], { parts });
  expect(created).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("warning: url: example.com has no address"),
  });
  const other = "https://other.example.com/";
  const changed = await hooks(["sub", "update", "shop", "--url", other], { parts });
  expect(changed).toMatchObject({ code: 0, stderr: expect.stringContaining("warning: url: other.example.com has no") });
  expect((await hooks(["sub", "update", "shop", "--url", URL])).stderr).not.toContain("warning");
});

describe("trigger's --allow-net and --deny-net", () => {
  const to = (target: string, ...flags: string[]) => ["trigger", "a.b", "--to", target, "--secret", SECRET, ...flags];
  const parts = { sendOnce: async () => answered(204) };

  it("open what is private but this machine's own, and close that too", async () => {
    const hooks = commands();
    expect(await hooks(to("http://10.1.2.3:3000/"), { parts })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("hint: if it is meant so: --allow-net 10.1.2.3"),
    });
    expect(await hooks(to("http://10.1.2.3:3000/", "--allow-net", "10.1.2.3"), { parts })).toMatchObject({ code: 0 });
    expect(await hooks(to("http://10.1.2.3:3000/"), { parts, env: { HOOKS_ALLOW_NET: "10.0.0.0/8" } })).toMatchObject({
      code: 0,
    });
    expect(await hooks(to("3000"), { parts })).toMatchObject({ code: 0 });
    expect(await hooks(to("127.0.0.1:3000", "--deny-net", "127.0.0.0/8"), { parts })).toMatchObject({ code: 2 });
    expect(await hooks(to("http://localhost:3000/", "--env", "production"), { parts })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--to must be https in production"),
    });
  });

  it("mean nothing to a daemon that sends", async () => {
    const run = await commands()(["trigger", "a.b", "--data", "{}", "--allow-net", "10.0.0.0/8"]);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("--allow-net needs --to or --wait") });
  });
});
