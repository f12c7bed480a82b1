import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Expecting } from "../../commands/listen-expecting.ts";
import { NO_COLORS } from "../../src/cli/color.ts";
import type { ForwardedDelivery } from "../../src/cli/forwarded-delivery.ts";
import type { Daemon } from "../../src/daemon.ts";
import { startDaemonIn } from "../support/daemon-in.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { RunningCommand } from "./support/running-listen.ts";

const SCOPE = { tenant: "default", environment: "development" };
const WAIT = { timeout: 45_000 };
let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "hooks-expect-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
});

async function daemon(): Promise<Daemon> {
  const started = await startDaemonIn(home);
  onTestFinished(() => started.stop({ drainMs: 0 }));
  return started;
}

function listen(...args: string[]): RunningCommand {
  const running = new RunningCommand(["listen", ...args], { home, env: { PATH: process.env["PATH"] ?? "" } });
  onTestFinished(async () => {
    running.interrupt();
    await running.ended;
  });
  return running;
}

async function connected(...args: string[]): Promise<RunningCommand> {
  const running = listen(...args);
  await running.sees("stderr", /● connected/);
  return running;
}

async function publish(to: Daemon, ...types: string[]): Promise<void> {
  for (const type of types) await to.serviceFor(SCOPE).publish({ type, data: Buffer.from("{}") });
}

/** A port where nothing listens. */
async function deadPort(): Promise<number> {
  const receiver = await openReceiver();
  await receiver.close();
  return receiver.port;
}

const read = (file: string): string => readFileSync(path.join(home, file), "utf8");
const linesOf = (file: string): Record<string, unknown>[] =>
  read(file)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("--expect", () => {
  it("ends with 0 as soon as so many were answered well", async () => {
    const to = await daemon();
    const running = await connected("--expect", "order.paid", "--count", "2", "--within", "10m");
    await publish(to, "order.paid", "order.created", "order.paid");
    expect(await running.ended).toBe(0);
    expect(running.stderr).toContain("✓ as expected: order.paid: 2 of 2");
  });

  it("ends with 1 when --max-events came first, and says what came instead", async () => {
    const to = await daemon();
    const app = await openReceiver({ reply: [500] });
    const running = await connected("--forward", app.url, "--expect", "order.paid", "--max-events", "2");
    await publish(to, "order.paid", "order.created");
    expect(await running.ended).toBe(1);
    expect(running.stderr).toContain(
      "what was expected did not come: order.paid: 0 of 1 (1 failed), order.created: 1 (1 failed)",
    );
  });
});

describe("--within", () => {
  it("counts what was answered in time only, also where it was begun in time", async () => {
    const over = Promise.withResolvers<void>();
    const expecting = new Expecting(
      { patterns: ["order.*"], count: 1, withinMs: 1, hindrance: () => undefined, onOver: over.resolve },
      { out: { note: () => {}, noteColors: NO_COLORS } as never, onExit: () => {} },
    );
    await over.promise;
    const delivery = { attempt: 1, eventType: "order.paid", result: { status: 200 } };
    expecting.onDelivery(delivery as ForwardedDelivery);
    expect(() => expecting.onEnd()).toThrow("did not come within 0.001 s: order.*: 0 of 1; too late: 1");
  });

  it("begins with the command: it ends one that never reached its server, and says so", async () => {
    const port = await deadPort();
    const server = ["--server", `http://127.0.0.1:${port}`, "--api-key", "hk_x"];
    const running = listen(...server, "--expect", "order.paid", "--within", "500ms", "--report", "report.xml");
    expect(await running.ended).toBe(1);
    // Why: ECONNREFUSED, if there was the time to dial.
    const said = new RegExp(
      `within 0\\.5 s \\(never connected to http://127\\.0\\.0\\.1:${port}/: .*\\): order\\.paid: 0 of 1`,
    );
    expect(running.stderr).toMatch(said);
    expect(read("report.xml")).toMatch(said);
    // Without it the same is tried on and on.
    const patient = listen(...server, "--expect", "order.paid");
    await patient.sees("stderr", /Trying again until it works/);
    patient.interrupt();
    expect(await patient.ended).toBe(130);
  });

  it("ends with 1 when the time is over, whatever is in the way", async () => {
    await daemon();
    const forward = ["--forward", String(await deadPort())];
    const expecting = ["--expect", "order.paid", "--within", "2s"];
    const runs = [
      listen("--session", "idle", ...expecting),
      listen("--session", "alone", ...forward, ...expecting),
      listen("--session", "app", ...forward, ...expecting, "--", "sleep", "600"),
    ];
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([1, 1, 1]);
    for (const { stderr } of runs)
      expect(stderr).toMatch(/what was expected did not come within 2 s.*: order\.paid: 0 of 1/);
  });
});

