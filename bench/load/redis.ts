import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { endWithBench, killed } from "./child.ts";

/** A server of the bench's own: its folder, its port, its end. */
export interface OwnServer {
  url: string;
  version: string;
  stop(): Promise<void>;
}

/** Redis with an append-only file that is synced every second, its own advice for durability; undefined: not installed. */
export async function startRedis(folder: string): Promise<OwnServer | undefined> {
  const version = versionOf("redis-server");
  if (version === undefined) return undefined;
  const port = await freePort();
  const settings = { port, bind: "127.0.0.1", dir: folder, appendonly: "yes", appendfsync: "everysec", save: "" };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const redis = spawn("redis-server", flags, { stdio: ["ignore", "pipe", "inherit"] });
  endWithBench(redis);
  await saysSo(redis.stdout, "Ready to accept connections");
  return { url: `redis://127.0.0.1:${port}`, version, stop: () => killed(redis) };
}

/** Resolves once these words were printed; what comes later is read and dropped. */
export function saysSo(output: NodeJS.ReadableStream, words: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let printed = "";
  const look = (text: string): void => {
    printed += text;
    if (!printed.includes(words)) return;
    output.off("data", look);
    output.resume();
    resolve();
  };
  output.setEncoding("utf8");
  output.on("data", look);
  output.once("end", () => reject(new Error(`it never said "${words}": ${printed}`)));
  return promise;
}

/** The first number with dots that `PROGRAM --version` prints; undefined when there is no such program. */
export function versionOf(program: string): string | undefined {
  try {
    return /\d+(\.\d+)+/.exec(execFileSync(program, ["--version"]).toString())?.[0];
  } catch {
    return undefined;
  }
}

/** Of this moment: somebody else could take it before it is used. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
