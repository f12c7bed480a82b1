// Why an event made no delivery for a subscription: what it was when the event came decides, not what it is now.

import { isOperationalType, patternTakes } from "../event-pattern.ts";
import { toIso } from "../instant.ts";
import { shellWord } from "../shell-word.ts";
import type { ChangeFact, FilterFacts, SubscriptionFacts, WhyFacts } from "./facts.ts";
import { action, type Finding, finding } from "./finding.ts";
import { changeOf, stateBefore, type TakingState } from "./past-state.ts";
import { spanWords } from "./span-words.ts";
import type { WhyAction } from "./why.ts";

export function whyNotSent(facts: WhyFacts, subscription: SubscriptionFacts): Finding {
  const { event } = facts;
  if (event.createdAt < subscription.createdAt) return createdLater(facts, subscription);
  const then = stateBefore(subscription, facts.changes, facts.switches);
  return (
    notByPattern(facts, subscription, then) ??
    notWhileOff(facts, subscription, then) ??
    notByFilter(facts, subscription) ??
    notByVersion(facts, subscription) ??
    unknown(facts, subscription)
  );
}

function createdLater(facts: WhyFacts, subscription: SubscriptionFacts): Finding {
  const later = spanWords(subscription.createdAt - facts.event.createdAt);
  const wouldMatch = takesNow(facts, subscription);
  return finding("not_sent", "created_later", `it was created ${later} after the event`, {
    details: [
      wouldMatch ? "the event would match now" : `the event would not match now either: ${notNow(facts, subscription)}`,
    ],
    actions: wouldMatch ? [replay(facts, subscription)] : [],
  });
}

function notByPattern(facts: WhyFacts, subscription: SubscriptionFacts, then: TakingState): Finding | undefined {
  const { type } = facts.event;
  if (then.events.some((pattern) => patternTakes(pattern, type))) return undefined;
  if (isOperationalType(type) && then.events.includes("*")) {
    const summary = `"*" does not take ${type}: what hooks tells of itself goes to those who name it`;
    return finding("not_sent", "operational", summary, {
      actions: [action("take it by name", updateEvents(subscription, type))],
    });
  }
  const summary = `none of its patterns takes ${type}: ${then.events.join(", ")}`;
  const changed = changeOf(facts.changes, "events");
  const wouldMatch = takesNow(facts, subscription);
  return finding("not_sent", "no_pattern", changed === undefined ? summary : `when the event came, ${summary}`, {
    details:
      changed === undefined
        ? []
        : [changedSince("its patterns", changed, `they are ${subscription.events.join(", ")} now`)],
    actions: wouldMatch
      ? [replay(facts, subscription)]
      : [action("to get such events from now on", updateEvents(subscription, type))],
  });
}

const OFF_WORDS = {
  by_hand: "by hand",
  gone: "because its receiver answered 410 (gone)",
  failing: "because its receiver kept failing",
} as const;

function notWhileOff(facts: WhyFacts, subscription: SubscriptionFacts, then: TakingState): Finding | undefined {
  if (then.enabled) return undefined;
  const { reference } = subscription;
  if (subscription.transport === "tunnel") return notListening(subscription);
  if (subscription.enabled) {
    const enabled = facts.switches.find((one) => one.enabled);
    const when =
      enabled === undefined ? "" : ` (it was enabled ${spanWords(enabled.at - facts.event.createdAt)} after it)`;
    return finding("not_sent", "disabled", `it was disabled when the event came${when}`, {
      actions: [replay(facts, subscription)],
    });
  }
  const why = subscription.disabledReason === undefined ? "" : ` ${OFF_WORDS[subscription.disabledReason]}`;
  const since = subscription.disabledAt === undefined ? "" : `, since ${toIso(subscription.disabledAt)}`;
  return finding("not_sent", "disabled", `it is disabled${why}${since}: a disabled subscription collects nothing`, {
    actions: [
      action("enable it", `hooks sub enable ${shellWord(reference)}`),
      replay(facts, subscription, "and send this event"),
    ],
  });
}

function notListening(subscription: SubscriptionFacts): Finding {
  const summary = "nobody listened in this session when the event came, and it was not kept for it";
  return finding("not_sent", "not_listening", summary, {
    actions: [action("let the session collect while nobody listens", "hooks listen --keep 24h")],
    details: subscription.enabled ? ["somebody listens now"] : [],
  });
}

