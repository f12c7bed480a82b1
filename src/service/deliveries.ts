import { isUtf8 } from "node:buffer";
import { checkLimit, formatMomentCursor, parseCursor, parseMomentCursor, toPage, toPageBy } from "../core/cursor.ts";
import { DELIVERY_STATES, type DeliveryDetail, type DeliveryResource, type DeliveryState } from "../core/delivery.ts";
import { HooksError, invalid } from "../core/errors.ts";
import { checkEventPattern } from "../core/event-pattern.ts";
import { DELIVERY_ORDERS, type DeliveryQuery, type Page, type TimeRange } from "../core/hooks-service.ts";
import { parseRange } from "../core/instant.ts";
import type { Actor } from "../core/key.ts";
import { quoted } from "../core/quoted.ts";
import type { EventReplayRequest, ReplayReceipt } from "../core/replay.ts";
import type { Scope } from "../core/scope.ts";
import type { DeliveryFilter, NewDelivery, StoredDelivery, StoredEvent } from "../store/store.ts";
import { auditEntry, type Deed } from "./audit-trail.ts";
import type { Payload } from "./delivery-payload.ts";
import { toAttemptResource, toDeliveryResource } from "./delivery-resource.ts";
import { findDelivery, findEvent, findSubscription, naming } from "./find-by-reference.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Of an event that is gone. */
const NO_PAYLOAD: Payload = { body: new Uint8Array(), as: "rebuilt" };

/** Reads deliveries, and sends them again. */
export class Deliveries {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async list(scope: Scope, query: DeliveryQuery): Promise<Page<DeliveryResource>> {
    const limit = checkLimit(query.limit);
    if (query.order === "attempted") return this.#latest(scope, query, limit);
    if (query.outcome !== undefined) throw invalid("outcome", "outcome goes with order=attempted");
    if (query.order !== undefined && query.order !== "created")
      throw invalid("order", `order must be one of: ${DELIVERY_ORDERS.join(", ")}`);
    const before = parseCursor(query.cursor);
    const filter = await this.#filter(scope, query);
    const rows = await this.#parts.store.listDeliveries(scope, filter, limit + 1, before);
    return toPage(rows, limit, toDeliveryResource);
  }

