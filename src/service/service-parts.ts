import type { SendResult } from "../core/attempt.ts";
import type { ClaimedDelivery } from "../core/delivery.ts";
import type { EgressRules } from "../core/egress/egress-rules.ts";
import type { ReceiverRules } from "../core/egress/policy.ts";
import type { SourceAddresses } from "../core/egress/source-addresses.ts";
import type { HealthThresholds } from "../core/health.ts";
import type { IdSource } from "../core/ids.ts";
import type { NameAnswer } from "../core/name-answer.ts";
import type { Profiles } from "../core/profiles/registry.ts";
import type { Retention } from "../core/retention.ts";
import type { LaneFacts } from "../core/why/lane-facts.ts";
import type { Lease, Store } from "../store/store.ts";
import type { Backlog } from "./backlog.ts";
import type { EventCatalogue } from "./event-catalogue.ts";
import type { PublishObserver } from "./publish-observer.ts";
import type { PublishTracing } from "./publish-tracing.ts";
import type { SecretStores } from "./secret-stores.ts";
import type { SourceDirectory } from "./source-directory.ts";
import type { SubscriptionDirectory } from "./subscription-directory.ts";
import type { TestLimit } from "./test-limit.ts";

/** What the use-cases work with; daemon.ts or open-local.ts puts it together. */
export interface ServiceParts {
  store: Store;
  directory: SubscriptionDirectory;
  catalogue: EventCatalogue;
  sources: SourceDirectory;
  secrets: SecretStores;
  /** Which a subscription may have. */
  profiles: Profiles;
  /** Unix ms. */
  now(): number;
  newId: IdSource;
  random(size: number): Uint8Array;
  /** Where a subscription's states of health begin. Undefined: the defaults. */
  healthThresholds?: HealthThresholds | undefined;
  /** Of each tenant and environment. */
  maxSubscriptions: number;
  /** Undefined: as many deliveries may wait as there are. */
  backlog: Backlog | undefined;
  /** Of the program. */
  version: string;
  /** How often a subscription may be tested; undefined: as often as whoever owns the store likes. */
  testLimit?: TestLimit | undefined;
  /** One request at once, nothing recorded: a subscription's test. */
  send(request: OneOffRequest): Promise<SendResult>;
  /** Who may be sent to, for checks before anything is sent. */
  egress(): Promise<EgressCheck>;
  /** The dispatcher of this process; undefined where none runs: what is due waits for a daemon. */
  dispatch: DispatchPort | undefined;
  /** Where none runs here: whether a daemon works on this store. Left out: none does. */
  hasDaemon?(): boolean;
  /** Does what is left of replays; undefined where none does: a daemon will. */
  replayRunner?: { wake(): void } | undefined;
  /** The same for purges. */
  purgeRunner?: { wake(): void } | undefined;
  /** Cleans the files after what was erased otherwise; undefined where none runs. */
  cleaningRunner?: { wake(): void } | undefined;
  /** How long what is over is kept where an environment says nothing else. */
  retention: Retention;
  /** Deletes what is old; undefined where none runs: a daemon does. */
  retentionSweep?: { wake(): void } | undefined;
  /** Undefined: nobody wants to know. */
  observer?: PublishObserver | undefined;
  /** Undefined: nobody traces, and what a publisher says of his trace is passed over. */
  tracing?: PublishTracing | undefined;
}

export interface OneOffRequest {
  /** Default: POST. */
  method?: string | undefined;
  url: string;
  headers: string[];
  body: Uint8Array;
  timeoutMs: number;
  /** What the receiver may be. */
  rules: ReceiverRules;
  /** Breaks it off: it ends as failed, or as not sent. */
  signal?: AbortSignal | undefined;
}

/** The rules of whoever will send, and the addresses that a name has for it now. */
export interface EgressCheck {
  rules: Pick<EgressRules, "policyFor">;
  /** Which addresses it sends from. Undefined: the system chooses. */
  sources?: SourceAddresses | undefined;
  /** Takes a short while at most. */
  lookUp(host: string): Promise<NameAnswer>;
}

/** What publishing tells the dispatcher. */
export interface DispatchPort {
  /** A lease, with room reserved for it, when one more fresh delivery of this subscription could start now. */
  freshLease(subscriptionRowId: number, payloadBytes?: number): Lease | undefined;
  /** Deliveries that were stored with those leases. */
  offer(deliveries: readonly ClaimedDelivery[]): void;
  /** Those leases were not used after all. */
  abandon(subscriptionRowIds: readonly number[]): void;
  /** Something of this subscription may be due. */
  wake(subscriptionRowId: number): void;
  /** What holds this subscription back at `now` of its own clock; undefined: it has no lane, because it cannot be opened. */
  laneFacts?(subscriptionRowId: number): { lane: LaneFacts; now: number } | undefined;
}
