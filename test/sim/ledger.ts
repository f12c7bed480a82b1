import type { SubscriptionInput } from "../../src/core/subscription.ts";
import type { Answer } from "./answers.ts";
import { CLOSED_BREAKER, type StoredBreaker } from "./expected-breaker.ts";
import { type ExpectedPolicy, expectedPolicy } from "./expected-policy.ts";
import type { SimulatedDaemon } from "./simulated-daemon.ts";

// What happened, kept outside of the daemon: what publishers were told, what each receiver saw and answered, and what
// the store was made to hold. The checks compare these; none of it is asked of the sources.

/** One event as its publisher knows it. */
export interface EventTale {
  /** In its data: tells whose it is whatever id it got. */
  nonce: number;
  /** Undefined: the service makes one. */
  givenId: string | undefined;
  type: string;
  data: string;
  /** In its data, for those who want an order. */
  key: string;
  /** Some publisher was told that it is stored. */
  isAccepted: boolean;
  /** When that was first (virtual ms). */
  acceptedAt?: number;
  /** As it is on the wire and in the store; undefined until it is stored. */
  publicId: string | undefined;
  /** The first body that was sent. */
  body: string | undefined;
  /** Deliveries that were stored together with it, and all that it has. */
  storedWith: number;
  deliveryCount: number;
  /** When it was first sent to the service (virtual ms). */
  publishedAt: number;
  /** Its deliveries never get out of this program. */
  isPoison: boolean;
  /** Retention took it, with its deliveries. */
  isDeleted: boolean;
}

export interface SubscriptionTale {
  /** `s1`; also its name in the store. */
  name: string;
  /** Undefined: a listener's, whose deliveries go through the tunnel. */
  url: string | undefined;
  events: readonly string[];
  policy: ExpectedPolicy;
  timeoutMs: number;
  /** What keeps the order: everything, or a member of the data. */
  orderBy: "*" | "/key" | undefined;
  rows: RowTale[];
  /** The whole secrets that it had, oldest first. */
  secrets: string[];
  /** Undefined until it is stored. */
  rowId: number | undefined;
  /** `sub_…`, once its maker was told. */
  id: string | undefined;
  /** As the store has it. */
  isEnabled: boolean;
  isPaused: boolean;
  isDeleted: boolean;
  /** When the last change of these three was committed (virtual ms) … */
  changedAt: number;
  /** … and when a process that sends knew of it; undefined: perhaps none does yet. */
  settledAt: number | undefined;
  /** An operator's change of it is under way. */
  isBeingChanged: boolean;
  concurrency: number;
  /** A higher one that was in force before; until when it may still be. */
  formerConcurrency: number;
  formerUntil: number;
  rate: { count: number; perMs: number } | undefined;
  /** Before this moment the rate says nothing: it was changed. */
  rateFrom: number;
  /** A change of its rate was not answered: the daemon may have made it, or make it when it goes on. */
  isRateUnknown: boolean;
  /** Starts of requests within the rate's span, by process. */
  starts: Map<SimulatedDaemon, number[]>;
  hasBreaker: boolean;
  /** As the next process finds it; undefined: nobody can say. */
  storedBreaker: StoredBreaker | undefined;
  /** `endedNth` of the request that made it so. */
  storedBreakerNth: number;
  isBatching: boolean;
}

/** One request, from the moment in which the dispatcher hands it over. Times: virtual ms, sleep included. */
export interface RequestTale {
  /** Also where it came from, as the store has it: so every attempt that is recorded says which request it was. */
  serial: number;
  daemon: SimulatedDaemon;
  subscription: SubscriptionTale;
  policy: ExpectedPolicy;
  /** One; several of a batch. */
  attempts: AttemptTale[];
  startedAt: number;
  /** The same without sleep. */
  sentAt: number;
  /** Undefined while it is in flight. */
  endedAt: number | undefined;
  /** Among all requests, in the order in which results were learned: from 1. 0 while it is in flight. */
  endedNth: number;
  /** Unix ms of the process when it learned the result. */
  endedWall: number;
  /** The process did not know yet that the machine had slept: what it counts from then is over at once. */
  isDrowsy: boolean;
  /** What the process got. */
  answer: Answer | undefined;
  /** The receiver answered 2xx, whether that came through or not. */
  isSuccessAtReceiver: boolean;
  /** What it made of the subscription's breaker; undefined: nothing new. */
  breaker: StoredBreaker | undefined;
}

