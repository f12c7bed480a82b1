import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runAsNobody } from "../support/run-as-nobody.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { testHome } from "../support/source-program.ts";

describe("a store that this user may only read", () => {
  const READING = [
    ["sub", "list", "--fields", "name"],
    ["sub", "get", "shop", "--json"],
    ["sub", "health", "shop", "--json"],
    ["event", "list", "--quiet"],
    ["delivery", "list", "--fields", "status"],
    ["status"],
  ];
  const WRITING = [
    ["trigger", "order.paid", "--data", "{}"],
    ["sub", "delete", "shop", "--yes"],
    ["publish", "order.paid", "--data", "{}"],
  ];

  it("is read, and left as it is; what would change it says why not", async () => {
    const home = path.join(testHome(), "home");
    mkdirSync(home);
    for (const line of [
      ["sub", "create", "--url", "http://localhost:9/", "--event", "order.*", "--name", "shop"],
      ["trigger", "order.paid", "--data", "{}"],
    ]) {
      expect(await runInProcess(line, { env: { HOOKS_HOME: home }, cwd: home })).toMatchObject({ code: 0 });
    }
    const own = await Promise.all(READING.map((line) => runInProcess(line, { env: { HOOKS_HOME: home }, cwd: home })));
    chmodSync(path.dirname(home), 0o755);
    for (const name of readdirSync(home)) chmodSync(path.join(home, name), 0o444);
    chmodSync(path.join(home, "master.key"), 0o400);
    chmodSync(home, 0o555);
    onTestFinished(() => chmodSync(home, 0o755));
    const names = readdirSync(home);

    const [reading, writing] = [runAsNobody(home, READING), runAsNobody(home, WRITING)];
    for (const [n, run] of reading.entries()) {
      expect(run, READING[n]!.join(" ")).toMatchObject({ code: 0, stdout: own[n]!.stdout, stderr: "" });
    }
    for (const [n, run] of writing.entries()) {
      expect(run, WRITING[n]!.join(" ")).toMatchObject({ code: 5, stdout: "" });
      expect(run.stderr).toContain(`the store ${home}/hooks.db cannot be written by this user: permission denied`);
    }
    expect(readdirSync(home)).toEqual(names);
  });

  it("is not what one is that is not there", async () => {
    const home = path.join(testHome(), "new");
    expect(await runInProcess(["sub", "list"], { env: { HOOKS_HOME: home }, cwd: "/" })).toMatchObject({ code: 0 });
    expect(readdirSync(home)).toContain("hooks.db");
  });
});
