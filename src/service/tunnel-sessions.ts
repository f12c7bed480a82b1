import { HooksError, invalid } from "../core/errors.ts";
import { checkEventPattern } from "../core/event-pattern.ts";
import { nearest } from "../core/nearest.ts";
import { STANDARD_PROFILE } from "../core/profiles/standard.ts";
import { STANDARD_RETRY } from "../core/retry-policy.ts";
import type { Scope } from "../core/scope.ts";
import type { Subscription } from "../core/subscription.ts";
import type { NewAuditEntry } from "../store/admin-store.ts";
import type { DeliveryFilter, NewSubscription, StoredSubscription } from "../store/store.ts";
import { auditEntry } from "./audit-trail.ts";
import { auditedSubscription } from "./audited-subscription.ts";
import { notFound } from "./find-by-reference.ts";
import type { ListenRequest, ListenSession, ListenSessions, WhileUnheard } from "./listen-sessions.ts";
import { openSubscription, sealedTexts } from "./opened-subscription.ts";
import { filteredOperational } from "./operational-filter.ts";
import { dropAll, newSecret, putSecret, sealed } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";
import { checkFilter } from "./subscription-filters.ts";
import { readSettings } from "./subscription-resource.ts";
import { defaultSettings, type SessionSettings, type SubscriptionSettings } from "./subscription-settings.ts";

const SESSION_PATTERN = /^[\w.:/@ -]{1,128}$/;
const KEEP_DEFAULT_MS = 24 * 3_600_000;
/** How long an ephemeral session waits for its listener. */
const GRACE_MS = 60_000;
/** What was on its way when a session ended has come to rest after this. */
const ENDED_RECENTLY_MS = 10 * 60_000;
/** Sessions of one tenant. Each is a row that every event is matched against, and nobody tidies up after a CI. */
const MAX_SESSIONS = 1_000;

type SessionRow = Pick<StoredSubscription, "rowId" | "id" | "scope">;
type SessionChange = { session: SessionSettings } & Partial<Pick<StoredSubscription, "enabled" | "disabledReason">>;

/** Listen sessions as subscriptions of the store, transport `tunnel`: their deliveries wait, are leased and recorded
 * like all others. */
export class TunnelSessions implements ListenSessions {
  readonly #parts: ServiceParts;
  readonly #most: number;

  /** @param most sessions of one tenant */
  constructor(parts: ServiceParts, most = MAX_SESSIONS) {
    this.#parts = parts;
    this.#most = most;
  }

  async open(request: ListenRequest): Promise<ListenSession> {
    if (!SESSION_PATTERN.test(request.session)) {
      throw invalid("session", 'session must be 1 to 128 letters, digits, spaces and ". _ - : / @"');
    }
    if (request.events.length === 0 || 100 < request.events.length)
      throw invalid("events", "events must be 1 to 100 patterns");
    const events = request.events.map((pattern, index) => checkEventPattern(pattern, `events[${index}]`));
    await checkFilter(request.filter);
    await this.#checkSources(request);
    const mixed = request.filter === undefined ? undefined : filteredOperational(events);
    if (mixed !== undefined) throw mixed;
    const existing = await this.#find(request.scope, request.session);
    const onlyLooks = request.onlyLooks === true;
    const stored =
      existing === undefined
        ? await this.#create(request, events)
        : onlyLooks
          ? existing
          : await this.#takeUp(existing, request, events);
    // What waited until now was promised its old time.
    if (!onlyLooks) await this.#expire(stored, Math.max(keepOf(stored), existing === undefined ? 0 : keepOf(existing)));
    return {
      ...(await this.#waiting(stored)),
      ...(await this.#open(stored)),
      resumed: existing !== undefined,
      isEphemeral: sessionOf(stored).isEphemeral,
    };
  }

  async close(subscription: Subscription, options: { collect: boolean }): Promise<void> {
    if (options.collect) await this.#leave(subscription);
    else await this.#end(subscription);
  }

  /** @throws HooksError `not_found` naming the nearest */
  async #checkSources({ scope, sources = [] }: ListenRequest): Promise<void> {
    if (sources.length === 0) return;
    const directory = this.#parts.sources;
    await directory.load();
    const known = directory.namesIn(scope);
    const unknown = sources.find((name) => !known.includes(name));
    if (unknown !== undefined) throw notFound("source", unknown, nearest(unknown, known), "sources");
  }

  /**
   * To be called at the start of a daemon and now and then: notes since when nobody listens to a session, ends those that
   * nobody came back to in time, and cancels what waited too long.
   */
  async tidy(whileUnheard: WhileUnheard): Promise<void> {
    for (const stored of await this.#parts.store.loadSubscriptions()) {
      const { rowId, scope, session } = stored;
      if (stored.transport !== "tunnel" || session === undefined) continue;
      await whileUnheard({ rowId, scope, session }, () => this.#tidyUnheard(stored));
      await this.#expire(stored, keepOf(stored));
    }
  }

  async #tidyUnheard(stored: StoredSubscription): Promise<void> {
    const at = this.#parts.now();
    const { leftAt, endedAt, keepMs, isEphemeral } = sessionOf(stored);
    if (!stored.enabled) {
      // What was given back when it ended: nobody is to get it later.
      if (endedAt !== undefined && at < endedAt + ENDED_RECENTLY_MS) await this.#expire(stored, 0);
    } else if (leftAt === undefined || endedAt !== undefined) {
      // Its listener ended with the daemon that had it; or a person enabled it.
      await this.#leave(stored);
    } else if (leftAt + (isEphemeral ? GRACE_MS : keepMs) <= at) await this.#end(stored);
  }

  async #leave(session: SessionRow): Promise<void> {
    await this.#change(session, (was, leftAt) => ({ session: { ...was, leftAt, endedAt: undefined } }));
  }

