// A method for each of the routes that the interface has: one file, as the interface is one.

import type { AlertQuery, AlertResource } from "../core/alert.ts";
import type { DeliveryDetail, DeliveryResource } from "../core/delivery.ts";
import type {
  BatchOptions,
  BatchReceipt,
  EventDetail,
  EventInput,
  EventResource,
  PublishReceipt,
  RawJson,
} from "../core/event.ts";
import type {
  EnvironmentPatch,
  EnvironmentResource,
  EventTypeInput,
  EventTypePatch,
  EventTypeQuery,
  EventTypeResource,
  EventTypeSummary,
} from "../core/event-type.ts";
import type { EventTypeImport, EventTypeImportResult } from "../core/event-type-import.ts";
import type { FilterTrial, FilterTrialResult } from "../core/filter/filter-trial.ts";
import type {
  DeliveryQuery,
  EventQuery,
  HooksService,
  Meta,
  Page,
  PageQuery,
  SubscriptionQuery,
  TestResult,
} from "../core/hooks-service.ts";
import type { EventPurge, PurgeResource, PurgeStarted } from "../core/purge.ts";
import { decodeEvent, encodeBatch, encodeEventInput, encodeWithRaw, encodeWithRawParts } from "../core/raw-json.ts";
import { outOfFilter } from "../core/renaming-fields.ts";
import type {
  DeadLetterQuery,
  EventReplayRequest,
  PurgeReceipt,
  PurgeRequest,
  ReplayReceipt,
  ReplayRequest,
  ReplayResource,
  ReplayStarted,
} from "../core/replay.ts";
import type { SetupExport, SetupRequest, SetupResult } from "../core/setup/setup.ts";
import type {
  SourceInput,
  SourcePatch,
  SourceQuery,
  SourceRequestDetail,
  SourceRequestQuery,
  SourceRequestResource,
  SourceResource,
  SourceWithSecret,
} from "../core/sources/source.ts";
import type { StatsQuery, StatsResource, SubscriptionHealth } from "../core/statistics/statistics.ts";
import type {
  SecretsRotated,
  SecretsRotation,
  SubscriptionInput,
  SubscriptionResource,
  SubscriptionWithSecret,
} from "../core/subscription.ts";
import type { Whoami } from "../core/whoami.ts";
import type { WhyQuery, WhyResource } from "../core/why/why.ts";
import {
  ALERT,
  batchReceipt,
  ENVIRONMENT,
  EVENT_TYPE,
  EVENT_TYPE_IMPORT_RESULT,
  EVENT_TYPE_SUMMARY,
  FILTER_TRIAL_RESULT,
  META,
  PUBLISH_RECEIPT,
  PURGE_RECEIPT,
  pageOf,
  REPLAY,
  REPLAY_RECEIPT,
  REPLAY_STARTED,
  SECRETS_ROTATED,
  SUBSCRIPTION,
  SUBSCRIPTION_WITH_SECRET,
  TEST_RESULT,
  WHOAMI,
} from "./answers.ts";
import { DELIVERY, DELIVERY_DETAIL, EVENT, EVENT_DETAIL } from "./delivery-answers.ts";
import { JsonRequests } from "./json-requests.ts";
import { segment } from "./path-segment.ts";
import { PURGE, PURGE_STARTED } from "./purge-answers.ts";
import type { ConnectionOptions } from "./server-connection.ts";
import { SETUP_EXPORT, SETUP_RESULT } from "./setup-answers.ts";
import { SOURCE, SOURCE_REQUEST, SOURCE_REQUEST_DETAIL, SOURCE_WITH_SECRET } from "./source-answers.ts";
import { STATS, SUBSCRIPTION_HEALTH } from "./statistics-answers.ts";
import { WHY } from "./why-answer.ts";

/** A subscription's test waits for its receiver, whose time-out is at most 300 s. */
const TEST_TIMEOUT_MS = 310_000;

/** HooksService over the HTTP API of a server: the same values and the same errors as over a local store. */
export class RemoteService implements HooksService {
  readonly #requests: JsonRequests;

  /** Nothing is sent yet. @throws HooksError `usage` for a server that a key must not be sent to. */
  constructor(options: ConnectionOptions) {
    this.#requests = new JsonRequests(options);
  }

