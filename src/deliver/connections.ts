import { Client } from "undici";
import type { NameAnswer } from "../core/name-answer.ts";
import { AnswerWatch } from "./answer-watch.ts";
import { type AddressRule, Dialler, type Dialling, type DialOptions } from "./connect.ts";
import { KeptConnections } from "./kept-connections.ts";

/** Idle connections kept at most, over all origins; beyond it the one unused for longest is closed. */
const MAX_IDLE = 512;
/**
 * A request that goes out just as the receiver closes its idle connection fails, and whether it was read nobody knows. So
 * ours is closed first: some servers close theirs after 2 s, and those that say when are taken at their word.
 */
const KEEP_ALIVE_MS = 1_500;
/** Longest that a receiver's `Keep-Alive: timeout=` is taken at its word. */
const KEEP_ALIVE_MAX_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** How often somebody is told that connections cannot be opened. */
const TELL_SHORTAGE_EVERY_MS = 10_000;

/**
 * A connection to one origin, for one request at a time: an undici client of its own, so that it is known which socket
 * serves which request (a `Pool` does not tell, and looks through all its clients for a free one at each request).
 */
export interface Connection extends Dialling {
  readonly key: string;
  readonly client: Client;
  readonly answer: AnswerWatch;
  /** Requests that its socket has served. */
  served: number;
}

/** Whom a connection is for. */
export interface ConnectionTarget {
  origin: string;
  /** Name, or address without brackets. */
  host: string;
  port: number;
  policy: AddressRule;
  /** Of the connections that may carry its requests: see `connectionKey`. */
  key: string;
}

/** Those alone that were opened under the same rules may serve each other's requests. */
export function connectionKey(origin: string, policy: AddressRule): string {
  return `${origin} ${policy.key}`;
}

/**
 * All connections, by origin and policy. Those that are free wait, the last used first, until undici's keep-alive ends
 * them.
 */
export class Connections {
  readonly #dialler: Dialler;
  readonly #open = new Set<Connection>();
  readonly #idleByKey = new Map<string, Connection[]>();
  /** In the order in which they became idle. */
  readonly #idle = new Set<Connection>();

  readonly #kept = new KeptConnections(() => performance.now());
  readonly #tell: ((code: string) => void) | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: DialOptions) {
    this.#tell = options.onShortage;
    this.#dialler = new Dialler({ ...options, onShortage: (code) => this.#onShortage(code) });
  }

  /** Connections open or being opened. */
  get size(): number {
    return this.#open.size;
  }

  /** A free connection, or a new one, which connects when the first request is dispatched. */
  take(target: ConnectionTarget): Connection {
    const idle = this.#idleByKey.get(target.key);
    for (let connection = idle?.pop(); connection !== undefined; connection = idle?.pop()) {
      this.#idle.delete(connection);
      if (this.#dialler.mayUse(connection)) return connection;
      this.#drop(connection);
    }
    return this.#add(target);
  }

  /** Gives back a connection whose request ended well. */
  giveBack(connection: Connection): void {
    connection.served += 1;
    connection.answer.end();
    if (connection.client.destroyed) return;
    if (!this.#kept.mayKeep(connection.key)) {
      this.discard(connection);
      return;
    }
    const idle = this.#idleByKey.get(connection.key);
    if (idle === undefined) this.#idleByKey.set(connection.key, [connection]);
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

  /** Likewise, when its receiver closed it under the request. */
  discardClosed(connection: Connection): void {
    if (0 < connection.served) {
      this.#kept.failed(connection.key);
      for (const idle of [...(this.#idleByKey.get(connection.key) ?? [])]) this.#drop(idle);
    }
    this.discard(connection);
  }

  /** What a name comes to now; nobody is dialled. Takes `withinMs` at most. */
  lookUp(host: string, withinMs: number): Promise<NameAnswer> {
    return this.#dialler.lookUp(host, withinMs);
  }

  async close(): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    this.#idle.clear();
    this.#idleByKey.clear();
    for (const connection of open) connection.stop?.();
    this.#dialler.close();
    await Promise.all(open.map(({ client }) => client.destroy()));
  }

  #add({ origin, host, port, policy, key }: ConnectionTarget): Connection {
    const client = new Client(origin, {
      connect: (target, callback) => {
        connection.served = 0;
        this.#dialler.connect(target, connection, (...outcome) => {
          if (outcome[1] !== null) connection.answer.attach(outcome[1]);
          callback(...outcome);
        });
      },
      pipelining: 1,
      allowH2: false,
      // The one deadline of an attempt is kept by deadlines.ts: undici's two would not bound the whole.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    });
    const connection: Connection = {
      key,
      policy,
      host,
      port,
      client,
      answer: new AnswerWatch(),
      served: 0,
      phase: "connect",
      remoteAddress: undefined,
      socket: undefined,
      shortage: undefined,
      stop: undefined,
    };
    client.on("disconnect", () => {
      if (this.#idle.has(connection)) this.#drop(connection);
    });
    this.#open.add(connection);
    return connection;
  }

  #drop(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    if (this.#idle.delete(connection)) {
      const idle = this.#idleByKey.get(connection.key) ?? [];
      idle.splice(idle.indexOf(connection), 1);
      if (idle.length === 0) this.#idleByKey.delete(connection.key);
    }
    connection.client.destroy(null, () => {});
    connection.stop?.();
    connection.socket?.destroy();
  }

  /** Idle connections hold what those that wait are short of. */
  #onShortage(code: string): void {
    for (const connection of [...this.#idle]) this.#drop(connection);
    const now = performance.now();
    if (now < this.#toldAt + TELL_SHORTAGE_EVERY_MS) return;
    this.#toldAt = now;
    this.#tell?.(code);
  }
}
