import { describe, expect, it } from "vitest";
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

  it("stands in the hints and next steps of every command", async () => {
    const ends = { cwd: testHome(), env: { HOOKS_HOME: testHome() } };
    const create = ["sub", "create", "--url", "https://example.com", "--event", "a.b", "--name", "stg"];
    const created = await runInProcess([...create, "--env", "staging"], { ...ends, isTty: true });
    expect(created.stderr).toContain("hooks --env staging sub test stg");
    const refused = await runInProcess(["sub", "delete", "stg", "--env", "staging"], ends);
    expect(refused.stderr).toMatch(/^hint: hooks --env staging sub delete stg --yes$/m);
    const json = await runInProcess(["sub", "delete", "stg", "--env", "staging", "--json"], ends);
    expect(json.stderr).toContain('"hint":"hooks --env staging sub delete stg --yes"');
  });
});
