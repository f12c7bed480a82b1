import { randomUUID } from "node:crypto";
import { type ErrorCode, toHooksError } from "../core/errors.ts";
import { toIsoOrNull } from "../core/instant.ts";
import { type Scope, scopeKey } from "../core/scope.ts";
import type { ListenRequest, ListenSession, ListenSessions, WhileUnheard } from "../service/listen-sessions.ts";
import type { ListenerConnection } from "./listener-connection.ts";
import { type HelloFrame, MESSAGE_MAX_CHARS, SESSION_CONCURRENCY } from "./protocol.ts";
import { checkSameSettings, timeoutOf } from "./shared-settings.ts";
import { Turns } from "./turns.ts";

export interface SessionRosterOptions {
  sessions: ListenSessions;
  /** What `ready` tells of it. */
  maxBodyBytes: number;
  publicUrl: string | undefined;
  /** Where the server listens. */
  url(): string | undefined;
  /** How long an ephemeral session waits for its listener to come back. */
  ephemeralGraceMs: number;
  /** The connection listens: `ready` has been sent. */
  onListening(connection: ListenerConnection, resumed: boolean): void;
  /** A session could not be closed in the store: it goes on collecting. */
  onFault(error: unknown): void;
}

/** Of one session; more of them are away for as long as somebody listens. */
const MOST_AWAY = 256;

/** Errors of opening a session that pass by themselves: the client dials again. */
const PASSING: readonly ErrorCode[] = ["unavailable", "store_busy", "store_full", "rate_limited", "internal"];

/** Who listens to which session: opens a session for its first listener, and closes it after its last. */
export class SessionRoster {
  readonly #options: SessionRosterOptions;
  readonly #connections = new Set<ListenerConnection>();
  /** Those that have left their session. */
  readonly #left = new WeakSet<ListenerConnection>();
  /** By row id of the subscription; only connections that listen. */
  readonly #listeners = new Map<number, Set<ListenerConnection>>();
  /** Opening and closing of one session happen one after the other. */
  readonly #turns = new Turns();
  /** Those of them that end with their last listener, by row id of the subscription. */
  readonly #ephemeral = new Set<number>();
  /** Ephemeral sessions whose listener is gone, by row id of the subscription. */
  readonly #graces = new Map<number, NodeJS.Timeout>();
  /**
   * Clients that want what happens meanwhile, since their session was last without a listener, by row id of the
   * subscription; undefined is any that cannot be told from others. None of the sets is empty.
   */
  readonly #away = new Map<number, Set<string | undefined>>();
  #closing = false;

  constructor(options: SessionRosterOptions) {
    this.#options = options;
  }

  get connections(): ReadonlySet<ListenerConnection> {
    return this.#connections;
  }

  listenersOf(subscriptionRowId: number): Iterable<ListenerConnection> {
    return this.#listeners.get(subscriptionRowId) ?? [];
  }

