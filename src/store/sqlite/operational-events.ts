import { type AlertHappening, alertEvent } from "../../core/alert-event.ts";
import type { DeliveryReason } from "../../core/delivery.ts";
import { isOperationalType, patternTakes } from "../../core/event-pattern.ts";
import { formatId } from "../../core/ids.ts";
import {
  type Happening,
  type OperationalEvent,
  operationalDeliveryId,
  operationalEvent,
} from "../../core/operational-event.ts";
import { orderKeyOf } from "../../core/order-key.ts";
import type { Transport } from "../../core/subscription.ts";
import type { ConfigRevision } from "./config-revision.ts";
import type { Connection, Statement } from "./connection.ts";
import type { EventWrites } from "./event-writes.ts";
import type { Interned } from "./interned.ts";

interface SubjectRow {
  scopeId: number;
  id: string;
  name: string;
  url: string | null;
  transport: Transport;
}

interface TakerRow {
  rowId: number;
  events: string;
  orderBy: string | null;
}

interface DeliveryRow {
  id: Uint8Array;
  eventId: string;
  eventType: string;
}

interface Taker {
  rowId: number;
  patterns: string[];
  orderBy: string | undefined;
}

/**
 * Stores the events that hooks publishes about itself, in the transaction of what they tell of: they are there if and
 * only if it happened. A listener's subscription is no operator's business: nothing is told of it.
 */
export class OperationalEvents {
  readonly #interned: Interned;
  readonly #revision: ConfigRevision;
  readonly #connection: Connection;
  readonly #events: () => EventWrites;
  #subject: Statement<SubjectRow> | undefined;
  #takers: Statement<TakerRow> | undefined;
  #delivery: Statement<DeliveryRow> | undefined;
  /** By scope, as of `#knownAt`. */
  readonly #known = new Map<number, Taker[]>();
  #knownAt: number | undefined;

  constructor(connection: Connection, interned: Interned, revision: ConfigRevision, events: () => EventWrites) {
    this.#connection = connection;
    this.#interned = interned;
    this.#revision = revision;
    this.#events = events;
  }

  /** Returns the row ids of the subscriptions that get it. `at` unix ms. */
  tell(subscriptionRowId: number, happening: Happening, at: number): number[] {
    const { scopeId, id, name, url, transport } = this.#readSubject(subscriptionRowId);
    if (transport === "tunnel") return [];
    return this.#store(scopeId, operationalEvent({ id, name, url: url ?? undefined }, happening, at), at);
  }

  /** The same of an alert, of a subscription or (undefined) of the whole scope. */
  tellAlert(scopeId: number, subscriptionRowId: number | undefined, alert: AlertHappening, at: number): number[] {
    const subject = subscriptionRowId === undefined ? undefined : this.#readSubject(subscriptionRowId);
    const event = alertEvent(subject && { ...subject, url: subject.url ?? undefined }, alert, at);
    return this.#store(scopeId, event, at);
  }

  #store(scopeId: number, event: OperationalEvent, at: number): number[] {
    const takers = this.#takersOf(scopeId).filter(({ patterns }) =>
      patterns.some((pattern) => patternTakes(pattern, event.type)),
    );
    const stored = this.#events().add({
      scope: this.#interned.scope(scopeId),
      ...event,
      version: undefined,
      metadata: undefined,
      createdAt: at,
      deliveries: takers.map(({ rowId, orderBy }) => ({
        id: operationalDeliveryId(event, rowId),
        subscriptionRowId: rowId,
        lease: undefined,
        orderKey: orderBy === undefined ? undefined : orderKeyOf(orderBy, event.data),
      })),
    });
    return stored.kind === "stored" ? takers.map(({ rowId }) => rowId) : [];
  }

  /** The same of a delivery that an attempt ended for good, unsuccessfully. */
  tellExhausted(
    subscriptionRowId: number,
    deliveryRowId: number,
    attempts: number,
    reason: DeliveryReason,
    lastAttempt: { status: number | undefined; errorCode: string | undefined },
    at: number,
  ): number[] {
    this.#delivery ??= this.#connection.prepare(`
      SELECT d.public_id AS id, e.public_id AS eventId, t.name AS eventType
      FROM deliveries AS d JOIN events AS e USING (event_id) JOIN event_types AS t USING (event_type_id)
      WHERE d.delivery_id = ?
    `);
    const { id, eventId, eventType } = this.#delivery.get(deliveryRowId)!;
    // Of the events that tell of such things nothing is told: it would never end.
    if (isOperationalType(eventType)) return [];
    const delivery = { id: formatId("dlv", id), eventId, eventType, attempts, reason };
    return this.tell(subscriptionRowId, { type: "hooks.delivery.exhausted", delivery, lastAttempt }, at);
  }

  /** A transaction was taken back: what was read in it may never have been. */
  forget(): void {
    this.#known.clear();
  }

  #readSubject(subscriptionRowId: number): SubjectRow {
    this.#subject ??= this.#connection.prepare(`
      SELECT scope_id AS scopeId, public_id AS id, name, url, transport FROM subscriptions WHERE subscription_id = ?
    `);
    return this.#subject.get(subscriptionRowId)!;
  }

  #takersOf(scopeId: number): Taker[] {
    if (this.#knownAt !== this.#revision.current) {
      this.#known.clear();
      this.#knownAt = this.#revision.current;
    }
    let takers = this.#known.get(scopeId);
    if (takers === undefined) {
      // Only a pattern that begins with "hooks." takes them; the rest of the matching is core's.
      this.#takers ??= this.#connection.prepare(`
        SELECT subscription_id AS rowId, events, json_extract(settings, '$.orderBy') AS orderBy
        FROM subscriptions
        WHERE scope_id = ? AND enabled = 1 AND deleted_at IS NULL AND events LIKE '%"hooks.%'
      `);
      takers = this.#takers.all(scopeId).map(({ rowId, events, orderBy }) => ({
        rowId,
        patterns: JSON.parse(events) as string[],
        orderBy: orderBy ?? undefined,
      }));
      this.#known.set(scopeId, takers);
    }
    return takers;
  }
}
