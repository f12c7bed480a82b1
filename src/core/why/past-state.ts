import type { ChangeFact, SubscriptionFacts, SwitchFact } from "./facts.ts";

/** What of a subscription decides whether an event is for it. */
export interface TakingState {
  events: readonly string[];
  filter: string | undefined;
  eventVersion: string | undefined;
  enabled: boolean;
}

/** As it was before these changes (oldest first), the newest undone first. */
export function stateBefore(
  now: Pick<SubscriptionFacts, "events" | "filter" | "eventVersion" | "enabled">,
  changes: readonly ChangeFact[],
  switches: readonly SwitchFact[],
): TakingState {
  let { events, filter, eventVersion, enabled } = now;
  for (const { before } of changes.toReversed()) {
    if (before === undefined) continue;
    if (isTexts(before["events"])) events = before["events"];
    if ("filter" in before) filter = textOf(before["filter"]);
    if ("event_version" in before) eventVersion = textOf(before["event_version"]);
    if (typeof before["enabled"] === "boolean") enabled = before["enabled"];
  }
  // What its failures or a probe switched is in no record of people; the first switch says how it was before it.
  const [first] = switches;
  if (first !== undefined) enabled = !first.enabled;
  return { events, filter, eventVersion, enabled };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The first change that set this field, if one did. */
export function changeOf(changes: readonly ChangeFact[], field: string): ChangeFact | undefined {
  return changes.find(
    ({ before, after }) => (before !== undefined && field in before) || (after !== undefined && field in after),
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
