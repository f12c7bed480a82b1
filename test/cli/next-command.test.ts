import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../commands/index.ts";
import { topLevel } from "../../src/cli/command-table.ts";
import { locationFlags } from "../../src/cli/global-flags.ts";
import { withLocation } from "../../src/cli/next-command.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { testHome } from "../support/source-program.ts";

describe("where a command line worked", () => {
  it("is what its flags say, quoted for the shell, and never a key", () => {
    const argv = ["--env=staging", "sub", "list", "--store", "my hooks.db", "--api-key", "k", "--", "--tenant", "x"];
    expect(locationFlags(argv)).toEqual(["--store 'my hooks.db'", "--env staging"]);
    expect(locationFlags(["sub", "list", "--api-key-file", "-"])).toEqual([]);
  });

  it.each([
    ["hooks sub delete stg --yes", "hooks --store x.db --env staging sub delete stg --yes"],
    [
      "hooks sub list · hooks event list",
      "hooks --store x.db --env staging sub list · hooks --store x.db --env staging event list",
    ],
    ["start it: hooks serve", "start it: hooks --store x.db serve"],
    ["see: hooks sub create --help", "see: hooks sub create --help"],
    ["hooks needs Node 22.19 or newer", "hooks needs Node 22.19 or newer"],
    ["hooks listen --env other", "hooks --store x.db listen --env other"],
  ])("%s becomes %s", (text, expected) => {
    expect(withLocation(text, ["--store x.db", "--env staging"])).toBe(expected);
    expect(withLocation(text, [])).toBe(text);
  });

  it("is given to every command that works on a store or a server, and to no other", () => {
    const without = ["check", "demo", "login", "init", "context", "config", "completion", "__complete"];
    for (const { name } of topLevel(COMMANDS)) {
      const expected = without.includes(name)
        ? `hooks ${name} x`
        : ["backup", "restore", "serve"].includes(name)
          ? `hooks --store x.db ${name} x`
          : `hooks --store x.db --env staging ${name} x`;
      expect(withLocation(`hooks ${name} x`, ["--store x.db", "--env staging"])).toBe(expected);
    }
    expect(withLocation("hooks event-types are", ["--env staging"])).toBe("hooks event-types are");
    expect(withLocation("hooks sub list --env=x", ["--env staging"])).toBe("hooks sub list --env=x");
  });

  it.each([
    [["dlq", "purge", "--sub", "my shop", "--until", "30d"], "hooks dlq purge --sub 'my shop' --until 30d --yes"],
    [
      ["event-type", "delete", "order.paid", "--event-version", "2"],
      "hooks event-type delete order.paid --event-version 2 --yes",
    ],
    [["apply", "-f", "set-up", "--prune"], "hooks apply -f set-up --prune --yes"],
    [["purge", "--event", "a.b", "--env=staging"], "hooks purge --event a.b '--env=staging' --yes"],
    [["tenant", "delete", "--force", "--", "acme"], "hooks tenant delete --force --yes -- acme"],
    [["sub", "rotate-secret", "--all", "--grace", "2h"], "hooks sub rotate-secret --all --grace 2h --yes"],
    [["key", "revoke", "ci", "--api-key", "env:K"], "hooks key revoke ci --api-key env:K --yes"],
    [["key", "revoke", "ci", "--server", "http://127.0.0.1:1", "--api-key", "hk_secret"], undefined],
  ])("%j without a question is hinted at whole, with --yes and without a key", async (argv, whole) => {
    const env = { HOOKS_HOME: testHome(), K: "hk_secret" };
    const { code, stderr } = await runInProcess(argv, { cwd: testHome(), env });
    expect(code).toBe(2);
    const hint = /^hint: (.*)$/m.exec(stderr)?.[1];
    expect(hint).toBe(whole ?? "hooks key revoke ci --server http://127.0.0.1:1 --yes");
    expect(stderr).not.toContain("hk_secret");
  });

  it("stands in the hints and next steps of every command", async () => {
    const ends = { cwd: testHome(), env: { HOOKS_HOME: testHome() } };
    const create = ["sub", "create", "--url", "https://example.com", "--event", "a.b", "--name", "stg"];
    const created = await runInProcess([...create, "--env", "staging"], { ...ends, isTty: true });
    expect(created.stderr).toContain("hooks --env staging sub test stg");
    const refused = await runInProcess(["sub", "delete", "stg", "--env", "staging"], ends);
    expect(refused.stderr).toMatch(/^hint: hooks sub delete stg --env staging --yes$/m);
    const json = await runInProcess(["sub", "delete", "stg", "--env", "staging", "--json"], ends);
    expect(json.stderr).toContain('"hint":"hooks sub delete stg --env staging --json --yes"');
  });
});
