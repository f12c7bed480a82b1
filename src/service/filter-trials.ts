import { invalid } from "../core/errors.ts";
import { checkEventId, readTimestamp } from "../core/event-content.ts";
import { checkEventType, patternTakes } from "../core/event-pattern.ts";
import type { Filter, FilterOutcome } from "../core/filter/filter.ts";
import { type FilterableEvent, FilterSubject } from "../core/filter/filter-subject.ts";
import type { FilterTrial, FilterTrialResult } from "../core/filter/filter-trial.ts";
import { checkRawJson } from "../core/json-envelope.ts";
import type { Scope } from "../core/scope.ts";
import type { StoredEvent } from "../store/store.ts";
import { findEvent, findSubscription, naming } from "./find-by-reference.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readFilter } from "./subscription-filters.ts";
import { readSettings } from "./subscription-resource.ts";

const DEFAULT_TYPE = "webhook.test";

/** Tries a filter on an event: the one that is given or the subscription's, on a stored event or a made one. */
export async function tryFilter(
  { store, now }: Pick<ServiceParts, "store" | "now">,
  scope: Scope,
  trial: FilterTrial,
): Promise<FilterTrialResult> {
  const { subscription, event: reference } = trial;
  const stored =
    subscription === undefined
      ? undefined
      : await naming("subscription", () => findSubscription(store, scope, subscription));
  const text = trial.filter ?? (stored === undefined ? undefined : readSettings(stored).filter);
  if (text === undefined && stored === undefined) {
    throw invalid("filter", "filter is missing: the expression to try, or a subscription that has one");
  }
  const filter = text === undefined ? undefined : await readFilter(text, "filter");
  const event = eventOf(
    trial,
    reference === undefined ? undefined : await naming("event", () => findEvent(store, scope, reference)),
    now(),
  );
  const hasType = trial.type !== undefined || trial.event !== undefined;
  const pattern = hasType ? stored?.events.find((one) => patternTakes(one, event.type)) : undefined;
  const isTaken = stored === undefined || !hasType || pattern !== undefined;
  const subject = new FilterSubject(event);
  const outcome: FilterOutcome = filter?.outcomeFor(subject) ?? { kind: "matched" };
  return {
    matched: isTaken && outcome.kind === "matched",
    filter: text ?? null,
    outcome: outcome.kind,
    error: outcome.kind === "failed" ? outcome.why : null,
    pattern: pattern ?? null,
    conditions: explained(filter, subject),
  };
}

function explained(filter: Filter | undefined, subject: FilterSubject): FilterTrialResult["conditions"] {
  return filter === undefined ? [] : filter.explain(subject);
}

function eventOf(trial: FilterTrial, base: StoredEvent | undefined, now: number): FilterableEvent {
  const { id, type, timestamp, version, data, metadata } = trial;
  checkEventId(id);
  if (data !== undefined) checkRawJson(data, "data");
  if (metadata !== undefined) checkRawJson(metadata, "metadata");
  return {
    id: id ?? base?.id ?? "evt_test",
    type: type === undefined ? (base?.type ?? DEFAULT_TYPE) : checkEventType(type, "type"),
    timestamp: timestamp === undefined ? (base?.timestamp ?? now) : readTimestamp(timestamp),
    version: version ?? base?.version,
    data: data ?? base?.data ?? Buffer.from("{}"),
    metadata: metadata ?? base?.metadata,
  };
}
