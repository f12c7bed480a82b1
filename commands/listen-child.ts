import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import { quoted } from "../src/core/quoted.ts";
import type { ReadyFrame } from "../src/stream/protocol.ts";
import { type ChildGuard, guardChild } from "./child-guard.ts";
import type { ListenFollower } from "./listen-followers.ts";
import { processTree } from "./process-tree.ts";

export const SECRET_VARIABLE = "HOOKS_SECRET";
/** From being asked to end to being killed. */
const LEAVE_MS = 10_000;

export interface ChildOptions {
  command: readonly [program: string, ...args: string[]];
  /** Further names under which it finds the secret. */
  envNames: readonly string[];
  /** Resolves once it takes requests; undefined: nothing is forwarded to it. */
  untilUp: (() => Promise<void>) | undefined;
  /** It takes deliveries from now on. */
  onUp(ready: ReadyFrame): void | Promise<void>;
  /** It is no more. */
  onEnd(): void;
  /** At the end, where its exit code is the run's: it ended by itself, or by a signal that was passed on to it. */
  onExitCode(code: number): void | Promise<void>;
  /** ms from SIGTERM to SIGKILL. Default: 10 s. */
  leaveMs?: number;
}

type ChildContext = Pick<CliContext, "cwd" | "env" | "signal" | "endSignal" | "out" | "onExit">;

/**
 * `hooks listen … -- npm run dev`: the developer's program with the signing secret in its environment. It is started once,
 * when the session is open; deliveries wait until it takes connections. Signals are passed on to it, and its end is the
 * run's, with its exit code. Where a person sits at a terminal it shares the terminal with us; elsewhere it leads a process
 * group of its own, which is ended as a whole.
 */
export class ListenChild implements ListenFollower {
  readonly #options: ChildOptions;
  readonly #context: ChildContext;
  /** A terminal sends Ctrl-C to everything that runs in it, and its keys belong to one group. */
  readonly #sharesTerminal = process.stdin.isTTY === true;
  #child: ChildProcess | undefined;
  #guard: ChildGuard | undefined;
  /** Its exit code, as a shell says it. */
  #ended: Promise<number> | undefined;
  #isUp = false;
  #isOver = false;

  constructor(options: ChildOptions, context: ChildContext) {
    this.#options = options;
    this.#context = context;
    context.signal.addEventListener("abort", () => this.#passOn());
    const end = (): void => {
      this.#guard?.stop();
      if (this.#isRunning) this.#kill();
    };
    // A second signal ends the process without closing anything.
    process.once("exit", end);
    context.onExit(() => {
      process.removeListener("exit", end);
      end();
    });
  }

  /** It was started, and takes no connections yet. */
  get isComingUp(): boolean {
    return this.#child !== undefined && !this.#isUp;
  }

  async onReady(ready: ReadyFrame): Promise<void> {
    if (this.#isOver) return;
    const { untilUp, onUp, onEnd } = this.#options;
    await this.#start(ready);
    void this.#ended!.then(onEnd);
    if (this.#context.signal.aborted) this.#passOn();
    await Promise.race([untilUp?.(), this.#ended]);
    if (!this.#isRunning || this.#isOver) return;
    this.#isUp = true;
    await onUp(ready);
  }

  /** A program that was asked to end may have to finish something; not for ever. */
  async onEnd(): Promise<void> {
    this.#isOver = true;
    if (this.#ended === undefined) return;
    const { aborted } = this.#context.signal;
    // The listener ended by itself (--max-events, --expect): so does what was started for it, and its code says nothing.
    const isOurs = this.#isRunning && !aborted;
    if (isOurs) this.#child!.kill("SIGTERM");
    const code = await this.#endedInTime(this.#ended);
    if (!isOurs) await this.#options.onExitCode(code);
  }

  get #isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #start(ready: ReadyFrame): Promise<void> {
    const [secret = ""] = ready.secrets;
    const { command, envNames } = this.#options;
    const [program, ...args] = command;
    const given = Object.fromEntries([SECRET_VARIABLE, ...envNames].map((name) => [name, secret]));
    const child = spawn(program, args, {
      cwd: this.#context.cwd,
      env: { ...this.#context.env, ...given },
      stdio: "inherit",
      // npm and the like are scripts there, which only a shell starts.
      shell: process.platform === "win32",
      detached: this.#leadsGroup,
    });
    if (child.pid === undefined) {
      const [error] = (await once(child, "error")) as [Error];
      throw cannotStart(program, error);
    }
    const { pid } = child;
    child.on("error", () => {}); // a signal that it could not be sent
    const guard = guardChild(pid, this.#leadsGroup);
    this.#child = child;
    this.#guard = guard;
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        // Its number may be another program's from then on.
        guard.stop();
        // What it left running was started for this run too.
        if (this.#leadsGroup) signalTo(-pid, "SIGTERM");
        resolve(code ?? 128 + constants.signals[signal!]);
      });
    });
  }

  /** There are no process groups on Windows. */
  get #leadsGroup(): boolean {
    return !this.#sharesTerminal && process.platform !== "win32";
  }

  async #endedInTime(ended: Promise<number>): Promise<number> {
    // Whoever pressed Ctrl-C decides how long to wait: the second one ends at once. A closed terminal has nobody.
    if (this.#sharesTerminal && this.#context.endSignal === "SIGINT") return ended;
    const { leaveMs = LEAVE_MS, command } = this.#options;
    const timer = setTimeout(() => {
      this.#context.out.note(`${quoted(command[0])} has not ended within ${leaveMs / 1_000} s: it is killed`);
      this.#kill();
    }, leaveMs);
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
    }
  }

  #kill(): void {
    const pid = this.#child!.pid!;
    if (this.#leadsGroup) signalTo(-pid, "SIGKILL");
    else for (const each of processTree(pid)) signalTo(each, "SIGKILL");
  }

  #passOn(): void {
    const { endSignal = "SIGTERM" } = this.#context;
    // A terminal has sent it already: sent again, it would end at once what cleans up.
    if (endSignal === "SIGINT" && this.#sharesTerminal) return;
    this.#child?.kill(endSignal);
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

function cannotStart(program: string, error: unknown): HooksError {
  const { code } = error as NodeJS.ErrnoException;
  const why = code === "ENOENT" ? "there is no such program" : code === "EACCES" ? "it may not be run" : String(code);
  return new HooksError("usage", `${quoted(program)} cannot be started: ${why}`, { field: "command", cause: error });
}
