import { EventEmitter } from "node:events";
import net from "node:net";
import { isPortListening } from "./listening-sockets.ts";
import { isLoopbackHost } from "./loopback.ts";

export interface LocalWatchOptions {
  /** As in URL.hostname. */
  hostname: string;
  port: number;
  /** How often it is looked for while all is well, ms. Default: 2 s. */
  idleMs?: number;
}

export interface LocalWatchEvents {
  /** Nothing listens there: once, until it is back. */
  down: [];
  /** It takes connections again, or for the first time after `down`. */
  up: [];
}

const IDLE_MS = 2_000;
/** How often it is tried while nothing listens, ms. */
const RETRY_MS = 250;
/** Longer than a connection on this computer ever takes. */
const CONNECT_MS = 2_000;

/**
 * Whether anything listens where deliveries are forwarded to. From the first look on it goes on looking until it is closed:
 * often while nothing is there, now and then while all is well. It connects and hangs up; nothing is sent. Some servers
 * write a line for each such connection, so while all is well Linux is asked for its sockets first, and another computer is
 * left alone.
 */
export class LocalWatch extends EventEmitter<LocalWatchEvents> {
  readonly #options: LocalWatchOptions;
  #isDown = false;
  #looking: Promise<boolean> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LocalWatchOptions) {
    super();
    this.#options = options;
  }

  /** When it was last looked. */
  get isDown(): boolean {
    return this.#isDown;
  }

  /** Looks now. To be called when a listener begins, and when a request was refused. */
  async look(): Promise<void> {
    if (this.#closed || this.#retry !== undefined) return;
    clearTimeout(this.#idle);
    this.#looking ??= isListening(this.#options);
    const isUp = await this.#looking;
    this.#looking = undefined;
    if (this.#closed) return;
    if (!isUp) {
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        void this.look();
      }, RETRY_MS);
    } else {
      this.#lookLater();
    }
    if (isUp !== this.#isDown) return;
    this.#isDown = !isUp;
    this.emit(isUp ? "up" : "down");
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
    clearTimeout(this.#idle);
  }

  #lookLater(): void {
    const { hostname, port, idleMs = IDLE_MS } = this.#options;
    if (!isLoopbackHost(hostname)) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(async () => {
      if (!(await isPortListening(port))) await this.look();
      else if (!this.#closed) this.#lookLater();
    }, idleMs);
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
