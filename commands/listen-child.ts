import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { CliContext } from "../src/cli/context.ts";
import { HooksError } from "../src/core/errors.ts";
import { quoted } from "../src/core/quoted.ts";
import type { ReadyFrame } from "../src/stream/protocol.ts";
import { type ChildGuard, guardChild } from "./child-guard.ts";
import type { ListenFollower } from "./listen-followers.ts";

export const SECRET_VARIABLE = "HOOKS_SECRET";

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
}

/**
 * `hooks listen … -- npm run dev`: the developer's program with the signing secret in its environment. It is started once,
 * when the session is open; deliveries wait until it takes connections. Signals are passed on to it, and its end is the
 * run's, with its exit code.
 */
export class ListenChild implements ListenFollower {
  readonly #options: ChildOptions;
  readonly #context: CliContext;
  #child: ChildProcess | undefined;
  #guard: ChildGuard | undefined;
  /** Its exit code, as a shell says it. */
  #ended: Promise<number> | undefined;

  constructor(options: ChildOptions, context: CliContext) {
    this.#options = options;
    this.#context = context;
    context.signal.addEventListener("abort", () => this.#passOn());
    context.onExit(() => {
      this.#guard?.stop();
      this.#child?.kill("SIGKILL");
    });
  }

  async onReady(ready: ReadyFrame): Promise<void> {
    const [secret = ""] = ready.secrets;
    const { command, envNames, untilUp, onUp, onEnd } = this.#options;
    const [program, ...args] = command;
    const given = Object.fromEntries([SECRET_VARIABLE, ...envNames].map((name) => [name, secret]));
    const child = spawn(program, args, {
      cwd: this.#context.cwd,
      env: { ...this.#context.env, ...given },
      stdio: "inherit",
      // npm and the like are scripts there, which only a shell starts.
      shell: process.platform === "win32",
    });
    const started = once(child, "spawn");
    const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    ended.catch(() => {}); // of one that cannot be started, `started` tells
    try {
      await started;
    } catch (error) {
      throw cannotStart(program, error);
    }
    this.#child = child;
    const guard = guardChild(child.pid!);
    this.#guard = guard;
    // Its number may be another program's from then on.
    ended.then(guard.stop, guard.stop);
    this.#ended = ended.then(([code, signal]) => code ?? 128 + constants.signals[signal!]);
    void this.#ended.then(onEnd);
    if (this.#context.signal.aborted) this.#passOn();
    await Promise.race([untilUp?.(), this.#ended]);
    if (child.exitCode === null && child.signalCode === null) await onUp(ready);
  }

  /** Waits for it: a program that was asked to end may have to finish something. */
  async onEnd(): Promise<void> {
    if (this.#child === undefined || this.#ended === undefined) return;
    // The listener ended by itself (--max-events, --expect): so does what was started for it.
    if (!this.#context.signal.aborted) {
      const wasRunning = this.#child.exitCode === null && this.#child.signalCode === null;
      if (wasRunning) {
        this.#child.kill("SIGTERM");
        await this.#ended;
        return;
      }
    }
    this.#context.endWith(await this.#ended);
  }

  #passOn(): void {
    const { endSignal = "SIGTERM" } = this.#context;
    // A terminal sends Ctrl-C to everything that runs in it: sent again, it would end at once what cleans up.
    if (endSignal === "SIGINT" && process.stdin.isTTY) return;
    this.#child?.kill(endSignal);
  }
}

function cannotStart(program: string, error: unknown): HooksError {
  const { code } = error as NodeJS.ErrnoException;
  const why = code === "ENOENT" ? "there is no such program" : code === "EACCES" ? "it may not be run" : String(code);
  return new HooksError("usage", `${quoted(program)} cannot be started: ${why}`, { field: "command", cause: error });
}