  /** Connections of this tenant, in all of its environments. */
  countOf(tenant: string): number {
    let count = 0;
    for (const { scope } of this.#connections) if (scope.tenant === tenant) count += 1;
    return count;
  }

  add(connection: ListenerConnection): void {
    this.#connections.add(connection);
  }

  /** Opens the session that `hello` asks for and answers it with `ready`, or with a problem and the end. */
  async open(connection: ListenerConnection, hello: HelloFrame): Promise<void> {
    const name = this.#sessionName(connection, hello);
    connection.sessionName = name;
    await this.#turns.take(turnOf(connection.scope, name), async () => {
      try {
        this.#replaceOlder(connection, name);
        const others = this.#othersOf(connection, name);
        if (isListener(connection)) checkSameSettings(others, hello, name);
        const session = await this.#options.sessions.open({
          ...requestOf(connection, hello, name),
          isListening: (rowId) => this.#listeners.has(rowId) || this.#away.has(rowId),
        });
        this.#listen(connection, session, name);
        if (others.length !== 0 && isListener(connection))
          connection.problem({ code: "shared", message: sharedBy(others.length), fatal: false });
        if (isListener(connection) && hello.ephemeral === true && !session.isEphemeral)
          connection.problem({ code: "kept", message: keptMessage(name), fatal: false });
      } catch (error) {
        refuse(connection, error);
      }
    });
  }

  /** The connection is no more. */
  async remove(connection: ListenerConnection): Promise<void> {
    this.#connections.delete(connection);
    await this.leave(connection);
  }

  /**
   * The connection listens no more. After the last listener of a session it goes on collecting if any of them, not only
   * this one, was lost or is to find what happens meanwhile. Resolves when that is in the store.
   */
  async leave(connection: ListenerConnection): Promise<void> {
    const { subscription, sessionName, quit } = connection;
    if (subscription === undefined || sessionName === undefined || this.#left.has(connection)) return;
    if (!isListener(connection)) return;
    this.#left.add(connection);
    const listeners = this.#listeners.get(subscription.rowId);
    listeners?.delete(connection);
    const isEphemeral = this.#ephemeral.has(subscription.rowId);
    if (listeners === undefined || listeners.size === 0) {
      this.#listeners.delete(subscription.rowId);
      this.#ephemeral.delete(subscription.rowId);
    }

    if (quit === undefined || quit.keep) this.#noteAway(subscription.rowId, connection.hello?.client);

    const end = (isAwaited: boolean): Promise<boolean> =>
      this.#turns.take(turnOf(connection.scope, sessionName), async () => {
        if (this.#listeners.has(subscription.rowId)) return false;
        const collect = this.#away.delete(subscription.rowId) || isAwaited;
        await this.#options.sessions
          .close(subscription, { collect })
          .catch((error: unknown) => this.#options.onFault(error));
        return collect;
      });
    // Asked now: of several that leave at once the first one to end it forgets them all.
    const collects = await end(this.#away.has(subscription.rowId));
    // When the whole daemon stops, nobody can tell how long the listener stays away: the session's keep does then.
    if (!collects || !isEphemeral || this.#closing) return;
    if (this.#listeners.has(subscription.rowId)) return;
    clearTimeout(this.#graces.get(subscription.rowId));
    this.#graces.set(
      subscription.rowId,
      setTimeout(() => void end(false), this.#options.ephemeralGraceMs),
    );
  }

  /** Does the work unless somebody listens to this session; nobody begins to meanwhile. */
  readonly whileUnheard: WhileUnheard = ({ rowId, scope, session }, work) =>
    this.#turns.take(turnOf(scope, session), async () => {
      if (!this.#listeners.has(rowId)) await work();
    });

  /** Resolves when every session that was being opened or closed has been. To be called with no connection left. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const grace of this.#graces.values()) clearTimeout(grace);
    await this.#turns.idle();
  }

  #noteAway(rowId: number, client: string | undefined): void {
    const away = this.#away.get(rowId) ?? new Set();
    this.#away.set(rowId, away.add(away.size < MOST_AWAY ? client : undefined));
  }

  #noteBack(rowId: number, client: string | undefined): void {
    const away = this.#away.get(rowId);
    if (away === undefined || client === undefined) return;
    away.delete(client);
    if (away.size === 0) this.#away.delete(rowId);
  }

  #listen(connection: ListenerConnection, session: ListenSession, name: string): void {
    const { subscription } = session;
    if (isListener(connection)) {
      this.#noteBack(subscription.rowId, connection.hello?.client);
      clearTimeout(this.#graces.get(subscription.rowId));
      this.#graces.delete(subscription.rowId);
      // As it is now: it stays what it was before, whoever listens besides.
      if (session.isEphemeral) this.#ephemeral.add(subscription.rowId);
      else this.#ephemeral.delete(subscription.rowId);
    }
    connection.ready(subscription, {
      type: "ready",
      session: name,
      subscription_id: subscription.id,
      secrets: session.secrets,
      resumed: session.resumed,
      waiting: session.waiting,
      missed_from: toIsoOrNull(session.missedFrom),
      missed_to: toIsoOrNull(session.missedTo),
      inbound: (connection.hello?.sources ?? []).map((name) => this.#inboundUrl(name)),
      ...(this.#options.publicUrl === undefined ? {} : { public_url: this.#options.publicUrl }),
      max_body: this.#options.maxBodyBytes,
    });
    if (!this.#connections.has(connection)) {
      // It went while the session was being opened, and belonged to none yet.
      void this.leave(connection);
      return;
    }
    if (isListener(connection)) {
      const listeners = this.#listeners.get(subscription.rowId) ?? new Set();
      this.#listeners.set(subscription.rowId, listeners.add(connection));
    }
    this.#options.onListening(connection, session.resumed);
  }

  #inboundUrl(name: string): string {
    const { publicUrl, url } = this.#options;
    return `${(publicUrl ?? url() ?? "").replace(/\/$/, "")}/in/${name}`;
  }

  /** The name that was asked for; for a copy of a session that others listen to, the first free one beside it. */
  #sessionName(connection: ListenerConnection, hello: HelloFrame): string {
    const base = hello.session ?? `listen:${randomUUID()}`;
    if (hello.mode !== "copy") return base;
    let name = base;
    for (let number = 2; this.#othersOf(connection, name).length !== 0; number++) {
      name = `${base.slice(0, 120)}:${number}`;
    }
    return name;
  }

  /** Listeners of this session that belong to other clients. */
  #othersOf(connection: ListenerConnection, name: string): ListenerConnection[] {
    const mine = connection.hello?.client;
    return this.#of(connection, name).filter(
      (other) => isListener(other) && (mine === undefined || other.hello?.client !== mine),
    );
  }

  /** A client that dials again knows before us that its last connection is dead. */
  #replaceOlder(connection: ListenerConnection, name: string): void {
    const mine = connection.hello?.client;
    if (mine === undefined) return;
    for (const older of this.#of(connection, name)) {
      if (older.hello?.client === mine) older.close(1001, "replaced by a new connection");
    }
  }

  #of(connection: ListenerConnection, name: string): ListenerConnection[] {
    const turn = turnOf(connection.scope, name);
    return [...this.#connections].filter(
      (other) =>
        other !== connection && other.sessionName !== undefined && turnOf(other.scope, other.sessionName) === turn,
    );
  }
}

