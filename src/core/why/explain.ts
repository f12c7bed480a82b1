import type { Attempt } from "../attempt.ts";
import { patternTakes } from "../event-pattern.ts";
import { toIso, toIsoOrNull } from "../instant.ts";
import { attemptWords } from "./attempt-words.ts";
import { howEnded } from "./ended.ts";
import type { DeliveryFacts, WhyFacts } from "./facts.ts";
import { action, type Finding, finding } from "./finding.ts";
import { whatHolds } from "./held.ts";
import { takesNow, whyNotSent } from "./not-sent.ts";
import type { WhyAttempt, WhySubscription } from "./why.ts";

const ATTEMPTS_SHOWN = 20;

/** From what is known of an event and a subscription to why it was sent or not. Pure; never throws. */
export function explainSubscription(facts: WhyFacts): WhySubscription {
  const { subscription, delivery, attempts, filter } = facts;
  const found = find(facts);
  const pattern = subscription?.events.find((one) => patternTakes(one, facts.event.type));
  return {
    id: facts.subscriptionId,
    name: subscription === undefined || subscription.name === "" ? null : subscription.name,
    url: subscription?.url ?? null,
    outcome: found.outcome,
    code: found.code,
    summary: found.summary,
    details: [...found.details, ...besides(facts)],
    pattern: pattern ?? null,
    filter:
      filter === undefined
        ? null
        : {
            expression: filter.text,
            outcome: filter.outcome.kind,
            error: filter.outcome.kind === "failed" ? filter.outcome.why : null,
            conditions: filter.conditions,
          },
    delivery:
      delivery === undefined
        ? null
        : {
            id: delivery.id,
            status: delivery.state,
            reason: delivery.reason ?? null,
            created_at: toIso(delivery.createdAt),
            completed_at: toIsoOrNull(delivery.completedAt),
          },
    next_attempt_at: toIsoOrNull(nextAttemptAt(delivery)),
    attempts: attempts.slice(-ATTEMPTS_SHOWN).map(toWhyAttempt),
    actions: found.actions,
  };
}

function find(facts: WhyFacts): Finding {
  const { delivery, subscription } = facts;
  if (delivery === undefined) {
    return subscription === undefined
      ? finding("not_sent", "subscription_deleted", "it is deleted, and there is no delivery of the event to it")
      : whyNotSent(facts, subscription);
  }
  switch (delivery.state) {
    case "sending":
      return sending(facts, delivery);
    case "pending":
    case "retrying":
      return subscription === undefined
        ? finding("waiting", "subscription_deleted", "the subscription was deleted: it is about to be cancelled")
        : whatHolds(facts, subscription, delivery);
    default:
      return howEnded(facts, delivery);
  }
}

/** Leased: it is in a request, or this close to it. */
function sending(facts: WhyFacts, delivery: DeliveryFacts): Finding {
  const number = delivery.attemptCount + 1;
  const { sender, subscription } = facts;
  if (sender.kind === "none") {
    return finding(
      "sending",
      "no_sender",
      `attempt ${number} was begun by a daemon that runs no more: the next one takes it up at once`,
      {
        actions: [action("start the daemon", "hooks serve")],
      },
    );
  }
  // What a process has taken and not started is still held by what holds its lane.
  if (
    sender.kind === "lane" &&
    subscription !== undefined &&
    (sender.lane?.gathering !== undefined || sender.lane?.inFlight === 0)
  ) {
    const held = whatHolds(facts, subscription, { ...delivery, dueAt: facts.now });
    if (held.code !== "due") return held;
  }
  return finding("sending", "sending", `attempt ${number} is being made right now`);
}

/** What is true beside the reason. */
function besides(facts: WhyFacts): string[] {
  const { delivery, subscription, attempts, deeds, event } = facts;
  const said: string[] = [];
  if (delivery === undefined) return said;
  if (event.createdAt < delivery.createdAt) {
    said.push(`it was made at ${toIso(delivery.createdAt)}, after the event: somebody replayed it`);
  }
  if (facts.version.kind === "converted")
    said.push(`its data is converted from version ${facts.version.from} to ${facts.version.to}`);
  for (const { at, action: deed, by } of deeds.slice(0, 3)) {
    if (deed === "delivery.retry") said.push(`${by} sent it again at ${toIso(at)}`);
  }
  const last = attempts.at(-1);
  const isOver = delivery.state === "succeeded" || delivery.state === "cancelled";
  if (last?.outcome === "failure" && !isOver && delivery.state !== "failed")
    said.push(`the last attempt: ${attemptWords(last).cause}`);
  if (
    subscription !== undefined &&
    !isOver &&
    delivery.state !== "failed" &&
    !takesNow(facts, subscription) &&
    subscription.enabled
  ) {
    said.push(
      "its patterns or its filter would not take the event any more; what is made already is sent all the same",
    );
  }
  return said;
}

function nextAttemptAt(delivery: DeliveryFacts | undefined): number | undefined {
  return delivery?.state === "pending" || delivery?.state === "retrying" ? delivery.dueAt : undefined;
}

function toWhyAttempt(attempt: Attempt): WhyAttempt {
  return {
    number: attempt.number,
    started_at: toIso(attempt.startedAt),
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    status: attempt.status ?? null,
    cause: attemptWords(attempt).cause,
    phase: attempt.phase,
    trigger: attempt.trigger,
  };
}
