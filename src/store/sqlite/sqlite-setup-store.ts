import { isHooksError } from "../../core/errors.ts";
import type { Scope } from "../../core/scope.ts";
import type { SetupChanges, SetupMember, SetupStore } from "../setup-store.ts";
import type { Connection } from "./connection.ts";
import { loadMembers } from "./setup-rows.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";
import type { WriteInput, WriteKind } from "./write-operations.ts";
import { NOT_AS_READ, type PendingWrite } from "./writer.ts";

/** Declarative set-up on SQLite. */
export class SqliteSetupStore implements SetupStore {
  readonly #connection: Connection;
  readonly #access: StoreAccess;
  readonly #endStranded: (now: number) => Promise<void>;

  /** `endStranded`: cancels what waits for subscriptions that are gone. */
  constructor(connection: Connection, access: StoreAccess, endStranded: (now: number) => Promise<void>) {
    this.#connection = connection;
    this.#access = access;
    this.#endStranded = endStranded;
  }

  async loadMembers(scope: Scope): Promise<SetupMember[]> {
    return this.#access.read(() => loadMembers(this.#connection, scope));
  }

  async applySetup(scope: Scope, changes: SetupChanges, now: number): Promise<boolean> {
    try {
      await this.#access.write("together", { writes: writesOf(scope, changes, now) });
    } catch (error) {
      if (isHooksError(error) && error.code === "conflict" && error.field === NOT_AS_READ) return false;
      throw error;
    }
    if (0 < changes.deletedSubscriptions.length) await this.#endStranded(now);
    return true;
  }
}

function writesOf(scope: Scope, changes: SetupChanges, now: number): PendingWrite[] {
  const writes: PendingWrite[] = [];
  const add = <K extends WriteKind>(kind: K, input: WriteInput<K>): void => {
    writes.push({ kind, input } as PendingWrite);
  };
  const { eventTypes, environment, members } = changes;
  if (0 < eventTypes.changes.length) add("changeEventTypes", { scope, now, ...eventTypes });
  if (environment !== undefined) add("changeEnvironment", { scope, now, ...environment });
  for (const one of changes.deletedSubscriptions) add("deleteSubscription", { ...one, now });
  for (const one of changes.changedSubscriptions) add("updateSubscription", one);
  for (const { rotation, audit } of changes.rotations) add("rotateSecrets", { rotations: [rotation], now, audit });
  for (const one of changes.newSubscriptions) add("insertSubscription", one);
  for (const one of changes.deletedSources) add("deleteSource", { ...one, now });
  for (const one of changes.changedSources) add("updateSource", one);
  for (const one of changes.newSources) add("insertSource", one);
  for (const one of changes.revokedKeys) add("revokeKey", { ...one, now });
  for (const one of changes.changedKeys) add("changeKey", one);
  for (const one of changes.newKeys) add("insertKey", one);
  if (members.put.length + members.removed.length !== 0) add("noteSetup", { scope, ...members });
  return writes;
}
