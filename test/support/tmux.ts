import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

export const HAS_TMUX = spawnSync("tmux", ["-V"]).status === 0;
if (!HAS_TMUX && process.env["CI"] !== undefined) throw new Error("CI needs tmux for the tests in a real terminal");

const LOOK_MS = 50;
const SEES_LIMIT_MS = 45_000;

/** A real terminal (tmux, a server of its own) that runs a shell command line, typed into and looked at. */
export class Terminal {
  readonly folder: string;
  readonly #socket: string;

  constructor(line: string, options: { width: number; height: number; env: Readonly<Record<string, string>> }) {
    this.folder = mkdtempSync(path.join(tmpdir(), "hooks-tmux-"));
    this.#socket = path.join(this.folder, "tmux");
    onTestFinished(() => {
      this.close();
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
    });
    const { width, height, env } = options;
    const set = Object.entries({ PATH: process.env["PATH"] ?? "", HOME: this.folder, LANG: "C.UTF-8", ...env });
    const words = set.map(([name, value]) => quoted(`${name}=${value}`)).join(" ");
    // What a shell on the main screen shows before and after is there to be compared.
    const command = `cd ${quoted(this.folder)}; exec env -i TERM=screen-256color ${words} sh -c ${quoted(line)}`;
    const size = ["-x", String(width), "-y", String(height)];
    this.#run("-f", "/dev/null", "new-session", "-d", ...size, command, ";", "set", "-g", "remain-on-exit", "on");
  }

  /** Names of keys as tmux has them: `Up`, `Enter`, `C-c`. */
  press(...keys: string[]): void {
    this.#run("send-keys", ...keys);
  }

  type(text: string): void {
    this.#run("send-keys", "-l", text);
  }

  /** As a terminal does that was told to mark it. */
  paste(text: string): void {
    this.#run("set-buffer", text, ";", "paste-buffer", "-p", "-r");
  }

  resize(width: number, height: number): void {
    this.#run("resize-window", "-x", String(width), "-y", String(height));
  }

  /** What stands on the screen, a line each, without the blanks at their ends. */
  screen(): string {
    return this.#run("capture-pane", "-p");
  }

  /** The same with its colours as escape sequences. */
  styled(): string {
    return this.#run("capture-pane", "-p", "-e");
  }

  /** A fact of tmux about the terminal: `alternate_on`, `cursor_flag`, `wrap_flag`, `pane_dead`. */
  fact(name: string): string {
    return this.#run("display-message", "-p", `#{${name}}`).trim();
  }

  /** Takes the terminal away from what runs in it. */
  close(): void {
    spawnSync("tmux", ["-S", this.#socket, "kill-server"]);
  }

  /** An option of tmux's server. */
  set(option: string, value: string): void {
    this.#run("set", "-s", option, value);
  }

  /** What was copied into the terminal. */
  buffer(): string {
    return this.#run("show-buffer");
  }

  /** Resolves with the screen once all of these are on it. */
  async sees(...patterns: RegExp[]): Promise<string> {
    return this.until((screen) => patterns.every((pattern) => pattern.test(screen)), patterns.join(" and "));
  }

  async until(isSo: (screen: string) => boolean, what: string): Promise<string> {
    for (const end = performance.now() + SEES_LIMIT_MS; ; ) {
      const screen = this.screen();
      if (isSo(screen)) return screen;
      if (end < performance.now()) throw new Error(`never saw ${what}:\n${screen}`);
      await sleep(LOOK_MS);
    }
  }

  #run(...args: string[]): string {
    return execFileSync("tmux", ["-S", this.#socket, ...args], { encoding: "utf8" });
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
