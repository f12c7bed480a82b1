import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { HooksHome } from "../support/hooks-program.ts";
import { LiveTerminal } from "../support/live-terminal.ts";
import { startReceiver } from "../support/receiver.ts";
import { PROGRAM } from "../support/source-program.ts";

const ENTER = "\x1b[?1049h";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** A store with a subscription to which some was delivered. */
async function delivered(): Promise<HooksHome> {
  const home = new HooksHome();
  const receiver = await startReceiver({ reply: () => ({ status: 200, body: "ok" }) });
  onTestFinished(() => receiver.close());
  await home.ok("sub", "create", "--url", receiver.url, "--event", "order.*", "--name", "shop");
  await home.ok("trigger", "order.paid", "--data", "{}", "--wait");
  return home;
}

function terminal(home: HooksHome, line: string): LiveTerminal & { cwd: string } {
  const cwd = mkdtempSync(path.join(tmpdir(), "hooks-top-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: cwd,
    HOOKS_HOME: home.folder,
    TERM: "xterm-256color",
    NO_COLOR: "1",
  };
  return Object.assign(new LiveTerminal(["sh", "-c", line], { cwd, env }), { cwd });
}

const TOP = `'${process.execPath}' '${PROGRAM}' top --interval 200ms`;

describe("hooks top on a terminal", () => {
  it("fills it, takes keys, and leaves it as it was", async () => {
    const home = await delivered();
    const top = terminal(
      home,
      `stty rows 20 cols 100; stty -a > before; ${TOP}; echo "code $?"; stty -a > after; cmp before after && echo same`,
    );
    await top.sees(/\x1b\[\?1049h/);
    await top.sees(/SUBSCRIPTION\s+STATE\s+PER S/);
    await top.sees(/shop\s+healthy/);
    await top.sees(/sort: rate/);
    top.type("s");
    await top.sees(/sort: failures/);
    top.type("p");
    await top.sees(/paused/);
    top.type("\x1b[B");
    top.type("p");
    await top.sees(/p pause/);
    top.type("q");
    await top.sees(/last hour: 1 attempts, 0 failed; 0 waiting/);
    await top.sees(/code 0/);
    await top.sees(/same/);
    expect(await top.code()).toBe(0);
    expect(top.output.split(ENTER)).toHaveLength(2);
    expect(top.output.split(LEAVE)).toHaveLength(2);
    expect(top.output.indexOf(ENTER)).toBeLessThan(top.output.indexOf(LEAVE));
  });

  it("leaves it as it was after Ctrl-C", async () => {
    const home = await delivered();
    const top = terminal(home, `stty -a > before; ${TOP}; stty -a > after; cmp before after && echo same`);
    await top.sees(/shop/);
    top.type("\x03");
    await top.sees(/\x1b\[\?1049l/);
    await top.sees(/same/);
  });

  it("leaves it as it was when a supervisor ends it", async () => {
    const home = await delivered();
    const own = `sh -c 'echo pid $$; exec "$@"' top ${TOP}`;
    const line = `stty -a > before; ${own}; stty -a > after; cmp before after && echo same`;
    const top = terminal(home, line);
    const [, pid] = await top.sees(/pid (\d+)/);
    await top.sees(/shop/);
    process.kill(Number(pid), "SIGTERM");
    await top.sees(/\x1b\[\?1049l/);
    await top.sees(/same/);
  });

  it("draws anew when the terminal gets another size", async () => {
    const home = await delivered();
    const resize = "(while ! [ -e go ]; do sleep 0.05; done; stty rows 20 cols 60 < /dev/tty) &";
    const top = terminal(home, `stty rows 20 cols 120; ${resize} ${TOP}`);
    await top.sees(/WAITING\s+TREND/);
    writeFileSync(path.join(top.cwd, "go"), "");
    // There is no room for the trend any more.
    await top.sees(/SUBSCRIPTION\s+STATE\s+PER S\s+FAILED\/S\s+WAITING\x1b/);
    top.type("q");
    expect(await top.code()).toBe(0);
  });
});

describe("hooks top in a pipe", () => {
  it("shows one moment, or with --json line after line", async () => {
    const home = await delivered();
    const [row] = (await home.ok("top")).split("\n");
    expect(row).toMatch(/^sub_\w+\tshop\thealthy\t[\d.]+\t0\t1\t0\t\d+\t0$/);
    const lines = (await home.ok("top", "--json", "--count", "2", "--interval", "200ms")).split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { attempts: 1, failed: 0, waiting: 0, subscriptions: [{ name: "shop", state: "healthy" }] },
      { attempts: 1, attempts_per_s: 0 },
    ]);
    expect((await home.ok("top", "--quiet")).split("\n")).toHaveLength(1);
    const chosen = await home.ok("top", "--fields", "name,waiting", "--json");
    expect(Object.keys(JSON.parse(chosen))).toEqual(["name", "waiting"]);
    expect(await home.ok("top", "--fields", "name,state")).toBe(row!.split("\t").slice(1, 3).join("\t"));
    expect(await home.run(["top", "--fields", "nam"])).toMatchObject({ code: 2, stdout: "" });
    expect(await home.run(["top", "--interval", "1ms"])).toMatchObject({ code: 2 });
  });
});
