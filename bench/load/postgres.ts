import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync } from "node:fs";
import path from "node:path";
import { endWithBench, killed } from "./child.ts";
import { freePort, type OwnServer, saysSo, versionOf } from "./redis.ts";

/** Who may run it when the bench runs as root, which PostgreSQL refuses. */
const UNPRIVILEGED = ["postgres", "nobody"];

/** A new cluster with PostgreSQL's own settings (every commit synced); undefined: not installed. */
export async function startPostgres(folder: string): Promise<OwnServer | undefined> {
  const version = versionOf("postgres");
  if (version === undefined || versionOf("initdb") === undefined) return undefined;
  const data = path.join(folder, "postgres");
  mkdirSync(data, { mode: 0o700 });
  const user = unprivileged();
  if (user !== undefined) chownSync(data, user.uid, user.gid);
  const options = { cwd: data, ...user };
  execFileSync("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"], {
    ...options,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", `port=${port}`];
  const flags = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
  const postgres = spawn("postgres", flags, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  endWithBench(postgres);
  await saysSo(postgres.stderr, "ready to accept connections");
  // SIGQUIT: at once as well, but it gives its shared memory back.
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, version, stop: () => killed(postgres, "SIGQUIT") };
}

function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of UNPRIVILEGED) {
    try {
      const [uid, gid] = ["-u", "-g"].map((flag) =>
        Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] })),
      );
      return { uid: uid!, gid: gid! };
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`PostgreSQL does not run as root, and there is no user ${UNPRIVILEGED.join(" or ")}`);
}
