import { expect, it } from "vitest";
import { COMMANDS } from "../../commands/index.ts";
import { isGroup, topLevel } from "../../src/cli/command-table.ts";
import type { CommandNode, CommandTree } from "../../src/cli/command-tree.ts";
import { runInProcess } from "../support/run-in-process.ts";

/** Commands without --fields, and why: each prints something that is no row with keys, or only notes. */
const WITHOUT: Readonly<Record<string, string>> = {
  init: "the files that it wrote",
  listen: "lines of a stream, whole with --print",
  trigger: "a receipt or a table of results for each event, by --wait and --to",
  sign: "headers, in the form that --format names",
  verify: "a verdict, which is one line",
  demo: "a story",
  serve: "URL and store, once",
  apply: "a plan, whole with --json",
  export: "a document",
  backup: "a receipt",
  "event-type export": "a document",
  "event-type generate-types": "TypeScript",
  "event-type infer": "a schema",
  restore: "a receipt",
  completion: "a script",
  "key rotate-master": "a receipt",
  "sub secret": "secrets, one a line",
};

it("every command that prints rows lets their keys be chosen; --fields help names them", async () => {
  const tree = JSON.parse((await runInProcess(["help", "--json"])).stdout) as CommandTree;
  const leaves = (nodes: readonly CommandNode[], before = ""): [string, CommandNode][] =>
    nodes.flatMap((node) =>
      node.commands.length === 0
        ? [[before + node.name, node] as [string, CommandNode]]
        : leaves(node.commands, `${before}${node.name} `),
    );
  const all = leaves(tree.commands);
  const without = all.filter(([, node]) => !node.flags.some(({ name }) => name === "--fields")).map(([name]) => name);
  const known = topLevel(COMMANDS).flatMap((entry) =>
    isGroup(entry) ? entry.commands.map((leaf) => `${entry.name} ${leaf.name}`) : [entry.name],
  );
  expect(Object.keys(WITHOUT).filter((name) => !known.includes(name))).toEqual([]);
  expect(without.toSorted()).toEqual(Object.keys(WITHOUT).toSorted());

  for (const [name, node] of all) {
    if (WITHOUT[name] !== undefined) continue;
    const args = node.arguments.filter(({ required }) => required).map(() => "x");
    const needed =
      { "key create": ["--role", "reader"], "check idempotency": ["--to", "1"], "source create": ["--scheme", "none"] }[
        name
      ] ?? [];
    const help = await runInProcess([...name.split(" "), ...args, ...needed, "--fields", "help"]);
    expect(help, name).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout, name).toMatch(/^([a-z_0-9]+\n)+$/);
    const slip = await runInProcess([...name.split(" "), ...args, ...needed, "--fields", "nope"]);
    expect(slip, name).toMatchObject({ code: 2, stdout: "" });
    expect(slip.stderr, name).toContain('--fields: there is no field "nope"');
  }
});
