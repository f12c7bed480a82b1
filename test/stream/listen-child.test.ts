import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ListenChild } from "../../commands/listen-child.ts";
import { processTree } from "../../commands/process-tree.ts";
import { NO_COLORS } from "../../src/cli/color.ts";
import type { ReadyFrame } from "../../src/stream/protocol.ts";

const WAIT = { timeout: 45_000 };
const READY = { secrets: ["whsec_x"] } as unknown as ReadyFrame;

const isThere = (pid: number): boolean => existsSync(`/proc/${pid}/exe`);

interface Started {
  child: ListenChild;
  codes: number[];
  notes: string[];
  /** Ctrl-C and the like. */
  abort: AbortController;
  /** What the program wrote into a file: the number of a process. */
  pidIn(file: string): Promise<number>;
}

/** A program of a shell, started. */
async function started(script: string, leaveMs: number): Promise<Started> {
  const cwd = mkdtempSync(path.join(tmpdir(), "hooks-child-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const [codes, notes, closers]: [number[], string[], (() => unknown)[]] = [[], [], []];
  const abort = new AbortController();
  const child = new ListenChild(
    {
      command: ["sh", "-c", script],
      envNames: [],
      untilUp: undefined,
      onUp: () => {},
      onEnd: () => {},
      onExitCode: (code) => void codes.push(code),
      leaveMs,
    },
    {
      cwd,
      env: { PATH: process.env["PATH"] },
      signal: abort.signal,
      endSignal: "SIGTERM",
      out: { note: (line: string) => void notes.push(line), noteColors: NO_COLORS } as never,
      onExit: (close) => void closers.push(close),
    },
  );
  onTestFinished(() => {
    for (const close of closers) close();
  });
  await child.onReady(READY);
  const pidIn = async (file: string): Promise<number> => {
    const text = (): string => (existsSync(path.join(cwd, file)) ? readFileSync(path.join(cwd, file), "utf8") : "");
    await expect.poll(text, WAIT).toMatch(/^\d+\n$/);
    return Number(text());
  };
  return { child, codes, notes, abort, pidIn };
}

const DEAF = `trap "" TERM; sleep 600 & echo $! > sleeping; echo $$ > deaf; while :; do wait; done`;

describe("the program behind a listener", () => {
  it("that does not end when it is asked to is killed after a while, with all that it started", async () => {
    const { child, codes, notes, pidIn } = await started(DEAF, 200);
    const pids = [await pidIn("sleeping"), await pidIn("deaf")];
    expect(pids.map(isThere)).toEqual([true, true]);
    await child.onEnd();
    for (const pid of pids) await expect.poll(() => isThere(pid), WAIT).toBe(false);
    expect(notes).toEqual(['"sh" has not ended within 0.2 s: it is killed']);
    // It was the listener that wanted it to end.
    expect(codes).toEqual([]);
  });

  it("is killed as well when it is deaf to the signal that ends the listener, and its code is the run's", async () => {
    const { child, codes, abort, pidIn } = await started(DEAF, 200);
    await pidIn("deaf");
    abort.abort();
    await child.onEnd();
    expect(codes).toEqual([137]);
  });

  it("has its time to end", async () => {
    const { child, codes, notes, pidIn } = await started(
      `trap "sleep 0.3; echo $$ > ended; exit 5" TERM; echo $$ > up; while :; do sleep 0.05; done`,
      45_000,
    );
    await pidIn("up");
    await child.onEnd();
    await pidIn("ended");
    expect([codes, notes]).toEqual([[], []]);
  });

  it("is not started any more when the run is over", async () => {
    const { child, pidIn } = await started("echo $$ > up", 45_000);
    await pidIn("up");
    await child.onEnd();
    const before = processTree(process.pid).length;
    await child.onReady(READY);
    expect(processTree(process.pid).length).toBeLessThanOrEqual(before);
  });
});

describe("a tree of processes", () => {
  it("is a process, what it started, and what they started", async () => {
    const { pidIn, child } = await started(`sh -c 'sleep 600 & echo $! > inner; wait' & echo $$ > outer; wait`, 200);
    const [inner, outer] = [await pidIn("inner"), await pidIn("outer")];
    const tree = processTree(outer);
    expect(tree[0]).toBe(outer);
    expect(tree).toHaveLength(3);
    expect(tree).toContain(inner);
    expect(tree).not.toContain(process.pid);
    await child.onEnd();
  });
});
