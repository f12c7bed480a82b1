import { statSync } from "node:fs";
import type { TlsFiles, TlsIdentity } from "./tls-files.ts";
import { readTlsFiles } from "./tls-files.ts";

export interface TlsWatchOptions {
  files: TlsFiles;
  /** How often the files are looked at. Default: every 5 s. */
  everyMs?: number | undefined;
  /** For new connections; those that are there keep what they have. */
  onRenewed(identity: TlsIdentity): void;
  /** The old certificate stays in use. */
  onFault(error: Error): void;
}

const EVERY_MS = 5_000;

/**
 * Takes up a certificate that was renewed. It looks at the names, not at the files behind them: renewal replaces files,
 * or turns a symbolic link, and a watch on what was there before would see neither.
 */
export class TlsWatch {
  readonly #options: TlsWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #seen: string;

  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.#seen = stateOf(options.files);
    this.#timer = setInterval(() => this.#look(), options.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  /** Reads the files now, changed or not. */
  reload(): void {
    // Looked at before they are read: what changes meanwhile is seen the next time.
    this.#seen = stateOf(this.#options.files);
    try {
      this.#options.onRenewed(readTlsFiles(this.#options.files));
    } catch (error) {
      this.#options.onFault(error instanceof Error ? error : new Error(String(error)));
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (stateOf(this.#options.files) !== this.#seen) this.reload();
  }
}

function stateOf({ certFile, keyFile }: TlsFiles): string {
  return [certFile, keyFile]
    .map((file) => {
      try {
        const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
        return `${dev}/${ino}/${size}/${mtimeMs}/${ctimeMs}`;
      } catch {
        return "not there";
      }
    })
    .join(" ");
}
