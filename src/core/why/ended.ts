import { toIso } from "../instant.ts";
import { shellWord } from "../shell-word.ts";
import { attemptWords } from "./attempt-words.ts";
import type { DeliveryFacts, WhyFacts } from "./facts.ts";
import { action, type Finding, finding } from "./finding.ts";
import type { WhyAction } from "./why.ts";

/** Of a delivery that is over: how it ended. */
export function howEnded(facts: WhyFacts, delivery: DeliveryFacts): Finding {
  if (delivery.state === "succeeded") return delivered(facts, delivery);
  return delivery.state === "failed" ? failed(facts, delivery) : cancelled(facts, delivery);
}

function delivered({ attempts }: WhyFacts, { attemptCount, completedAt }: DeliveryFacts): Finding {
  const last = attempts.at(-1);
  const at = completedAt === undefined ? "" : ` at ${toIso(completedAt)}`;
  const answer = last?.status === undefined ? "" : `, with ${last.status}`;
  const tries = attemptCount === 1 ? "at the first attempt" : `at attempt ${attemptCount}`;
  return finding("delivered", "delivered", `it was delivered${at}, ${tries}${answer}`);
}

function failed(facts: WhyFacts, delivery: DeliveryFacts): Finding {
  const { attemptCount, reason } = delivery;
  const last = facts.attempts.at(-1);
  const words = last?.outcome === "failure" ? attemptWords(last) : undefined;
  const cause = words === undefined ? "" : `; the last time ${words.cause}`;
  const mend = words?.advice === undefined ? [] : [action(words.advice)];
  const again = [...mend, ...(facts.subscription === undefined ? [] : [retry(delivery)])];
  const tries = attemptCount === 1 ? "its only attempt" : `all ${attemptCount} attempts`;
  switch (reason) {
    case "exhausted":
      return finding("failed", "exhausted", `it was given up after ${tries}${cause}`, { actions: again });
    case "final_status":
      return finding("failed", "final_status", `it was given up at once: retry_on says that this is final${cause}`, {
        details: ["retry_on of the subscription says what is tried again"],
        actions: again,
      });
    case "gone":
      return finding(
        "failed",
        "gone",
        "it was given up because the receiver answered 410 (gone), which disabled the subscription",
        {
          actions: enableAndRetry(facts, delivery),
        },
      );
    case "subscription_disabled":
      return finding(
        "failed",
        "subscription_disabled",
        `it was given up when the subscription was disabled by itself after failures in a row${cause}`,
        {
          actions: [...mend, ...enableAndRetry(facts, delivery)],
        },
      );
    case "expired":
      return finding("failed", "expired", "it was given up because nobody listened in time", { actions: again });
    default:
      return finding("failed", "exhausted", `it was given up${cause}`, { actions: again });
  }
}

function cancelled(facts: WhyFacts, delivery: DeliveryFacts): Finding {
  const { reason, completedAt } = delivery;
  const at = completedAt === undefined ? "" : ` at ${toIso(completedAt)}`;
  switch (reason) {
    case "subscription_deleted":
      return finding(
        "cancelled",
        "subscription_deleted",
        `it was cancelled${at} because the subscription was deleted${by(facts, "subscription.delete")}`,
      );
    case "expired":
      return finding("cancelled", "expired", `it was cancelled${at} because nobody listened in time`, {
        actions: againIfThere(facts, delivery),
      });
    case "subscription_disabled":
      return finding(
        "cancelled",
        "subscription_disabled",
        `it was cancelled${at} because the subscription was disabled`,
        {
          actions: enableAndRetry(facts, delivery),
        },
      );
    default:
      return finding("cancelled", "cancelled", `it was cancelled${at}${by(facts, "delivery.cancel")}`, {
        actions: againIfThere(facts, delivery),
      });
  }
}

function by({ deeds }: WhyFacts, wanted: string): string {
  const deed = deeds.find((one) => one.action === wanted);
  return deed === undefined ? "" : ` by ${deed.by}`;
}

function enableAndRetry(facts: WhyFacts, delivery: DeliveryFacts): WhyAction[] {
  const { subscription } = facts;
  if (subscription === undefined) return [];
  if (subscription.enabled) return [retry(delivery)];
  return [
    action("enable it", `hooks sub enable ${shellWord(subscription.reference)}`),
    retry(delivery, "and send it again"),
  ];
}

function againIfThere({ subscription }: WhyFacts, delivery: DeliveryFacts): WhyAction[] {
  return subscription === undefined ? [] : [retry(delivery)];
}

function retry({ id }: DeliveryFacts, text = "send it again"): WhyAction {
  return action(text, `hooks delivery retry ${id}`);
}
