import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { clock } from "./clock.ts";
import type { Life } from "./history.ts";

/** The built program, started as a user starts it. */
export const PROGRAM = path.join(import.meta.dirname, "../../bin/hooks.js");

/** Of a daemon whose store cannot be used (any more). */
const STORE_FAILED_EXIT = 5;

export interface StartOptions {
  /** More for `hooks serve`. */
  args?: readonly string[];
  /** For how long it keeps events that are over. Default: as a user has it, for weeks. */
  keepsMs?: number;
  env?: Readonly<Record<string, string>>;
  /** A file that Node loads before the program, in each of its threads: what breaks it at a named point. */
  preload?: string;
  /** Options of strace, which then runs it. */
  strace?: readonly string[];
}

export interface DaemonEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What a program of hooks needs to work in this folder, and nothing of who runs the campaign. */
export function environmentOf(folder: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: folder, HOOKS_HOME: folder, LANG: "C.UTF-8" };
}

/** One life of `hooks serve`, in a folder of its own. Its log is `daemon.log` there, of all lives together. */
export class DaemonProcess {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly spawnedAt = clock();
  readyAt: number | undefined;
  endedAt: number | undefined;
  /** Of the last signal that it was sent here. */
  signalledAt: number | undefined;
  /** Its URL as soon as it takes requests; undefined when it ended before. */
  readonly ready: Promise<string | undefined>;
  readonly ended: Promise<DaemonEnd>;
  #end: DaemonEnd | undefined;
  readonly #keepsMs: number | undefined;
  #pauses = 0;

  constructor(folder: string, { args = [], env = {}, preload, strace, keepsMs }: StartOptions = {}) {
    this.folder = folder;
    this.#keepsMs = keepsMs;
    const command = [...(preload === undefined ? [] : ["--import", preload]), PROGRAM, "serve", "--port", "0"];
    command.push("--log-format", "json", "--log-level", "warn", ...args);
    if (keepsMs !== undefined) command.push("--retention", `events=${keepsMs}ms`);
    const log = openSync(path.join(folder, "daemon.log"), "a");
    const options = {
      cwd: folder,
      env: { ...environmentOf(folder), ...env },
      stdio: ["ignore", "pipe", log] as ("ignore" | "pipe" | number)[],
    };
    this.child =
      strace === undefined
        ? spawn(process.execPath, command, options)
        : spawn("strace", [...strace, process.execPath, ...command], options);
    closeSync(log);
    this.ended = once(this.child, "close").then(([code, signal]: (DaemonEnd["code"] | DaemonEnd["signal"])[]) => {
      this.endedAt = clock();
      this.#end = { code: code as DaemonEnd["code"], signal: signal as DaemonEnd["signal"] };
      return this.#end;
    });
    this.ready = Promise.race([this.#firstLine(), this.ended.then(() => undefined)]);
  }

  /** The daemon's own process, also when strace runs it. Only when it is ready. */
  get pid(): number {
    const { pid } = JSON.parse(readFileSync(path.join(this.folder, "daemon.json"), "utf8")) as { pid: number };
    return pid;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Once it has ended. */
  get life(): Life {
    const { spawnedAt, readyAt, endedAt = clock() } = this;
    // Under strace the tracer ends as its program did. One that gives up its store takes results with it as a kill does.
    const isCrash = this.#end?.signal === "SIGKILL" || this.#end?.code === STORE_FAILED_EXIT;
    return {
      spawnedAt,
      readyAt,
      endedAt,
      end: isCrash ? "crash" : "stop",
      pauses: this.#pauses,
      keepsMs: this.#keepsMs,
    };
  }

  /** Sends a signal to the daemon itself. */
  signal(name: NodeJS.Signals): void {
    this.signalledAt = clock();
    if (name === "SIGSTOP") this.#pauses += 1;
    if (this.hasEnded) return;
    // Before it is ready, daemon.json may be that of an earlier life: then the tracer is ended, and what it runs with it.
    if (this.child.spawnfile !== "strace" || this.readyAt === undefined) this.child.kill(name);
    else process.kill(this.pid, name);
  }

  async kill(): Promise<DaemonEnd> {
    this.signal("SIGKILL");
    return this.ended;
  }

  async stop(): Promise<DaemonEnd> {
    this.signal("SIGTERM");
    return this.ended;
  }

  /** Resident memory, bytes: now, or the most so far. Undefined where the system does not tell it in this way. */
  memory(which: "now" | "peak" = "now"): number | undefined {
    if (process.platform !== "linux") return undefined;
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(new RegExp(`^${which === "now" ? "VmRSS" : "VmHWM"}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  }

  /** `hooks serve` prints its URL, a tab and its store once it takes requests. */
  async #firstLine(): Promise<string> {
    let text = "";
    return new Promise((resolve) => {
      this.child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const url = /^(http:\S+)\t.*\n/.exec(text)?.[1];
        if (url === undefined || this.readyAt !== undefined) return;
        this.readyAt = clock();
        resolve(url);
      });
    });
  }
}
