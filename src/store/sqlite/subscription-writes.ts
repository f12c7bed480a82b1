import { HooksError } from "../../core/errors.ts";
import type { Scope } from "../../core/scope.ts";
import type { DisabledReason } from "../../core/subscription.ts";
import type { ChangeOutcome, NewSubscription, SecretRotation, StoredSecret, SubscriptionChange } from "../store.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection, Statement } from "./connection.ts";
import type { Interned } from "./interned.ts";
import type { MasterKeyWrites } from "./master-key-writes.ts";
import type { OperationalEvents } from "./operational-events.ts";
import { sqliteCode } from "./sqlite-error.ts";

/** Writes `subscriptions`, `secrets`, and the first row of `subscription_health`. Each change moves the revision. */
export class SubscriptionWrites {
  readonly #connection: Connection;
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #operational: OperationalEvents;
  readonly #keys: MasterKeyWrites;
  readonly #findScope: Statement<number>;

  constructor(
    connection: Connection,
    interned: Interned,
    revision: ConfigRevision,
    operational: OperationalEvents,
    keys: MasterKeyWrites,
  ) {
    this.#connection = connection;
    this.#interned = interned;
    this.#revision = revision;
    this.#operational = operational;
    this.#keys = keys;
    this.#findScope = connection
      .prepare<unknown[], number>("SELECT scope_id FROM subscriptions WHERE subscription_id = ? AND deleted_at IS NULL")
      .pluck();
  }

