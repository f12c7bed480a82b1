import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type Ends, type Run, runInProcess } from "../support/run-in-process.ts";

function home(): { folder: string; hooks: (args: string[], ends?: Ends) => Promise<Run> } {
  const folder = mkdtempSync(path.join(tmpdir(), "hooks-context-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    hooks: (args, ends = {}) =>
      runInProcess(args, { cwd: folder, ...ends, env: { HOOKS_HOME: folder, HOME: folder, ...ends.env } }),
  };
}

const ADD = ["context", "add", "staging", "https://hooks.example.com", "--api-key", "hk_s3cret", "--tenant", "acme"];

it("adds, lists, uses and removes; a key is never shown", async () => {
  const { hooks, folder } = home();
  const all: Run[] = [];
  const run = async (...args: string[]): Promise<Run> => {
    const one = await hooks(args);
    all.push(one);
    return one;
  };
  expect((await run("context", "list")).stdout).toBe("local\tcurrent\t\t\t\t\n");
  expect((await run(...ADD)).stdout).toBe("staging\t\thttps://hooks.example.com/\tacme\t\tfile\n");
  expect((await run("context", "add", "bare", "https://bare.example.com", "--quiet")).stdout).toBe("bare\n");
  expect((await run("context", "list", "--quiet")).stdout).toBe("local\nstaging\nbare\n");
  expect((await run("context", "use", "staging", "--json")).stdout).toBe(
    '{"name":"staging","current":true,"server":"https://hooks.example.com/","tenant":"acme","environment":null,"key":"file"}\n',
  );
  expect((await run("context", "list", "--fields", "name,current")).stdout).toBe(
    "local\tfalse\nstaging\ttrue\nbare\tfalse\n",
  );
  expect((await run("config", "--json")).stdout).toContain('"key":"tenant","value":"acme","origin":"context staging"');
  expect((await run("context", "use", "local")).stdout).toBe("local\tcurrent\t\t\t\t\n");
  await run("context", "use", "staging");
  expect((await run("context", "remove", "staging", "--yes", "--json")).stdout).toBe(
    '{"name":"staging","removed":true}\n',
  );
  expect((await run("context", "list", "--quiet")).stdout).toBe("local\nbare\n");
  expect((await run("context", "list")).stdout).toMatch(/^local\tcurrent/);
  for (const { stdout, stderr } of all) expect(stdout + stderr).not.toContain("s3cret");
  expect(readFileSync(path.join(folder, "contexts.json"), "utf8")).not.toContain("s3cret");
});

it("shows people which one is current, and says when a variable is stronger", async () => {
  const { hooks } = home();
  await hooks(ADD);
  const used = await hooks(["context", "use", "staging"], { isTty: true, env: { HOOKS_STORE: "x.db" } });
  expect(used.stdout).toMatch(/commands work on https:\/\/hooks\.example\.com\/ now/);
  expect(used.stderr).toMatch(/HOOKS_STORE is stronger: commands work on .*x\.db/);
  expect((await hooks(["context", "use", "staging"], { isTty: true })).stderr).toBe("");
  expect((await hooks(["context", "list", "--no-color"], { isTty: true, columns: 120 })).stdout).toMatch(
    /\* staging +https:/,
  );
  const env = { HOOKS_CONTEXT: "local" };
  expect((await hooks(["context", "list", "--no-color"], { isTty: true, columns: 120, env })).stdout).toMatch(
    /\* local +the store/,
  );
});

it.each<[string, string[], number, RegExp]>([
  ["use of one that is not there", ["context", "use", "stagin"], 3, /no context "stagin"\n {2}did you mean "staging"/],
  ["removing one that is not there", ["context", "remove", "x", "--yes"], 3, /no context "x"/],
  ["removing without a word", ["context", "remove", "staging"], 2, /needs --yes/],
  ["a name twice", ADD, 6, /there is a context staging already/],
  ["the local store's name", ["context", "add", "local", "https://x.example"], 2, /means the store on this machine/],
  ["a name that can be none", ["context", "add", "a/b", "https://x.example"], 2, /must be 1 to 64 characters/],
  ["a URL that is none", ["context", "add", "a", "x.example"], 2, /<url> must be a URL/],
  ["clear text", ["context", "add", "a", "http://x.example"], 2, /in clear text/],
  ["a keychain with nothing to keep", ["context", "add", "a", "https://x.example", "--keychain"], 2, /needs a key/],
])("refuses %s, and changes nothing", async (_, args, code, message) => {
  const { hooks, folder } = home();
  await hooks(ADD);
  const before = readFileSync(path.join(folder, "contexts.json"));
  const run = await hooks(args);
  expect(run).toMatchObject({ code, stdout: "" });
  expect(run.stderr).toMatch(message);
  expect(readFileSync(path.join(folder, "contexts.json"))).toEqual(before);
});

it("replaces one when it is told to", async () => {
  const { hooks } = home();
  await hooks(ADD);
  expect((await hooks([...ADD.slice(0, 3), "https://new.example.com", "--yes"])).code).toBe(0);
  expect((await hooks(["context", "list"])).stdout).toContain("staging\t\thttps://new.example.com/\t\t\t\n");
});

it("uses no file that others can read, in any command, and says how to mend it", async () => {
  const { hooks, folder } = home();
  await hooks(ADD);
  const file = path.join(folder, "contexts.json");
  chmodSync(file, 0o644);
  for (const args of [["context", "list"], ["sub", "list"], ["context", "use", "staging"], ADD]) {
    const run = await hooks(args);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain(`hint: chmod 600 ${file}`);
  }
  chmodSync(file, 0o600);
  expect((await hooks(["context", "list", "--quiet"])).stdout).toBe("local\nstaging\n");
});

it("commands that work on this machine only say how to, in a context of a server", async () => {
  const { hooks } = home();
  await hooks(ADD);
  await hooks(["context", "use", "staging"]);
  for (const args of [["serve"], ["backup", "x.db"], ["sub", "secret", "a"]]) {
    const run = await hooks(args);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/works on a local store only[\s\S]*--context local/);
  }
});

it("completes their names", async () => {
  const { hooks } = home();
  await hooks(ADD);
  for (const words of [
    ["context", "use", "st"],
    ["sub", "list", "--context", "st"],
    ["sub", "list", "--context=st"],
  ]) {
    expect((await hooks(["__complete", "--", ...words])).stdout).toBe("staging\thttps://hooks.example.com/\n");
  }
});
