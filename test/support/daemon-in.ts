import path from "node:path";
import { type Daemon, type DaemonOptions, startDaemon } from "../../src/daemon.ts";

/** A daemon of this process on a port of its own, whose store and keys are in this folder. */
export function startDaemonIn(folder: string, options: Partial<DaemonOptions> = {}): Promise<Daemon> {
  return startDaemon({
    storePath: path.join(folder, "hooks.db"),
    dataDirectory: folder,
    host: "127.0.0.1",
    port: 0,
    ...options,
  });
}