/** What a request is for one delivery. */
export interface AttemptTale {
  request: RequestTale;
  row: RowTale;
  /** As the process had claimed it. */
  roundAttempts: number;
  round: number;
  isRecorded: boolean;
}

/** A delivery as the store has it, kept up by triggers, and its history. */
export interface RowTale {
  rowId: number;
  event: EventTale;
  subscription: SubscriptionTale;
  state: string;
  reason: string | null;
  worker: string | undefined;
  attempts: number;
  /** Numbers of its attempts that have a row. */
  recorded: Set<number>;
  /** Of those that were only counted: their results came with an old lease. */
  refused: Set<number>;
  round: number;
  roundAttempts: number;
  claimableAt: number | null;
  trigger: string | null;
  attemptsMade: AttemptTale[];
  /** Rows of attempts that count as taken back five times. */
  interruptions: number;
  /** No attempt of the schedule before this moment (virtual ms, sleep included) … */
  notBefore: number;
  /** … which was learned then; undefined: nothing is known. */
  learnedAt: number | undefined;
  /** A person asked for it since. */
  isReopened: boolean;
  /** The store has it no more. */
  isDeleted: boolean;
}

/** Everything that is known, and how it is found. */
export class Ledger {
  readonly events: EventTale[] = [];
  readonly subscriptions: SubscriptionTale[] = [];
  readonly requests: RequestTale[] = [];
  /** Requests whose result was learned. */
  ended = 0;
  readonly rows = new Map<number, RowTale>();
  readonly eventsByRow = new Map<number, EventTale>();
  readonly subscriptionsByRow = new Map<number, SubscriptionTale>();

  addEvent(event: Pick<EventTale, "givenId" | "type" | "isPoison" | "publishedAt"> & { padding: string }): EventTale {
    const nonce = this.events.length;
    const key = `k${nonce % 3}`;
    const tale: EventTale = {
      nonce,
      givenId: event.givenId,
      type: event.type,
      data: JSON.stringify({ n: nonce, key, padding: event.padding }),
      key,
      isAccepted: false,
      publicId: undefined,
      body: undefined,
      storedWith: 0,
      deliveryCount: 0,
      publishedAt: event.publishedAt,
      isPoison: event.isPoison,
      isDeleted: false,
    };
    this.events.push(tale);
    return tale;
  }

  /** Whose data this is; undefined: nobody's. */
  eventOf(data: string): EventTale | undefined {
    const nonce = /^\{"n":(\d+),/.exec(data)?.[1];
    const event = nonce === undefined ? undefined : this.events[Number(nonce)];
    return event?.data === data ? event : undefined;
  }

  addSubscription(input: Omit<SubscriptionInput, "url"> & { url: string | undefined }): SubscriptionTale {
    const tale: SubscriptionTale = {
      name: `s${this.subscriptions.length}`,
      url: input.url,
      events: input.events,
      policy: expectedPolicy(input),
      timeoutMs: input.timeout_ms ?? 10_000,
      orderBy: (input.order_by ?? undefined) as SubscriptionTale["orderBy"],
      rows: [],
      secrets: [],
      rowId: undefined,
      id: undefined,
      isEnabled: true,
      isPaused: false,
      isDeleted: false,
      changedAt: 0,
      settledAt: undefined,
      isBeingChanged: false,
      concurrency: input.concurrency ?? 10,
      formerConcurrency: 0,
      formerUntil: 0,
      rate: rateOf(input.rate_limit),
      rateFrom: 0,
      isRateUnknown: false,
      starts: new Map(),
      hasBreaker: input.breaker !== false,
      storedBreaker: CLOSED_BREAKER,
      storedBreakerNth: 0,
      isBatching: input.batch !== undefined && input.batch !== null,
    };
    this.subscriptions.push(tale);
    return tale;
  }
}

/** `10/s` */
export function rateOf(text: string | null | undefined): SubscriptionTale["rate"] {
  if (text === null || text === undefined) return undefined;
  const [count, unit] = text.split("/");
  return { count: Number(count), perMs: { s: 1_000, m: 60_000, h: 3_600_000 }[unit!]! };
}

/** Whether a subscription to these patterns gets events of this type. */
export function takes({ events }: SubscriptionTale, type: string): boolean {
  return events.some((pattern) =>
    pattern === "*" ? true : pattern.endsWith(".*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type,
  );
}

export function nameOf(row: RowTale): string {
  return `e${row.event.nonce}→${row.subscription.name}`;
}
