import type { AlertQuery, AlertResource } from "./alert.ts";
import type { DeliveryDetail, DeliveryResource, DeliveryState } from "./delivery.ts";
import type {
  BatchOptions,
  BatchReceipt,
  EventDetail,
  EventInput,
  EventResource,
  PublishReceipt,
  RawJson,
} from "./event.ts";
import type {
  EnvironmentPatch,
  EnvironmentResource,
  EventTypeInput,
  EventTypePatch,
  EventTypeQuery,
  EventTypeResource,
  EventTypeSummary,
} from "./event-type.ts";
import type { EventTypeImport, EventTypeImportResult } from "./event-type-import.ts";
import type { ExplainService } from "./explain-service.ts";
import type { EventPurge, PurgeResource, PurgeStarted } from "./purge.ts";
import type {
  DeadLetterQuery,
  EventReplayRequest,
  PurgeReceipt,
  PurgeRequest,
  ReplayReceipt,
  ReplayRequest,
  ReplayResource,
  ReplayStarted,
} from "./replay.ts";
import type { SetupService } from "./setup/setup.ts";
import type { SourceService } from "./source-service.ts";
import type { StatsQuery, StatsResource, SubscriptionHealth } from "./statistics/statistics.ts";
import type {
  SecretsRotated,
  SecretsRotation,
  SubscriptionInput,
  SubscriptionResource,
  SubscriptionWithSecret,
} from "./subscription.ts";

/** One page of a list, newest first. `next_cursor` is opaque; null at the end. */
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

export interface PageQuery {
  /** 1–200, default 50. */
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** ISO 8601, or a duration that counts back from now ("2h"). `since` is inclusive, `until` exclusive. */
export interface TimeRange {
  since?: string | undefined;
  until?: string | undefined;
}

export interface EventQuery extends PageQuery, TimeRange {
  /** An exact name or a pattern (`invoice.*`). */
  type?: string | undefined;
}

export interface SubscriptionQuery extends PageQuery {
  /** Those that would receive this event type. */
  event?: string | undefined;
  enabled?: boolean | undefined;
  health?: string | undefined;
  profile?: string | undefined;
  /** Text contained in name, description or URL, in any case. */
  q?: string | undefined;
}

export interface DeliveryQuery extends PageQuery, TimeRange {
  status?: DeliveryState | undefined;
  /** Id, unique prefix of one, or name. */
  subscription?: string | undefined;
  type?: string | undefined;
  event?: string | undefined;
  /** `attempted`: those that were tried last first, and only such as were; goes with `subscription`, `type`, `outcome`. */
  order?: DeliveryOrder | undefined;
  /** With `order=attempted`: by their last attempt that came to this. */
  outcome?: "success" | "failure" | undefined;
}

/** `created`: newest first. */
export const DELIVERY_ORDERS = ["created", "attempted"] as const;
export type DeliveryOrder = (typeof DELIVERY_ORDERS)[number];

/** `POST …/test`: one request at once, nothing stored. */
export interface TestResult {
  success: boolean;
  status: number | null;
  duration_ms: number;
  response: string | null;
  error: string | null;
}

/** `GET /v1/meta` */
export interface Meta {
  version: string;
  /** Which addresses requests to receivers come from; null: not fixed, whatever the server's system chooses. */
  egress_addresses: string[] | null;
  limits: {
    event_bytes: number;
    batch_events: number;
    batch_bytes: number;
    json_depth: number;
    tunnel_body_bytes: number;
    /** Of a tenant in an environment. */
    subscriptions: number;
    /** Deliveries that may wait, in the whole store; null: no limit. */
    backlog: number | null;
  };
}

/**
 * Everything that can be asked of hooks, bound to one tenant and environment. Two implementations: service/ over a
 * store, client/remote.ts over HTTP; a caller never knows which. What is returned is the JSON of http-api.md, so both
 * print the same bytes.
 *
 * Ids may be given whole or by a unique beginning (prefix included); subscriptions also by their exact name.
 *
 * All methods reject with a HooksError: `invalid_request` names the field, `not_found` the id, also for another
 * tenant's; an ambiguous beginning is `invalid_request` with the candidates in the hint.
 */
export interface HooksService extends ExplainService, SetupService, SourceService {
  /** Resolves once the event and its deliveries are on disk. A repeated id with the same content answers the first
   * receipt; with other content: `conflict`. */
  publish(event: EventInput): Promise<PublishReceipt>;
  /**
   * One bad event does not spoil the rest, unless `atomic`: then nothing is stored and the first error is thrown. With
   * `dry_run` nothing is stored, and the answer is what would be; an id that an event does not name is made up.
   */
  publishBatch(events: readonly EventInput[], options?: BatchOptions): Promise<BatchReceipt>;
  listEvents(query?: EventQuery): Promise<Page<EventResource>>;
  getEvent(id: string): Promise<EventDetail>;
  /** Sends it again to everyone who got it or would get it now, or only to `subscriptions`. */
  replayEvent(id: string, options?: EventReplayRequest): Promise<ReplayReceipt>;