function isListener({ hello }: ListenerConnection): boolean {
  return hello?.secrets_only !== true;
}

function sharedBy(others: number): string {
  const who = others === 1 ? "another listener" : `${others} other listeners`;
  return `${who} of this session and this one split its deliveries; --session NAME gives this one its own`;
}

function keptMessage(name: string): string {
  return `session ${name} was made to be kept, and is kept: --ephemeral alone, or with another name, gives a session that goes`;
}

function requestOf({ scope, actor }: ListenerConnection, hello: HelloFrame, name: string): ListenRequest {
  return {
    scope,
    actor,
    session: name,
    events: hello.events,
    filter: hello.filter,
    sources: hello.sources,
    retry: hello.retry ?? false,
    timeoutMs: timeoutOf(hello),
    keepMs: hello.keep_ms,
    isEphemeral: hello.ephemeral ?? false,
    // The credit of its listeners, which may grow while they listen, bounds it further.
    concurrency: SESSION_CONCURRENCY,
    name: hello.name ?? "",
    onlyLooks: hello.secrets_only ?? false,
  };
}

function refuse(connection: ListenerConnection, error: unknown): void {
  const { code, message } = toHooksError(error);
  const short = message.slice(0, MESSAGE_MAX_CHARS);
  if (PASSING.includes(code)) {
    connection.problem({ code, message: short, fatal: false });
    connection.close(code === "internal" ? 1011 : 1013, short);
  } else {
    connection.refuse(code, short);
  }
}

function turnOf(scope: Scope, name: string): string {
  return `${scopeKey(scope)}/${name}`;
}
