import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { type MarkdownBlock, sectionsOf } from "./support/markdown-blocks.ts";

// Every command and code block of the README and of docs/ is run, in order, in the home of somebody who has just
// installed hooks. What is printed there differs from what is run in three things: ports, `--ready-file` for what goes
// on running, and the commands of RUN_ELSEWHERE.

const run = promisify(execFile);
const root = path.join(import.meta.dirname, "..");
const STEP_MS = 60_000;

/** Block → the test that runs it. */
const RUN_ELSEWHERE: Record<string, string> = {
  "npm ci && npm run demo\n": "test/e2e/fresh-machine.test.ts",
  "npm ci && npm test\n": ".ci/run", // this very run
  "npm install --global hooks-relay\n": "test/package.test.ts", // with the tarball for the name
};

/** Those with blocks to run: pages of figures name their commands in tables, and have tests of their own. */
const documents = ["README.md", ...markdownFiles("docs")].filter(
  (document) => 0 < sectionsOf(readFileSync(path.join(root, document), "utf8")).length,
);

let home: string;
let env: Record<string, string>;
let receiver: { port: number; requests: number; close(): Promise<void> };
/** What the current section started and left running. */
let running: ChildProcess[] = [];
let daemonPort: string | undefined;

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), "hooks-readme-"));
  receiver = await startReceiver();
  const bin = path.join(home, "bin");
  mkdirSync(bin);
  const shim = path.join(bin, "hooks");
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${path.join(root, "bin/hooks.js")}' "$@"\n`);
  chmodSync(shim, 0o755);
  mkdirSync(path.join(home, "node_modules"));
  symlinkSync(root, path.join(home, "node_modules/hooks-relay"));
  writeFileSync(path.join(home, "package.json"), '{"type":"module"}');
  env = { HOME: home, PATH: `${bin}${path.delimiter}${process.env["PATH"]}`, HOOKS_PORT: "0", LANG: "C.UTF-8" };
});

afterEach(async () => {
  // The next section begins with nothing running.
  for (const child of running.toReversed()) await stopped(child);
  running = [];
  daemonPort = undefined;
});

afterAll(async () => {
  await receiver.close();
  rmSync(home, { recursive: true, force: true });
});

describe.each(documents)("%s", (document) => {
  const sections = sectionsOf(readFileSync(path.join(root, document), "utf8"));

  it.each(sections.map((section) => [section.title, section] as const))(
    "%s",
    async (_, section) => {
      for (const block of section.blocks) {
        await runBlock(block).catch((error: unknown) => {
          throw new Error(`${document}:${block.line}: ${error instanceof Error ? error.message : String(error)}`);
        });
      }
    },
    3 * STEP_MS,
  );
});

