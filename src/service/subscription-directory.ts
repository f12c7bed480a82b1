import { parseNetList } from "../core/egress/net-list.ts";
import type { ReceiverRules } from "../core/egress/policy.ts";
import { isHooksError } from "../core/errors.ts";
import { PatternIndex } from "../core/event-pattern.ts";
import { orderKeyOf } from "../core/order-key.ts";
import { findProfile } from "../core/profiles/registry.ts";
import type { Scope } from "../core/scope.ts";
import type { Subscription } from "../core/subscription.ts";
import type { StoredSubscription, SubscriptionStore } from "../store/store.ts";
import { readSettings } from "./subscription-resource.ts";
import type { SubscriptionSettings } from "./subscription-settings.ts";
import type { Vault } from "./vault.ts";
import { whileBusy } from "./while-busy.ts";

/** A subscription as it is matched: what only sending needs is unsealed when it is first asked for. */
interface Entry {
  stored: StoredSubscription;
  subscription: Subscription | undefined;
  /** Tried, and not to be opened. */
  isUnopened?: boolean;
  /** What its events are kept in order by; left out: not read yet. */
  orderBy?: string | undefined;
}

/**
 * The subscriptions in memory: which of them take an event, and everything that sending to one needs. Publishing and
 * delivering never touch the disk for it. Whoever changes a subscription calls `refresh`; another process's change
 * comes as `reload`.
 */
export class SubscriptionDirectory {
  readonly #store: SubscriptionStore;
  readonly #vault: Vault;
  readonly #scope: Scope | undefined;
  #entries = new Map<number, Entry>();
  #indexes = new Map<string, PatternIndex<Entry>>();
  /** By id; of those that have one. */
  #names = new Map<string, string>();
  #loaded: Promise<void> | undefined;
  /** Reads of the store go one after another: an older answer must never replace a newer one. */
  #reading: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  /** `scope`: only its subscriptions are loaded; undefined: all of them. */
  constructor(store: SubscriptionStore, vault: Vault, scope?: Scope) {
    this.#store = store;
    this.#vault = vault;
    this.#scope = scope;
  }

  /** Loads once; later calls wait for the same. */
  load(): Promise<void> {
    this.#loaded ??= this.reload();
    return this.#loaded;
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      const stored = await whileBusy(() => this.#store.loadSubscriptions(this.#scope));
      const before = this.#entries;
      this.#entries = new Map();
      this.#indexes = new Map();
      this.#names = new Map();
      for (const one of stored) {
        const old = before.get(one.rowId);
        // Unsealing is the dear part: an entry that nobody touched keeps what was unsealed.
        const isSame = old?.stored.updatedAt === one.updatedAt && sameSecrets(old.stored, one);
        this.#put({ stored: one, subscription: isSame ? old.subscription : undefined });
      }
    });
  }

  /** One that nobody loaded has nothing that could be stale. */
  async reloadIfLoaded(): Promise<void> {
    if (this.#loaded !== undefined) await this.reload();
  }

  /** Takes over one subscription as it is now, or that it is gone. */
  async refresh(scope: Scope, id: string, rowId: number): Promise<void> {
    if (this.#loaded === undefined) return;
    await this.#inTurn(async () => {
      const stored = await whileBusy(() => this.#store.findSubscription(scope, id));
      this.#remove(rowId);
      if (stored !== undefined) this.#put({ stored, subscription: undefined });
    });
  }

  async #inTurn(read: () => Promise<void>): Promise<void> {
    const mine = this.#reading.then(read);
    this.#reading = mine.catch(() => {});
    await mine;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(rowId: number): Subscription | undefined {
    const entry = this.#entries.get(rowId);
    return entry === undefined ? undefined : this.#openOrSkip(entry);
  }

  *all(): Iterable<Subscription> {
    for (const entry of this.#entries.values()) {
      const subscription = this.#openOrSkip(entry);
      if (subscription !== undefined) yield subscription;
    }
  }

  /** Those that their failures disabled and that a probe may enable again. */
  *toBeProbed(): Iterable<StoredSubscription> {
    for (const { stored } of this.#entries.values()) {
      if (stored.enabled || stored.disabledReason !== "failing" || stored.transport !== "http") continue;
      if (readSettings(stored).reEnable === "probe") yield stored;
    }
  }

  /** For people; the id itself where there is no name. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** Row ids of the enabled subscriptions that take events of this type: paused ones collect too. */
  takersOf(scope: Scope, type: string): number[] {
    const takers = this.#indexes.get(keyOf(scope))?.takers(type);
    return takers === undefined ? [] : Array.from(takers, (entry) => entry.stored.rowId);
  }

  /** The number of what this event's data keeps in order for a subscription (order-key.ts); undefined: no order. */
  orderKeyOf(rowId: number, data: Uint8Array): number | undefined {
    const entry = this.#entries.get(rowId);
    if (entry === undefined) return undefined;
    if (!("orderBy" in entry)) entry.orderBy = readSettings(entry.stored).orderBy;
    return entry.orderBy === undefined ? undefined : orderKeyOf(entry.orderBy, data);
  }

  #put(entry: Entry): void {
    const { stored } = entry;
    this.#entries.set(stored.rowId, entry);
    if (stored.name !== "") this.#names.set(stored.id, stored.name);
    if (!stored.enabled) return;
    const key = keyOf(stored.scope);
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = new PatternIndex();
      this.#indexes.set(key, index);
    }
    index.add(stored.events, entry);
  }

  #remove(rowId: number): void {
    const entry = this.#entries.get(rowId);
    if (entry === undefined) return;
    this.#entries.delete(rowId);
    this.#names.delete(entry.stored.id);
    this.#indexes.get(keyOf(entry.stored.scope))?.remove(entry.stored.events, entry);
  }

  /**
   * Undefined for one whose secrets do not open (another master key sealed them): its deliveries wait, and nobody
   * else's do. The daemon says which at its start.
   */
  #openOrSkip(entry: Entry): Subscription | undefined {
    if (entry.subscription !== undefined || entry.isUnopened) return entry.subscription;
    try {
      entry.subscription = openSubscription(entry.stored, this.#vault);
    } catch (error) {
      if (!isHooksError(error)) throw error;
      entry.isUnopened = true;
    }
    return entry.subscription;
  }
}

