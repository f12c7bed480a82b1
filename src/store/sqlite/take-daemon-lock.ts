import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HooksError } from "../../core/errors.ts";
import { acquireDaemonLock, type DaemonLock, readDaemonFile } from "./daemon-lock.ts";

/** How long a command that sends by itself may keep the lock from a daemon that starts. */
const WAIT_MS = 60_000;
const RETRY_MS = 50;

/**
 * The lock of a store, for a daemon: waits while a command sends from it by itself, but not for another daemon.
 *
 * @param onWait called once, when it has to wait
 * @throws HooksError `daemon_running` naming the other one's process, `interrupted`, `store_unusable`
 */
export async function takeDaemonLock(
  storePath: string,
  { onWait, signal }: { onWait(): void; signal: AbortSignal | undefined },
): Promise<DaemonLock> {
  const name = basename(storePath);
  for (const startedAt = performance.now(); ; await sleep(RETRY_MS)) {
    const lock = acquireDaemonLock(storePath);
    if (lock !== undefined) return lock;
    const other = readDaemonFile(storePath);
    // A file without its process was left by a daemon that was killed.
    if (other !== undefined && isAlive(other.pid)) {
      throw new HooksError("daemon_running", `a daemon runs on ${name} already: process ${other.pid}, ${other.url}`, {
        field: "--store",
        hint: `stop it first: kill ${other.pid}`,
      });
    }
    if (signal?.aborted === true) throw new HooksError("interrupted", "interrupted");
    const waited = performance.now() - startedAt;
    if (WAIT_MS < waited) {
      throw new HooksError("daemon_running", `another process works on ${name}, and has for a minute`, {
        field: "--store",
        hint: "try again when it is done",
      });
    }
    if (waited < RETRY_MS) onWait();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