  createSubscription(input: SubscriptionInput): Promise<SubscriptionWithSecret>;
  listSubscriptions(query?: SubscriptionQuery): Promise<Page<SubscriptionResource>>;
  getSubscription(id: string): Promise<SubscriptionResource>;
  updateSubscription(id: string, patch: Partial<SubscriptionInput>): Promise<SubscriptionResource>;
  replaceSubscription(id: string, input: SubscriptionInput): Promise<SubscriptionResource>;
  deleteSubscription(id: string): Promise<void>;
  enableSubscription(id: string): Promise<SubscriptionResource>;
  disableSubscription(id: string): Promise<SubscriptionResource>;
  pauseSubscription(id: string): Promise<SubscriptionResource>;
  resumeSubscription(id: string): Promise<SubscriptionResource>;
  testSubscription(
    id: string,
    options?: { type?: string | undefined; data?: RawJson | undefined },
  ): Promise<TestResult>;
  /** `grace`: how long the old secret goes on signing beside the new one, a duration; default "24h". */
  rotateSecret(
    id: string,
    options?: { grace?: string | undefined; secret?: string | undefined },
  ): Promise<SubscriptionWithSecret>;
  /** New secrets for all, or for those named, in one step: all of them have one, or none. */
  rotateSecrets(rotation?: SecretsRotation): Promise<SecretsRotated>;

  listDeliveries(query?: DeliveryQuery): Promise<Page<DeliveryResource>>;
  getDelivery(id: string): Promise<DeliveryDetail>;
  /** One attempt at once; history kept; then the rest of the schedule. */
  retryDelivery(id: string): Promise<DeliveryResource>;
  cancelDelivery(id: string): Promise<DeliveryResource>;
  /** Sends ended deliveries again, by filter: begins a job, of which whoever sends from the store does what is left. */
  replay(request: ReplayRequest): Promise<ReplayStarted>;
  /** Newest first. */
  listReplays(query?: PageQuery): Promise<Page<ReplayResource>>;
  getReplay(id: string): Promise<ReplayResource>;
  /** Nothing more is re-opened; what was goes out. `conflict` when it is at its end. */
  cancelReplay(id: string): Promise<ReplayResource>;

  /** Deliveries that failed, newest first. They are sent again with `replay`. */
  listDeadLetters(query?: DeadLetterQuery): Promise<Page<DeliveryResource>>;
  /** Deletes them and their attempts; what was counted of them stays. */
  purgeDeadLetters(request: PurgeRequest): Promise<PurgeReceipt>;

  /**
   * Erases events with all that hangs on them: begins a job, as `replay` does. With `dry_run` it counts them page by page,
   * a second or so each: as long as there is a `next_cursor`, there is more to count.
   */
  purgeEvents(request: EventPurge): Promise<PurgeStarted>;
  /** Newest first. */
  listPurges(query?: PageQuery): Promise<Page<PurgeResource>>;
  getPurge(id: string): Promise<PurgeResource>;
  /** Nothing more is erased; what was is gone. `conflict` when it is at its end. */
  cancelPurge(id: string): Promise<PurgeResource>;

  /** What attempts came to in a period, and how long they took. */
  stats(query?: StatsQuery): Promise<StatsResource>;
  /** The same of one subscription; `by`: `status` only. */
  subscriptionStats(id: string, query?: StatsQuery): Promise<StatsResource>;
  subscriptionHealth(id: string): Promise<SubscriptionHealth>;

  /** The catalogue, and names seen in events or named by subscriptions, in alphabetical order. */
  listEventTypes(query?: EventTypeQuery): Promise<Page<EventTypeSummary>>;
  /** `not_found` for a name that is not in the catalogue. */
  getEventType(name: string): Promise<EventTypeResource>;
  /**
   * A new type, or a new version of one that exists. The same once more changes nothing; what exists with another
   * content is a `conflict`, unless `replace`.
   */
  createEventType(input: EventTypeInput): Promise<EventTypeResource>;
  updateEventType(name: string, patch: EventTypePatch): Promise<EventTypeResource>;
  /** Out of the catalogue; its events stay. */
  deleteEventType(name: string): Promise<void>;
  /** Whoever publishes that version is told that it is gone. */
  deleteEventTypeVersion(name: string, version: string): Promise<EventTypeResource>;
  /** From a pack or documents: all of their types in one step, or none. */
  importEventTypes(input: EventTypeImport): Promise<EventTypeImportResult>;
  /** What is set for the whole environment. */
  getEnvironment(): Promise<EnvironmentResource>;
  updateEnvironment(patch: EnvironmentPatch): Promise<EnvironmentResource>;
  /** Newest first. */
  listAlerts(query?: AlertQuery): Promise<Page<AlertResource>>;
  meta(): Promise<Meta>;
}
