import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse as parseYaml } from "yaml";
import { formatCassetteHead, formatExchange } from "../src/core/cassette/cassette-line.ts";

// The workflow of docs/ci.md, step by step, as a runner of GitHub runs it: each `run` is a script of its own in a shell of its
// own, in the checked-out project, and what a step writes to GITHUB_ENV is in the next one's environment.

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, unknown>;
}

const ROOT = path.join(import.meta.dirname, "..");
const [, text = ""] = /```yaml\n(.*?)```/s.exec(readFileSync(path.join(ROOT, "docs/ci.md"), "utf8")) ?? [];
const workflow = parseYaml(text) as {
  on: string[];
  jobs: Record<string, { "runs-on": string; "timeout-minutes": number; steps: Step[] }>;
};
const [job] = Object.values(workflow.jobs);
const steps = job?.steps ?? [];
const STEP_MS = 150_000;

/** Step → the test that runs it. */
const RUN_ELSEWHERE: Record<string, string> = {
  "npm ci": "test/package.test.ts",
  "npm install --global hooks-relay": "test/package.test.ts", // with the tarball for the name
};

/** The reader's program. STATUS: what it answers to what is rightly signed. */
const SERVER = `
  import { createServer } from "node:http";
  import { verify } from "hooks-relay";
  createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const { headers } = request;
    const { valid } = verify("standard-webhooks", { headers, body: Buffer.concat(parts) }, process.env.HOOKS_SECRET);
    response.statusCode = valid ? Number(process.env.STATUS ?? 204) : 401;
    response.end();
  }).listen(3000, "localhost");
`;

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** A runner with the project checked out; the program is installed as `hooks`. */
class Runner {
  readonly home = mkdtempSync(path.join(tmpdir(), "hooks-runner-"));
  readonly project = path.join(this.home, "project");
  readonly #port: string;
  #env: Record<string, string>;

  constructor(port: string, env: Record<string, string>) {
    onTestFinished(() => rmSync(this.home, { recursive: true, force: true }));
    this.#port = port;
    const bin = path.join(this.home, "bin");
    for (const folder of [bin, path.join(this.project, "test"), path.join(this.project, "node_modules")]) {
      mkdirSync(folder, { recursive: true });
    }
    const program = path.join(bin, "hooks");
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${path.join(ROOT, "bin/hooks.js")}' "$@"\n`);
    chmodSync(program, 0o755);
    symlinkSync(process.execPath, path.join(bin, "node"));
    symlinkSync(ROOT, path.join(this.project, "node_modules/hooks-relay"));
    writeFileSync(path.join(this.project, "package.json"), '{"type":"module"}');
    writeFileSync(path.join(this.project, "server.js"), SERVER.replace("3000", port));
    writeFileSync(path.join(this.project, "test/orders.cassette"), cassette());
    this.#env = { HOME: this.home, CI: "true", PATH: `${bin}:/usr/bin:/bin`, ...env };
  }

  /** A step that names no shell runs in `bash -e`. Answers its exit code and its output. */
  async run(script: string): Promise<{ code: number; output: string }> {
    const file = path.join(this.home, "step.sh");
    const envFile = path.join(this.home, "env");
    writeFileSync(file, script.replaceAll("3000", this.#port));
    writeFileSync(envFile, "");
    const env = { ...this.#env, GITHUB_ENV: envFile };
    const ran = await new Promise<{ code: number; output: string }>((resolve) => {
      execFile("bash", ["-e", file], { cwd: this.project, env, timeout: STEP_MS }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
      });
    });
    const set = readFileSync(envFile, "utf8").trim().split("\n").filter(Boolean);
    this.#env = {
      ...this.#env,
      ...Object.fromEntries(set.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string])),
    };
    return ran;
  }
}

function cassette(): string {
  const exchange = formatExchange({
    at: Date.UTC(2026, 0, 31),
    eventId: "evt_1",
    eventType: "order.paid",
    attempt: 1,
    durationMs: 5,
    request: {
      method: "POST",
      path: "/",
      query: "",
      headers: [
        ["content-type", "application/json"],
        ["webhook-id", "evt_1"],
        ["webhook-signature", "[redacted]"],
      ],
      body: Buffer.from('{"type":"order.paid","timestamp":"2026-01-31T00:00:00.000Z","data":{"total":10}}'),
    },
    answer: { status: 204, headers: [], body: Buffer.alloc(0), truncated: false },
    failure: undefined,
  });
  return `${formatCassetteHead("hooks/0.1.0", Date.UTC(2026, 0, 31))}\n${exchange}\n`;
}

const isRunHere = ({ run }: Step): boolean => run !== undefined && RUN_ELSEWHERE[run] === undefined;

describe("the workflow of docs/ci.md", () => {
  it("is one that GitHub takes", () => {
    expect(workflow.on).toEqual(["push", "pull_request"]);
    expect(job).toMatchObject({ "runs-on": "ubuntu-latest", "timeout-minutes": expect.any(Number) });
    for (const step of steps) {
      expect(
        [step.run, step.uses].filter((part) => part !== undefined),
        JSON.stringify(step),
      ).toHaveLength(1);
      if (step.uses !== undefined) expect(step.uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
      if (step.run !== undefined && !isRunHere(step))
        expect(existsSync(path.join(ROOT, RUN_ELSEWHERE[step.run]!))).toBe(true);
    }
    expect(steps.filter(isRunHere)).toHaveLength(3);
  });

  it(
    "goes through with a program that verifies and answers",
    async () => {
      const runner = new Runner(await freePort(), {});
      for (const step of steps.filter(isRunHere)) {
        const ran = await runner.run(step.run!);
        expect(ran.code, `${step.name}:\n${ran.output}`).toBe(0);
      }
      const report = readFileSync(path.join(runner.project, "webhooks.xml"), "utf8");
      expect(report).toMatch(/<testsuites?[^>]* failures="0"/);
      expect(report).toContain("2 × order.paid");
      expect(existsSync(path.join(runner.project, "ready.json"))).toBe(false);
    },
    3 * STEP_MS,
  );

  it(
    "fails, with a report of it, when the program does not answer with 2xx",
    async () => {
      const runner = new Runner(await freePort(), { STATUS: "500" });
      const [secret, ...rest] = steps
        .filter(isRunHere)
        .map(({ run }) => run!.replace("--within 60s", "--within 60s --max-events 2"));
      expect((await runner.run(secret!)).code).toBe(0);
      for (const script of rest) {
        const ran = await runner.run(script);
        expect(ran.code, ran.output).toBe(1);
      }
      expect(readFileSync(path.join(runner.project, "webhooks.xml"), "utf8")).toContain("answered 500");
    },
    3 * STEP_MS,
  );
});
