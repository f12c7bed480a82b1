import type { Connection, Statement } from "./connection.ts";

/**
 * Who changed what. `data_version` on the write connection moves only with other processes' commits; `config_revision`
 * moves with every change of a subscription, a key or a tenant's existence, ours included, so ours are told apart by
 * counting them.
 */
export class ConfigRevision {
  readonly #dataVersion: Statement<number>;
  readonly #read: Statement<number>;
  readonly #add: Statement;
  readonly #deleted: Statement<number>;
  #seenDataVersion: number;
  #known: number;
  #changedByOthers = false;
  #deletedIds: { revision: number; ids: Set<number> } | undefined;

  constructor(connection: Connection) {
    this.#dataVersion = connection.prepare<unknown[], number>("PRAGMA data_version").pluck();
    this.#read = connection.prepare<unknown[], number>("SELECT config_revision FROM store").pluck();
    this.#add = connection.prepare("UPDATE store SET config_revision = config_revision + 1");
    this.#deleted = connection
      .prepare<unknown[], number>("SELECT subscription_id FROM subscriptions WHERE deleted_at IS NOT NULL")
      .pluck();
    this.#seenDataVersion = this.#dataVersion.get()!;
    this.#known = this.#read.get()!;
  }

  /** At the start of each transaction, under the lock. */
  begin(): void {
    const revision = this.#read.get()!;
    if (revision === this.#known) return;
    this.#known = revision;
    this.#changedByOthers = true;
  }

  /** As of the last `begin`, our own changes included. */
  get current(): number {
    return this.#known;
  }

  /** Our own change, in the transaction that makes it. */
  add(): void {
    this.#add.run();
    this.#known += 1;
  }

  /** What other processes committed since the last call; undefined: nothing. */
  changesByOthers(): { configChanged: boolean } | undefined {
    const dataVersion = this.#dataVersion.get()!;
    if (dataVersion === this.#seenDataVersion) return undefined;
    this.#seenDataVersion = dataVersion;
    this.begin();
    const configChanged = this.#changedByOthers;
    this.#changedByOthers = false;
    return { configChanged };
  }

  /** Another process may delete a subscription between the match and the append. */
  isDeleted(subscriptionRowId: number): boolean {
    if (this.#deletedIds?.revision !== this.#known) {
      this.#deletedIds = { revision: this.#known, ids: new Set(this.#deleted.all()) };
    }
    return this.#deletedIds.ids.has(subscriptionRowId);
  }
}
