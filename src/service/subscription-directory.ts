import { isHooksError } from "../core/errors.ts";
import { PatternIndex } from "../core/event-pattern.ts";
import type { Filter } from "../core/filter/filter.ts";
import { type FilterableEvent, FilterSubject } from "../core/filter/filter-subject.ts";
import { orderKeyOf } from "../core/order-key.ts";
import { BUILT_IN_PROFILES, type Profiles } from "../core/profiles/registry.ts";
import { type Scope, scopeKey } from "../core/scope.ts";
import type { Subscription } from "../core/subscription.ts";
import type { StoredSubscription, SubscriptionStore } from "../store/store.ts";
import { openSubscription, peekSubscription } from "./opened-subscription.ts";
import type { SecretStore } from "./secret-store.ts";
import { SubscriptionFilters } from "./subscription-filters.ts";
import { readSettings } from "./subscription-resource.ts";
import { whileBusy } from "./while-busy.ts";

/** How long after a failure a secret store elsewhere is asked again: twice as long each time. */
const FETCH_WAIT_MS = { first: 500, longest: 30_000 };

/** Of a secret store, or of ours while it is read: it may be had later. */
const PASSING: ReadonlySet<string> = new Set(["unavailable", "store_busy"]);

/** A subscription as it is matched: what only sending needs is unsealed when it is first asked for. */
interface Entry {
  stored: StoredSubscription;
  subscription: Subscription | undefined;
  /** Tried, and not to be opened. */
  isUnopened?: boolean;
  /** Its secrets are being asked for. */
  isFetching?: boolean;
  /** What its events are kept in order by; left out: not read yet. */
  orderBy?: string | undefined;
  filter?: Filter | undefined;
  /** A listener of sources: it takes what came to them, and no event that only says so of itself. */
  isOfSources?: boolean;
  /** The version of its events that it wants; undefined: what comes. */
  version: string | undefined;
}

/** Deliveries that filters kept from being made, since this process began. */
export interface FilterCounts {
  scope: Scope;
  /** It was not true. */
  dropped: number;
  /** It could not be worked out: a member was missing, a value of another kind. */
  failed: number;
}

/**
 * The subscriptions in memory: which of them take an event, and everything that sending to one needs. Publishing and
 * delivering never touch the disk for it. Whoever changes a subscription calls `refresh`; another process's change
 * comes as `reload`.
 */
export class SubscriptionDirectory {
  readonly #store: SubscriptionStore;
  readonly #secrets: Pick<SecretStore, "peek" | "get">;
  readonly #scope: Scope | undefined;
  readonly #profiles: Profiles;
  #entries = new Map<number, Entry>();
  #indexes = new Map<string, PatternIndex<Entry>>();
  /** By id; of those that have one. */
  #names = new Map<string, string>();
  #rowIds = new Map<string, number>();
  readonly #filters = new SubscriptionFilters();
  readonly #filterCounts = new Map<string, FilterCounts>();
  /** How many want one version of their events. */
  #versions = 0;
  #loaded: Promise<void> | undefined;
  /** `load` has nothing to wait for any more. */
  isLoaded = false;
  /** Reads of the store go one after another: an older answer must never replace a newer one. */
  #reading: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  /** `scope`: only its subscriptions are loaded; undefined: all of them. */
  constructor(
    store: SubscriptionStore,
    secrets: Pick<SecretStore, "peek" | "get">,
    scope?: Scope,
    profiles: Profiles = BUILT_IN_PROFILES,
  ) {
    this.#store = store;
    this.#secrets = secrets;
    this.#scope = scope;
    this.#profiles = profiles;
  }

