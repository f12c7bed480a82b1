// What a campaign knows when it is over: what clients were told, what receivers saw, what is stored, and how each life
// of the daemon ended. All of it but `stored` was written down outside the daemon while it happened. Times are unix ms,
// with fractions, of one clock.

export interface History {
  /** Events as the clients meant them, by id. */
  events: ReadonlyMap<string, SentEvent>;
  /** Every try to publish one of them, in the order in which they ended. */
  tries: readonly PublishTry[];
  /** Every request that reached the receiver, in the order in which their headers came. */
  requests: readonly ReceivedRequest[];
  subscriptions: readonly SubscriptionPlan[];
  lives: readonly Life[];
  stored: StoredContent;
  /** Attempts in flight at once, over all subscriptions. */
  concurrency: number;
  /** How soon disabling or deleting a subscription must be in force: 1,000 as promised, more on a machine that is busy. */
  changeWithinMs: number;
  /** Undefined: not measured in this run. */
  rest?: Rest | undefined;
  /** Ids of events that a purge was to erase, and has: they may be gone, and they must be. Left out: nobody asked. */
  erased?: ReadonlySet<string> | undefined;
}

export interface SentEvent {
  /** SHA-256, hex, of the data's bytes as they were published. */
  dataHash: string;
  /**
   * SHA-256, hex, of the body that a receiver must get: computed here, not by hooks. Undefined: hooks gives the event its
   * time, so nobody else knows; it is the same in every request, and has these data.
   */
  bodyHash: string | undefined;
}

export interface PublishTry {
  id: string;
  startedAt: number;
  endedAt: number;
  /** 202 of the API, 200 of a source: accepted. Undefined: the connection was refused or lost before an answer. */
  status: number | undefined;
  /** How many deliveries a 202 promises; a source's 200 says nothing of them. */
  deliveries: number | undefined;
  /** The header's value, when there is one. */
  retryAfter: string | undefined;
}

export interface ReceivedRequest {
  /** The plan's name: each subscription has a path of its own. */
  subscription: string;
  /** Header webhook-id. */
  eventId: string;
  /** SHA-256, hex; undefined when the connection was lost before the body was complete. */
  bodyHash: string | undefined;
  /** The same of its data alone. */
  dataHash: string | undefined;
  /** Header webhook-timestamp, unix s. */
  timestamp: number;
  /** Whether another library than ours finds it signed with the subscription's secret; undefined without a body. */
  isSigned: boolean | undefined;
  startedAt: number;
  /** When the answer was handed to the kernel, or the connection was lost. */
  endedAt: number;
  /** Status answered; undefined: the connection was lost first. */
  answer: number | undefined;
}

export interface SubscriptionPlan {
  name: string;
  concurrency: number;
  maxAttempts: number;
  /** At most so many requests begin in each span of `perMs`. */
  rate?: { count: number; perMs: number } | undefined;
  /** It existed and was enabled all the time: every accepted event must reach it. */
  takesAll: boolean;
  /** What waits for it waits to the end. Left out: it does not. */
  isPaused?: boolean | undefined;
  /** Changes with the time at which they were acknowledged, in order. */
  changes: readonly { kind: "disabled" | "enabled" | "deleted"; at: number }[];
}

/** One process of the daemon, from its start to its end. */
export interface Life {
  spawnedAt: number;
  /** When it said that it takes requests; undefined: it did not come so far. */
  readyAt: number | undefined;
  endedAt: number;
  /** `crash`: killed by SIGKILL. */
  end: "crash" | "stop";
  /** How often it was made to stand still (SIGSTOP) and go on. */
  pauses: number;
  /** How long it kept events that are over; undefined: for weeks, so that none is deleted. */
  keepsMs?: number | undefined;
}

export interface StoredContent {
  events: ReadonlyMap<string, StoredEventContent>;
  deliveries: readonly StoredDeliveryContent[];
  /** What `PRAGMA integrity_check` and `foreign_key_check` say: "ok", or what is wrong. */
  integrity: string;
}

export interface StoredEventContent {
  dataHash: string;
  createdAt: number;
}

export interface StoredDeliveryContent {
  eventId: string;
  /** The plan's name. */
  subscription: string;
  state: string;
  attemptCount: number;
  /** In order of number. */
  attempts: readonly StoredAttemptContent[];
}

export interface StoredAttemptContent {
  number: number;
  startedAt: number;
  isSuccess: boolean;
  /** Not sent, but counted because processes ended again and again while they held it. */
  isInterrupted: boolean;
  /** Header webhook-timestamp as it was sent, unix s; undefined when nothing was. */
  timestamp: number | undefined;
  worker: string;
}

/** What must come back to where it was once the work is done. */
export interface Rest {
  /** Resident memory of a daemon before its first event, and at the end. */
  idleBytes: number;
  endBytes: number;
  /** Largest growth allowed. */
  growthLimitBytes: number;
  walBytes: number;
  walLimitBytes: number;
}

export const key = (subscription: string, eventId: string): string => `${subscription} ${eventId}`;

export function acceptedIds({ tries }: Pick<History, "tries">): Set<string> {
  return new Set(tries.filter(isAccepted).map((one) => one.id));
}

/** Whether whoever sent it was told that it is stored. */
export function isAccepted({ status }: Pick<PublishTry, "status">): boolean {
  return status === 202 || status === 200;
}

export function isSuccess(request: ReceivedRequest): boolean {
  return request.answer !== undefined && 200 <= request.answer && request.answer < 300;
}

export function crashes({ lives }: Pick<History, "lives">): Life[] {
  return lives.filter((life) => life.end === "crash");
}

/** Requests by pair of event and subscription, in the order in which they came. */
export function requestsByPair(requests: readonly ReceivedRequest[]): Map<string, ReceivedRequest[]> {
  const pairs = new Map<string, ReceivedRequest[]>();
  for (const request of requests) {
    const pair = key(request.subscription, request.eventId);
    const before = pairs.get(pair);
    if (before === undefined) pairs.set(pair, [request]);
    else before.push(request);
  }
  return pairs;
}
