import type { Health } from "../../core/health.ts";
import type { Scope } from "../../core/scope.ts";
import type { Sealed, StoredSecret, StoredSubscription } from "../store.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import type { Nullable } from "./row-values.ts";
import { Statements } from "./statements.ts";

type SubscriptionRow = Nullable<
  Omit<
    StoredSubscription,
    | "scope"
    | "urlSealed"
    | "events"
    | "enabled"
    | "paused"
    | "headers"
    | "headerNames"
    | "secrets"
    | "health"
    | "breaker"
    | "counts"
  >,
  "url" | "disabledReason" | "disabledAt" | "session"
> &
  Nullable<Health, "failingSince" | "lastAttemptAt" | "lastSuccessAt"> & {
    tenant: string;
    environment: string;
    events: string;
    enabled: number;
    paused: number;
    urlKeyId: string | null;
    urlSealed: Uint8Array | null;
    headersKeyId: string | null;
    headersSealed: Uint8Array | null;
    headerNames: string | null;
    breakerOpenings: number;
    breakerOpenUntil: number | null;
    succeeded: number;
    failed: number;
  };

interface SecretRow {
  subscriptionRowId: number;
  id: string;
  keyId: string;
  sealed: Uint8Array;
  hint: string;
  createdAt: number;
  expiresAt: number | null;
}

const IS_THERE = "s.deleted_at IS NULL";

/** Reads `subscriptions` with their secrets, health and counts. Deleted ones are not there, but for looking back. */
export class SubscriptionReader {
  readonly #connection: Connection;
  readonly #statements: Statements;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = new Statements(connection);
  }

  load(scope: Scope | undefined): StoredSubscription[] {
    return this.#load(inScope(scope).add(IS_THERE));
  }

  find(scope: Scope, id: string): StoredSubscription | undefined {
    return this.#load(inScope(scope).add(IS_THERE).add("s.public_id = ?", id))[0];
  }

  /** Deleted ones too. */
  findEver(rowId: number): StoredSubscription | undefined {
    return this.#load(new Conditions().add("s.subscription_id = ?", rowId))[0];
  }

  #load(conditions: Conditions): StoredSubscription[] {
    const where = conditions.sql;
    // Both in one read transaction: a rotation in between would show a subscription without its secret.
    const read = this.#connection.transaction(() => ({
      rows: this.#statements
        .rows<SubscriptionRow>(`
          SELECT s.subscription_id AS rowId, s.public_id AS id, tenant, environment, name, transport, url, events,
            enabled, disabled_reason AS disabledReason, disabled_at AS disabledAt, paused, auto_disable_failures AS autoDisableFailures,
            auto_disable_span_ms AS autoDisableSpanMs, headers_key_id AS headersKeyId,
            headers_sealed AS headersSealed, header_names AS headerNames, url_key_id AS urlKeyId,
            url_sealed AS urlSealed, settings, session, created_at AS createdAt, updated_at AS updatedAt,
            recent, recent_count AS recentCount, consecutive_failures AS consecutiveFailures,
            failing_since AS failingSince, last_attempt_at AS lastAttemptAt, last_success_at AS lastSuccessAt,
            breaker_openings AS breakerOpenings, breaker_open_until AS breakerOpenUntil, succeeded, failed
          FROM subscriptions AS s JOIN scopes USING (scope_id) JOIN subscription_health USING (subscription_id)
          WHERE ${where}
          ORDER BY s.subscription_id
        `)
        .all(...conditions.values),
      secrets: this.#statements
        .rows<SecretRow>(`
          SELECT c.subscription_id AS subscriptionRowId, c.public_id AS id, key_id AS keyId, sealed, hint,
            c.created_at AS createdAt, expires_at AS expiresAt
          FROM secrets AS c JOIN subscriptions AS s USING (subscription_id) JOIN scopes ON scopes.scope_id = s.scope_id
          WHERE ${where}
          ORDER BY c.secret_id DESC
        `)
        .all(...conditions.values),
    }));
    const { rows, secrets } = read.deferred();
    const secretsOf = Map.groupBy(secrets, (secret) => secret.subscriptionRowId);
    return rows.map((row) => subscriptionOf(row, secretsOf.get(row.rowId) ?? []));
  }
}

function inScope(scope: Scope | undefined): Conditions {
  if (scope === undefined) return new Conditions().add("1");
  return new Conditions().add("tenant = ? AND environment = ?", scope.tenant, scope.environment);
}

function subscriptionOf(row: SubscriptionRow, secrets: readonly SecretRow[]): StoredSubscription {
  return {
    rowId: row.rowId,
    id: row.id,
    scope: { tenant: row.tenant, environment: row.environment },
    name: row.name,
    transport: row.transport,
    url: row.url ?? undefined,
    urlSealed: sealedOf(row.urlKeyId, row.urlSealed),
    events: JSON.parse(row.events) as string[],
    enabled: row.enabled === 1,
    disabledReason: row.disabledReason ?? undefined,
    paused: row.paused === 1,
    // A store of an earlier version did not keep it.
    disabledAt: row.disabledAt ?? (row.enabled === 1 ? undefined : row.updatedAt),
    autoDisableFailures: row.autoDisableFailures,
    autoDisableSpanMs: row.autoDisableSpanMs,
    headers: sealedOf(row.headersKeyId, row.headersSealed),
    headerNames: row.headerNames === null ? undefined : (JSON.parse(row.headerNames) as string[]),
    settings: row.settings,
    secrets: secrets.map(secretOf),
    health: {
      recent: row.recent,
      recentCount: row.recentCount,
      consecutiveFailures: row.consecutiveFailures,
      failingSince: row.failingSince ?? undefined,
      lastAttemptAt: row.lastAttemptAt ?? undefined,
      lastSuccessAt: row.lastSuccessAt ?? undefined,
    },
    breaker: { openings: row.breakerOpenings, openUntil: row.breakerOpenUntil ?? undefined },
    counts: { succeeded: row.succeeded, failed: row.failed },
    session: row.session ?? undefined,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

function sealedOf(keyId: string | null, bytes: Uint8Array | null): Sealed | undefined {
  return keyId === null || bytes === null ? undefined : { keyId, bytes };
}

/** Newest first, as they sign. */
function secretOf({ id, keyId, sealed, hint, createdAt, expiresAt }: SecretRow): StoredSecret {
  return { id, sealed: { keyId, bytes: sealed }, hint, createdAt, expiresAt: expiresAt ?? undefined };
}
