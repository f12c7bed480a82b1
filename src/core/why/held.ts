// What holds a waiting delivery back: first what a person or the store has decided, then what the process that sends
// knows at this moment.

import { breakerPhase } from "../breaker.ts";
import { toIso } from "../instant.ts";
import { formatRateLimit } from "../rate-limit.ts";
import { shellWord } from "../shell-word.ts";
import type { DeliveryFacts, SubscriptionFacts, WhyFacts } from "./facts.ts";
import { action, type Finding, finding } from "./finding.ts";
import type { LaneFacts } from "./lane-facts.ts";
import { spanWords } from "./span-words.ts";

type Held = (facts: WhyFacts, subscription: SubscriptionFacts, delivery: DeliveryFacts) => Finding | undefined;

/** In the order in which they matter: the first that applies is the reason. */
const REASONS: readonly Held[] = [disabled, paused, handshake, turn, retryLater, noSender, live, breaker, due];

export function whatHolds(facts: WhyFacts, subscription: SubscriptionFacts, delivery: DeliveryFacts): Finding {
  for (const reason of REASONS) {
    const found = reason(facts, subscription, delivery);
    if (found !== undefined) return found;
  }
  return finding("waiting", "due", "it is due and about to be sent");
}

function disabled(_facts: WhyFacts, { enabled, disabledAt, reference }: SubscriptionFacts): Finding | undefined {
  if (enabled) return undefined;
  const since = disabledAt === undefined ? "" : ` since ${toIso(disabledAt)}`;
  return finding(
    "waiting",
    "disabled",
    `it is kept: the subscription is disabled${since}, and goes on when it is enabled`,
    {
      actions: [action("enable it", `hooks sub enable ${shellWord(reference)}`)],
    },
  );
}

function paused(_facts: WhyFacts, { paused: isPaused, reference }: SubscriptionFacts): Finding | undefined {
  if (!isPaused) return undefined;
  return finding(
    "waiting",
    "paused",
    "the subscription is paused: it collects, and sends nothing until it is resumed",
    {
      actions: [action("resume it", `hooks sub resume ${shellWord(reference)}`)],
    },
  );
}

function handshake(_facts: WhyFacts, { handshake: asked, reference }: SubscriptionFacts): Finding | undefined {
  if (asked === undefined || asked.state === "allowed") return undefined;
  const askNow = action("ask it now", `hooks sub test ${shellWord(reference)}`);
  if (asked.state === "pending") {
    return finding("waiting", "handshake", "its receiver has not been asked yet whether it allows deliveries", {
      actions: [action("a daemon asks it: hooks serve"), askNow],
    });
  }
  const said = asked.state === "refused" ? "does not allow deliveries" : "did not say whether it allows deliveries";
  const why = asked.why === undefined ? "" : `: ${asked.why}`;
  return finding("waiting", "handshake", `its receiver ${said} from ${asked.origin}${why}`, {
    details: ["it is asked again by itself; until it allows them, deliveries wait"],
    actions: [action(`let it answer OPTIONS with WebHook-Allowed-Origin: ${asked.origin}`), askNow],
  });
}

function turn(facts: WhyFacts, subscription: SubscriptionFacts, delivery: DeliveryFacts): Finding | undefined {
  if (delivery.dueAt !== undefined) return undefined;
  const { ahead } = facts;
  const order = subscription.orderBy === undefined ? "" : ` (order_by ${subscription.orderBy})`;
  if (ahead === undefined) {
    return finding(
      "waiting",
      "turn",
      `it waits for its turn: an earlier delivery of the same order comes first${order}`,
    );
  }
  const when = ahead.dueAt === undefined || ahead.state === "sending" ? "" : `, due ${toIso(ahead.dueAt)}`;
  const tries = ahead.attemptCount === 0 ? "not tried yet" : `tried ${times(ahead.attemptCount)}`;
  return finding(
    "waiting",
    "turn",
    `it waits for its turn behind ${ahead.id}, which is ${ahead.state} (${tries}${when})${order}`,
    {
      actions: [
        action("see why the one before it waits", `hooks why ${ahead.eventId} ${shellWord(subscription.reference)}`),
        action("or give that one up", `hooks delivery cancel ${ahead.id}`),
      ],
    },
  );
}

