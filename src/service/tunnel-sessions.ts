import { HooksError, invalid } from "../core/errors.ts";
import { checkEventPattern } from "../core/event-pattern.ts";
import { STANDARD_PROFILE } from "../core/profiles/standard.ts";
import { STANDARD_RETRY } from "../core/retry-policy.ts";
import type { Scope } from "../core/scope.ts";
import type { Subscription } from "../core/subscription.ts";
import type { NewAuditEntry } from "../store/admin-store.ts";
import type { DeliveryFilter, NewSubscription, StoredSubscription } from "../store/store.ts";
import { auditEntry } from "./audit-trail.ts";
import { auditedSubscription } from "./audited-subscription.ts";
import type { ListenRequest, ListenSession, ListenSessions } from "./listen-sessions.ts";
import { openSubscription, sealedTexts } from "./opened-subscription.ts";
import { filteredOperational } from "./operational-filter.ts";
import { dropAll, newSecret, putSecret, sealed } from "./secrets.ts";
import type { ServiceParts } from "./service-parts.ts";
import { checkFilter } from "./subscription-filters.ts";
import { readSettings } from "./subscription-resource.ts";
import { defaultSettings, type SubscriptionSettings } from "./subscription-settings.ts";

const SESSION_PATTERN = /^[\w.:/@ -]{1,128}$/;
export const KEEP_DEFAULT_MS = 24 * 3_600_000;
/** Sessions of one tenant. Each is a row that every event is matched against, and nobody tidies up after a CI. */
const MAX_SESSIONS = 1_000;

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
    if (!onlyLooks) await this.#expire(stored, request.keepMs);
    return { ...(await this.#waiting(stored)), ...(await this.#open(stored)), resumed: existing !== undefined };
  }

  async close(subscription: Subscription, options: { collect: boolean }): Promise<void> {
    if (options.collect) return;
    const { store, directory, now } = this.#parts;
    const at = now();
    await store.updateSubscription(subscription.rowId, { enabled: false, disabledReason: "by_hand", updatedAt: at });
    // First out of the lanes, then out of the queue: nothing is given back after the queue was emptied.
    await directory.refresh(subscription.scope, subscription.id, subscription.rowId);
    await store.expireDeliveries(subscription.rowId, Number.MAX_SAFE_INTEGER, at);
  }

  /** Cancels what waited for its listener for too long, in every session. */
  async expireAll(): Promise<void> {
    for (const stored of await this.#parts.store.loadSubscriptions()) {
      if (stored.transport === "tunnel") await this.#expire(stored, readSettings(stored).keepMs ?? KEEP_DEFAULT_MS);
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
      settings: JSON.stringify(settingsOf(request)),
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
    const { store, directory, now } = this.#parts;
    const sessions = (await store.loadSubscriptions()).filter(
      (one) => one.transport === "tunnel" && one.scope.tenant === scope.tenant,
    );
    const surplus = sessions.length - this.#most + 1;
    if (surplus <= 0) return;
    const at = now();
    const left = sessions
      .filter((one) => !isListening(one.rowId))
      .filter((one) => !one.enabled || one.updatedAt + (readSettings(one).keepMs ?? KEEP_DEFAULT_MS) < at)
      .toSorted((one, other) => Number(one.enabled) - Number(other.enabled) || one.updatedAt - other.updatedAt);
    if (left.length < surplus) {
      throw new HooksError("conflict", `there are ${sessions.length} listening sessions, and more cannot be`, {
        field: "session",
        hint: "end those that nobody needs: hooks sub list, hooks sub delete ID",
      });
    }
    for (const one of left.slice(0, surplus)) {
      await store.deleteSubscription(one.rowId, at);
      await directory.refresh(one.scope, one.id, one.rowId);
      await dropAll(this.#parts.secrets, sealedTexts(one));
    }
  }

  /** A new session takes part in all that happens: that is no less than what a subscription with a URL does. */
  #created({ scope, actor }: ListenRequest, session: NewSubscription): NewAuditEntry | undefined {
    if (actor === undefined) return undefined;
    const after = auditedSubscription(session, []);
    return auditEntry(this.#parts, actor, scope, { action: "subscription.create", id: session.id, after });
  }

  async #takeUp(existing: StoredSubscription, request: ListenRequest, events: string[]): Promise<StoredSubscription> {
    const { store, directory, now } = this.#parts;
    await store.updateSubscription(existing.rowId, {
      name: request.name,
      events,
      enabled: true,
      disabledReason: undefined,
      settings: JSON.stringify(settingsOf(request)),
      updatedAt: Math.max(now(), existing.updatedAt + 1),
    });
    await directory.refresh(request.scope, existing.id, existing.rowId);
    return (await this.#find(request.scope, request.session))!;
  }

  async #find(scope: Scope, session: string): Promise<StoredSubscription | undefined> {
    return (await this.#parts.store.loadSubscriptions(scope)).find((one) => one.session === session);
  }

  async #expire(stored: StoredSubscription, keepMs: number): Promise<void> {
    const at = this.#parts.now();
    await this.#parts.store.expireDeliveries(stored.rowId, at - keepMs, at);
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

function settingsOf(request: ListenRequest): SubscriptionSettings {
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
    filter: request.filter,
    keepMs: request.keepMs,
  };
}
