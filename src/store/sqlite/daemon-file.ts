import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Where the daemon of a store is: how a command finds it. May be left over from one that was killed. */
export interface DaemonInfo {
  pid: number;
  /** `http://127.0.0.1:4400` */
  url: string;
  bootId: string;
  /** Unix ms. */
  startedAt: number;
}

/** `daemon.json` beside `hooks.db`; `other.daemon.json` beside `other.db`. */
export function daemonFilePath(storePath: string): string {
  const name = basename(storePath, ".db");
  return join(dirname(storePath), name === "hooks" ? "daemon.json" : `${name}.daemon.json`);
}

/** Whole or not at all, readable by its owner only. Only for who holds the lock. */
export function writeDaemonFile(storePath: string, info: DaemonInfo): void {
  const path = daemonFilePath(storePath);
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(info)}\n`, { flag: "wx", mode: 0o600 });
  chmodSync(draft, 0o600); // the mode above is cut by the umask
  renameSync(draft, path);
}

/** Undefined when there is none, or none that can be read. */
export function readDaemonFile(storePath: string): DaemonInfo | undefined {
  try {
    const info: unknown = JSON.parse(readFileSync(daemonFilePath(storePath), "utf8"));
    return isDaemonInfo(info) ? info : undefined;
  } catch {
    return undefined;
  }
}

/** Does nothing when the file is another daemon's by now. */
export function removeDaemonFile(storePath: string, bootId: string): void {
  if (readDaemonFile(storePath)?.bootId === bootId) rmSync(daemonFilePath(storePath), { force: true });
}

function isDaemonInfo(value: unknown): value is DaemonInfo {
  if (typeof value !== "object" || value === null) return false;
  return (
    "pid" in value &&
    typeof value.pid === "number" &&
    "url" in value &&
    typeof value.url === "string" &&
    "bootId" in value &&
    typeof value.bootId === "string" &&
    "startedAt" in value &&
    typeof value.startedAt === "number"
  );
}
