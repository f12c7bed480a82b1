import { emitKeypressEvents, type Interface } from "node:readline";
import { displayWidth } from "./display-width.ts";
import { isInForeground } from "./foreground.ts";

// Lines that are wider than the terminal are cut by it and never wrap: whatever it thinks of a character's width, the
// lines below stay where they are.
// What is pasted comes between marks: its letters are no keys.
const ENTER = "\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?25l";
const LEAVE = "\x1b[0m\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l";
/** A terminal that knows these shows what stands between them at once; others take no notice. */
const BEGIN_FRAME = "\x1b[?2026h";
const END_FRAME = "\x1b[?2026l";
/** A lone Esc is one after so long: what an arrow sends comes together, also over a slow line. */
const ESCAPE_MS = 100;
/** How often a job in the background looks whether it has the terminal again. */
const FOREGROUND_LOOK_MS = 250;

export interface Key {
  /** `up`, `return`, `escape`, `pagedown`, `a` also for "A"; `paste`; "" for other characters. */
  name: string;
  /** What it writes; "" for keys that write nothing. */
  text: string;
  ctrl: boolean;
}

export interface FullScreenOptions {
  onKey(key: Key): void;
  onResize(): void;
  /** Ctrl-C, or the keyboard is gone. */
  onInterrupt(): void;
}

interface RawKey {
  name?: string | undefined;
  ctrl?: boolean;
  meta?: boolean;
}

/**
 * The whole terminal of this process, on its alternate screen. However the program ends, the terminal is left as it was
 * found: its text, its cursor, its line mode.
 */
export class FullScreen {
  readonly #options: FullScreenOptions;
  #isOpen = false;
  #isLent = false;
  /** What stands on the screen, a line each; empty: not known. */
  #shown: string[] = [];
  #shownWidth = 0;
  /** What has come of a paste that goes on. */
  #pasted: string | undefined;
  /** While it is in the background. */
  #nextLook: NodeJS.Timeout | undefined;
  readonly #onKeypress = (text: string | undefined, key: RawKey): void => this.#press(text ?? "", key);
  /** Also when something else wrote to it. */
  readonly #onResize = (): void => {
    this.#shown = [];
    this.#options.onResize();
  };
  readonly #onHangup = (): void => this.#options.onInterrupt();
  readonly #onFault = (): void => {}; // of a terminal that is gone: SIGHUP tells of it
  readonly #onStop = (): void => this.#suspend();
  readonly #onContinue = (): void => this.#again();
  readonly #onResume = (): void => this.#resume();
  readonly #atExit = (): void => this.#leave();

  constructor(options: FullScreenOptions) {
    this.#options = options;
  }

  get width(): number {
    // A terminal that does not say how wide it is says 0.
    return process.stdout.columns || 80;
  }

  get height(): number {
    return process.stdout.rows || 24;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#shown = [];
    process.on("exit", this.#atExit);
    process.on("SIGTSTP", this.#onStop).on("SIGCONT", this.#onContinue).on("warning", this.#onResize);
    process.stdout.write(ENTER);
    process.stdout.on("resize", this.#onResize);
    const { stdin } = process;
    // Its second argument stands for a readline interface, of which this is all it reads.
    emitKeypressEvents(stdin, { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface);
    stdin.on("keypress", this.#onKeypress).on("end", this.#onHangup).on("error", this.#onFault);
    stdin.setRawMode(true).resume();
  }

  /** Whole lines, one over the other, and only those that changed: nothing is cleared first, so nothing flickers. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const { width, height } = this;
    if (width !== this.#shownWidth || height !== this.#shown.length) this.#shown = [];
    let changes = "";
    for (let row = 0; row < height; row++) {
      const line = lines[row] ?? "";
      if (this.#shown[row] === line) continue;
      // Behind a full line the cursor stands on its last character, which would be erased with the rest.
      const whole = displayWidth(line) < width ? `${line}\x1b[K` : `\x1b[2K${line}`;
      changes += `\x1b[${row + 1};1H${whole}`;
    }
    if (changes !== "") process.stdout.write(BEGIN_FRAME + changes + END_FRAME);
    this.#shown = Array.from({ length: height }, (_, row) => lines[row] ?? "");
    this.#shownWidth = width;
  }

  /** Gives the terminal to another program, as it was found, until `work` is done; `close` meanwhile is for good. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    const wasOpen = this.#isOpen;
    this.#release();
    this.#isLent = wasOpen;
    try {
      return await work();
    } finally {
      if (this.#isLent) this.open();
      this.#isLent = false;
    }
  }

  close(): void {
    this.#isLent = false;
    process.off("SIGCONT", this.#onResume);
    clearTimeout(this.#nextLook);
    this.#release();
  }

  #release(): void {
    const { stdin } = process;
    stdin.off("keypress", this.#onKeypress).off("end", this.#onHangup).off("error", this.#onFault);
    process.stdout.off("resize", this.#onResize);
    this.#leave();
    process.off("exit", this.#atExit);
    process.off("SIGTSTP", this.#onStop).off("SIGCONT", this.#onContinue).off("warning", this.#onResize);
  }

  #leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      process.stdout.write(LEAVE);
      process.stdin.setRawMode(false).pause();
    } catch {
      // The terminal is gone: there is nothing to leave.
    }
  }

  #press(text: string, { name = "", ctrl = false, meta = false }: RawKey): void {
    if (this.#pasted !== undefined || name === "paste-start") this.#paste(text, name);
    else if (ctrl && name === "c") this.#options.onInterrupt();
    else if (ctrl && name === "z") this.#suspend();
    else if (ctrl && name === "l") this.#onResize();
    else this.#options.onKey({ name, text: ctrl || meta || /\p{Cc}/u.test(text) ? "" : text, ctrl });
  }

  #paste(text: string, name: string): void {
    if (name === "paste-start") this.#pasted = "";
    else if (name !== "paste-end") this.#pasted += text;
    else {
      const pasted = (this.#pasted ?? "").trim().replace(/[\p{Cc}]+/gu, " ");
      this.#pasted = undefined;
      this.#options.onKey({ name: "paste", text: pasted, ctrl: false });
    }
  }

  /** It was stopped without a word, and somebody else has had the terminal. */
  #again(): void {
    if (!this.#isOpen || !isInForeground()) return;
    process.stdin.setRawMode(false).setRawMode(true);
    process.stdout.write(ENTER);
    this.#onResize();
  }

  /** As a shell expects it of every program: `fg` brings it back. */
  #suspend(): void {
    this.#release();
    process.once("SIGCONT", this.#onResume);
    process.kill(process.pid, "SIGSTOP");
  }

  /** After `bg` the terminal is the shell's. Bash sends no signal when `fg` ends that, so it is looked for. */
  #resume(): void {
    if (!isInForeground()) {
      this.#nextLook = setTimeout(this.#onResume, FOREGROUND_LOOK_MS);
      return;
    }
    this.open();
    this.#options.onResize();
  }
}
