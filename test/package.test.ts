import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machinePath, newcomersEnvironment } from "./support/npm.ts";

const run = promisify(execFile);
const root = path.join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const SLOW_MS = 120_000;

let folder: string;
let tarball: string;
/** Where the tarball is installed, by somebody with an empty home. */
let installed: string;
let env: Record<string, string>;

beforeAll(async () => {
  expect(existsSync(path.join(root, "dist/cli/main.cjs")), "build first: npm run build").toBe(true);
  folder = mkdtempSync(path.join(tmpdir(), "hooks-package-"));
  const home = path.join(folder, "home");
  installed = path.join(folder, "project");
  mkdirSync(home);
  mkdirSync(installed);
  env = await newcomersEnvironment(home);

  await run("npm", ["pack", "--pack-destination", folder], { cwd: root, env });
  tarball = path.join(folder, `${manifest.name}-${manifest.version}.tgz`);
  writeFileSync(path.join(installed, "package.json"), '{"private":true,"type":"module"}');
  await run("npm", ["install", tarball], { cwd: installed, env });
  // Programs run on the Node that runs this test: the machine's may be too old.
  env["PATH"] = [path.dirname(process.execPath), env["PATH"]].join(path.delimiter);
}, SLOW_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the tarball", () => {
  /** Everything that a user needs, and nothing else. */
  const ALLOWED = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
    /^bin\/hooks\.js$/,
    /^completions\/(hooks\.(bash|fish|ps1)|_hooks)$/,
    /^dist\/cli\/[\w.-]+\.cjs$/,
    /^dist\/cli\/migrations\/\d{4}-[\w-]+\.sql$/,
    /^dist\/lib\/([\w-]+\/)*[\w-]+\.(js|d\.ts)$/,
    /^dist\/THIRD-PARTY-LICENSES\.txt$/,
    /^schema\/hooks\.schema\.json$/,
  ];

  it("holds what users need and nothing else", async () => {
    const files = await listOf(tarball);
    expect(files.filter((file) => !ALLOWED.some((pattern) => pattern.test(file)))).toEqual([]);
    for (const pattern of ALLOWED)
      expect(
        files.some((file) => pattern.test(file)),
        `${pattern} in the tarball`,
      ).toBe(true);
  });

  it("passes publint", async () => {
    const bytes = readFileSync(tarball);
    const { messages, pkg } = await publint({
      strict: true,
      pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it("carries the licence of every package that is built into it", async () => {
    const licences = readFileSync(
      path.join(installed, "node_modules", manifest.name, "dist/THIRD-PARTY-LICENSES.txt"),
      "utf8",
    );
    for (const name of ["commander", "fastify", "undici", "ws", "pino"]) {
      expect(licences).toMatch(
        new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|BSD-\\d-Clause|ISC)\\)\\n\\n.{20}`, "ms"),
      );
    }
    const entries = licences.split(/\n-{80}\n/).slice(1);
    expect(
      entries.filter(
        (entry) => !/^\n.+ \((MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD)\)\n\n.*Copyright \S/is.test(entry),
      ),
    ).toEqual([]);
  });
});

describe("installed in an empty directory", () => {
  it("brings better-sqlite3, with what that needs, and nothing else", () => {
    expect(readdirSync(path.join(installed, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "better-sqlite3",
      manifest.name,
      "node-addon-api",
    ]);
  });

  it("says its version, the one of package.json, by the short cut and by the program", async () => {
    expect((await hooks("--version")).stdout).toBe(`${manifest.version}\n`);
    expect((await hooks("-V")).stdout).toBe(`${manifest.version}\n`);
    expect((await hooks("--version", "--no-color")).stdout).toBe(`${manifest.version}\n`);
  });

  it("installs by the README's command", async () => {
    const command = /^npm install --global hooks-relay$/m.exec(readFileSync(path.join(root, "README.md"), "utf8"))?.[0];
    const prefix = path.join(folder, "global");
    const script = command?.replace(manifest.name, tarball) ?? "false";
    const npmEnv = { ...(await newcomersEnvironment(path.join(folder, "home"))), npm_config_prefix: prefix };
    await run("sh", ["-c", script], { cwd: folder, env: npmEnv });
    const { stdout } = await run(path.join(prefix, "bin/hooks"), ["--version"], { env });
    expect(stdout).toBe(`${manifest.version}\n`);
  });

  it("tells the whole story: hooks demo", async () => {
    const { stdout, stderr } = await hooks("demo", "--json");
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map(({ type, response_status }) => `${type} ${response_status}`).toSorted()).toEqual([
      "order.created 200",
      "order.paid 200",
      "order.paid 200",
      "order.paid 500",
      "order.paid 500",
    ]);
    expect(stderr).toContain("signature valid");
  });

  it("gives programs sign and verify", async () => {
    const file = path.join(installed, "consumer.js");
    writeFileSync(file, CONSUMER);
    const { stdout } = await run(process.execPath, [file], { cwd: installed, env });
    expect(stdout).toBe("true false\ntrue false true\n");
  });

  it("gives browsers and workers types without Node's", async () => {
    const project = path.join(installed, "workers");
    mkdirSync(project);
    const compilerOptions = {
      module: "esnext",
      moduleResolution: "bundler",
      target: "es2022",
      lib: ["es2022", "dom", "dom.iterable"],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    const file = path.join(project, "worker.ts");
    writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
    writeFileSync(file, WORKER);
    await compile(project);

    // A promise is no verdict: who forgets to await it is told.
    writeFileSync(file, WORKER.replace("await verify(", "verify("));
    await expect(compile(project)).rejects.toThrow(/'valid' does not exist on type 'Promise/);
  });

  it.each([
    ["node16", "node16"],
    ["nodenext", "nodenext"],
    ["bundler", "esnext"],
  ])("has types under %s resolution", async (moduleResolution, module) => {
    const project = path.join(installed, moduleResolution);
    mkdirSync(project);
    writeFileSync(path.join(project, "consumer.ts"), CONSUMER);
    const options = {
      module,
      moduleResolution,
      target: "es2022",
      lib: ["es2022"],
      types: ["node"],
      typeRoots: [path.join(root, "node_modules/@types")],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    };
    writeFileSync(
      path.join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions: options, files: ["consumer.ts"] }),
    );
    await compile(project);

    // The types are real ones, not `any`: a wrong call does not compile.
    writeFileSync(path.join(project, "consumer.ts"), CONSUMER.replace("verdict.valid,", "verdict.vaild,"));
    await expect(compile(project)).rejects.toThrow(/vaild/);
  });
});

describe("the lockfile", () => {
  const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));

  it("belongs to package.json, pins every package by its hash, and names no place to get it from", () => {
    expect(lock.version).toBe(manifest.version);
    expect(lock.packages[""].dependencies).toEqual(manifest.dependencies);
    expect(lock.packages[""].devDependencies).toEqual(manifest.devDependencies);
    const fetched = Object.entries<{ integrity?: string; resolved?: string; link?: boolean }>(lock.packages).filter(
      ([place, { link }]) => place.startsWith("node_modules/") && link !== true,
    );
    expect(fetched.filter(([, { integrity, resolved }]) => integrity === undefined || resolved !== undefined)).toEqual(
      [],
    );
  });
});

describe("on a Node that is too old", () => {
  it("says what to do and exits 70 (as that Node would be seen)", async () => {
    const preload = path.join(folder, "old.cjs");
    writeFileSync(
      preload,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.18.0' } });",
    );
    await expectRefusal(process.execPath, ["--require", preload]);
  });

  it("says so on a real one", async ({ skip }) => {
    const old = await tooOldNode();
    if (old === undefined) {
      console.warn("SKIPPED: this machine has no Node older than 22.19 to try");
      skip();
      return;
    }
    await expectRefusal(old, []);
  });

  async function expectRefusal(node: string, flags: readonly string[]): Promise<void> {
    const script = path.join(installed, "node_modules", manifest.name, "bin/hooks.js");
    const failure = await run(node, [...flags, script, "--version"], { env }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 70, stdout: "" });
    expect(failure).toHaveProperty(
      "stderr",
      expect.stringMatching(/^error: hooks needs Node\.js 22\.19 or newer; this is v.*\nhint: /),
    );
  }
});

const CONSUMER = `import { sign, verify } from "${manifest.name}";
import { createVerifier, MemoryReplays, standardWebhooks } from "${manifest.name}/schemes";
import { verify as verifyOnWeb } from "${manifest.name}/web";

const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const body = '{"type":"order.paid"}';
const { headers } = sign("standard-webhooks", { body }, secret, { id: "evt_1" });
const verdict = verify("standard-webhooks", { headers, body }, secret);
const forged = verify("standard-webhooks", { headers, body: body + " " }, secret);
console.log(verdict.valid, forged.valid);
const once = createVerifier(standardWebhooks, secret, { replays: new MemoryReplays() });
const replayed = [once.verify({ headers, body }), once.verify({ headers, body })];
const onWeb = await verifyOnWeb("standard-webhooks", { headers, body }, secret);
console.log(...replayed.map((one) => one.valid), onWeb.valid);
`;

const WORKER = `import { createVerifier, type ReplayStore } from "${manifest.name}/web";
import { stripe, verify } from "${manifest.name}/web/schemes";

const replays: ReplayStore = { add: async () => true, delete: async () => undefined };
const verifier = createVerifier("github", "secret", { replays });

export async function receive(request: Request): Promise<Response> {
  const body = new Uint8Array(await request.arrayBuffer());
  const verdict = await verify(stripe, { headers: request.headers, body }, "secret");
  if (!verdict.valid) return new Response(verdict.reason, { status: 401 });
  const again = await verifier.verify({ headers: request.headers, body, method: request.method, url: request.url });
  return new Response(again.valid ? "" : again.detail);
}
`;

function hooks(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(path.join(installed, "node_modules/.bin/hooks"), args, { cwd: installed, env, timeout: 60_000 });
}

function compile(project: string): Promise<unknown> {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  return run(process.execPath, [tsc, "-p", project], { env }).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}

async function listOf(file: string): Promise<string[]> {
  const { stdout } = await run("tar", ["-tzf", file]);
  return stdout
    .trim()
    .split("\n")
    .map((name) => name.replace(/^package\//, ""));
}

/** The machine's own Node, when it is older than hooks needs. */
async function tooOldNode(): Promise<string | undefined> {
  for (const directory of machinePath()) {
    const candidate = path.join(directory, "node");
    if (!existsSync(candidate)) continue;
    const { stdout } = await run(candidate, ["-p", "process.versions.node"]);
    const [major = 0, minor = 0] = stdout.split(".").map(Number);
    if (major < 22 || (major === 22 && minor < 19)) return candidate;
  }
  return undefined;
}
