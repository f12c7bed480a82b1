import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { LiveTerminal } from "../support/live-terminal.ts";
import { HAS_TMUX, type Terminal } from "../support/tmux.ts";
import { Desk } from "./support/listen-terminal.ts";

const LIMIT = 120_000;
/** The terminal's settings before and after; what is left on the screen shows whether they are the same. */
const COMPARED = `stty -a > before; LISTEN; echo "code $?"; stty -a > after; cmp before after && echo same; sleep 600`;

/** Direct children of a process. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** As proc(5) has it: `T` is stopped. */
function stateOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0];
}

/** The process of `hooks listen` in a terminal whose shell runs it. */
function listenerIn(terminal: Terminal): number {
  const [pid] = childrenOf(Number(terminal.fact("pane_pid")));
  if (pid === undefined) throw new Error(`nothing runs there:\n${terminal.screen()}`);
  return pid;
}

async function expectAsFound(terminal: Terminal): Promise<string> {
  const screen = await terminal.sees(/^same$/m);
  expect(["alternate_on", "cursor_flag", "wrap_flag"].map((fact) => terminal.fact(fact))).toEqual(["0", "1", "1"]);
  return screen;
}

describe.skipIf(!HAS_TMUX)("the view of hooks listen (skipped without tmux)", { timeout: LIMIT }, () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("leaves the terminal as it found it after %s", async (signal) => {
    const desk = await Desk.open();
    const terminal = await desk.listen({ line: COMPARED });
    await desk.publish("order.paid");
    await terminal.sees(/ok 1/);
    process.kill(listenerIn(terminal), signal);
    expect(await expectAsFound(terminal)).toMatch(/^1 event, 1 ok, 0 failed\ncode 0$/m);
  });

  it("Ctrl-C finishes what is in hand, and the second one ends at once", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen({ line: COMPARED });
    await desk.publish("order.paid", { hangs: true });
    await terminal.sees(/··· .*order\.paid/, /in hand 1/);
    terminal.press("C-c");
    await terminal.sees(/○ ending/, /finishing 1 in hand; Ctrl-C again ends at once/);
    terminal.press("C-c");
    expect(await expectAsFound(terminal)).toMatch(/^code 130$/m);
  });

  it("leaves the terminal as it found it when it crashes, and what went wrong can be read", async () => {
    const desk = await Desk.open();
    const bomb = path.join(desk.home, "bomb.mjs");
    writeFileSync(bomb, `process.on("SIGUSR2", () => { throw new Error("on purpose"); });`);
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(bomb).href}` };
    const terminal = await desk.listen({ line: COMPARED, env });
    process.kill(listenerIn(terminal), "SIGUSR2");
    const screen = await expectAsFound(terminal);
    expect(screen).toContain("Error: on purpose");
    expect(screen).toMatch(/^code [1-9]\d*$/m);
  });

  it.each(["SIGTERM", "SIGUSR2"] as const)(
    "leaves the terminal as it found it when it is ended (%s; the second crashes it) under an open editor, whatever that made of it",
    async (signal) => {
      const desk = await Desk.open();
      const bomb = path.join(desk.home, "bomb.mjs");
      writeFileSync(bomb, `process.on("SIGUSR2", () => { throw new Error("on purpose"); });`);
      const editor = `stty raw -echo; echo editing; exec sleep 600`;
      const line = `printf '#!/bin/sh\\n${editor}\\n' > editor; chmod +x editor; ${COMPARED}`;
      const env = { EDITOR: "./editor", NODE_OPTIONS: `--import=${pathToFileURL(bomb).href}` };
      const terminal = await desk.listen({ line, env });
      await desk.publish("order.paid");
      await terminal.sees(/ok 1/);
      terminal.press("e");
      await terminal.sees(/editing/);
      expect(terminal.fact("alternate_on")).toBe("0");
      // Meanwhile the tunnel goes on.
      await desk.publish("invoice.paid");
      await expect.poll(() => desk.seen.length, { timeout: 45_000 }).toBe(2);
      const pid = listenerIn(terminal);
      const [editing] = childrenOf(pid);
      process.kill(pid, signal);
      const screen = await expectAsFound(terminal);
      expect(screen).toMatch(signal === "SIGTERM" ? /2 events, 2 ok, 0 failed/ : /Error: on purpose/);
      await expect.poll(() => existsSync(`/proc/${editing}/exe`), { timeout: 45_000 }).toBe(false);
    },
  );

  it.each([
    ["Ctrl-Z", (terminal: Terminal) => terminal.press("C-z")],
    ["SIGTSTP", (terminal: Terminal) => void process.kill(listenerIn(terminal), "SIGTSTP")],
  ])("%s gives the shell its terminal back, and fg comes back to the view", async (_, stop) => {
    const desk = await Desk.open();
    const line = `set -m; stty -a > before; LISTEN; stty -a > after; cmp before after && echo same; read x; fg; echo "code $?"; sleep 600`;
    const terminal = await desk.listen({ line });
    await desk.publish("order.paid");
    await terminal.sees(/ok 1/);
    stop(terminal);
    await expectAsFound(terminal);
    terminal.press("Enter");
    await terminal.sees(/^●/m, /ok 1/);
    expect(terminal.fact("alternate_on")).toBe("1");
    terminal.press("q");
    await terminal.sees(/^code 0$/m);
  });

  it("Ctrl-Z and bg leave the shell its terminal while it goes on forwarding, and fg comes back to the view", async () => {
    const desk = await Desk.open();
    const job = `set -m; eval "$COMMAND"; stty -a > before; bg; read x; stty -a > after; cmp before after && echo same; read x; fg; echo "code $?"; sleep 600`;
    const terminal = await desk.listen({ line: `exec bash -c '${job}'`, env: { COMMAND: desk.command() } });
    await desk.publish("order.paid");
    await terminal.sees(/ok 1/);
    const pid = listenerIn(terminal);
    terminal.press("C-z");
    await terminal.sees(/^\[1\]/m, /&$/m);
    await desk.publish("invoice.paid");
    await expect.poll(() => desk.seen.length, { timeout: 45_000 }).toBe(2);
    expect(stateOf(pid)).not.toBe("T");
    terminal.press("Enter");
    await expectAsFound(terminal);
    terminal.press("Enter");
    await terminal.sees(/^●/m, /ok 2/);
    expect(terminal.fact("alternate_on")).toBe("1");
    terminal.press("q");
    await terminal.sees(/^code 0$/m);
  });

  it("takes the terminal again after it was stopped without a word", async () => {
    const desk = await Desk.open();
    const line = `set -m; LISTEN; stty sane; tput cnorm; tput smam; clear; echo mine; read x; fg; sleep 600`;
    const terminal = await desk.listen({ line });
    await desk.publish("order.paid");
    await terminal.sees(/ok 1/);
    process.kill(listenerIn(terminal), "SIGSTOP");
    await terminal.sees(/^mine/m);
    terminal.press("Enter");
    await terminal.sees(/^●/m, /ok 1/);
    expect(terminal.fact("wrap_flag")).toBe("0");
    terminal.press("?");
    await terminal.sees(/^Keys/m);
  });

  it("ends with its terminal", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen();
    const pid = Number(terminal.fact("pane_pid"));
    expect(() => process.kill(pid, 0)).not.toThrow();
    terminal.close();
    await expect.poll(() => existsSync(`/proc/${pid}/exe`), { timeout: 45_000 }).toBe(false);
  });

  it("tells the rest in lines when it has a fault itself", async () => {
    const desk = await Desk.open();
    const bomb = path.join(desk.home, "bomb.mjs");
    writeFileSync(
      bomb,
      `process.on("SIGUSR2", () => { Array.prototype.toSorted = () => { throw new Error("on purpose"); }; });`,
    );
    const terminal = await desk.listen({
      line: COMPARED,
      env: { NODE_OPTIONS: `--import=${pathToFileURL(bomb).href}`, HOOKS_DEBUG: "1" },
    });
    process.kill(listenerIn(terminal), "SIGUSR2");
    terminal.press("?");
    await terminal.sees(/warning: the view ended by a fault of hooks; lines from here on/, /Error: on purpose/);
    await desk.publish("order.paid");
    await terminal.sees(/^ \d\d:\d\d:\d\d {2}200 +\d+ ms {2}order\.paid/m);
    process.kill(listenerIn(terminal), "SIGINT");
    expect(await expectAsFound(terminal)).toMatch(/^1 event, 1 ok, 0 failed\ncode 0$/m);
  });

  it("draws anew over what something else wrote", async () => {
    const desk = await Desk.open();
    const bomb = path.join(desk.home, "bomb.mjs");
    writeFileSync(bomb, `process.on("SIGUSR2", () => process.emitWarning("on purpose"));`);
    const terminal = await desk.listen({ env: { NODE_OPTIONS: `--import=${pathToFileURL(bomb).href}` } });
    await desk.publish("order.paid");
    const before = await terminal.sees(/ok 1/);
    process.kill(listenerIn(terminal), "SIGUSR2");
    await terminal.until((screen) => screen === before, "the same screen again");
    expect(terminal.screen()).not.toContain("on purpose");
  });

  it.each([
    ["--no-view", { flags: "--no-view" }],
    ["TERM=dumb", { env: { TERM: "dumb" } }],
    ["CI", { env: { CI: "1" } }],
    ["--no-input", { flags: "--no-input" }],
    ["-- COMMAND", { flags: "-- sleep 600" }],
    ["a job in the background", { line: "set -m; LISTEN & trap 'kill $!' HUP; wait" }],
  ])("there are lines with %s", async (_, options) => {
    const desk = await Desk.open();
    const terminal = await desk.listen(options);
    await desk.publish("order.paid");
    await terminal.sees(/^ \d\d:\d\d:\d\d {2}200 +\d+ ms {2}order\.paid/m);
    expect(await terminal.sees(/^● connected {3}session/m)).toContain("hooks listen");
    expect(terminal.fact("alternate_on")).toBe("0");
  });

  it("takes colour, and none with NO_COLOR", async () => {
    const desk = await Desk.open();
    for (const [noColor, isColored] of [
      ["", true],
      ["1", false],
    ] as const) {
      const terminal = await desk.listen({ env: { NO_COLOR: noColor }, flags: `--session s${noColor}` });
      await desk.publish("order.paid");
      await terminal.sees(/ok 1/);
      expect(/\x1b\[3\dm/.test(terminal.styled())).toBe(isColored);
    }
  });

  it("writes a bounded number of frames, however much happens, and never clears the screen", async () => {
    const desk = await Desk.open();
    const count = 1_000;
    const env = { PATH: process.env["PATH"] ?? "", HOME: desk.home, HOOKS_HOME: desk.home, TERM: "xterm-256color" };
    const terminal = new LiveTerminal(["sh", "-c", `stty rows 24 cols 100; ${desk.command()} --concurrency 50`], {
      cwd: desk.home,
      env: { ...env, NO_COLOR: "1" },
    });
    await terminal.sees(/waiting for events/);
    const before = terminal.output.length;
    const startedAt = performance.now();
    // 200 a second.
    for (let sent = 0; sent < count; sent += 20) {
      await Promise.all([desk.publishMany(20, "order.paid"), new Promise((resolve) => setTimeout(resolve, 100))]);
    }
    await terminal.sees(new RegExp(`ok ${count}\\b`));
    const seconds = (performance.now() - startedAt) / 1_000;
    const drawn = terminal.output.slice(before);
    const frames = drawn.split("\x1b[?2026h").length - 1;
    expect(frames).toBeLessThanOrEqual(20 * seconds + 2);
    expect(frames).toBeGreaterThan(5);
    expect(drawn).not.toContain("\x1b[2J");
    // A whole screen each time would be the most.
    expect(drawn.length).toBeLessThan(frames * 100 * 24 * 2);
    if (process.env["HOOKS_TEST_FIGURES"] !== undefined) {
      const kb = drawn.length / 1_000;
      console.log(
        `${(frames / seconds).toFixed(1)} frames/s, ${(kb / seconds).toFixed(1)} kB/s, ${seconds.toFixed(1)} s`,
      );
    }
    terminal.type("q");
    expect(await terminal.code()).toBe(0);
  });
});