describe("what the README says", () => {
  const readme = readFileSync(path.join(root, "README.md"), "utf8");

  it("is run by other tests where it is not run here", () => {
    for (const [block, where] of Object.entries(RUN_ELSEWHERE)) {
      expect(readme).toContain(block);
      expect(existsSync(path.join(root, where)), where).toBe(true);
    }
    const ci = readFileSync(path.join(root, ".ci/run"), "utf8");
    expect(ci).toMatch(/^npm ci\nnpm test$/m);
  });

  it("names only scripts, files and commands that exist", async () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    for (const [, script = ""] of readme.matchAll(/`npm run ([\w:-]+)/g))
      expect(Object.keys(scripts)).toContain(script);
    for (const [, file = ""] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(existsSync(path.join(root, file)), file).toBe(true);
    }
    for (const [, text = ""] of readme.matchAll(/`hooks ([^`]*)`/g)) {
      const words = /^(?:[a-z][a-z-]*(?: |$))*/.exec(text)![0].trim().split(" ");
      const help = await hooks(...words.filter(Boolean), "--help").catch((error: Error) => error.message);
      expect(help, `hooks ${text}`).toMatch(/usage/i);
      for (const [flag] of text.matchAll(/(?<= )--[a-z][a-z-]*/g)) expect(help, `hooks ${text}`).toContain(flag);
    }
  });
});

async function runBlock(block: MarkdownBlock): Promise<void> {
  if (RUN_ELSEWHERE[block.text] !== undefined) return;
  if (block.language === "sh") await runShell(block.text);
  else if (block.language === "ts") await runTypeScript(block);
  else if (block.language === "json") await runSettings(block.text);
  else if (block.language === "yaml") parseYaml(block.text);
  else if (block.language !== "text") throw new Error(`nothing runs a block of ${block.language || "no language"}`);
}

async function runShell(text: string): Promise<void> {
  const script = text
    .replaceAll("localhost:3000", `localhost:${receiver.port}`)
    .replaceAll("4680", daemonPort ?? "4680");
  if (/^hooks (serve|listen)\b/.test(script)) return startInBackground(script.trim());
  if (script.startsWith("node --eval ")) return startReceiverOfTheReader(script.trim());
  const requestsBefore = receiver.requests;
  await run("bash", ["-euo", "pipefail", "-c", script], { env, cwd: home, timeout: STEP_MS });
  if (script.includes("--wait"))
    expect(receiver.requests, "requests that reached the program").toBeGreaterThan(requestsBefore);
}

/** A TypeScript block must compile as a stranger's program, and run. */
async function runTypeScript(block: MarkdownBlock): Promise<void> {
  const file = path.join(home, `block-${block.line}.ts`);
  writeFileSync(file, block.text);
  const compilerOptions = {
    module: "nodenext",
    target: "es2024",
    strict: true,
    noEmit: true,
    types: ["node"],
    typeRoots: [path.join(root, "node_modules/@types")],
  };
  writeFileSync(path.join(home, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  await run(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", home], { cwd: home }).catch(
    (error: { stdout: string }) => {
      throw new Error(error.stdout);
    },
  );
  await run(process.execPath, [file], { env, cwd: home, timeout: STEP_MS });
}

/** A JSON block is a project's settings: each key must be in force in a folder that has it. */
async function runSettings(text: string): Promise<void> {
  const project = mkdtempSync(path.join(home, "project-"));
  writeFileSync(path.join(project, "hooks.config.json"), text);
  const { stdout } = await run("hooks", ["config", "--json"], { env, cwd: project, timeout: STEP_MS });
  for (const [key, value] of Object.entries(JSON.parse(text))) {
    expect(stdout).toContain(`"key":${JSON.stringify(key)},"value":${JSON.stringify(value)}`);
  }
}

async function startInBackground(command: string): Promise<void> {
  const readyFile = path.join(home, `ready-${running.length}`);
  rmSync(readyFile, { force: true });
  const child = spawn("bash", ["-c", `exec ${command} --ready-file '${readyFile}'`], {
    env,
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const deadline = Date.now() + STEP_MS;
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`"${command}" was not ready:\n${output}`);
    await sleep(20);
  }
  if (command.startsWith("hooks serve")) daemonPort = new URL(JSON.parse(readFileSync(readyFile, "utf8")).url).port;
}

/** The program that the reader is offered in place of their own: it must answer. Ours is the one that counts. */
async function startReceiverOfTheReader(command: string): Promise<void> {
  const port = await freePort();
  const child = spawn("bash", ["-c", `exec ${command.replace("3000", String(port))}`], {
    env,
    cwd: home,
    stdio: "ignore",
  });
  running.push(child);
  const deadline = Date.now() + STEP_MS;
  for (;;) {
    const answer = await fetch(`http://localhost:${port}/webhooks`, { method: "POST", body: "{}" }).catch(
      () => undefined,
    );
    if (answer?.status === 200) return;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`"${command}" does not answer`);
    await sleep(20);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

/** The reader's own program on port 3000. */
async function startReceiver(): Promise<typeof receiver> {
  const state = { port: 0, requests: 0 };
  const server = createServer((request, response) => {
    state.requests += 1;
    request.resume().on("end", () => response.end("ok"));
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  state.port = (server.address() as AddressInfo).port;
  return Object.assign(state, {
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}

async function hooks(...args: string[]): Promise<string> {
  return (await run("hooks", args, { env, cwd: home, timeout: STEP_MS })).stdout;
}

function markdownFiles(folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join(folder, name));
}
