import type { AuditedFields } from "../core/audit.ts";
import { type VersionedType, versionVerdict } from "../core/event-version.ts";
import { FilterSubject } from "../core/filter/filter-subject.ts";
import { maskUrl } from "../core/masked-url.ts";
import { maxAttempts } from "../core/retry-policy.ts";
import type {
  ChangeFact,
  DeliveryFacts,
  FilterFacts,
  SenderFacts,
  SubscriptionFacts,
  SwitchFact,
  WhyFacts,
} from "../core/why/facts.ts";
import type { LaneFacts } from "../core/why/lane-facts.ts";
import { stateBefore } from "../core/why/past-state.ts";
import type { StoredAuditEntry } from "../store/admin-store.ts";
import type { StoredDelivery, StoredEvent, StoredSubscription } from "../store/store.ts";
import type { StoredSwitch } from "../store/why-store.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readFilter } from "./subscription-filters.ts";
import { readSettings } from "./subscription-resource.ts";

/** What is read once for an event, whatever the number of subscriptions. */
export interface EventHistory {
  event: StoredEvent;
  /** Undefined: it is in no catalogue. */
  type: VersionedType | undefined;
  /** By subscription id; changes after the event, oldest first. */
  changes: ReadonlyMap<string, readonly ChangeFact[]>;
  switches: ReadonlyMap<string, readonly SwitchFact[]>;
  /** Names that more than one subscription has. */
  ambiguous: ReadonlySet<string>;
}

/** Everything that is known of the event and one subscription (undefined: it is deleted). */
export async function whyFacts(
  parts: ServiceParts,
  { event, type, changes, switches, ambiguous }: EventHistory,
  subscriptionId: string,
  stored: StoredSubscription | undefined,
  delivery: StoredDelivery | undefined,
): Promise<WhyFacts> {
  const { store, now } = parts;
  const subscription = stored === undefined ? undefined : subscriptionFacts(stored, ambiguous, parts);
  const ofOne = { changes: changes.get(subscriptionId) ?? [], switches: switches.get(subscriptionId) ?? [] };
  const then = subscription && stateBefore(subscription, ofOne.changes, ofOne.switches);
  const filter = await filterFacts(subscription?.filter, event);
  const attempts = delivery === undefined ? [] : await store.listAttempts(delivery.rowId);
  const waitsForTurn = delivery?.claimableAt === undefined && delivery?.completedAt === undefined;
  const ahead = delivery !== undefined && waitsForTurn ? await store.why.findAhead(delivery) : undefined;
  const wasTouched = delivery?.state === "cancelled" || attempts.some(({ trigger }) => trigger !== "auto");
  return {
    now: now(),
    event: { id: event.id, type: event.type, createdAt: event.createdAt },
    subscription,
    subscriptionId,
    delivery: delivery && deliveryFacts(delivery),
    attempts,
    ...ofOne,
    filter,
    filterThen: then?.filter === subscription?.filter ? filter : await filterFacts(then?.filter, event),
    version: versionVerdict(type, event.version, subscription?.eventVersion),
    versionThen: versionVerdict(type, event.version, then?.eventVersion),
    sender: senderOf(parts, stored?.rowId ?? delivery?.subscriptionRowId),
    ahead: ahead && {
      id: ahead.id,
      eventId: ahead.eventId,
      state: ahead.state,
      attemptCount: ahead.attemptCount,
      dueAt: ahead.claimableAt,
    },
    deeds: delivery !== undefined && wasTouched ? await deedsOf(parts, delivery) : [],
  };
}

function subscriptionFacts(
  stored: StoredSubscription,
  ambiguous: ReadonlySet<string>,
  { profiles }: Pick<ServiceParts, "profiles">,
): SubscriptionFacts {
  const settings = readSettings(stored);
  const { id, name, url, transport, events, enabled, disabledReason, disabledAt, paused, breaker } = stored;
  return {
    id,
    name,
    reference: name === "" || ambiguous.has(name) ? id : name,
    url: url === undefined ? undefined : maskUrl(url),
    transport,
    events,
    filter: settings.filter,
    eventVersion: settings.eventVersion,
    enabled,
    disabledReason,
    disabledAt,
    paused,
    handshake: settings.handshake,
    unknownProfile: profiles.find(settings.profile) === undefined ? settings.profile : undefined,
    concurrency: settings.concurrency,
    rateLimit: settings.rateLimit,
    orderBy: settings.orderBy,
    batch: settings.batch,
    maxAttempts: maxAttempts(settings.retry),
    breaker,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
  };
}

