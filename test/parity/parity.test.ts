import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../commands/index.ts";
import { isGroup, topLevel } from "../../src/cli/command-table.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import type { Run } from "../support/run-in-process.ts";
import { LOCAL_ONLY, NOT_COMPARED } from "./elsewhere.ts";
import { type Call, Side } from "./sides.ts";
import { story } from "./story.ts";

// Everything that the command line does on a store's file it does on a server, and prints the same: a command never knows
// which of the two it talks to. Both sides are driven through the same story, on stores that begin empty.

let receiver: Receiver;
let local: Side;
let remote: Side;

beforeAll(async () => {
  receiver = await startReceiver({
    reply: ({ path }) => (path === "/fail" ? { status: 500, body: "no" } : { status: 200, body: "ok" }),
  });
  [local, remote] = await Promise.all([Side.open("local"), Side.open("remote")]);
});
afterAll(async () => {
  await Promise.all([local.close(), remote.close()]);
  await receiver.close();
});

it("is the same on the store's file and over HTTP: output and exit code of every command", {
  timeout: 120_000,
}, async () => {
  const ran = new Set<string>();
  const failures: string[] = [];
  for (const call of story(receiver.url)) {
    ran.add(commandOf(call));
    const [here, there] = await Promise.all([local.run(call), remote.run(call)]);
    if (!isSame(here, there)) failures.push(difference(call, here, there));
    // A fault of ours is the same on both sides, and no less a fault.
    if (here.code === 70) failures.push(`${call.args.join(" ")}: ${here.stderr}`);
  }
  expect(failures.join("\n\n")).toBe("");
  expect(missing(ran)).toEqual([]);
});

describe("a command", () => {
  it("that is in neither the story nor a table is noticed", () => {
    const all = leaves().filter((name) => name !== "sub list");
    expect(missing(new Set(all.filter((name) => name !== "key get")))).toEqual(["key get", "sub list"]);
  });

  it("of a table exists, has a reason, and is in one table", () => {
    const listed = [...Object.keys(LOCAL_ONLY), ...Object.keys(NOT_COMPARED)];
    expect(listed.filter((name) => !leaves().includes(name))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
    for (const reason of [...Object.values(LOCAL_ONLY), ...Object.values(NOT_COMPARED)]) {
      expect(reason.length).toBeGreaterThan(20);
    }
    const told = new Set(story("http://127.0.0.1:1").map(commandOf));
    expect(listed.filter((name) => told.has(name))).toEqual([]);
  });
});

/** Every command of the tree, hidden ones too, as it is typed. */
function leaves(): string[] {
  const entries = topLevel(COMMANDS).flatMap((entry) =>
    isGroup(entry) ? entry.commands.map((leaf) => `${entry.name} ${leaf.name}`) : [entry.name],
  );
  return [COMMANDS.home.name, ...entries];
}

function missing(ran: ReadonlySet<string>): string[] {
  return leaves()
    .filter((name) => !ran.has(name) && LOCAL_ONLY[name] === undefined && NOT_COMPARED[name] === undefined)
    .sort();
}

function commandOf({ args }: Call): string {
  const [first = "", second = ""] = args;
  const group = topLevel(COMMANDS).find((entry) => isGroup(entry) && entry.name === first);
  return group === undefined ? first : `${first} ${second}`;
}

function isSame(here: Run, there: Run): boolean {
  return here.code === there.code && here.stdout === there.stdout && here.stderr === there.stderr;
}

function difference({ args, people }: Call, here: Run, there: Run): string {
  const lines = [`hooks ${args.join(" ").slice(0, 200)}${people === true ? "   (terminal)" : ""}`];
  if (here.code !== there.code) lines.push(`  exit: ${here.code} locally, ${there.code} remotely`);
  for (const stream of ["stdout", "stderr"] as const) {
    const [one, other] = [here[stream].split("\n"), there[stream].split("\n")];
    for (let at = 0; at < Math.max(one.length, other.length); at++) {
      if (one[at] === other[at]) continue;
      lines.push(
        `  ${stream} ${at + 1}:`,
        `    local:  ${one[at] ?? "(nothing)"}`,
        `    remote: ${other[at] ?? "(nothing)"}`,
      );
    }
  }
  return lines.join("\n");
}