function notByFilter(facts: WhyFacts, subscription: SubscriptionFacts): Finding | undefined {
  const { filterThen } = facts;
  if (filterThen === undefined || filterThen.outcome.kind === "matched") return undefined;
  const changed = changeOf(facts.changes, "filter");
  const wouldMatch = takesNow(facts, subscription);
  const details = changed === undefined ? [] : [changedSince("its filter", changed, filterNow(facts.filter))];
  const actions = [
    ...(wouldMatch ? [replay(facts, subscription)] : []),
    action(
      "see what the filter looks at",
      `hooks sub filter-test ${shellWord(subscription.reference)} --event ${facts.event.id}`,
    ),
    ...(wouldMatch ? [] : [replay(facts, subscription, "send it all the same")]),
  ];
  if (filterThen.outcome.kind === "failed") {
    const summary = `its filter failed, so the event was not sent: ${filterThen.outcome.why}`;
    return finding("not_sent", "filter_failed", summary, {
      details: [
        ...details,
        `the filter: ${filterThen.text}`,
        `where something may be missing, has(…) or .?…orValue(…) says so`,
      ],
      actions,
    });
  }
  const falseOnes = filterThen.conditions.filter(({ result }) => result === false).map(({ expression }) => expression);
  const [only] = falseOnes;
  const which = falseOnes.length === 1 && only !== filterThen.text ? ` (${only})` : "";
  return finding("not_sent", "filtered", `its filter is not true for the event${which}: ${filterThen.text}`, {
    details,
    actions,
  });
}

/** The filter was asked first, of the data as it was published. */
function notByVersion(facts: WhyFacts, subscription: SubscriptionFacts): Finding | undefined {
  const { versionThen } = facts;
  if (versionThen.kind !== "skipped") return undefined;
  const changed = changeOf(facts.changes, "event_version");
  const pinned =
    subscription.eventVersion === undefined
      ? "it is pinned to none now"
      : `it is pinned to ${subscription.eventVersion} now`;
  return finding("not_sent", "version", `it was skipped for its version: ${versionThen.reason}`, {
    details: changed === undefined ? [] : [changedSince("its version", changed, pinned)],
    actions: takesNow(facts, subscription)
      ? [replay(facts, subscription)]
      : [
          action("see which versions and conversions there are", `hooks event-type get ${facts.event.type}`),
          action(
            "or take every version",
            `hooks sub update ${shellWord(subscription.reference)} --reset event-version`,
          ),
        ],
  });
}

function unknown(facts: WhyFacts, subscription: SubscriptionFacts): Finding {
  const details = [
    subscription.transport === "tunnel"
      ? "a listener's session collects nothing after a clean end, one of sources only what came to them, and what it changes is not recorded"
      : "either the delivery is gone from the store, or the subscription was changed by something that the audit does not record",
  ];
  return finding("not_sent", "unknown", "its patterns and its filter take the event, yet there is no delivery", {
    details,
    actions: [replay(facts, subscription)],
  });
}

/** Whether it would get the event if it came now. */
export function takesNow(facts: WhyFacts, { events, enabled }: SubscriptionFacts): boolean {
  const isTaken = events.some((pattern) => patternTakes(pattern, facts.event.type));
  const isFiltered = facts.filter !== undefined && facts.filter.outcome.kind !== "matched";
  return enabled && isTaken && !isFiltered && facts.version.kind !== "skipped";
}

function notNow({ event, filter, version }: WhyFacts, { events, enabled }: SubscriptionFacts): string {
  if (!events.some((pattern) => patternTakes(pattern, event.type)))
    return `none of its patterns takes ${event.type}: ${events.join(", ")}`;
  if (filter?.outcome.kind === "failed") return `its filter fails: ${filter.outcome.why}`;
  if (version.kind === "skipped") return `it would be skipped for its version: ${version.reason}`;
  if (filter !== undefined && filter.outcome.kind === "not_matched") return `its filter is not true: ${filter.text}`;
  return enabled ? "it does" : "it is disabled";
}

function changedSince(what: string, change: ChangeFact, now: string): string {
  return `${what} changed at ${toIso(change.at)}, after the event (by ${change.by}): ${now}`;
}

function filterNow(filter: FilterFacts | undefined): string {
  return filter === undefined ? "it has none now" : `it is ${filter.text} now`;
}

function replay(
  { event }: WhyFacts,
  { reference, id }: SubscriptionFacts,
  text = "send it to this subscription now",
): WhyAction {
  return action(text, `hooks event replay ${event.id} --sub ${shellWord(reference === "" ? id : reference)}`);
}

/** Of the patterns that it has, all stay: the flag replaces the whole list. */
function updateEvents({ reference, events }: SubscriptionFacts, type: string): string {
  const flags = [...events, type].map((pattern) => `--event ${shellWord(pattern)}`).join(" ");
  return `hooks sub update ${shellWord(reference)} ${flags}`;
}
