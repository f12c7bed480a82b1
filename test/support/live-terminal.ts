import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** A program on a pseudo-terminal (util-linux's `script`), typed into as its output appears. */
export class LiveTerminal {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;
  #unread = "";
  /** All that was shown. */
  output = "";

  constructor(command: readonly string[], options: { cwd: string; env: Record<string, string> }) {
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    this.#child = spawn("script", ["-qfec", line, "/dev/null"], options);
    this.#child.stdin.on("error", () => {}); // it may have ended before the last key
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#unread += text;
      this.output += text;
    });
    this.#ended = once(this.#child, "close").then(([code]) => code as number | null);
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Waits for output that was not waited for before; fails when the program ends first. */
  async sees(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#unread);
      if (match !== null) {
        this.#unread = this.#unread.slice(match.index + match[0].length);
        return match;
      }
      const more = new Promise<"more">((resolve) => this.#child.stdout.once("data", () => resolve("more")));
      if ((await Promise.race([more, this.#ended])) !== "more" && !pattern.test(this.#unread)) {
        throw new Error(`ended before ${pattern}:\n${this.output}`);
      }
    }
  }

  async code(): Promise<number | null> {
    return this.#ended;
  }
}
