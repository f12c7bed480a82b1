import { hash, timingSafeEqual } from "node:crypto";
import { HooksError } from "../core/errors.ts";
import { toIso } from "../core/instant.ts";
import type { Principal } from "../core/key.ts";
import { parseRateLimit } from "../core/rate-limit.ts";
import type { AdminStore, StoredKey } from "../store/admin-store.ts";
import { whileBusy } from "./while-busy.ts";

/** After a read that failed: a revocation must not wait for the next change. */
const READ_AGAIN_MS = 250;
/** A key's last use is written at most this often. */
const USE_NOTED_EVERY_MS = 60_000;
/** … and so long after the use: not while a request waits for it. */
const USE_NOTED_AFTER_MS = 1_000;

interface Entry {
  stored: StoredKey;
  principal: Principal;
  /** When its use was last noted, unix ms. */
  usedAt: number;
}

/**
 * The keys in memory: a request never waits for the disk to be let in. Whoever changes keys calls `reload`, as does the
 * daemon when another process did; when a key ends is judged at each request.
 */
export class KeyTable {
  readonly #store: AdminStore;
  readonly #now: () => number;
  /** By the hex digits of the hash. */
  #entries = new Map<string, Entry>();
  #ids = new Map<string, Entry>();
  #isLoaded = false;
  #reading: Promise<void> = Promise.resolve();
  readonly #uses = new Map<number, number>();
  #noting: NodeJS.Timeout | undefined;
  #readingAgain: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #listeners = new Set<() => void>();

  constructor(store: AdminStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  async load(): Promise<void> {
    this.#isLoaded = true;
    await this.reload();
  }

  /** Reads them anew. A table that nobody loaded has nothing that could be stale. */
  async reload(): Promise<void> {
    if (!this.#isLoaded) return;
    // One after another: an older answer must never replace a newer one.
    const mine = this.#reading.then(() => this.#read());
    this.#reading = mine.catch(() => this.#readAgain());
    await mine;
    for (const listener of this.#listeners) listener();
  }

  /** Called after each `reload`. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Whose key that is; undefined: nobody's. Compared by hash and in constant time.
   * @throws HooksError `unauthenticated` for one that has ended. It says so: whoever has the whole of a key that was
   *   drawn from 2^256 did not guess it, and its owner wants to know.
   */
  find(key: string): Principal | undefined {
    const digest = hash("sha256", key, "buffer");
    const entry = this.#entries.get(digest.toString("hex"));
    if (entry === undefined || !timingSafeEqual(digest, entry.stored.hash)) return undefined;
    const now = this.#now();
    const { id, revokedAt, expiresAt } = entry.stored;
    if (revokedAt !== undefined) throw ended(`this key (${id}) was revoked at ${toIso(revokedAt)}`);
    if (expiresAt !== undefined && expiresAt <= now) throw ended(`this key (${id}) expired at ${toIso(expiresAt)}`);
    if (USE_NOTED_EVERY_MS <= Math.abs(now - entry.usedAt)) this.#note(entry, now);
    return entry.principal;
  }

  /** Whether this key may be used now. */
  isUsable(key: string): boolean {
    const entry = this.#entries.get(hash("sha256", key, "hex"));
    return entry !== undefined && isUsable(entry.stored, this.#now());
  }

  /** Whether a key of that id may be used now. */
  isValid(keyId: string): boolean {
    const entry = this.#ids.get(keyId);
    return entry !== undefined && isUsable(entry.stored, this.#now());
  }

  /** Whether there is a key that may be used now: without one nobody but the owner of the files can come in. */
  hasValid(): boolean {
    const now = this.#now();
    return [...this.#ids.values()].some(({ stored }) => isUsable(stored, now));
  }

  /** Writes what was not written yet. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#noting);
    clearTimeout(this.#readingAgain);
    await this.#write();
  }

  async #read(): Promise<void> {
    const keys = await whileBusy(() => this.#store.loadKeys());
    const before = this.#ids;
    this.#entries = new Map();
    this.#ids = new Map();
    for (const stored of keys) {
      const usedAt = Math.max(stored.lastUsedAt ?? 0, before.get(stored.id)?.usedAt ?? 0);
      const entry = { stored, principal: principalOf(stored), usedAt };
      this.#entries.set(Buffer.from(stored.hash).toString("hex"), entry);
      this.#ids.set(stored.id, entry);
    }
  }

  #readAgain(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#readingAgain);
    this.#readingAgain = setTimeout(() => void this.reload().catch(() => {}), READ_AGAIN_MS);
  }

  #note(entry: Entry, now: number): void {
    entry.usedAt = now;
    this.#uses.set(entry.stored.rowId, now);
    this.#noting ??= setTimeout(() => void this.#write(), USE_NOTED_AFTER_MS);
  }

  async #write(): Promise<void> {
    this.#noting = undefined;
    if (this.#uses.size === 0) return;
    const uses = [...this.#uses];
    this.#uses.clear();
    try {
      await this.#store.noteKeyUses(uses);
    } catch (error) {
      // A full disk or a lock: nobody is kept out because it could not be noted that he came.
      if (!(error instanceof HooksError)) throw error;
    }
  }
}

export function isUsable({ revokedAt, expiresAt }: StoredKey, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}

function principalOf({ id, name, role, tenant, environment, expiresAt, rateLimit }: StoredKey): Principal {
  return {
    keyId: id,
    name,
    role,
    tenant,
    environment,
    expiresAt,
    rateLimit: rateLimit === undefined ? undefined : parseRateLimit(rateLimit, "rate_limit"),
  };
}

function ended(message: string): HooksError {
  return new HooksError("unauthenticated", message, { field: "authorization", hint: "ask for a new key" });
}