  async #end(session: SessionRow): Promise<void> {
    const { directory, now } = this.#parts;
    const ended = await this.#change(session, (was, endedAt) => ({
      session: { ...was, endedAt },
      enabled: false,
      disabledReason: "by_hand",
    }));
    if (ended === undefined) return;
    // First out of the lanes, then out of the queue: what is given back is cancelled, too.
    await directory.refresh(session.scope, session.id, session.rowId);
    await this.#expire(session, 0);
    if (sessionOf(ended).isEphemeral) await this.#delete(ended, now());
  }

  /** Changes a session as it is now; undefined when it is no more. */
  async #change(
    { rowId, scope }: SessionRow,
    change: (session: SessionSettings, at: number) => SessionChange,
  ): Promise<StoredSubscription | undefined> {
    const { store, now } = this.#parts;
    for (;;) {
      const stored = (await store.loadSubscriptions(scope)).find((one) => one.rowId === rowId);
      if (stored === undefined) return undefined;
      const at = now();
      const { session, ...columns } = change(sessionOf(stored), at);
      const settings = JSON.stringify({ ...readSettings(stored), session });
      const outcome = await store.updateSubscription(
        rowId,
        { ...columns, settings, updatedAt: at },
        undefined,
        stored.updatedAt,
      );
      // Somebody changed it meanwhile: what he changed stays.
      if (outcome !== "overtaken") return stored;
    }
  }

  async #create(request: ListenRequest, events: string[]): Promise<StoredSubscription> {
    const { store, secrets, newId, now, random } = this.#parts;
    await this.#makeRoom(request);
    const at = now();
    const id = newId("sub");
    const secret = newSecret(STANDARD_PROFILE, undefined, random);
    const plain: Omit<NewSubscription, "secrets"> = {
      id,
      scope: request.scope,
      name: request.name,
      transport: "tunnel",
      url: undefined,
      urlSealed: undefined,
      events,
      enabled: request.onlyLooks !== true,
      disabledReason: request.onlyLooks === true ? "by_hand" : undefined,
      paused: false,
      // A developer's program fails often, and on purpose: that never switches its session off.
      autoDisableFailures: 0,
      autoDisableSpanMs: 0,
      headers: undefined,
      headerNames: undefined,
      settings: JSON.stringify(settingsOf(request, newSession(request, at))),
      session: request.session,
      createdAt: at,
      updatedAt: at,
    };
    try {
      const rowId = await sealed(secrets, async (put) => {
        const session = { ...plain, secrets: [await putSecret(secret, newId("sec"), at, put)] };
        return store.insertSubscription(session, this.#created(request, session));
      });
      await this.#parts.directory.refresh(request.scope, id, rowId);
    } catch (error) {
      // Two listeners of one session that come at once: the second takes up what the first made.
      if (!(error instanceof HooksError) || error.code !== "conflict") throw error;
    }
    return (await this.#find(request.scope, request.session))!;
  }

  /**
   * Deletes the sessions that were left the longest ago when there are as many as there may be: first those that stopped
   * collecting, then those that nobody came back to in the time that they were to wait.
   */
  async #makeRoom({ scope, isListening = () => false }: ListenRequest): Promise<void> {
    const { store, now } = this.#parts;
    const sessions = (await store.loadSubscriptions()).filter(
      (one) => one.transport === "tunnel" && one.scope.tenant === scope.tenant,
    );
    const surplus = sessions.length - this.#most + 1;
    if (surplus <= 0) return;
    const at = now();
    const isOver = ({ keepMs, leftAt }: SessionSettings, updatedAt: number): boolean =>
      (leftAt ?? updatedAt) + keepMs < at;
    const left = sessions
      .filter((one) => !isListening(one.rowId))
      .filter((one) => !one.enabled || isOver(sessionOf(one), one.updatedAt))
      .toSorted((one, other) => Number(one.enabled) - Number(other.enabled) || one.updatedAt - other.updatedAt);
    if (left.length < surplus) {
      throw new HooksError("conflict", `there are ${sessions.length} listening sessions, and more cannot be`, {
        field: "session",
        hint: "end those that nobody needs: hooks sub delete ID; one of hooks listen --ephemeral ends by itself",
      });
    }
    for (const one of left.slice(0, surplus)) await this.#delete(one, at);
  }

  async #delete(session: StoredSubscription, at: number): Promise<void> {
    const { store, directory, secrets } = this.#parts;
    await store.deleteSubscription(session.rowId, at);
    await directory.refresh(session.scope, session.id, session.rowId);
    await dropAll(secrets, sealedTexts(session));
  }

  /** A new session takes part in all that happens: that is no less than what a subscription with a URL does. */
  #created({ scope, actor }: ListenRequest, session: NewSubscription): NewAuditEntry | undefined {
    if (actor === undefined) return undefined;
    const after = auditedSubscription(session, []);
    return auditEntry(this.#parts, actor, scope, { action: "subscription.create", id: session.id, after });
  }

  async #takeUp(existing: StoredSubscription, request: ListenRequest, events: string[]): Promise<StoredSubscription> {
    const { store, directory, now } = this.#parts;
    const at = now();
    // Of a session that had ended, nothing waits any more.
    if (!existing.enabled && sessionOf(existing).endedAt !== undefined) await this.#expire(existing, 0);
    await store.updateSubscription(existing.rowId, {
      name: request.name,
      events,
      enabled: true,
      disabledReason: undefined,
      settings: JSON.stringify(settingsOf(request, takenUp(existing, request))),
      updatedAt: Math.max(at, existing.updatedAt + 1),
    });
    await directory.refresh(request.scope, existing.id, existing.rowId);
    return (await this.#find(request.scope, request.session))!;
  }

  async #find(scope: Scope, session: string): Promise<StoredSubscription | undefined> {
    return (await this.#parts.store.loadSubscriptions(scope)).find((one) => one.session === session);
  }

  /** Cancels what waits for longer than this, ms; 0: all of it. */
  async #expire({ rowId }: Pick<StoredSubscription, "rowId">, keepMs: number): Promise<void> {
    const at = this.#parts.now();
    await this.#parts.store.expireDeliveries(rowId, keepMs === 0 ? Number.MAX_SAFE_INTEGER : at - keepMs, at);
  }

  async #open(stored: StoredSubscription): Promise<Pick<ListenSession, "subscription" | "secrets">> {
    const { secrets } = this.#parts;
    return {
      subscription: await openSubscription(stored, secrets),
      secrets: await Promise.all(stored.secrets.map((secret) => secrets.get(secret.sealed, secret.id))),
    };
  }

  async #waiting(stored: StoredSubscription): Promise<Pick<ListenSession, "waiting" | "missedFrom" | "missedTo">> {
    const { store } = this.#parts;
    const filter: DeliveryFilter = { state: "pending", subscriptionRowId: stored.rowId };
    const [waiting, [newest], due] = await Promise.all([
      store.countDeliveries(stored.scope, filter),
      store.listDeliveries(stored.scope, filter, 1, undefined),
      store.nextDueTimes([stored.rowId]),
    ]);
    if (waiting === 0) return { waiting, missedFrom: undefined, missedTo: undefined };
    return { waiting, missedFrom: due.get(stored.rowId), missedTo: newest?.createdAt };
  }
}