  async #latest(scope: Scope, query: DeliveryQuery, limit: number): Promise<Page<DeliveryResource>> {
    for (const field of ["status", "event", "since", "until"] as const) {
      if (query[field] !== undefined) throw invalid(field, `${field} does not go with order=attempted`);
    }
    const { outcome } = query;
    if (outcome !== undefined && outcome !== "success" && outcome !== "failure")
      throw invalid("outcome", "outcome must be one of: success, failure");
    const cursor = parseMomentCursor(query.cursor);
    const before = cursor === undefined ? undefined : { at: cursor.at, deliveryRowId: cursor.rowId };
    const { subscriptionRowId, type, typePrefix } = await this.#filter(scope, query);
    const filter = { subscriptionRowId, type, typePrefix, outcome };
    const found = await this.#parts.store.why.listLatestAttempts(scope, filter, limit + 1, before);
    return toPageBy(
      found,
      limit,
      ({ delivery }) => toDeliveryResource(delivery),
      ({ latest: { at, deliveryRowId: rowId } }) => formatMomentCursor({ at, rowId }),
    );
  }

  async get(scope: Scope, reference: string): Promise<DeliveryDetail> {
    const { store } = this.#parts;
    const delivery = await findDelivery(store, scope, reference);
    const [event, attempts] = await Promise.all([
      store.findEvent(scope, delivery.eventId),
      store.listAttempts(delivery.rowId),
    ]);
    const { payloadOf } = await import("./delivery-payload.ts");
    const { body, as } = event === undefined ? NO_PAYLOAD : await payloadOf(delivery, event, attempts, this.#parts);
    const encoding = isUtf8(body) ? "utf8" : "base64";
    return {
      ...toDeliveryResource(delivery),
      payload: Buffer.from(body).toString(encoding),
      payload_encoding: encoding,
      payload_as: as,
      attempts: attempts.map(toAttemptResource),
    };
  }

  async retry(scope: Scope, reference: string, actor: Actor): Promise<DeliveryResource> {
    const { store, now, dispatch } = this.#parts;
    const delivery = await findDelivery(store, scope, reference);
    await this.#checkSendable(scope, delivery.subscriptionId, "id");
    const audit = this.#entry(actor, scope, {
      action: "delivery.retry",
      id: delivery.id,
      before: { status: delivery.state },
      after: { status: "pending" },
    });
    const reopened = await store.reopenDeliveries([delivery.rowId], now(), "manual", audit);
    if (reopened.length === 0)
      throw new HooksError("conflict", `${delivery.id} is being sent right now`, { field: "id" });
    dispatch?.wake(delivery.subscriptionRowId);
    return toDeliveryResource(await findDelivery(store, scope, delivery.id));
  }

  async cancel(scope: Scope, reference: string, actor: Actor): Promise<DeliveryResource> {
    const { store, now, dispatch } = this.#parts;
    const delivery = await findDelivery(store, scope, reference);
    const audit = this.#entry(actor, scope, {
      action: "delivery.cancel",
      id: delivery.id,
      before: { status: delivery.state },
      after: { status: "cancelled" },
    });
    if (!(await store.cancelDelivery(delivery.rowId, "cancelled", now(), audit))) {
      const current = await findDelivery(store, scope, delivery.id);
      throw new HooksError("conflict", `${delivery.id} is ${current.state}: only a waiting delivery can be cancelled`, {
        field: "id",
      });
    }
    // What waited for it is due now.
    dispatch?.wake(delivery.subscriptionRowId);
    return toDeliveryResource(await findDelivery(store, scope, delivery.id));
  }

  /**
   * To everyone who got it, and everyone who would get it now; or only to those named, whatever their patterns and
   * filters.
   */
  async replayEvent(
    scope: Scope,
    reference: string,
    { subscriptions: only, dry_run: dryRun = false }: EventReplayRequest,
    actor: Actor,
  ): Promise<ReplayReceipt> {
    const { store, directory, catalogue, now, newId, dispatch } = this.#parts;
    const event = await findEvent(store, scope, reference);
    await Promise.all([directory.load(), catalogue.load()]);
    const rowIdOf = (one: string, at: number) => this.#checkSendable(scope, one, `subscriptions[${at}]`);
    // One may be named twice: by its id, and by its name.
    const named = only && [...new Set(await Promise.all(only.map(rowIdOf)))];
    const existing = await this.#deliveriesOf(scope, event);
    const chosen =
      named === undefined ? existing : existing.filter((delivery) => named.includes(delivery.subscriptionRowId));
    const audit = this.#entry(actor, scope, {
      action: "event.replay",
      id: event.id,
      after: only === undefined ? {} : { subscriptions: only },
    });
    const has = new Set(existing.map((delivery) => delivery.subscriptionRowId));
    // Whoever is named gets it, whatever its filter says: a person asked for it.
    const takers = await this.#handable(scope, event, named ?? directory.takersOfEvent(scope, event, true));
    const added = catalogue
      .wanting(takers, scope, event, directory)
      .filter((subscriptionRowId) => !has.has(subscriptionRowId))
      .map((subscriptionRowId): NewDelivery => {
        const orderKey = directory.orderKeyOf(subscriptionRowId, event.data);
        return { id: newId("dlv"), subscriptionRowId, lease: undefined, orderKey };
      });
    const enabled = chosen.filter((delivery) => directory.get(delivery.subscriptionRowId)?.enabled === true);
    if (dryRun) {
      // What is being sent right now is left to end.
      const reopened = enabled.filter((delivery) => delivery.state !== "sending");
      return { count: reopened.length + added.length, dry_run: true };
    }
    const deliveryRowIds = enabled.map((delivery) => delivery.rowId);
    const replay = { eventRowId: event.rowId, deliveryRowIds, deliveries: added };
    const replayed = await store.replays.replayEvent(replay, now(), audit);
    for (const one of [...chosen, ...added]) dispatch?.wake(one.subscriptionRowId);
    return { count: replayed.reopened.length + replayed.added.length, dry_run: false };
  }

  /** Those of them that can be handed this event: what came to no source is nothing for a listener of sources. */
  async #handable(scope: Scope, event: StoredEvent, takers: number[]): Promise<number[]> {
    const { store, directory } = this.#parts;
    if (!takers.some((rowId) => directory.isOfSources(rowId))) return takers;
    if ((await store.sources.findOfEvent(scope, event.id)) !== undefined) return takers;
    return takers.filter((rowId) => !directory.isOfSources(rowId));
  }

  #entry(actor: Actor, scope: Scope, deed: Deed) {
    return auditEntry(this.#parts, actor, scope, deed);
  }

  async deliveriesOf(scope: Scope, event: StoredEvent): Promise<DeliveryResource[]> {
    return (await this.#deliveriesOf(scope, event)).map(toDeliveryResource);
  }

  #deliveriesOf(scope: Scope, event: StoredEvent): Promise<StoredDelivery[]> {
    return this.#parts.store.listDeliveries(scope, { eventRowId: event.rowId }, Number.MAX_SAFE_INTEGER, undefined);
  }

  /** The row id of a subscription that can be sent to. */
  async #checkSendable(scope: Scope, reference: string, field: string): Promise<number> {
    let subscription: Awaited<ReturnType<typeof findSubscription>>;
    try {
      subscription = await naming(field, () => findSubscription(this.#parts.store, scope, reference));
    } catch (error) {
      if (!(error instanceof HooksError) || error.code !== "not_found") throw error;
      throw new HooksError("not_found", `no subscription ${quoted(reference)}: nowhere to send it`, {
        field,
        cause: error,
      });
    }
    if (!subscription.enabled) {
      throw new HooksError("conflict", `subscription ${subscription.id} is disabled`, {
        field,
        hint: `hooks sub enable ${subscription.id}`,
      });
    }
    return subscription.rowId;
  }

  async #filter(scope: Scope, query: DeliveryQuery & TimeRange): Promise<DeliveryFilter> {
    const { store, now } = this.#parts;
    const { subscription, event } = query;
    const state = query.status === undefined ? undefined : checkState(query.status);
    const of =
      subscription === undefined
        ? undefined
        : await naming("subscription", () => findSubscription(store, scope, subscription));
    const about = event === undefined ? undefined : await naming("event", () => findEvent(store, scope, event));
    return {
      state,
      subscriptionRowId: of?.rowId,
      eventRowId: about?.rowId,
      ...typeFilter(query.type, "type"),
      ...parseRange(query, now()),
    };
  }
}

function checkState(status: DeliveryState): DeliveryState {
  if (DELIVERY_STATES.includes(status)) return status;
  throw invalid("status", `status must be one of: ${DELIVERY_STATES.join(", ")}`);
}

/** An exact type, or a pattern as subscriptions have them. */
export function typeFilter(
  pattern: string | undefined,
  field: string,
): { type: string | undefined; typePrefix: string | undefined } {
  if (pattern === undefined || pattern === "*") return { type: undefined, typePrefix: undefined };
  checkEventPattern(pattern, field);
  if (pattern.endsWith(".*")) return { type: undefined, typePrefix: pattern.slice(0, -1) };
  return { type: pattern, typePrefix: undefined };
}
