import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

/** What still runs is ended with the bench, however that ends. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export function endWithBench(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

export interface Child {
  process: ChildProcess;
  /** The next message that it sends. Rejects when it ends before. */
  message(): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a file of bench/ as a process of its own, so that its memory and its event loop are its own. */
export function startChild(
  file: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Child {
  const child = fork(path.join(import.meta.dirname, "..", file), args, {
    execArgv: [],
    env: { ...process.env, ...env },
  });
  endWithBench(child);
  return {
    process: child,
    message: async () => {
      const ended = new AbortController();
      try {
        const [message] = (await Promise.race([
          once(child, "message", { signal: ended.signal }),
          once(child, "exit", { signal: ended.signal }).then(([code]) => {
            throw new Error(`${file} ended with ${code}`);
          }),
        ])) as [unknown];
        return message;
      } finally {
        ended.abort();
      }
    },
    stop: () => killed(child),
  };
}

export async function killed(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

/** Runs a file to its end and returns the last message that it sent. */
export async function runChild<T>(file: string, args: readonly string[]): Promise<T> {
  const child = startChild(file, args);
  let last: unknown;
  child.process.on("message", (message) => {
    last = message;
  });
  const [code] = (await once(child.process, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return last as T;
}
