import { Client } from "undici";
import type { Dialler, Dialling } from "./connect.ts";

/** Idle connections kept at most, over all origins; beyond it the one unused for longest is closed. */
const MAX_IDLE = 512;
/** Below the 5 s after which Node's servers close an idle connection. */
const KEEP_ALIVE_MS = 4_000;
/** Longest that a receiver's `Keep-Alive: timeout=` is taken at its word. */
const KEEP_ALIVE_MAX_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * A connection to one origin, for one request at a time: an undici client of its own, so that it is known which socket
 * serves which request (a `Pool` does not tell, and looks through all its clients for a free one at each request).
 */
export interface Connection extends Dialling {
  readonly origin: string;
  readonly client: Client;
}

/** All connections, by origin. Those that are free wait, the last used first, until undici's keep-alive ends them. */
export class Connections {
  readonly #dialler: Dialler;
  readonly #open = new Set<Connection>();
  readonly #idleByOrigin = new Map<string, Connection[]>();
  /** In the order in which they became idle. */
  readonly #idle = new Set<Connection>();

  constructor(dialler: Dialler) {
    this.#dialler = dialler;
  }

  /** Connections open or being opened. */
  get size(): number {
    return this.#open.size;
  }

  /** A free connection, or a new one, which connects when the first request is dispatched. */
  take(origin: string): Connection {
    const idle = this.#idleByOrigin.get(origin);
    const connection = idle?.pop();
    if (connection === undefined) return this.#add(origin);
    this.#idle.delete(connection);
    return connection;
  }

  /** Gives back a connection whose request ended well. */
  giveBack(connection: Connection): void {
    if (connection.client.destroyed) return;
    const idle = this.#idleByOrigin.get(connection.origin);
    if (idle === undefined) this.#idleByOrigin.set(connection.origin, [connection]);
    else idle.push(connection);
    this.#idle.add(connection);
    if (MAX_IDLE < this.#idle.size) {
      const [oldest] = this.#idle;
      if (oldest !== undefined) this.#drop(oldest);
    }
  }

  /** Closes a connection whose request did not end well. Whatever still runs on it fails. */
  discard(connection: Connection): void {
    // Not at once: undici may be in the middle of this connection's callbacks.
    setImmediate(() => this.#drop(connection));
  }

  async close(): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    this.#idle.clear();
    this.#idleByOrigin.clear();
    await Promise.all(open.map(({ client }) => client.destroy()));
  }

  #add(origin: string): Connection {
    const client = new Client(origin, {
      connect: (target, callback) => this.#dialler.connect(target, connection, callback),
      pipelining: 1,
      allowH2: false,
      // The one deadline of an attempt is kept by deadlines.ts: undici's two would not bound the whole.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    });
    const connection: Connection = { origin, client, phase: "connect", remoteAddress: undefined, socket: undefined };
    client.on("disconnect", () => {
      if (this.#idle.has(connection)) this.#drop(connection);
    });
    this.#open.add(connection);
    return connection;
  }

  #drop(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    if (this.#idle.delete(connection)) {
      const idle = this.#idleByOrigin.get(connection.origin) ?? [];
      idle.splice(idle.indexOf(connection), 1);
      if (idle.length === 0) this.#idleByOrigin.delete(connection.origin);
    }
    connection.client.destroy(null, () => {});
    connection.socket?.destroy();
  }
}
