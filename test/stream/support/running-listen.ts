import { Readable } from "node:stream";
import { COMMANDS } from "../../../commands/index.ts";
import type { CliIo, EndSignal, TextSink } from "../../../src/cli/io.ts";
import { runProgram } from "../../../src/cli/program.ts";

/** A command line of the whole program that goes on, run in this process: its output as it comes, and Ctrl-C. */
export class RunningCommand {
  stdout = "";
  stderr = "";
  /** Set when the program wanted to end at once (a second Ctrl-C). */
  cutOff: number | undefined;
  readonly ended: Promise<number>;
  #readerIsGone = false;
  readonly #changed = new EventTarget();
  #signal: (name: EndSignal) => void = () => {};

  constructor(
    argv: readonly string[],
    ends: { home: string; isTty?: boolean; env?: Record<string, string>; cwd?: string },
  ) {
    const sink = (name: "stdout" | "stderr"): TextSink => ({
      write: (chunk) => {
        this[name] += Buffer.from(chunk).toString();
        this.#change();
      },
      isTTY: ends.isTty === true,
      get closed() {
        return isReaderGone();
      },
    });
    const isReaderGone = (): boolean => this.#readerIsGone;
    const io: CliIo = {
      stdin: Object.assign(Readable.from([]), { isTTY: true }),
      stdout: sink("stdout"),
      stderr: sink("stderr"),
      env: { HOOKS_HOME: ends.home, NO_COLOR: "1", ...ends.env },
      cwd: ends.cwd ?? ends.home,
      now: Date.now,
      random: Math.random,
      onSignal: (listener) => {
        this.#signal = listener;
        return () => {};
      },
      exit: (code) => {
        this.cutOff = code;
        return undefined as never;
      },
    };
    this.ended = runProgram(argv, COMMANDS, io, {
      sendOnce: () => Promise.reject(new Error("this test sends nothing outside of deliveries")),
      lookUpOnce: () => Promise.reject(new Error("this test looks no name up")),
    }).finally(() => this.#change());
  }

  /** Whoever read the output has ended. */
  readerGoes(): void {
    this.#readerIsGone = true;
  }

  interrupt(): void {
    this.#signal("SIGINT");
  }

  get lines(): string[] {
    return this.stdout.split("\n").slice(0, -1);
  }

  /** Resolves with the match as soon as the output holds it; rejects when the command ends without. */
  async sees(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    let over = false;
    void this.ended.then(() => {
      over = true;
      this.#change();
    });
    for (;;) {
      const match = pattern.exec(this[stream]);
      if (match !== null) return match;
      if (over) throw new Error(`ended without ${String(pattern)}:\n${this.stdout}\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#changed.addEventListener("change", () => resolve(), { once: true }));
    }
  }

  #change(): void {
    this.#changed.dispatchEvent(new Event("change"));
  }
}