function retryLater(
  { now, attempts }: WhyFacts,
  { maxAttempts }: SubscriptionFacts,
  delivery: DeliveryFacts,
): Finding | undefined {
  if (delivery.dueAt === undefined || delivery.dueAt <= now) return undefined;
  const next = `the next attempt is in ${spanWords(delivery.dueAt - now)}, at ${toIso(delivery.dueAt)}`;
  if (delivery.attemptCount === 0) return finding("waiting", "due", next);
  const last = attempts.at(-1);
  const said = last?.status === 429 || last?.status === 503 ? ", or later if its Retry-After asked for it" : "";
  return finding("waiting", "retry", `attempt ${delivery.attemptCount} failed; ${next}`, {
    details: [`a round has at most ${maxAttempts} attempts on its schedule${said}`],
    actions: [action("once the receiver is mended, do not wait", `hooks delivery retry ${delivery.id}`)],
  });
}

function noSender({ sender }: WhyFacts): Finding | undefined {
  if (sender.kind !== "none") return undefined;
  return finding("waiting", "no_sender", "it is due, and nothing sends: no daemon runs on this store", {
    actions: [action("start the daemon", "hooks serve")],
  });
}

function live({ sender, now }: WhyFacts, subscription: SubscriptionFacts): Finding | undefined {
  if (sender.kind !== "lane") return undefined;
  const { lane } = sender;
  if (lane === undefined && subscription.unknownProfile !== undefined) {
    return finding(
      "waiting",
      "no_profile",
      `its profile ${JSON.stringify(subscription.unknownProfile)} is not defined in the daemon`,
      { actions: [action("name the file that defines it", "hooks serve --profiles FILE")] },
    );
  }
  if (lane === undefined) {
    return finding(
      "waiting",
      "no_secrets",
      "its secrets or headers cannot be opened, or are not here yet: nothing can be signed",
      {
        actions: [action("see what does not open", "hooks doctor")],
      },
    );
  }
  return ofReceiver(lane, subscription, now) ?? ofLimits(lane, subscription, now);
}

function ofReceiver(lane: LaneFacts, subscription: SubscriptionFacts, now: number): Finding | undefined {
  const { reference } = subscription;
  if (lane.gathering !== undefined) {
    const { events, ripeAt } = lane.gathering;
    const most = subscription.batch === undefined ? "" : ` of at most ${subscription.batch.maxEvents}`;
    return finding(
      "waiting",
      "batch",
      `it gathers with others for one request: ${events}${most}, sent at ${toIso(ripeAt)} at the latest`,
    );
  }
  if (subscription.transport === "tunnel" && lane.room === 0) {
    const summary =
      lane.inFlight === 0 ? "nobody listens in this session" : "the listener takes no more at once than it has";
    return finding("waiting", "no_listener", `${summary}: it waits for it`, {
      actions: lane.inFlight === 0 ? [action("listen again in the same folder", "hooks listen --forward 3000")] : [],
    });
  }
  if (lane.breakerOpenUntil !== undefined) return breakerOpen(lane.breakerOpenUntil, reference, now);
  if (lane.restsUntil !== undefined) {
    const summary = `its receiver asked to be left alone (Retry-After) until ${toIso(lane.restsUntil)}, in ${spanWords(lane.restsUntil - now)}`;
    return finding("waiting", "resting", summary);
  }
  if (lane.isProbing && 0 < lane.inFlight) {
    return finding(
      "waiting",
      "breaker",
      "its breaker is half-open: one delivery finds out whether the receiver is back, and this one comes after it",
    );
  }
  return undefined;
}

