import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

const hasScript = spawnSync("script", ["--version"]).status === 0;
const SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT"] as const;

/** Makes long lines. */
const TYPE = `order.${"a".repeat(120)}`;
/** More lines of log than are kept for who does not read them. */
const EVENTS = 15_000;

async function publish(daemon: RunningDaemon, count: number): Promise<void> {
  const token = await daemon.home.token();
  for (let sent = 0; sent < count; sent += 100) {
    const events = Array.from({ length: 100 }, () => ({ type: TYPE, data: {} }));
    const response = await fetch(`${daemon.url}/v1/events/batch`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ events }),
    });
    expect(response.status).toBe(202);
    await response.text();
  }
}

describe("hooks serve", () => {
  it.each(SIGNALS)("ends in order with %s: what is in flight is finished, and 0", async (signal) => {
    const home = new HooksHome();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const receiver = await openReceiver({
      reply: async () => {
        await released;
        return 204;
      },
    });
    await home.ok("sub", "create", "--url", receiver.url, "--event", "*", "--name", "shop");
    const daemon = await home.serve();
    await home.ok("trigger", "order.paid", "--data", "{}");
    await receiver.request(1);
    daemon.program.child.kill(signal);
    await daemon.program.sees(/stopping: what is in flight has/);
    // A terminal that closes may say so twice: that is no haste.
    if (signal === "SIGHUP") daemon.program.child.kill(signal);
    release();
    expect(await daemon.program.ended).toEqual({ code: 0, signal: null });
    expect(daemon.program.output.stderr).toContain('"msg":"stopped"');
    expect(await home.ok("delivery", "list", "--fields", "status")).toBe("succeeded");
  });

  it("ends at once with a second SIGTERM after a SIGHUP", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver({ reply: () => "hang" });
    await home.ok("sub", "create", "--url", receiver.url, "--event", "*", "--name", "shop");
    const daemon = await home.serve("--drain", "5m");
    await home.ok("trigger", "order.paid", "--data", "{}");
    await receiver.request(1);
    daemon.program.child.kill("SIGHUP");
    await daemon.program.sees(/stopping: what is in flight has/);
    expect(await daemon.program.kill("SIGTERM")).toEqual({ code: 143, signal: null });
  });

  it.skipIf(process.platform !== "linux")("goes on and ends although nobody reads its log", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    await home.ok("sub", "create", "--url", receiver.url, "--event", "*", "--name", "shop");
    const daemon = await home.serve("--log-level", "info");
    const { child, output } = daemon.program;
    // Its pipe is full from the first 64 KiB on.
    child.stderr.pause();
    await publish(daemon, EVENTS);
    await receiver.request(EVENTS);
    child.stderr.resume();
    await home.ok("trigger", "order.paid", "--data", "{}");
    // What waited is read, and the first line after it says what is not there.
    await daemon.program.sees(/"lines":\d+,"msg":"log.dropped"/);
    expect(output.stderr.match(/"msg":"attempt.recorded"/g)!.length).toBeLessThan(EVENTS);

    child.stderr.pause();
    const read = output.stderr.length;
    await publish(daemon, 2_000);
    await receiver.request(EVENTS + 1 + 2_000);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    child.stderr.resume();
    await daemon.program.ended;
    // The rest went with it: 2,000 lines are 1.5 MB.
    expect(output.stderr.length - read).toBeLessThan(500_000);
  });

  it("writes its log to the end when it is read, however slowly", async () => {
    const home = new HooksHome();
    const receiver = await openReceiver();
    await home.ok("sub", "create", "--url", receiver.url, "--event", "*", "--name", "shop");
    const daemon = await home.serve("--log-level", "info");
    await publish(daemon, 2_000);
    await receiver.request(2_000);
    expect(await daemon.program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    const { stderr } = daemon.program.output;
    expect(stderr.match(/"msg":"attempt.recorded"/g)).toHaveLength(2_000);
    expect(stderr).not.toContain("log.dropped");
    expect(stderr).toContain('"msg":"stopped"');
  });
});

describe("hooks listen", () => {
  it.each(SIGNALS)("says goodbye with %s, and 0", async (signal) => {
    const home = new HooksHome();
    const listening = home.start(["listen", "--print", "--events", "order.*"]);
    await listening.sees(/connected/);
    expect(await listening.kill(signal)).toEqual({ code: 0, signal: null });
    expect(listening.output.stderr).toContain("0 events, 0 ok, 0 failed");
  });
});

describe("a terminal that is closed", () => {
  it.skipIf(!hasScript)("ends the daemon that runs in it, in order", async () => {
    const home = new HooksHome();
    // Its own session and terminal, which ends with `script`.
    const program = path.join(import.meta.dirname, "../../bin/hooks.js");
    const terminal = spawn("script", ["-qfec", `'${process.execPath}' '${program}' serve --port 0`, "/dev/null"], {
      cwd: home.folder,
      env: { PATH: process.env["PATH"] ?? "", HOME: home.folder, HOOKS_HOME: home.folder },
    });
    onTestFinished(() => void terminal.kill("SIGKILL"));
    const { pid } = (await home.appears("daemon.json")) as { pid: number };
    terminal.kill("SIGKILL");
    // Ends when that process does: it is no child of ours.
    const tail = spawn("tail", [`--pid=${pid}`, "-s", "0.05", "-f", "/dev/null"]);
    await once(tail, "close");
    // Removed by an end in order, and only by it.
    expect(existsSync(path.join(home.folder, "daemon.json"))).toBe(false);
  });
});