  /** Loads once; later calls wait for the same. */
  load(): Promise<void> {
    this.#loaded ??= this.reload().then(() => {
      this.isLoaded = true;
    });
    return this.#loaded;
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      const stored = await whileBusy(() => this.#store.loadSubscriptions(this.#scope));
      await this.#filters.load(stored, true);
      const before = this.#entries;
      this.#entries = new Map();
      this.#indexes = new Map();
      this.#names = new Map();
      this.#rowIds = new Map();
      this.#versions = 0;
      for (const one of stored) {
        const old = before.get(one.rowId);
        // Unsealing is the dear part: an entry that nobody touched keeps what was unsealed.
        const isSame = old?.stored.updatedAt === one.updatedAt && sameSecrets(old.stored, one);
        this.#put({ stored: one, subscription: isSame ? old.subscription : undefined, version: versionIn(one) });
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
      if (stored !== undefined) await this.#filters.load([stored], false);
      this.#remove(rowId);
      if (stored !== undefined) this.#put({ stored, subscription: undefined, version: versionIn(stored) });
    });
  }

  async #inTurn(read: () => Promise<void>): Promise<void> {
    const mine = this.#reading.then(read);
    this.#reading = mine.catch(() => {});
    await mine;
    this.#tell();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(rowId: number): Subscription | undefined {
    const entry = this.#entries.get(rowId);
    return entry === undefined ? undefined : this.#openOrSkip(entry);
  }

  /** As they are stored, nothing unsealed. */
  *stored(): Iterable<StoredSubscription> {
    for (const { stored } of this.#entries.values()) yield stored;
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

  /** Those whose secrets have an age to be rotated at, in ms: what they are, and when. */
  *toBeRotated(): Iterable<{ stored: StoredSubscription; at: number }> {
    for (const { stored } of this.#entries.values()) {
      // Its settings are read of those few only that have such an age.
      if (!stored.enabled || stored.transport !== "http" || !stored.settings.includes('"rotateEveryMs"')) continue;
      const { rotateEveryMs } = readSettings(stored);
      const newest = stored.secrets[0];
      if (rotateEveryMs !== undefined && newest !== undefined) yield { stored, at: newest.createdAt + rotateEveryMs };
    }
  }

  /** Those that take events and whose receivers have not allowed deliveries yet. */
  *awaitsHandshake(): Iterable<StoredSubscription> {
    for (const { stored } of this.#entries.values()) {
      // The settings are read of those few only that have one.
      if (!stored.enabled || stored.transport !== "http" || !stored.settings.includes('"handshake"')) continue;
      const { handshake } = readSettings(stored);
      if (handshake !== undefined && handshake.state !== "allowed") yield stored;
    }
  }

  /** Those with a profile that this process has not. */
  *lacksProfile(profiles: Profiles): Iterable<{ id: string; profile: string }> {
    for (const { stored } of this.#entries.values()) {
      const { profile } = readSettings(stored);
      if (profiles.find(profile) === undefined) yield { id: stored.id, profile };
    }
  }

  /** Whether there is one that takes events and whose secrets are still asked for elsewhere. */
  lacksSecrets(): boolean {
    for (const { stored, isFetching } of this.#entries.values()) if (stored.enabled && isFetching === true) return true;
    return false;
  }

  /** As it may be shown; undefined: it is not there, or has none. */
  urlOf(id: string): string | undefined {
    const rowId = this.#rowIds.get(id);
    return rowId === undefined ? undefined : this.#entries.get(rowId)?.stored.url;
  }

  /** For people; the id itself where there is no name. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** Row ids of the enabled subscriptions whose patterns take events of this type: paused ones collect too. */
  takersOf(scope: Scope, type: string): number[] {
    const takers = this.#indexes.get(scopeKey(scope))?.takers(type);
    return takers === undefined ? [] : Array.from(takers, (entry) => entry.stored.rowId);
  }

  /**
   * The same of those only whose filters, if they have one, are true for this event.
   * @param isReceived a source made it of a request
   */
  takersOfEvent(scope: Scope, event: FilterableEvent, isReceived = false): number[] {
    const takers = this.#indexes.get(scopeKey(scope))?.takers(event.type);
    const rowIds: number[] = [];
    if (takers === undefined) return rowIds;
    let subject: FilterSubject | undefined;
    for (const { stored, filter, isOfSources } of takers) {
      // Whoever listens to sources has a filter.
      if (filter !== undefined) {
        if (isOfSources === true && !isReceived) continue;
        subject ??= new FilterSubject(event);
        if (!this.#passes(scope, filter, subject)) continue;
      }
      rowIds.push(stored.rowId);
    }
    return rowIds;
  }

  /** Whether it takes nothing but what came to sources. */
  isOfSources(rowId: number): boolean {
    return this.#entries.get(rowId)?.isOfSources === true;
  }

  #passes(scope: Scope, filter: Filter, subject: FilterSubject): boolean {
    const { kind } = filter.outcomeFor(subject);
    if (kind === "matched") return true;
    const key = scopeKey(scope);
    let counts = this.#filterCounts.get(key);
    if (counts === undefined) {
      counts = { scope, dropped: 0, failed: 0 };
      this.#filterCounts.set(key, counts);
    }
    counts[kind === "failed" ? "failed" : "dropped"] += 1;
    return false;
  }

  filterCounts(): Iterable<FilterCounts> {
    return this.#filterCounts.values();
  }

  /** The number of what this event's data keeps in order for a subscription (order-key.ts); undefined: no order. */
  orderKeyOf(rowId: number, data: Uint8Array): number | undefined {
    const entry = this.#entries.get(rowId);
    if (entry === undefined) return undefined;
    if (!("orderBy" in entry)) entry.orderBy = readSettings(entry.stored).orderBy;
    return entry.orderBy === undefined ? undefined : orderKeyOf(entry.orderBy, data);
  }

  /** Whether any of them wants one version of its events. */
  get hasVersions(): boolean {
    return 0 < this.#versions;
  }

  /** The version of its events that a subscription wants; undefined: it takes what comes. */
  versionOf(rowId: number): string | undefined {
    return this.#entries.get(rowId)?.version;
  }

  #put(entry: Entry): void {
    const { stored } = entry;
    entry.filter = this.#filters.of(stored);
    if (stored.transport === "tunnel") entry.isOfSources = readSettings(stored).sources !== undefined;
    if (entry.version !== undefined) this.#versions += 1;
    this.#entries.set(stored.rowId, entry);
    this.#rowIds.set(stored.id, stored.rowId);
    if (stored.name !== "") this.#names.set(stored.id, stored.name);
    if (!stored.enabled) return;
    const key = scopeKey(stored.scope);
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
    if (entry.version !== undefined) this.#versions -= 1;
    this.#names.delete(entry.stored.id);
    this.#rowIds.delete(entry.stored.id);
    this.#indexes.get(scopeKey(entry.stored.scope))?.remove(entry.stored.events, entry);
  }

  /**
   * Undefined for one whose secrets do not open (another master key sealed them), or are not here yet (a secret store
   * elsewhere was asked): its deliveries wait, and nobody else's do. The daemon says which do not open at its start.
   */
  #openOrSkip(entry: Entry): Subscription | undefined {
    if (entry.subscription !== undefined || entry.isUnopened || entry.isFetching) return entry.subscription;
    try {
      entry.subscription = peekSubscription(entry.stored, this.#secrets, this.#profiles);
    } catch (error) {
      if (!isHooksError(error)) throw error;
      entry.isUnopened = true;
      return undefined;
    }
    if (entry.subscription === undefined) {
      entry.isFetching = true;
      void this.#askFor(entry, FETCH_WAIT_MS.first);
    }
    return entry.subscription;
  }

  async #askFor(entry: Entry, waitMs: number): Promise<void> {
    try {
      entry.subscription = await openSubscription(entry.stored, this.#secrets, this.#profiles);
      entry.isFetching = false;
      if (this.#entries.get(entry.stored.rowId) === entry) this.#tell();
    } catch (error) {
      if (!isHooksError(error) || !PASSING.has(error.code)) {
        entry.isFetching = false;
        entry.isUnopened = true;
        return;
      }
      const again = (): void => {
        // Another entry stands for it by now, or none.
        if (this.#entries.get(entry.stored.rowId) !== entry) return;
        void this.#askFor(entry, Math.min(2 * waitMs, FETCH_WAIT_MS.longest));
      };
      setTimeout(again, waitMs).unref();
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function sameSecrets(one: StoredSubscription, other: StoredSubscription): boolean {
  const keyed = (stored: StoredSubscription) =>
    stored.secrets.map((secret) => `${secret.id}/${secret.expiresAt ?? ""}`).join();
  return keyed(one) === keyed(other);
}

/** Its settings are read of those few only that want one. */
function versionIn(stored: StoredSubscription): string | undefined {
  return stored.settings.includes('"eventVersion"') ? readSettings(stored).eventVersion : undefined;
}
