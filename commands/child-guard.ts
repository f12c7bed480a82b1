import { spawn } from "node:child_process";

/**
 * Waits for the end of its standard input, which only the death of who holds the other end can bring: a line comes when
 * all is well. Signals of the terminal are not for it.
 */
const SCRIPT = `trap '' HUP INT TERM; read -r _ || kill -TERM "$0"`;

/** What ends a program when we are ended in a way that leaves us no time for it: by SIGKILL, or for want of memory. */
export interface ChildGuard {
  /** The program has ended, or is ended by us. */
  stop(): void;
}

/**
 * Asks a program to end (SIGTERM) as soon as this process is no more. A shell does it, whose input is a pipe that nobody
 * else holds: the kernel closes it with us, however we die, and it is in no group that could be killed with us. Where there
 * is no such shell (Windows), nothing watches.
 *
 * @param isGroup the program leads a process group, and all of it is meant
 */
export function guardChild(pid: number, isGroup: boolean): ChildGuard {
  if (process.platform === "win32") return { stop: () => {} };
  const guard = spawn("/bin/sh", ["-c", SCRIPT, `${isGroup ? "-" : ""}${pid}`], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
    cwd: "/",
    detached: true,
  });
  // Best effort: a system without a shell, or one that takes no more processes, runs the program all the same.
  guard.on("error", () => {});
  guard.stdin.on("error", () => {});
  guard.unref();
  if ("unref" in guard.stdin && typeof guard.stdin.unref === "function") guard.stdin.unref();
  return { stop: () => guard.stdin.end("\n") };
}
