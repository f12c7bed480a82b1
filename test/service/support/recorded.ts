import type { HeaderPairs, SendErrorCode } from "../../../src/core/attempt.ts";
import type { ClaimedDelivery, RecordedAttempt, Verdict } from "../../../src/core/delivery.ts";
import { TEST_SCOPE, type TestHooks } from "../../support/local-hooks.ts";

const WORKER = "boot-1";

export interface AttemptOptions {
  status?: number;
  errorCode?: SendErrorCode;
  durationMs?: number;
  /** Default: what is no 2xx is tried again in an hour. */
  verdict?: Verdict;
  /** Of the receiver. Default: none. */
  headers?: HeaderPairs;
}

/**
 * Publishes an event for each of these answers, and records it as an attempt of each of the event's deliveries, as the
 * dispatcher would.
 */
export async function recordAll(hooks: TestHooks, type: string, answers: readonly AttemptOptions[]): Promise<void> {
  for (const answer of answers) {
    await hooks.service.publish({ type, data: Buffer.from("{}") });
    await recordDue(hooks, answer);
  }
}

/** Records an attempt of everything that is due. Answers how many. */
export async function recordDue({ store, clock }: TestHooks, answer: AttemptOptions): Promise<number> {
  const lanes = (await store.loadSubscriptions(TEST_SCOPE)).map(({ rowId }) => ({
    subscriptionRowId: rowId,
    limit: 1_000,
  }));
  const lease = { worker: WORKER, endsAt: clock.at + 60_000 };
  const claimed = (await store.claimDue(lanes, clock.at, lease)).flatMap(({ deliveries }) => deliveries);
  await store.recordAttempts(
    WORKER,
    claimed.map((delivery) => recordedAs(delivery, answer, clock.at)),
  );
  return claimed.length;
}

/** An attempt of it, as the dispatcher would say it. */
export function recordedAs(delivery: ClaimedDelivery, answer: AttemptOptions, at: number): RecordedAttempt {
  const { status, errorCode, durationMs = 1 } = answer;
  const isSuccess = status !== undefined && 200 <= status && status < 300;
  const verdict: Verdict =
    answer.verdict ?? (isSuccess ? { kind: "succeeded" } : { kind: "retry", at: at + 3_600_000 });
  return {
    deliveryRowId: delivery.rowId,
    subscriptionRowId: delivery.subscriptionRowId,
    eventType: delivery.event.type,
    endedAt: at,
    verdict,
    attempt: {
      number: delivery.attemptCount + 1,
      startedAt: at,
      durationMs,
      outcome: isSuccess ? "success" : "failure",
      status,
      errorCode,
      errorMessage: errorCode === undefined ? undefined : "as the test says",
      phase: "done",
      remoteAddress: undefined,
      bytesSent: 2,
      requestHeaders: [],
      responseHeaders: answer.headers ?? [],
      responseExcerpt: undefined,
      truncated: false,
      trigger: delivery.trigger,
      worker: WORKER,
    },
  };
}
