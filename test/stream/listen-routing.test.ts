import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Daemon } from "../../src/daemon.ts";
import { startDaemonIn } from "../support/daemon-in.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { RunningCommand } from "./support/running-listen.ts";

const SCOPE = { tenant: "default", environment: "development" };
let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "hooks-routing-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
});

async function daemon(): Promise<Daemon> {
  const started = await startDaemonIn(home);
  onTestFinished(() => started.stop({ drainMs: 0 }));
  return started;
}

async function connected(args: readonly string[], env: Record<string, string> = {}): Promise<RunningCommand> {
  const running = new RunningCommand(["listen", ...args], { home, env });
  onTestFinished(async () => {
    running.interrupt();
    await running.ended;
  });
  await running.sees("stderr", /● connected/);
  return running;
}

/** A port where nothing listens. */
async function deadPort(): Promise<number> {
  const receiver = await openReceiver();
  await receiver.close();
  return receiver.port;
}

async function publish(to: Daemon, ...types: string[]): Promise<void> {
  for (const type of types) await to.serviceFor(SCOPE).publish({ type, data: Buffer.from("{}") });
}

describe("routes of hooks listen", () => {
  it("take the first that fits; the rest goes to --forward", async () => {
    const to = await daemon();
    const [rest, billing, paid] = [await openReceiver(), await openReceiver(), await openReceiver()];
    const routes = [`invoice.paid=${paid.url}/paid`, `invoice.*=${billing.url}/billing?x=1`];
    await connected(["--forward", rest.url, ...routes.flatMap((route) => ["--route", route])]);
    await publish(to, "invoice.paid", "invoice.voided", "order.created");
    expect((await paid.request(1)).path).toBe("/paid");
    expect((await billing.request(1)).path).toBe("/billing?x=1");
    await rest.request(1);
    expect([rest, billing, paid].map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  });

  it("without --forward leave the rest to be answered here", async () => {
    const to = await daemon();
    const billing = await openReceiver({ reply: [204] });
    const running = await connected(["--route", `invoice.*=${billing.url}`]);
    await publish(to, "order.created", "invoice.paid");
    await running.sees("stdout", /\t204\t.*invoice\.paid/);
    await running.sees("stdout", /\t200\t.*order\.created/);
    expect(billing.requests).toHaveLength(1);
  });

  it("and --forward come from a checked-in hooks.config.json, which flags overrule", async () => {
    const to = await daemon();
    const [rest, billing, other] = [await openReceiver(), await openReceiver(), await openReceiver()];
    const config = { forward: rest.url, routes: [`invoice.*=${billing.url}`] };
    writeFileSync(path.join(home, "hooks.config.json"), JSON.stringify(config));
    const first = await connected([]);
    await publish(to, "order.created", "invoice.paid");
    await rest.request(1);
    await billing.request(1);
    first.interrupt();
    await first.ended;
    await connected(["--forward", other.url, "--route", `order.*=${billing.url}`]);
    await publish(to, "order.created", "invoice.paid");
    await billing.request(2);
    await other.request(1);
    expect(rest.requests).toHaveLength(1);
  });

  it("in a file that lead to another computer are refused, naming the file", async () => {
    writeFileSync(path.join(home, "hooks.config.json"), JSON.stringify({ routes: ["a=http://10.0.0.1/"] }));
    const ran = await runInProcess(["listen"], { env: { HOOKS_HOME: home }, cwd: home });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("hooks.config.json: routes");
    expect(ran.stderr).toContain("not this computer");
  });
});

describe("a local program that is not there", () => {
  it("is told at once, and again when it is back; nobody has to ask", async () => {
    await daemon();
    const port = await deadPort();
    const running = await connected(["--forward", String(port)]);
    await running.sees("stderr", new RegExp(`nothing listens on localhost:${port}: start your program`));
    await openReceiver({ port });
    await running.sees("stderr", new RegExp(`localhost:${port} is there`));
  });

  it("is told when it ends, although nothing is delivered to it; and not when the listener ends", async () => {
    await daemon();
    const app = await openReceiver();
    const running = await connected(["--forward", app.url]);
    await app.close();
    await running.sees("stderr", /nothing listens on 127\.0\.0\.1:\d+: start your program/);
    const back = await openReceiver({ port: app.port });
    await running.sees("stderr", /127\.0\.0\.1:\d+ is there/);
    running.interrupt();
    expect(await running.ended).toBe(0);
    await back.close();
    expect(running.stderr.match(/nothing listens on/g)).toHaveLength(1);
  });

  it("is told once while many are refused, and not at all when it is there", async () => {
    const to = await daemon();
    const app = await openReceiver();
    const running = await connected(["--forward", app.url]);
    await publish(to, "a");
    await app.request(1);
    expect(running.stderr).not.toContain("nothing listens");
    await app.close();
    await publish(to, "b", "c", "d");
    await running.sees("stdout", /(\tERR\t.*){3}/s);
    await running.sees("stderr", /nothing listens/);
    expect(running.stderr.match(/nothing listens on [\d.:]+: start/g)).toHaveLength(1);
  });
});

describe("a program that the listener starts", () => {
  const env = { PATH: process.env["PATH"] ?? "" };

  it("is waited for, and those of other routes are not", async () => {
    const to = await daemon();
    const [port, dead] = [await deadPort(), await deadPort()];
    const flags = ["--forward", String(port), "--route", `invoice.*=localhost:${dead}`, "--", "sleep", "600"];
    const running = await connected(flags, env);
    for (const where of [port, dead]) await running.sees("stderr", new RegExp(`nothing listens on localhost:${where}`));
    await publish(to, "order.created");
    const app = await openReceiver({ port });
    await app.request(1);
    // The first attempt.
    await running.sees("stdout", /^\S+\t204\t\d+\torder\.created\t\S+\t\S+\t1\t$/m);
  });

  it("is any of the routes', where there is no --forward", async () => {
    const to = await daemon();
    const [billing, dead] = [await openReceiver(), await deadPort()];
    const routes = ["--route", `order.*=localhost:${dead}`, "--route", `invoice.*=${billing.url}`];
    await connected([...routes, "--", "sleep", "600"], env);
    await publish(to, "invoice.paid");
    await billing.request(1);
  });
});

describe("flags that do not fit", () => {
  it.each([
    [["--count", "2"], "--count"],
    [["--within", "2s"], "--within"],
    [["--expect", "a..b"], "--expect"],
    [["--expect", "a", "--count", "0"], "--count"],
    [["--report", "x.txt"], "--report"],
    [["--report", "no/such/folder/x.xml"], "--report"],
    [["--env-name", "X"], "--env-name"],
    [["--env-name", "1X", "--", "true"], "--env-name"],
    [["--route", "a"], "--route"],
    [["--fault", "dupliacte"], "--fault"],
    [["--fault", "drop"], "--forward"],
    [["--print-secret", "--", "true"], "command"],
  ])("%j is refused before anything is opened", async (args, flag) => {
    const ran = await runInProcess(["listen", ...args], { env: { HOOKS_HOME: home }, cwd: home });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(flag);
  });
});
