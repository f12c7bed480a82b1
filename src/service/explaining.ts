import { HooksError } from "../core/errors.ts";
import { patternTakes } from "../core/event-pattern.ts";
import { toIso } from "../core/instant.ts";
import type { Scope } from "../core/scope.ts";
import { explainSubscription } from "../core/why/explain.ts";
import { stateBefore } from "../core/why/past-state.ts";
import type { WhyQuery, WhyResource } from "../core/why/why.ts";
import type { StoredDelivery, StoredEvent, StoredSubscription } from "../store/store.ts";
import { findEvent, findSubscription, naming } from "./find-by-reference.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readSettings } from "./subscription-resource.ts";
import { changesBySubscription, type EventHistory, switchesBySubscription, whyFacts } from "./why-facts.ts";

/** Subscriptions that one answer explains. */
const MOST_EXPLAINED = 200;
/** Changes after the event that are looked at, newest first: what was before them is not known then, and said. */
const MOST_CHANGES = 2_000;

/** A subscription to be explained; `stored` undefined: it is deleted. */
interface Chosen {
  id: string;
  stored: StoredSubscription | undefined;
  delivery: StoredDelivery | undefined;
}

/** Why an event was sent to the subscriptions of its scope, or not. Changes nothing. */
export async function explainEvent(parts: ServiceParts, scope: Scope, query: WhyQuery): Promise<WhyResource> {
  const { store, now, dispatch, hasDaemon } = parts;
  const event = await naming("event", () => findEvent(store, scope, query.event));
  const [subscriptions, deliveries] = await Promise.all([
    store.loadSubscriptions(scope),
    store.listDeliveries(scope, { eventRowId: event.rowId }, Number.MAX_SAFE_INTEGER, undefined),
  ]);
  const { history, isComplete } = await historyOf(parts, scope, event, subscriptions);
  const all = candidates(subscriptions, deliveries);
  const chosen =
    query.subscription === undefined
      ? all.filter((one) => isConcerned(one, history))
      : [await named(parts, scope, query.subscription, all)];
  const explained = chosen.slice(0, MOST_EXPLAINED);
  const facts = await Promise.all(explained.map((one) => whyFacts(parts, history, one.id, one.stored, one.delivery)));
  const isLive = dispatch?.laneFacts !== undefined;
  return {
    event: {
      id: event.id,
      type: event.type,
      timestamp: toIso(event.timestamp),
      version: event.version ?? null,
      tenant: scope.tenant,
      environment: scope.environment,
      created_at: toIso(event.createdAt),
    },
    checked_at: toIso(now()),
    live: isLive,
    notes: [
      ...(subscriptions.length === 0 ? [`there is no subscription in ${scope.tenant}/${scope.environment}`] : []),
      ...(isLive ? [] : [hasDaemon?.() === true ? NOT_ASKED : NO_DAEMON]),
      ...(isComplete
        ? []
        : [`more than ${MOST_CHANGES} changes came after the event: how it was before them is not known`]),
    ],
    subscriptions: facts.map(explainSubscription),
    others: query.subscription === undefined ? all.length - explained.length : 0,
  };
}

const NO_DAEMON = "no daemon runs on this store: what waits is not sent";
const NOT_ASKED = "the daemon was not asked: what holds a delivery back at this moment is not known";

/** Those with a delivery first, newest first; then the others, newest first. */
function candidates(subscriptions: readonly StoredSubscription[], deliveries: readonly StoredDelivery[]): Chosen[] {
  const byId = new Map(subscriptions.map((one) => [one.id, one]));
  const withDelivery = deliveries.map((delivery) => {
    const { subscriptionId: id } = delivery;
    return { id, stored: byId.get(id), delivery };
  });
  const has = new Set(withDelivery.map(({ id }) => id));
  const without = subscriptions.filter(({ id }) => !has.has(id)).toReversed();
  return [...withDelivery, ...without.map((stored) => ({ id: stored.id, stored, delivery: undefined }))];
}

/** Whether it got the event, or takes its type, now or when the event came. */
function isConcerned({ id, stored, delivery }: Chosen, { event, changes, switches }: EventHistory): boolean {
  if (delivery !== undefined || stored === undefined) return true;
  const takes = (patterns: readonly string[]): boolean => patterns.some((one) => patternTakes(one, event.type));
  if (takes(stored.events)) return true;
  const ofOne = changes.get(id);
  if (ofOne === undefined || event.createdAt < stored.createdAt) return false;
  const { filter, eventVersion } = readSettings(stored);
  const now = { events: stored.events, filter, eventVersion, enabled: stored.enabled };
  return takes(stateBefore(now, ofOne, switches.get(id) ?? []).events);
}

/** Also one that was deleted, by its id, as long as there is a delivery to it. */
async function named(
  { store }: Pick<ServiceParts, "store">,
  scope: Scope,
  reference: string,
  all: readonly Chosen[],
): Promise<Chosen> {
  try {
    const { id } = await naming("subscription", () => findSubscription(store, scope, reference));
    const found = all.find((one) => one.id === id);
    if (found !== undefined) return found;
    throw new HooksError("not_found", `no subscription "${id}"`, { field: "subscription" });
  } catch (error) {
    const deleted = all.filter(
      ({ id, stored }) => stored === undefined && id.startsWith(reference) && reference !== "",
    );
    if (deleted.length === 1) return deleted[0]!;
    throw error;
  }
}

async function historyOf(
  { store, catalogue }: Pick<ServiceParts, "store" | "catalogue">,
  scope: Scope,
  event: StoredEvent,
  subscriptions: readonly StoredSubscription[],
): Promise<{ history: EventHistory; isComplete: boolean }> {
  const since = event.createdAt + 1;
  const filter = { reach: scope, withPast: false, actionPrefix: "subscription.", since };
  const [entries, switches] = await Promise.all([
    store.admin.listAudit(filter, MOST_CHANGES + 1, undefined),
    store.why.listSwitches(scope, since, MOST_CHANGES + 1),
    catalogue.load(),
  ]);
  return {
    history: {
      event,
      type: catalogue.find(scope, event.type),
      changes: changesBySubscription(entries),
      switches: switchesBySubscription(switches),
      ambiguous: repeatedNames(subscriptions),
    },
    isComplete: entries.length <= MOST_CHANGES && switches.length <= MOST_CHANGES,
  };
}

function repeatedNames(subscriptions: readonly StoredSubscription[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { name } of subscriptions) {
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return repeated;
}
