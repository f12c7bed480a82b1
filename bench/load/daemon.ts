import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { endWithBench, killed } from "./child.ts";
import { peakResidentMb, residentMb, type ThreadCpu, threadCpuOf } from "./process-facts.ts";

const PROGRAM = path.join(import.meta.dirname, "../../bin/hooks.js");
const READY_LIMIT_MS = 60_000;

/** `hooks serve` of the build, with a store of its own. */
export interface DaemonProcess {
  url: string;
  port: number;
  token: string;
  /** From the start of the process until `/readyz` said yes. */
  startMs: number;
  /** The JSON of an answer. Throws unless it is a 2xx. */
  api<T>(method: "GET" | "POST" | "PATCH", route: string, body?: object): Promise<T>;
  /** The promise, or an error with the daemon's last words when that ends before. */
  during<T>(promise: Promise<T>): Promise<T>;
  residentMb(): number;
  peakResidentMb(): number;
  threadCpu(): ThreadCpu | undefined;
  /** At once: nothing of its store is needed any more, or what it leaves is what a crash leaves. */
  stop(): Promise<void>;
}

/** `folder`: HOOKS_HOME; its `hooks.db` is the store. `flags`: more of them. */
export async function startDaemon(folder: string, flags: readonly string[] = []): Promise<DaemonProcess> {
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [PROGRAM, "serve", "--port", "0", "--log-level", "warn", "--log-format", "json", ...flags],
    {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, HOOKS_HOME: folder },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  endWithBench(child);
  let lastWords = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-2_000);
  });
  const died = once(child, "exit").then(([code, signal]) => {
    throw new Error(`hooks serve ended with ${code ?? signal}: ${lastWords}`);
  });
  died.catch(() => {}); // it is stopped in the end, when nobody waits for this any more
  const during = <T>(promise: Promise<T>): Promise<T> => Promise.race([promise, died]);

  const [line] = (await during(once(child.stdout.setEncoding("utf8"), "data"))) as [string];
  const url = /http:\/\/[\w.:]+/.exec(line)?.[0];
  if (url === undefined) throw new Error(`hooks serve printed no URL: ${line}`);
  await during(ready(url));
  const startMs = performance.now() - startedAt;
  const token = readFileSync(path.join(folder, "token"), "utf8").trim();
  return {
    url,
    port: Number(new URL(url).port),
    token,
    startMs,
    during,
    api: async (method, route, body) => {
      const { statusCode, body: answer } = await request(url + route, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.text();
      if (statusCode < 200 || 299 < statusCode) throw new Error(`${method} ${route}: ${statusCode} ${text}`);
      return JSON.parse(text) as never;
    },
    residentMb: () => residentMb(child.pid!),
    peakResidentMb: () => peakResidentMb(child.pid!),
    threadCpu: () => threadCpuOf(child.pid!),
    stop: () => killed(child),
  };
}

async function ready(url: string): Promise<void> {
  for (const endsAt = performance.now() + READY_LIMIT_MS; performance.now() < endsAt; await sleep(5)) {
    const { statusCode, body } = await request(`${url}/readyz`);
    await body.dump();
    if (statusCode === 200) return;
  }
  throw new Error(`${url} was not ready after ${READY_LIMIT_MS / 1_000} s`);
}
