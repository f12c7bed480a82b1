import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verify } from "../../src/index.ts";
import { HooksHome, type RunningProgram } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

/** A program that says what it was given, and when it is asked to end. */
const APP = `
  process.on("SIGTERM", () => { console.log("asked to end"); if (!process.env.APP_STUBBORN) process.exit(Number(process.env.APP_CODE ?? 0)); });
  const { createServer } = require("node:http");
  const secret = process.env.WEBHOOK_SECRET;
  console.log("secret " + secret + " same " + (secret === process.env.HOOKS_SECRET));
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      console.log("got " + JSON.stringify({ headers: request.headers, body: Buffer.concat(parts).toString() }));
      response.end();
    });
  });
  setTimeout(() => server.listen(Number(process.env.APP_PORT), "127.0.0.1", () => console.log("listening")), 300);
`;

/** Processes that it has started, in the order of their numbers. */
function childrenOf(pid: number): number[] {
  const isChild = (name: string): boolean => {
    try {
      return readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1] === String(pid);
    } catch {
      return false; // it has ended meanwhile
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isChild(name))
    .map(Number);
}

/** Not so one that nobody has asked for its exit code yet. */
function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** The program and what watches over it. */
async function guarded({ child }: RunningProgram): Promise<number[]> {
  await expect.poll(() => childrenOf(child.pid!), { timeout: 30_000 }).toHaveLength(2);
  return childrenOf(child.pid!);
}

async function freePort(): Promise<number> {
  const taken = await openReceiver();
  const port = Number(new URL(taken.url).port);
  await taken.close();
  return port;
}

async function started(
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<{ home: HooksHome; running: RunningProgram }> {
  const home = new HooksHome();
  const port = await freePort();
  await home.serve();
  const args = ["listen", "--forward", String(port), "--env-name", "WEBHOOK_SECRET", ...flags];
  const running = home.start([...args, "--", process.execPath, "-e", APP], {
    env: { APP_PORT: String(port), ...env },
  });
  return { home, running };
}

describe("hooks listen -- COMMAND", () => {
  it("starts it with the secret, and deliveries wait until it takes connections", async () => {
    const { home, running } = await started();
    const [, secret] = await running.sees(/secret (whsec_\S+) same true/);
    await home.ok("publish", "order.paid", "--data", '{"n":1}');
    const [, got] = await running.sees(/got (\{.*\})/);
    const { headers, body } = JSON.parse(got!) as { headers: Record<string, string>; body: string };
    expect(verify("standard-webhooks", { headers, body }, secret!).valid).toBe(true);
    await running.sees(/\t200\t.*order\.paid/);
    expect(JSON.parse(await home.ok("delivery", "list", "--json"))).toMatchObject({
      status: "succeeded",
      attempt_count: 1,
    });
    await running.kill("SIGTERM");
  });

  it("killed with -9, it does not leave the program running", async () => {
    const { running } = await started();
    await running.sees(/same true/);
    await guarded(running);
    running.child.kill("SIGKILL");
    // The program holds the outputs: what it says is seen, and the run ends with it.
    expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
    expect(running.output.stdout).toContain("asked to end");
  });

  it("nothing watches over a program that has ended", async () => {
    const { running } = await started();
    await running.sees(/same true/);
    const children = await guarded(running);
    await running.kill("SIGTERM");
    for (const left of children) {
      await expect.poll(() => existsSync(`/proc/${left}`), { timeout: 30_000 }).toBe(false);
    }
    expect(running.output.stdout.match(/asked to end/g)).toHaveLength(1);
  });

  it("passes SIGTERM on to it, and its exit code is ours", async () => {
    const { running } = await started({ APP_CODE: "3" });
    await running.sees(/same true/);
    expect((await running.kill("SIGTERM")).code).toBe(3);
    expect(running.output.stdout).toContain("asked to end");
  });

  it("a second signal ends what does not end when it is asked to", async () => {
    const { running } = await started({ APP_STUBBORN: "yes" });
    await running.sees(/listening/);
    const [program] = await guarded(running);
    running.child.kill("SIGTERM");
    await running.sees(/asked to end/);
    expect(isRunning(program!)).toBe(true);
    await running.kill("SIGTERM");
    await expect.poll(() => isRunning(program!), { timeout: 30_000 }).toBe(false);
  });

  it("ends when it ends, with its exit code", async () => {
    const home = new HooksHome();
    await home.serve();
    for (const [script, code] of [
      ["process.exit(7)", 7],
      ["", 0],
      ["process.kill(process.pid, 'SIGKILL')", 137],
    ] as const) {
      const ran = await home.run(["listen", "--", process.execPath, "-e", script]);
      expect(ran.code, ran.stderr).toBe(code);
    }
  });

  it("ends it when --expect is met", async () => {
    const { home, running } = await started({}, ["--expect", "order.paid"]);
    await running.sees(/same true/);
    await home.ok("publish", "order.paid", "--data", "{}");
    expect((await running.ended).code).toBe(0);
    expect(running.output.stdout).toContain("asked to end");
  });

  it("says what is wrong when there is no such program, and leaves the session as it was", async () => {
    const home = new HooksHome();
    await home.serve();
    const ran = await home.run(["listen", "--", "no-such-program-here"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('"no-such-program-here" cannot be started: there is no such program');
  });

  it("hands flags behind -- to it and reads none of them", async () => {
    const home = new HooksHome();
    await home.serve();
    const ran = await home.run([
      "listen",
      "--",
      process.execPath,
      "-p",
      "process.argv.slice(1).join()",
      "--",
      "--json",
    ]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain("--json");
  });
});
