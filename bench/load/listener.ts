import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { endWithBench, killed } from "./child.ts";
import { residentMb, type ThreadCpu, threadCpuOf } from "./process-facts.ts";

const PROGRAM = path.join(import.meta.dirname, "../../bin/hooks.js");

/** `hooks listen` of the build. */
export interface ListenerProcess {
  /** The promise, or an error with the listener's last words when that ends before. */
  during<T>(promise: Promise<T>): Promise<T>;
  residentMb(): number;
  threadCpu(): ThreadCpu | undefined;
  stop(): Promise<void>;
}

/** `folder`: HOOKS_HOME of the daemon that it finds; `args` after `listen`. Answers once it is connected. */
export async function startListener(folder: string, args: readonly string[]): Promise<ListenerProcess> {
  const child = spawn(process.execPath, [PROGRAM, "listen", ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, HOOKS_HOME: folder },
    // It prints a line for each delivery, as it does for a person; nobody reads them.
    stdio: ["ignore", "ignore", "pipe"],
  });
  endWithBench(child);
  let said = "";
  const connected = Promise.withResolvers<void>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
    if (said.includes("● connected")) connected.resolve();
  });
  const died = once(child, "exit").then(([code, signal]) => {
    throw new Error(`hooks listen ended with ${code ?? signal}: ${said}`);
  });
  died.catch(() => {}); // it is stopped in the end, when nobody waits for this any more
  const during = <T>(promise: Promise<T>): Promise<T> => Promise.race([promise, died]);
  await during(connected.promise);
  return {
    during,
    residentMb: () => residentMb(child.pid!),
    threadCpu: () => threadCpuOf(child.pid!),
    stop: () => killed(child),
  };
}