describe("what was in the way of what was expected", () => {
  it("is a program that was started and never listened; it ends with the run, and what it started too", async () => {
    await daemon();
    const port = await deadPort();
    const files = ["--ready-file", "ready.json", "--report", "report.ndjson"];
    // `sh` ends at the first signal, and what it started is left to us.
    const app = ["--", "sh", "-c", "echo $$ > pid; sleep 600 & echo $! > sleep-pid; wait"];
    const running = await connected("--forward", String(port), ...files, "--expect", "order.paid", ...app);
    await expect.poll(() => existsSync(path.join(home, "sleep-pid")) && read("sleep-pid"), WAIT).toMatch(/^\d+\n$/);
    running.interrupt();
    expect(await running.ended).toBe(1);
    const said = `what was expected did not come (your program did not listen on localhost:${port}): order.paid: 0 of 1`;
    expect(running.stderr).toContain(said);
    expect(linesOf("report.ndjson")).toMatchObject([
      { type: "end", deliveries: 0, met: false, verdict: said, error: "your program ended with 130" },
    ]);
    expect(existsSync(path.join(home, "ready.json"))).toBe(false);
    for (const file of ["pid", "sleep-pid"]) {
      await expect.poll(() => existsSync(`/proc/${read(file).trim()}/exe`), WAIT).toBe(false);
    }
  });

  it("is that nothing listens there", async () => {
    await daemon();
    const port = await deadPort();
    const running = await connected("--forward", String(port), "--expect", "order.paid");
    await running.sees("stderr", /nothing listens on/);
    running.interrupt();
    expect(await running.ended).toBe(1);
    expect(running.stderr).toContain(`did not come (nothing listens on localhost:${port}): order.paid: 0 of 1`);
  });
});

describe("--report", () => {
  it("is written, as JUnit or NDJSON, whether it went well or not", async () => {
    const to = await daemon();
    for (const [file, expected] of [
      ["good.xml", "order.paid"],
      ["bad.xml", "order.voided"],
      ["bad.ndjson", "order.voided"],
    ] as const) {
      const running = await connected("--expect", expected, "--max-events", "1", "--report", file);
      await publish(to, "order.paid");
      expect(await running.ended).toBe(file.startsWith("good") ? 0 : 1);
    }
    expect(read("good.xml")).toMatch(/tests="2" failures="0"[\s\S]*name="1 × order.paid"[\s\S]*name="order.paid evt_/);
    expect(read("bad.xml")).toMatch(
      /failures="1"[\s\S]*<failure message="what was expected did not come: order.voided: 0 of 1, order.paid: 1"\/>/,
    );
    expect(linesOf("bad.ndjson")).toMatchObject([
      { type: "delivery", event_type: "order.paid", status: 200 },
      {
        ...{ type: "end", deliveries: 1, failed: 0, met: false, error: null },
        verdict: "what was expected did not come: order.voided: 0 of 1, order.paid: 1",
        expected: [{ pattern: "order.voided", count: 1, ok: 0, failed: 0 }],
      },
    ]);
  });

  it("of a run that ends with 0 is green, whatever was answered by the way", async () => {
    const to = await daemon();
    const app = await openReceiver({ reply: (request) => (request.text.includes("order.paid") ? 200 : 500) });
    const expecting = await connected(
      ...["--forward", app.url, "--concurrency", "1", "--expect", "order.paid", "--report", "expected.xml"],
    );
    await publish(to, "invoice.paid", "order.paid");
    expect(await expecting.ended).toBe(0);
    expect(read("expected.xml")).toMatch(/tests="3" failures="0" errors="0" skipped="1"/);
    expect(read("expected.xml")).toMatch(
      /name="invoice\.paid evt_\w+" time="[\d.]+"><skipped message="answered 500"\/>/,
    );

    const counting = await connected("--forward", app.url, "--max-events", "1", "--report", "counted.xml");
    await publish(to, "invoice.paid");
    expect(await counting.ended).toBe(0);
    expect(read("counted.xml")).toMatch(/tests="1" failures="0" errors="0" skipped="1"/);
  });

  it("of a run that fails is red, whatever it failed for", async () => {
    const to = await daemon();
    await connected("--session", "taken", "--events", "a");
    const refused = listen("--session", "taken", "--events", "b", "--report", "refused.xml");
    expect(await refused.ended).toBe(6);
    expect(read("refused.xml")).toMatch(/tests="1" failures="1"[\s\S]*name="hooks listen"[\s\S]*<failure message=/);

    const started = listen("--report", "started.xml", "--", "sh", "-c", "exit 3");
    expect(await started.ended).toBe(3);
    expect(read("started.xml")).toContain('<failure message="your program ended with 3"/>');

    const unread = await connected("--expect", "order.paid", "--max-events", "2", "--report", "unread.xml");
    unread.readerGoes();
    await publish(to, "order.created");
    expect(await unread.ended).toBe(1);
    expect(read("unread.xml")).toMatch(/failures="1"/);
  });

  it("is there before a program that is slow to end is gone", async () => {
    const to = await daemon();
    const running = listen(
      ...["--expect", "order.paid", "--report", "report.xml"],
      ...["--", "sh", "-c", `trap "" TERM; echo $$ > pid; while :; do sleep 1; done`],
    );
    await expect.poll(() => existsSync(path.join(home, "pid")) && read("pid"), WAIT).toMatch(/^\d+\n$/);
    await publish(to, "order.paid");
    await expect
      .poll(() => existsSync(path.join(home, "report.xml")) && read("report.xml"), WAIT)
      .toContain("failures=");
    const pid = Number(read("pid"));
    expect(existsSync(`/proc/${pid}/exe`)).toBe(true);
    process.kill(pid, "SIGKILL");
    expect(await running.ended).toBe(0);
  });
});