/** Unseals secrets and headers. @throws HooksError `store_unusable` when the master key is another one. */
export function openSubscription(stored: StoredSubscription, vault: Vault): Subscription {
  const settings = readSettings(stored);
  const profile = findProfile(settings.profile)!;
  return {
    rowId: stored.rowId,
    id: stored.id,
    scope: stored.scope,
    name: stored.name,
    description: settings.description,
    url: stored.url,
    egress: receiverRules(stored.scope, settings),
    transport: stored.transport,
    events: stored.events,
    enabled: stored.enabled,
    disabledReason: stored.disabledReason,
    paused: stored.paused,
    profile: settings.profile,
    headers: openHeaders(stored, vault),
    secrets: stored.secrets
      .toSorted((one, other) => other.createdAt - one.createdAt)
      .map((secret) => ({
        id: secret.id,
        key: profile.decodeSecret(vault.open(secret.sealed, secret.id)),
        expiresAt: secret.expiresAt,
      })),
    retry: settings.retry,
    retryOn: settings.retryOn,
    on410: settings.on410,
    timeoutMs: settings.timeoutMs,
    concurrency: settings.concurrency,
    rateLimit: settings.rateLimit,
    autoDisable: {
      failures: stored.autoDisableFailures,
      minSpanMs: stored.autoDisableSpanMs,
      reEnable: settings.reEnable,
    },
    hasBreaker: settings.hasBreaker,
    breaker: stored.breaker,
    orderBy: settings.orderBy,
    batch: settings.batch,
    excerptChars: settings.excerptChars,
    metadata: settings.metadata,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
  };
}

/** Who a subscription's receiver may be. */
export function receiverRules(
  { environment }: Scope,
  { allowNet, denyNet }: Pick<SubscriptionSettings, "allowNet" | "denyNet">,
): ReceiverRules {
  return {
    environment,
    allow: parseNetList(allowNet, "allow", "allow_net"),
    deny: parseNetList(denyNet, "deny", "deny_net"),
  };
}

export function openHeaders(stored: Pick<StoredSubscription, "id" | "headers">, vault: Vault): Record<string, string> {
  return stored.headers === undefined
    ? {}
    : (JSON.parse(vault.open(stored.headers, stored.id)) as Record<string, string>);
}

function sameSecrets(one: StoredSubscription, other: StoredSubscription): boolean {
  const keyed = (stored: StoredSubscription) =>
    stored.secrets.map((secret) => `${secret.id}/${secret.expiresAt ?? ""}`).join();
  return keyed(one) === keyed(other);
}

/** Neither name can contain a slash. */
function keyOf(scope: Scope): string {
  return `${scope.tenant}/${scope.environment}`;
}