function deliveryFacts(delivery: StoredDelivery): DeliveryFacts {
  const { id, state, reason, attemptCount, claimableAt, createdAt, completedAt } = delivery;
  return { id, state, reason, attemptCount, dueAt: claimableAt, createdAt, completedAt };
}

async function filterFacts(text: string | undefined, event: StoredEvent): Promise<FilterFacts | undefined> {
  if (text === undefined) return undefined;
  const subject = new FilterSubject(event);
  try {
    const filter = await readFilter(text, "filter");
    return { text, outcome: filter.outcomeFor(subject), conditions: filter.explain(subject) };
  } catch (error) {
    // One of another version.
    return {
      text,
      outcome: { kind: "failed", why: error instanceof Error ? error.message : String(error) },
      conditions: [],
    };
  }
}

function senderOf({ dispatch, hasDaemon, now }: ServiceParts, rowId: number | undefined): SenderFacts {
  if (dispatch?.laneFacts !== undefined && rowId !== undefined) {
    return { kind: "lane", lane: onThisClock(dispatch.laneFacts(rowId), now()) };
  }
  return { kind: dispatch !== undefined || hasDaemon?.() === true ? "elsewhere" : "none" };
}

/** The process that sends goes by a clock that nobody sets: its times are moved to the one that people read. */
function onThisClock(answer: { lane: LaneFacts; now: number } | undefined, now: number): LaneFacts | undefined {
  if (answer === undefined) return undefined;
  const { lane } = answer;
  const moved = (at: number | undefined): number | undefined => (at === undefined ? undefined : at + now - answer.now);
  return {
    ...lane,
    breakerOpenUntil: moved(lane.breakerOpenUntil),
    restsUntil: moved(lane.restsUntil),
    rateLimitedUntil: moved(lane.rateLimitedUntil),
    tenantLimitedUntil: moved(lane.tenantLimitedUntil),
    processLimitedUntil: moved(lane.processLimitedUntil),
    hostLimitedUntil: moved(lane.hostLimitedUntil),
    gathering: lane.gathering && { ...lane.gathering, ripeAt: moved(lane.gathering.ripeAt)! },
  };
}

const DEEDS_READ = 20;

/** Who cancelled it or sent it again, newest first; of a deleted subscription, who deleted it. */
async function deedsOf({ store }: ServiceParts, delivery: StoredDelivery): Promise<WhyFacts["deeds"]> {
  const resource = delivery.reason === "subscription_deleted" ? delivery.subscriptionId : delivery.id;
  const entries = await store.admin.listAudit(
    { reach: delivery.scope, withPast: false, resource },
    DEEDS_READ,
    undefined,
  );
  return entries.map(({ at, action, actor }) => ({ at, action, by: actor }));
}

/** Oldest first, by what was changed. */
export function changesBySubscription(entries: readonly StoredAuditEntry[]): Map<string, ChangeFact[]> {
  const changes = new Map<string, ChangeFact[]>();
  for (const { at, action, actor, resourceId, before, after } of entries.toSorted(
    (one, other) => one.rowId - other.rowId,
  )) {
    if (resourceId === undefined) continue;
    const change = { at, action, by: actor, before: parsed(before), after: parsed(after) };
    const before_ = changes.get(resourceId);
    if (before_ === undefined) changes.set(resourceId, [change]);
    else before_.push(change);
  }
  return changes;
}

function parsed(json: string | undefined): AuditedFields | undefined {
  return json === undefined ? undefined : (JSON.parse(json) as AuditedFields);
}

/** The same of what hooks itself told. */
export function switchesBySubscription(stored: readonly StoredSwitch[]): Map<string, SwitchFact[]> {
  const switches = new Map<string, SwitchFact[]>();
  for (const { at, type, data } of stored) {
    const { subscription, reason } = JSON.parse(Buffer.from(data).toString("utf8")) as {
      subscription: { id: string };
      reason: string;
    };
    const one = { at, enabled: type === "hooks.subscription.enabled", reason };
    const before = switches.get(subscription.id);
    if (before === undefined) switches.set(subscription.id, [one]);
    else before.push(one);
  }
  return switches;
}
