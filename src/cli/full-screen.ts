const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const CTRL_C = "\x03";
const CTRL_Z = "\x1a";

export interface FullScreenOptions {
  onKey(key: string): void;
  onResize(): void;
  /** Ctrl-C. */
  onInterrupt(): void;
}

/**
 * The whole terminal of this process, on its alternate screen. However the program ends, the terminal is left as it was
 * found: its text, its cursor, its line mode.
 */
export class FullScreen {
  readonly #options: FullScreenOptions;
  #isOpen = false;
  readonly #onData = (bytes: Buffer): void => this.#read(bytes.toString());
  readonly #onResize = (): void => this.#options.onResize();
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
    process.on("exit", this.#atExit);
    process.stdout.write(ENTER);
    process.stdout.on("resize", this.#onResize);
    process.stdin.setRawMode(true).resume().on("data", this.#onData);
  }

  /** Whole lines, one over the other: nothing is cleared first, so nothing flickers. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  }

  close(): void {
    process.stdin.off("data", this.#onData);
    process.stdout.off("resize", this.#onResize);
    this.#leave();
    process.off("exit", this.#atExit);
  }

  #leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.stdout.write(LEAVE);
    process.stdin.setRawMode(false).pause();
  }

  #read(text: string): void {
    // An arrow is several characters that come together; keys that are typed fast may, too.
    for (const key of text.match(/\x1b\[[A-Z]|[\s\S]/g) ?? []) {
      if (key === CTRL_C) this.#options.onInterrupt();
      else if (key === CTRL_Z) this.#suspend();
      else this.#options.onKey(key);
    }
  }

  /** As a shell expects it of every program: `fg` brings it back. */
  #suspend(): void {
    this.close();
    process.once("SIGCONT", () => {
      this.open();
      this.#options.onResize();
    });
    process.kill(process.pid, "SIGSTOP");
  }
}