function settingsOf(request: ListenRequest, session: SessionSettings): SubscriptionSettings {
  return {
    ...defaultSettings(STANDARD_PROFILE),
    description: "hooks listen",
    retry: request.retry ? STANDARD_RETRY : { strategy: "list", delaysMs: [], jitter: 0 },
    // 410 of a program under development says nothing about the session.
    on410: "retry",
    // Nor do its failures: the next request may be the one that shows the mended program.
    hasBreaker: false,
    timeoutMs: request.timeoutMs,
    concurrency: request.concurrency,
    filter: filterOf(request),
    sources: request.sources === undefined || request.sources.length === 0 ? undefined : [...request.sources],
    session,
  };
}

function newSession({ keepMs = KEEP_DEFAULT_MS, isEphemeral, onlyLooks }: ListenRequest, at: number): SessionSettings {
  return { keepMs, isEphemeral, endedAt: onlyLooks === true ? at : undefined };
}

/** A listener that says nothing of it leaves the time as it is, unless the session had ended; none makes it end sooner. */
function takenUp(
  existing: StoredSubscription,
  { keepMs: asked, isEphemeral, isListening = () => false }: ListenRequest,
): SessionSettings {
  const was = sessionOf(existing);
  const before = existing.enabled || was.endedAt === undefined ? was.keepMs : KEEP_DEFAULT_MS;
  const keepMs = isListening(existing.rowId) ? Math.max(before, asked ?? 0) : (asked ?? before);
  return { keepMs, isEphemeral: isEphemeral && was.isEphemeral };
}

function sessionOf(stored: StoredSubscription): SessionSettings {
  return readSettings(stored).session ?? { keepMs: KEEP_DEFAULT_MS, isEphemeral: false };
}

function keepOf(stored: StoredSubscription): number {
  return sessionOf(stored).keepMs;
}

/** An event says in its metadata which source it came to. */
function filterOf({ filter, sources = [] }: ListenRequest): string | undefined {
  if (sources.length === 0) return filter;
  const ofSources = `metadata != null && has(metadata.source) && metadata.source in ${JSON.stringify(sources)}`;
  return filter === undefined ? ofSources : `${ofSources} && (${filter})`;
}
