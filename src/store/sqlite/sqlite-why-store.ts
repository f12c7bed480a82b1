import { formatId } from "../../core/ids.ts";
import type { Scope } from "../../core/scope.ts";
import type { StoredDelivery, StoredSubscription } from "../store.ts";
import type { LatestAttempt, LatestAttemptFilter, StoredSwitch, WhyStore } from "../why-store.ts";
import type { Connection } from "./connection.ts";
import type { DeliveryReader } from "./delivery-reader.ts";
import { LatestAttempts } from "./latest-attempts.ts";
import { SCOPE_ID } from "./scope-sql.ts";
import type { StoreAccess } from "./sqlite-admin-store.ts";
import { Statements } from "./statements.ts";
import type { SubscriptionReader } from "./subscription-reader.ts";

const SWITCHES = ["hooks.subscription.disabled", "hooks.subscription.enabled"];

/** Explaining on SQLite. */
export class SqliteWhyStore implements WhyStore {
  readonly #statements: Statements;
  readonly #deliveries: DeliveryReader;
  readonly #subscriptions: SubscriptionReader;
  readonly #latest: LatestAttempts;
  readonly #access: Pick<StoreAccess, "read">;

  constructor(
    connection: Connection,
    deliveries: DeliveryReader,
    subscriptions: SubscriptionReader,
    access: Pick<StoreAccess, "read">,
  ) {
    this.#statements = new Statements(connection);
    this.#deliveries = deliveries;
    this.#subscriptions = subscriptions;
    this.#latest = new LatestAttempts(connection);
    this.#access = access;
  }

  async findSubscription(rowId: number): Promise<StoredSubscription | undefined> {
    return this.#access.read(() => this.#subscriptions.findEver(rowId));
  }

  async listLatestAttempts(
    scope: Scope,
    filter: LatestAttemptFilter,
    limit: number,
    before: LatestAttempt | undefined,
  ): Promise<{ latest: LatestAttempt; delivery: StoredDelivery }[]> {
    return this.#access.read(() => {
      const found = this.#latest.list(scope, filter, limit, before);
      const deliveries = this.#deliveries.byRowIds(
        scope,
        found.map(({ deliveryRowId }) => deliveryRowId),
      );
      return found.flatMap((latest) => {
        const delivery = deliveries.get(latest.deliveryRowId);
        return delivery === undefined ? [] : [{ latest, delivery }];
      });
    });
  }

  async findAhead({ rowId, scope }: Pick<StoredDelivery, "rowId" | "scope">): Promise<StoredDelivery | undefined> {
    return this.#access.read(() => {
      // As the writer chooses it: by due time, then in the order in which they were made.
      const first = this.#statements
        .rows<{ rowId: number; publicId: Uint8Array }>(`
          SELECT d.delivery_id AS rowId, d.public_id AS publicId
          FROM deliveries AS mine CROSS JOIN deliveries AS d INDEXED BY deliveries_in_order
            ON d.subscription_id = mine.subscription_id AND d.order_key = mine.order_key
          WHERE mine.delivery_id = ? AND d.claimable_at IS NOT NULL
          ORDER BY d.claimable_at, d.delivery_id LIMIT 1
        `)
        .get(rowId);
      if (first === undefined || first.rowId === rowId) return undefined;
      return this.#deliveries.find(scope, formatId("dlv", first.publicId));
    });
  }

  async listSwitches({ tenant, environment }: Scope, since: number, limit: number): Promise<StoredSwitch[]> {
    return this.#access.read(() =>
      this.#statements
        .rows<StoredSwitch>(`
          SELECT e.created_at AS at, t.name AS type, e.data
          FROM event_types AS t CROSS JOIN events AS e INDEXED BY events_of_type USING (event_type_id)
          WHERE t.scope_id = ${SCOPE_ID}
            AND t.name IN (${SWITCHES.map(() => "?").join(", ")}) AND e.created_at >= ?
          ORDER BY e.event_id LIMIT ?
        `)
        .all(tenant, environment, ...SWITCHES, since, limit),
    );
  }
}