function ofLimits(lane: LaneFacts, subscription: SubscriptionFacts, now: number): Finding | undefined {
  const { reference, rateLimit } = subscription;
  const until = (at: number): string => `the next is let through in ${spanWords(at - now)}`;
  if (lane.isBehind) {
    return finding("waiting", "store_behind", "results wait for the disk: nothing is started until they are written");
  }
  if (lane.rateLimitedUntil !== undefined) {
    const limit = rateLimit === undefined ? "" : ` of ${formatRateLimit(rateLimit)}`;
    return finding("waiting", "rate_limit", `its rate limit${limit} is used up: ${until(lane.rateLimitedUntil)}`, {
      actions: [action("allow it more", `hooks sub update ${shellWord(reference)} --rate 1000/m`)],
    });
  }
  if (lane.tenantLimitedUntil !== undefined) {
    return finding(
      "waiting",
      "tenant_limit",
      `the rate limit of its tenant is used up: ${until(lane.tenantLimitedUntil)}`,
      {
        actions: [action("an operator sets it: hooks serve --tenant-rate")],
      },
    );
  }
  if (lane.processLimitedUntil !== undefined) {
    return finding(
      "waiting",
      "process_limit",
      `the rate limit of the relay is used up: ${until(lane.processLimitedUntil)}`,
      {
        actions: [action("an operator sets it: hooks serve --rate")],
      },
    );
  }
  if (lane.hostLimitedUntil !== undefined) {
    return finding(
      "waiting",
      "host_limit",
      `as many retries as one host may get are out: ${until(lane.hostLimitedUntil)}`,
      {
        actions: [action("an operator sets it: hooks serve --retry-rate")],
      },
    );
  }
  const most = Math.min(lane.concurrency, lane.slowedTo ?? Number.POSITIVE_INFINITY);
  if (most <= lane.inFlight) {
    const slowed =
      lane.slowedTo === undefined ? "" : ", fewer than its own limit because the receiver said that it gets too much";
    return finding(
      "waiting",
      "concurrency",
      `${lane.inFlight} of at most ${most} requests at once are unanswered${slowed}: it comes when one ends`,
      {
        details: lane.ready === 0 ? [] : [`${lane.ready} are in line for the next place`],
        actions:
          lane.slowedTo === undefined
            ? [
                action(
                  "allow more at once",
                  `hooks sub update ${shellWord(reference)} --concurrency ${2 * lane.concurrency}`,
                ),
              ]
            : [],
      },
    );
  }
  if (lane.processSlots <= lane.processInFlight) {
    return finding(
      "waiting",
      "process_limit",
      `all ${lane.processSlots} slots of the relay are taken: it comes in its turn`,
      {
        actions: [action("an operator sets it: hooks serve --concurrency")],
      },
    );
  }
  return undefined;
}

/** Without the process that sends: what the store keeps of the breaker. */
function breaker({ now }: WhyFacts, { breaker: state, reference }: SubscriptionFacts): Finding | undefined {
  return breakerPhase(state, now) === "open" ? breakerOpen(state.openUntil!, reference, now) : undefined;
}

function breakerOpen(openUntil: number, reference: string, now: number): Finding {
  const summary = `its breaker is open after failures in a row: nothing is sent until ${toIso(openUntil)}, in ${spanWords(openUntil - now)}`;
  return finding("waiting", "breaker", summary, {
    details: ["this uses up no attempts; then one delivery finds out whether the receiver is back"],
    actions: [action("see how it fails", `hooks sub health ${shellWord(reference)}`)],
  });
}

function due({ sender, now }: WhyFacts, _subscription: SubscriptionFacts, { dueAt }: DeliveryFacts): Finding {
  const since = dueAt === undefined ? "" : ` since ${spanWords(now - dueAt)}`;
  return finding("waiting", "due", `it is due${since} and about to be sent`, {
    details:
      sender.kind === "elsewhere"
        ? ["what holds it back at this moment only the daemon knows, and it could not be asked"]
        : [],
  });
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
