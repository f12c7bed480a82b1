import { EventEmitter } from "node:events";
import net from "node:net";

export interface LocalWatchOptions {
  /** As in URL.hostname. */
  hostname: string;
  port: number;
}

export interface LocalWatchEvents {
  /** Nothing listens there: once, until it is back. */
  down: [];
  /** It takes connections again, or for the first time after `down`. */
  up: [];
}

/** How often it is tried while nothing listens, ms. */
const RETRY_MS = 250;
/** Longer than a connection on this computer ever takes. */
const CONNECT_MS = 2_000;

/**
 * Whether anything listens where deliveries are forwarded to. It connects and hangs up; nothing is sent. Looks when it is
 * asked to, and goes on looking only as long as nothing is there.
 */
export class LocalWatch extends EventEmitter<LocalWatchEvents> {
  readonly #options: LocalWatchOptions;
  #isDown = false;
  #looking: Promise<boolean> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LocalWatchOptions) {
    super();
    this.#options = options;
  }

  /** Looks now. To be called when a listener begins, and when a request was refused. */
  async look(): Promise<void> {
    if (this.#closed || this.#retry !== undefined) return;
    this.#looking ??= isListening(this.#options);
    const isUp = await this.#looking;
    this.#looking = undefined;
    if (this.#closed) return;
    if (!isUp) {
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        void this.look();
      }, RETRY_MS);
      if (!this.#isDown) this.emit("down");
      this.#isDown = true;
    } else if (this.#isDown) {
      this.#isDown = false;
      this.emit("up");
    }
  }

  /** Resolves once something listens; never, if it is closed before. */
  async untilUp(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.once("up", resolve);
    await this.look();
    if (!this.#isDown && !this.#closed) resolve();
    await promise;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }
}

/** Tries every address of a name: a program that listens on one family only is found. */
function isListening({ hostname, port }: LocalWatchOptions): Promise<boolean> {
  const hosts = hostname === "localhost" ? ["127.0.0.1", "::1"] : [hostname.replace(/^\[|\]$/g, "")];
  return Promise.all(hosts.map((host) => takesConnection(host, port))).then((answers) => answers.includes(true));
}

function takesConnection(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = net.connect({ host, port, timeout: CONNECT_MS });
  const end = (isUp: boolean): void => {
    resolve(isUp);
    socket.destroy();
  };
  socket.on("connect", () => end(true));
  socket.on("timeout", () => end(false));
  socket.on("error", () => end(false));
  return promise;
}