  insert(subscription: NewSubscription, most?: number): number {
    const { scope, id, secrets, ...fields } = subscription;
    const scopeId = this.#interned.scopeId(scope);
    this.#refuseSecondSession(scope, scopeId, fields.session);
    if (most !== undefined) this.#refuseBeyond(most, scope, scopeId);
    this.#keys.admit([fields.headers, fields.urlSealed, ...secrets.map((secret) => secret.sealed)]);
    const disabledAt = fields.enabled ? null : fields.createdAt;
    const columns = {
      scope_id: scopeId,
      public_id: id,
      created_at: fields.createdAt,
      disabled_at: disabledAt,
      ...columnsOf(fields),
    };
    const names = Object.keys(columns);
    const { lastInsertRowid } = this.#run(
      `INSERT INTO subscriptions (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
      Object.values(columns),
      fields.session,
    );
    const rowId = Number(lastInsertRowid);
    this.#connection
      .prepare(`
        INSERT INTO subscription_health (subscription_id, scope_id, recent, recent_count, consecutive_failures,
          succeeded, failed)
        VALUES (?, ?, 0, 0, 0, 0, 0)
      `)
      .run(rowId, scopeId);
    for (const secret of secrets) this.#insertSecret(scopeId, rowId, secret);
    this.#revision.add();
    return rowId;
  }

  update(rowId: number, change: SubscriptionChange, ifUpdatedAt: number | undefined): ChangeOutcome {
    const before = this.#find(rowId);
    if (before === undefined) return "missing";
    if (ifUpdatedAt !== undefined && ifUpdatedAt !== before.updatedAt) return "overtaken";
    this.#keys.admit([change.headers, change.urlSealed]);
    const columns = columnsOf(change);
    const isFlipped = change.enabled !== undefined && change.enabled !== (before.enabled === 1);
    if (isFlipped) columns["disabled_at"] = change.enabled === true ? null : change.updatedAt;
    // Two changes within one millisecond still differ: whoever compares `updated_at` sees both.
    const sets = Object.keys(columns).map((name) =>
      name === "updated_at" ? `${name} = max(?, ${name} + 1)` : `${name} = ?`,
    );
    this.#run(
      `UPDATE subscriptions SET ${sets.join(", ")} WHERE subscription_id = ? AND deleted_at IS NULL`,
      [...Object.values(columns), rowId],
      change.session,
    );
    this.#revision.add();
    if (isFlipped && change.enabled === true) this.#enabled(rowId, "by_hand", change.updatedAt);
    else if (isElsewhere(change, before)) this.#closeBreaker(rowId);
    if (isFlipped && change.enabled === false)
      this.#disabled(rowId, change.disabledReason ?? "by_hand", change.updatedAt);
    return "changed";
  }

  /** The clock was set by so much: a breaker stays open as long as it was to be, and no receiver fails for longer. */
  shiftHealth(stepMs: number): undefined {
    this.#connection
      .prepare(`
        UPDATE subscription_health
        SET breaker_open_until = breaker_open_until + @stepMs, failing_since = failing_since + @stepMs
        WHERE breaker_open_until IS NOT NULL OR failing_since IS NOT NULL
      `)
      .run({ stepMs });
  }

  enableFailing(rowId: number, now: number): boolean {
    const { changes } = this.#connection
      .prepare(`
        UPDATE subscriptions
        SET enabled = 1, disabled_reason = NULL, disabled_at = NULL, updated_at = max(?, updated_at + 1)
        WHERE subscription_id = ? AND enabled = 0 AND disabled_reason = 'failing' AND deleted_at IS NULL
      `)
      .run(now, rowId);
    if (changes === 0) return false;
    this.#revision.add();
    this.#enabled(rowId, "probe", now);
    return true;
  }

  /** Its waiting deliveries are cancelled afterwards, in portions: there may be very many. */
  delete(rowId: number, now: number): boolean {
    const { changes } = this.#connection
      .prepare(
        `UPDATE subscriptions
         SET deleted_at = ?, updated_at = ?, headers_key_id = NULL, headers_sealed = NULL, url_key_id = NULL,
           url_sealed = NULL
         WHERE subscription_id = ? AND deleted_at IS NULL`,
      )
      .run(now, now, rowId);
    if (changes === 0) return false;
    this.#connection.prepare("DELETE FROM secrets WHERE subscription_id = ?").run(rowId);
    this.#revision.add();
    return true;
  }

  rotateSecrets(rotations: readonly SecretRotation[], now: number): number[] {
    return rotations.filter((rotation) => this.#rotate(rotation, now)).map((rotation) => rotation.subscriptionRowId);
  }

  #rotate({ subscriptionRowId: rowId, secret, oldEndsAt, reason, onlyIfNewest }: SecretRotation, now: number): boolean {
    this.#keys.admit([secret.sealed]);
    const scopeId = this.#findScope.get(rowId);
    if (onlyIfNewest !== undefined && (scopeId === undefined || this.#newestSecret(rowId) !== onlyIfNewest))
      return false;
    if (scopeId === undefined) throw new HooksError("not_found", "the subscription does not exist any more");
    this.#connection.prepare("DELETE FROM secrets WHERE subscription_id = ? AND expires_at < ?").run(rowId, now);
    this.#connection
      .prepare("UPDATE secrets SET expires_at = min(coalesce(expires_at, @end), @end) WHERE subscription_id = @rowId")
      .run({ end: oldEndsAt, rowId });
    this.#insertSecret(scopeId, rowId, secret);
    this.#connection
      .prepare("UPDATE subscriptions SET updated_at = max(?, updated_at + 1) WHERE subscription_id = ?")
      .run(now, rowId);
    this.#revision.add();
    const { id, hint } = secret;
    this.#operational.tell(rowId, { type: "hooks.secret.rotated", reason, secret: { id, hint }, oldEndsAt }, now);
    return true;
  }

  #newestSecret(rowId: number): string | undefined {
    return this.#connection
      .prepare<unknown[], string>(
        "SELECT public_id FROM secrets WHERE subscription_id = ? ORDER BY secret_id DESC LIMIT 1",
      )
      .pluck()
      .get(rowId);
  }

  #find(rowId: number): Found | undefined {
    return this.#connection
      .prepare<unknown[], Found>(
        "SELECT enabled, url, url_sealed AS urlSealed, updated_at AS updatedAt FROM subscriptions WHERE subscription_id = ? AND deleted_at IS NULL",
      )
      .get(rowId);
  }

  /** What it did before it was disabled is over: the next failure must not disable it again at once. */
  #enabled(rowId: number, reason: "by_hand" | "probe", at: number): void {
    this.#closeBreaker(rowId);
    this.#connection
      .prepare(`
        UPDATE subscription_health SET consecutive_failures = 0, failing_since = NULL, unhealthy_since = NULL
        WHERE subscription_id = ?
      `)
      .run(rowId);
    this.#operational.tell(rowId, { type: "hooks.subscription.enabled", reason }, at);
  }

  #disabled(rowId: number, reason: DisabledReason, at: number): void {
    const health = this.#connection
      .prepare<unknown[], { consecutiveFailures: number; failingSince: number | null }>(`
        SELECT consecutive_failures AS consecutiveFailures, failing_since AS failingSince
        FROM subscription_health WHERE subscription_id = ?
      `)
      .get(rowId)!;
    const { consecutiveFailures, failingSince } = health;
    const type = "hooks.subscription.disabled";
    this.#operational.tell(rowId, { type, reason, consecutiveFailures, failingSince: failingSince ?? undefined }, at);
  }

  #closeBreaker(rowId: number): void {
    this.#connection
      .prepare(
        "UPDATE subscription_health SET breaker_openings = 0, breaker_open_until = NULL WHERE subscription_id = ?",
      )
      .run(rowId);
  }

  #insertSecret(scopeId: number, rowId: number, { id, sealed, hint, createdAt, expiresAt }: StoredSecret): void {
    this.#connection
      .prepare(`
        INSERT INTO secrets (scope_id, subscription_id, public_id, key_id, sealed, hint, created_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      `)
      .run(scopeId, rowId, id, sealed.keyId, sealed.bytes, hint, createdAt, expiresAt ?? null);
  }

  #refuseBeyond(most: number, scope: Scope, scopeId: number): void {
    // While the store never had so many, no scope has: nothing is walked over.
    const newest = this.#connection
      .prepare<[], number | null>("SELECT max(subscription_id) FROM subscriptions")
      .pluck();
    if ((newest.get() ?? 0) < most) return;
    const there = this.#connection
      .prepare<[number], number>(
        "SELECT count(*) FROM subscriptions WHERE scope_id = ? AND deleted_at IS NULL AND session IS NULL",
      )
      .pluck()
      .get(scopeId)!;
    if (there < most) return;
    throw new HooksError(
      "conflict",
      `${scope.tenant}/${scope.environment} has ${there} subscriptions, and may have ${most} (max_subscriptions)`,
      { hint: "delete one: hooks sub delete ID, or let there be more: hooks serve --max-subscriptions" },
    );
  }

  #refuseSecondSession(scope: Scope, scopeId: number, session: string | undefined): void {
    if (session === undefined) return;
    const taken = this.#connection
      .prepare("SELECT 1 FROM subscriptions WHERE scope_id = ? AND session = ? AND deleted_at IS NULL")
      .get(scopeId, session);
    if (taken !== undefined) throw sessionTaken(session, scope);
  }

  #run(sql: string, values: unknown[], session: string | undefined) {
    try {
      return this.#connection.prepare(sql).run(values);
    } catch (error) {
      if (sqliteCode(error) === "SQLITE_CONSTRAINT_UNIQUE" && session !== undefined) throw sessionTaken(session);
      throw error;
    }
  }
}

function sessionTaken(session: string, scope?: Scope): HooksError {
  const where = scope === undefined ? "" : ` in ${scope.tenant}/${scope.environment}`;
  return new HooksError("conflict", `session ${JSON.stringify(session)} exists already${where}`, { field: "session" });
}

/** Whether the change brings another URL. A whole one that was sealed anew is one: who changes nothing seals nothing. */
function isElsewhere(change: SubscriptionChange, before: Found): boolean {
  if (!("url" in change)) return false;
  if ((change.url ?? null) !== before.url) return true;
  const [now, then] = [change.urlSealed?.bytes, before.urlSealed];
  return now === undefined || then === null ? (now === undefined) !== (then === null) : !Buffer.from(now).equals(then);
}

type Fields = Omit<NewSubscription, "scope" | "id" | "secrets" | "createdAt">;

/** Columns of the properties that are there; one that is there and undefined clears its column. */
function columnsOf(fields: Partial<Fields>): Record<string, unknown> {
  const columns: Record<string, unknown> = {};
  if (fields.name !== undefined) columns["name"] = fields.name;
  if (fields.transport !== undefined) columns["transport"] = fields.transport;
  if ("url" in fields) columns["url"] = fields.url ?? null;
  if (fields.events !== undefined) columns["events"] = JSON.stringify(fields.events);
  if (fields.enabled !== undefined) columns["enabled"] = fields.enabled ? 1 : 0;
  if ("disabledReason" in fields) columns["disabled_reason"] = fields.disabledReason ?? null;
  if (fields.paused !== undefined) columns["paused"] = fields.paused ? 1 : 0;
  if (fields.autoDisableFailures !== undefined) columns["auto_disable_failures"] = fields.autoDisableFailures;
  if (fields.autoDisableSpanMs !== undefined) columns["auto_disable_span_ms"] = fields.autoDisableSpanMs;
  if ("headers" in fields) {
    columns["headers_key_id"] = fields.headers?.keyId ?? null;
    columns["headers_sealed"] = fields.headers?.bytes ?? null;
  }
  if ("headerNames" in fields) {
    columns["header_names"] = fields.headerNames === undefined ? null : JSON.stringify(fields.headerNames);
  }
  if ("urlSealed" in fields) {
    columns["url_key_id"] = fields.urlSealed?.keyId ?? null;
    columns["url_sealed"] = fields.urlSealed?.bytes ?? null;
  }
  if (fields.settings !== undefined) columns["settings"] = fields.settings;
  if ("session" in fields) columns["session"] = fields.session ?? null;
  if (fields.updatedAt !== undefined) columns["updated_at"] = fields.updatedAt;
  return columns;
}

/** What a change is compared with. */
interface Found {
  urlSealed: Uint8Array | null;
  enabled: number;
  url: string | null;
  updatedAt: number;
}
