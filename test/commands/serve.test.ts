import { describe, expect, it, onTestFinished } from "vitest";
import { RunningCommand } from "../stream/support/running-listen.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { testHome } from "../support/source-program.ts";

/** `hooks serve` on a terminal; interrupted at the end of the test if it still runs. */
function serve(home: string, ...args: string[]): RunningCommand {
  const running = new RunningCommand(["serve", "--port", "0", ...args], { home, isTty: true });
  onTestFinished(async () => {
    running.interrupt();
    await running.ended;
  });
  return running;
}

describe("hooks serve on a terminal", () => {
  it("says once where it is, how it stops, what comes next, and each attempt in one line of words", async () => {
    const home = testHome();
    const shop = await openReceiver();
    const running = serve(home);
    await running.sees("stderr", /^Ctrl-C stops it\..*\nhint: hooks sub create --url/m);
    const env = { HOOKS_HOME: home };
    const said = running.stdout + running.stderr;
    expect(said.match(/http:\/\/127\.0\.0\.1:/g)).toHaveLength(1);
    expect(said.split(`${home}/hooks.db`)).toHaveLength(2);

    const create = ["sub", "create", "--url", shop.url, "--event", "order.*", "--name", "shop"];
    expect(await runInProcess(create, { env })).toMatchObject({ code: 0 });
    expect(await runInProcess(["trigger", "order.paid", "--data", "{}"], { env })).toMatchObject({ code: 0 });
    await running.sees("stderr", /^\d\d:\d\d:\d\d info {2}order\.paid → shop {2}204 {2}\d+ ms$/m);

    running.interrupt();
    expect(await running.ended).toBe(0);
    expect(running.stderr.match(/stopped$/gm)).toHaveLength(1);
  });

  it("suggests no first subscription to who has one", async () => {
    const home = testHome();
    const create = ["sub", "create", "--url", "http://localhost:9", "--event", "a"];
    await runInProcess(create, { env: { HOOKS_HOME: home } });
    const running = serve(home);
    await running.sees("stderr", /^hint: hooks delivery list$/m);
  });
});

describe("--allow-host", () => {
  it.each(["a b", "", "http://x", "a/b", "x:y", "x:123456"])("refuses %j", async (host) => {
    const home = testHome();
    const ran = await runInProcess(["serve", "--allow-host", host], { env: { HOOKS_HOME: home } });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain("--allow-host must be a name");
  });

  it("takes names and addresses, with and without a port", async () => {
    const running = serve(
      testHome(),
      ...["hooks.example.com", "x:80", "[::1]:4680"].flatMap((host) => ["--allow-host", host]),
    );
    await running.sees("stderr", /Ctrl-C stops it/);
  });
});
