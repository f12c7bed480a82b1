import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Daemon, startDaemon } from "../../src/daemon.ts";
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
  const started = await startDaemon({
    storePath: path.join(home, "hooks.db"),
    dataDirectory: home,
    host: "127.0.0.1",
    port: 0,
  });
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
    const app = await openReceiver();
    const port = Number(new URL(app.url).port);
    await app.close();
    const running = await connected(["--forward", String(port)]);
    await running.sees("stderr", new RegExp(`nothing listens on localhost:${port}: start your program`));
    await openReceiver({ port });
    await running.sees("stderr", new RegExp(`localhost:${port} is there`));
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

describe("--expect", () => {
  it("ends with 0 as soon as so many were answered well", async () => {
    const to = await daemon();
    const running = await connected(["--expect", "order.paid", "--count", "2", "--within", "10m"]);
    await publish(to, "order.paid", "order.created", "order.paid");
    expect(await running.ended).toBe(0);
    expect(running.stderr).toContain("✓ as expected: order.paid: 2 of 2");
  });

  it("ends with 1 when the time is over, and says what came instead", async () => {
    const to = await daemon();
    const app = await openReceiver({ reply: [500] });
    const running = await connected(["--forward", app.url, "--expect", "order.paid", "--within", "2s"]);
    await publish(to, "order.paid", "order.created");
    expect(await running.ended).toBe(1);
    expect(running.stderr).toContain(
      "what was expected did not come within 2 s: order.paid: 0 of 1 (1 failed), order.created: 1 (1 failed)",
    );
  });

  it("ends with 1 when --max-events came first", async () => {
    const to = await daemon();
    const running = await connected(["--expect", "order.paid", "--max-events", "1"]);
    await publish(to, "order.created");
    expect(await running.ended).toBe(1);
    expect(running.stderr).toContain("order.paid: 0 of 1, order.created: 1");
  });

  it("writes a report, as JUnit or NDJSON, whether it went well or not", async () => {
    const to = await daemon();
    for (const [file, expected] of [
      ["good.xml", "order.paid"],
      ["bad.xml", "order.voided"],
      ["bad.ndjson", "order.voided"],
    ] as const) {
      const args = ["--expect", expected, "--max-events", "1", "--report", path.join(home, file)];
      const running = await connected(args);
      await publish(to, "order.paid");
      expect(await running.ended).toBe(file.startsWith("good") ? 0 : 1);
    }
    const read = (file: string): string => readFileSync(path.join(home, file), "utf8");
    expect(read("good.xml")).toMatch(/tests="2" failures="0"[\s\S]*name="1 × order.paid"[\s\S]*name="order.paid evt_/);
    expect(read("bad.xml")).toMatch(/failures="1"[\s\S]*<failure message="order.voided: 0 of 1, order.paid: 1"\/>/);
    const lines = read("bad.ndjson")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { type: "delivery", event_type: "order.paid", status: 200 },
      { type: "end", deliveries: 1, met: false, expected: [{ pattern: "order.voided", count: 1, ok: 0, failed: 0 }] },
    ]);
  });

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