  /** Lets the kept-alive connections go. */
  close(): void {
    this.#requests.close();
  }

  publish(event: EventInput): Promise<PublishReceipt> {
    const body = encodeEventInput(event);
    // With an id, a second arrival stores nothing.
    return this.#requests.send(PUBLISH_RECEIPT, {
      method: "POST",
      path: "/v1/events",
      body,
      repeatable: event.id !== undefined,
    });
  }

  publishBatch(events: readonly EventInput[], { atomic, dry_run }: BatchOptions = {}): Promise<BatchReceipt> {
    return this.#requests.send(batchReceipt(events.length), {
      method: "POST",
      path: "/v1/events/batch",
      query: { atomic: atomic === true ? "true" : undefined, dry_run: dry_run === true ? "true" : undefined },
      body: encodeBatch(events),
      repeatable: dry_run === true || events.every((event) => event.id !== undefined),
    });
  }

  listEvents(query: EventQuery = {}): Promise<Page<EventResource>> {
    return this.#requests.get(pageOf(EVENT), "/v1/events", { ...query });
  }

  async getEvent(id: string): Promise<EventDetail> {
    // Data and metadata as the bytes that they are.
    return this.#requests.read(EVENT_DETAIL, { method: "GET", path: `/v1/events/${segment(id)}` }, decodeEvent);
  }

  async replayEvent(id: string, options: EventReplayRequest = {}): Promise<ReplayReceipt> {
    return this.#requests.post(REPLAY_RECEIPT, `/v1/events/${segment(id)}/replay`, options);
  }

  createSubscription(input: SubscriptionInput): Promise<SubscriptionWithSecret> {
    return this.#requests.post(SUBSCRIPTION_WITH_SECRET, "/v1/subscriptions", input);
  }

  listSubscriptions(query: SubscriptionQuery = {}): Promise<Page<SubscriptionResource>> {
    return this.#requests.get(pageOf(SUBSCRIPTION), "/v1/subscriptions", { ...query });
  }

  async getSubscription(id: string): Promise<SubscriptionResource> {
    return this.#requests.get(SUBSCRIPTION, subscriptionPath(id));
  }

  async updateSubscription(id: string, patch: Partial<SubscriptionInput>): Promise<SubscriptionResource> {
    return this.#requests.patch(SUBSCRIPTION, subscriptionPath(id), patch);
  }

  async replaceSubscription(id: string, input: SubscriptionInput): Promise<SubscriptionResource> {
    return this.#requests.put(SUBSCRIPTION, subscriptionPath(id), input);
  }

  async deleteSubscription(id: string): Promise<void> {
    // Asked twice, the second time would find nothing.
    return this.#requests.delete(subscriptionPath(id), { repeatable: false });
  }

  async enableSubscription(id: string): Promise<SubscriptionResource> {
    return this.#requests.act(SUBSCRIPTION, `${subscriptionPath(id)}/enable`);
  }

  async disableSubscription(id: string): Promise<SubscriptionResource> {
    return this.#requests.act(SUBSCRIPTION, `${subscriptionPath(id)}/disable`);
  }

  async pauseSubscription(id: string): Promise<SubscriptionResource> {
    return this.#requests.act(SUBSCRIPTION, `${subscriptionPath(id)}/pause`);
  }

  async resumeSubscription(id: string): Promise<SubscriptionResource> {
    return this.#requests.act(SUBSCRIPTION, `${subscriptionPath(id)}/resume`);
  }

  async testSubscription(
    id: string,
    options: { type?: string | undefined; data?: RawJson | undefined } = {},
  ): Promise<TestResult> {
    return this.#requests.send(TEST_RESULT, {
      method: "POST",
      path: `${subscriptionPath(id)}/test`,
      body: encodeWithRaw({ type: options.type }, "data", options.data),
      timeoutMs: TEST_TIMEOUT_MS,
    });
  }

  async rotateSecret(
    id: string,
    options: { grace?: string | undefined; secret?: string | undefined } = {},
  ): Promise<SubscriptionWithSecret> {
    return this.#requests.post(SUBSCRIPTION_WITH_SECRET, `${subscriptionPath(id)}/rotate-secret`, options);
  }

  rotateSecrets(rotation: SecretsRotation = {}): Promise<SecretsRotated> {
    return this.#requests.post(SECRETS_ROTATED, "/v1/secrets/rotate", rotation);
  }

  listDeliveries(query: DeliveryQuery = {}): Promise<Page<DeliveryResource>> {
    return this.#requests.get(pageOf(DELIVERY), "/v1/deliveries", { ...query });
  }

  async getDelivery(id: string): Promise<DeliveryDetail> {
    return this.#requests.get(DELIVERY_DETAIL, `/v1/deliveries/${segment(id)}`);
  }

  async retryDelivery(id: string): Promise<DeliveryResource> {
    return this.#requests.send(DELIVERY, { method: "POST", path: `/v1/deliveries/${segment(id)}/retry` });
  }

  async cancelDelivery(id: string): Promise<DeliveryResource> {
    return this.#requests.send(DELIVERY, { method: "POST", path: `/v1/deliveries/${segment(id)}/cancel` });
  }

  replay({ dry_run, rate, ...filter }: ReplayRequest): Promise<ReplayStarted> {
    return outOfFilter(() => this.#requests.post(REPLAY_STARTED, "/v1/replays", { filter, rate, dry_run }));
  }

  listReplays(query: PageQuery = {}): Promise<Page<ReplayResource>> {
    return this.#requests.get(pageOf(REPLAY), "/v1/replays", { ...query });
  }

  async getReplay(id: string): Promise<ReplayResource> {
    return this.#requests.get(REPLAY, `/v1/replays/${segment(id)}`);
  }

  async cancelReplay(id: string): Promise<ReplayResource> {
    return this.#requests.send(REPLAY, { method: "POST", path: `/v1/replays/${segment(id)}/cancel` });
  }

  listDeadLetters(query: DeadLetterQuery = {}): Promise<Page<DeliveryResource>> {
    return this.#requests.get(pageOf(DELIVERY), "/v1/dead-letters", { ...query });
  }

  purgeEvents({ reason, cancel_waiting, dry_run, cursor, ...filter }: EventPurge): Promise<PurgeStarted> {
    const purge = { filter, reason, cancel_waiting, dry_run, cursor };
    return outOfFilter(() => this.#requests.post(PURGE_STARTED, "/v1/purges", purge));
  }

  listPurges(query: PageQuery = {}): Promise<Page<PurgeResource>> {
    return this.#requests.get(pageOf(PURGE), "/v1/purges", { ...query });
  }

  async getPurge(id: string): Promise<PurgeResource> {
    return this.#requests.get(PURGE, `/v1/purges/${segment(id)}`);
  }

  async cancelPurge(id: string): Promise<PurgeResource> {
    return this.#requests.send(PURGE, { method: "POST", path: `/v1/purges/${segment(id)}/cancel` });
  }

  purgeDeadLetters({ dry_run, ...filter }: PurgeRequest): Promise<PurgeReceipt> {
    const query = { ...filter, dry_run: dry_run === true ? "true" : undefined };
    // A second time would answer another count.
    return this.#requests.send(PURGE_RECEIPT, { method: "DELETE", path: "/v1/dead-letters", query, repeatable: false });
  }

  stats(query: StatsQuery = {}): Promise<StatsResource> {
    return this.#requests.get(STATS, "/v1/stats", { ...query });
  }

  async subscriptionStats(id: string, query: StatsQuery = {}): Promise<StatsResource> {
    return this.#requests.get(STATS, `${subscriptionPath(id)}/stats`, { ...query });
  }

  async subscriptionHealth(id: string): Promise<SubscriptionHealth> {
    return this.#requests.get(SUBSCRIPTION_HEALTH, `${subscriptionPath(id)}/health`);
  }

  why({ event, subscription }: WhyQuery): Promise<WhyResource> {
    return this.#requests.get(WHY, "/v1/why", { event, subscription });
  }

  tryFilter({ data, metadata, ...rest }: FilterTrial): Promise<FilterTrialResult> {
    return this.#requests.send(FILTER_TRIAL_RESULT, {
      method: "POST",
      path: "/v1/filters/test",
      body: encodeWithRawParts(rest, { data, metadata }),
      repeatable: true,
    });
  }

  listEventTypes(query: EventTypeQuery = {}): Promise<Page<EventTypeSummary>> {
    return this.#requests.get(pageOf(EVENT_TYPE_SUMMARY), "/v1/event-types", { ...query });
  }

  async getEventType(name: string): Promise<EventTypeResource> {
    return this.#requests.get(EVENT_TYPE, eventTypePath(name));
  }

  createEventType(input: EventTypeInput): Promise<EventTypeResource> {
    return this.#requests.post(EVENT_TYPE, "/v1/event-types", input);
  }

  async updateEventType(name: string, patch: EventTypePatch): Promise<EventTypeResource> {
    return this.#requests.patch(EVENT_TYPE, eventTypePath(name), patch);
  }

  async deleteEventType(name: string): Promise<void> {
    return this.#requests.delete(eventTypePath(name), { repeatable: false });
  }

  async deleteEventTypeVersion(name: string, version: string): Promise<EventTypeResource> {
    const path = `${eventTypePath(name)}/versions/${segment(version, "version")}`;
    return this.#requests.send(EVENT_TYPE, { method: "DELETE", path, repeatable: false });
  }

  importEventTypes(input: EventTypeImport): Promise<EventTypeImportResult> {
    return this.#requests.post(EVENT_TYPE_IMPORT_RESULT, "/v1/event-types/import", input);
  }

  applySetup(request: SetupRequest): Promise<SetupResult> {
    return this.#requests.post(SETUP_RESULT, "/v1/apply", request);
  }

  exportSetup(): Promise<SetupExport> {
    return this.#requests.get(SETUP_EXPORT, "/v1/export");
  }

  getEnvironment(): Promise<EnvironmentResource> {
    return this.#requests.get(ENVIRONMENT, "/v1/environment");
  }

  updateEnvironment(patch: EnvironmentPatch): Promise<EnvironmentResource> {
    return this.#requests.patch(ENVIRONMENT, "/v1/environment", patch);
  }

  /** Who the key is. */
  whoami(): Promise<Whoami> {
    return this.#requests.get(WHOAMI, "/v1/whoami");
  }

  listAlerts(query: AlertQuery = {}): Promise<Page<AlertResource>> {
    return this.#requests.get(pageOf(ALERT), "/v1/alerts", { ...query });
  }

  createSource(input: SourceInput): Promise<SourceWithSecret> {
    return this.#requests.post(SOURCE_WITH_SECRET, "/v1/sources", input);
  }

  listSources(query: SourceQuery = {}): Promise<Page<SourceResource>> {
    return this.#requests.get(pageOf(SOURCE), "/v1/sources", { ...query });
  }

  async getSource(name: string): Promise<SourceResource> {
    return this.#requests.get(SOURCE, sourcePath(name));
  }

  async updateSource(name: string, patch: SourcePatch): Promise<SourceResource> {
    return this.#requests.patch(SOURCE, sourcePath(name), patch);
  }

  async deleteSource(name: string): Promise<void> {
    return this.#requests.delete(sourcePath(name), { repeatable: false });
  }

  async rotateSourceSecret(
    name: string,
    options: { secret?: string | undefined; grace?: string | undefined } = {},
  ): Promise<SourceWithSecret> {
    return this.#requests.post(SOURCE_WITH_SECRET, `${sourcePath(name)}/rotate-secret`, options);
  }

  async listSourceRequests(name: string, query: SourceRequestQuery = {}): Promise<Page<SourceRequestResource>> {
    return this.#requests.get(pageOf(SOURCE_REQUEST), `${sourcePath(name)}/requests`, { ...query });
  }

  async getSourceRequest(name: string, id: string): Promise<SourceRequestDetail> {
    return this.#requests.get(SOURCE_REQUEST_DETAIL, `${sourcePath(name)}/requests/${segment(id)}`);
  }

  meta(): Promise<Meta> {
    return this.#requests.get(META, "/v1/meta");
  }
}

function subscriptionPath(id: string): string {
  return `/v1/subscriptions/${segment(id)}`;
}

function sourcePath(name: string): string {
  return `/v1/sources/${segment(name, "name")}`;
}

function eventTypePath(name: string): string {
  return `/v1/event-types/${segment(name, "name")}`;
}
