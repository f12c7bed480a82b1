import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HooksHome, type RunningDaemon } from "../support/hooks-program.ts";
import { openReceiver } from "../support/open-receiver.ts";

const EXIT = 5;

describe("the start of a daemon", () => {
  it("says how the store is written, also when it is opened again", async () => {
    const home = new HooksHome();
    for (let start = 0; start < 2; start++) {
      const daemon = await home.serve();
      const [line] = await daemon.program.sees(/\{[^\n]*"msg":"store.opened"\}/);
      expect(JSON.parse(line)).toMatchObject({ journalMode: "wal", synchronous: 2 });
      const [major = 0, minor = 0, patch = 0] = /"sqlite":"([\d.]+)"/.exec(line)![1]!.split(".").map(Number);
      expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(3_051_003);
      if (process.platform === "linux") expect(line).toMatch(/"fileSystem":"\w+"/);
      expect((await daemon.program.kill("SIGTERM")).code).toBe(0);
    }
    const doctor = await home.run(["doctor"]);
    expect(doctor.stdout).toMatch(/^durability\tok\tSQLite 3\.\d+\.\d+, journal_mode=wal, synchronous=2(, on \w+)?$/m);
    expect(doctor.stdout).toMatch(/^commits\tok\tnone is missing$/m);
  });

  it("waits while a command sends from the store, and says so", async () => {
    const home = new HooksHome();
    const answer = Promise.withResolvers<number>();
    const receiver = await openReceiver({ reply: () => answer.promise });
    await home.ok("sub", "create", "--url", receiver.url, "--event", "*", "--timeout", "30s");
    const command = home.start(["trigger", "order.created", "--data", "{}", "--wait"]);
    await receiver.request(1);
    const daemon = home.start(["serve", "--port", "0", "--log-format", "json"]);
    await daemon.sees(/"for":"a command that sends from this store by itself".*"waiting"/);
    expect(daemon.output.stdout).toBe("");
    answer.resolve(204);
    expect((await command.ended).code).toBe(0);
    await daemon.sees(/http:\/\/127/);
    // A daemon is not waited for.
    const second = await home.run(["serve", "--port", "0"]);
    expect(second).toMatchObject({ code: 6, stderr: expect.stringContaining(`process ${daemon.child.pid}`) });
  });
});

describe("a log that was damaged after kill -9", () => {
  it("is refused by serve and commands with one hint, reported by doctor, and gone on with when that is asked for", async () => {
    const home = new HooksHome();
    await home.ok("sub", "create", "--url", "http://127.0.0.1:9/", "--event", "*");
    const first = await home.serve();
    for (let n = 0; n < 20; n++) await publish(first, `e-${n}`);
    await first.program.kill("SIGKILL");
    const log = `${home.storePath}-wal`;
    truncateSync(log, Math.floor(statSync(log).size * 0.7));
    const bytes = [readFileSync(home.storePath), readFileSync(log)];

    for (const args of [
      ["serve", "--port", "0"],
      ["trigger", "order.created", "--data", "{}"],
      ["delivery", "list"],
    ]) {
      const { code, stderr } = await home.run(args);
      expect(code, args.join(" ")).toBe(EXIT);
      expect(stderr).toMatch(
        /the store \S+ lacks its newest .*commits?, .*of about 20\d\d-\S+: its log \S+ is damaged/,
      );
      expect(stderr).toContain(
        "hint: hooks restore FILE puts a backup back; to go on with what is there: hooks serve --accept-loss",
      );
    }
    const doctor = await home.run(["doctor"]);
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringMatching(/^commits\tfault\tthe store .* lacks/m) });
    expect([readFileSync(home.storePath), readFileSync(log)]).toEqual(bytes);

    const second = await home.serve("--accept-loss");
    await second.program.sees(/"level":40.*LOSS ACCEPTED: the store .* lacks its newest/);
    await publish(second, "after");
    expect((await second.program.kill("SIGTERM")).code).toBe(0);
    expect((await home.run(["doctor"])).stdout).toMatch(/^commits\tok/m);
    const accepted = (await home.run(["audit", "--action", "store.accept_loss", "--json"])).stdout.trim();
    expect(JSON.parse(accepted)).toMatchObject({ actor: { name: "local" }, after: { commits: expect.any(Number) } });
    const third = await home.serve();
    expect(third.program.output.stderr).not.toContain("LOSS");
  });
});

describe("a store whose file is taken away under a running daemon", () => {
  it("accepts nothing more, ends with 5 and names it, and is not made anew by the next start", async () => {
    const home = new HooksHome();
    const daemon = await home.serve();
    await publish(daemon, "before");
    rmSync(home.storePath);
    expect(await tryToPublish(daemon, "after")).not.toBe(202);
    expect((await daemon.program.ended).code).toBe(EXIT);
    expect(daemon.program.output.stderr).toContain(`${home.storePath} was removed while it was in use`);
    const again = await home.run(["serve", "--port", "0"]);
    expect(again).toMatchObject({ code: EXIT, stderr: expect.stringMatching(/is missing, but (held|its log)/) });
  });

  it("loses nothing when that was the log", async () => {
    const home = new HooksHome();
    const daemon = await home.serve();
    await publish(daemon, "before");
    rmSync(`${home.storePath}-wal`);
    expect((await daemon.program.ended).code).toBe(EXIT);
    expect(daemon.program.output.stderr).toContain(`${home.storePath}-wal was removed while it was in use`);
    expect(daemon.program.output.stderr).toContain("everything in it was saved");
    await home.serve();
    expect(await home.ok("event", "list", "--quiet")).toBe("before");
  });

  it("is ended by it when nobody publishes, too", async () => {
    const home = new HooksHome();
    const daemon = await home.serve();
    copyFileSync(home.storePath, `${home.storePath}.copy`);
    rmSync(home.storePath);
    writeFileSync(home.storePath, readFileSync(`${home.storePath}.copy`));
    expect((await daemon.program.ended).code).toBe(EXIT);
    expect(daemon.program.output.stderr).toContain(`${home.storePath} was replaced while it was in use`);
  });
});

async function publish(daemon: RunningDaemon, id: string): Promise<void> {
  expect(await tryToPublish(daemon, id)).toBe(202);
}

/** The status; undefined when the daemon is gone. */
async function tryToPublish({ url, home }: RunningDaemon, id: string): Promise<number | undefined> {
  const token = await home.token();
  try {
    const answer = await fetch(`${url}/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ id, type: "order.created", data: {} }),
    });
    return answer.status;
  } catch {
    return undefined;
  }
}
