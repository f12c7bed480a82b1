// One class with a line for each method of HooksService: what a scope is put into.

import type { AdminService } from "../core/admin-service.ts";
import type { AlertQuery, AlertResource } from "../core/alert.ts";
import { checkLimit, parseCursor, toPage } from "../core/cursor.ts";
import type { DeliveryDetail, DeliveryResource } from "../core/delivery.ts";
import { sourceTexts } from "../core/egress/source-addresses.ts";
import {
  BATCH_MAX_BYTES,
  BATCH_MAX_EVENTS,
  type BatchOptions,
  type BatchReceipt,
  EVENT_MAX_BYTES,
  type EventDetail,
  type EventInput,
  type EventResource,
  JSON_MAX_DEPTH,
  type PublishReceipt,
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
import { parseRange, toIso } from "../core/instant.ts";
import { type Actor, type Caller, LOCAL_CALLER } from "../core/key.ts";
import type { EventPurge, PurgeResource, PurgeStarted } from "../core/purge.ts";
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
import type { Scope } from "../core/scope.ts";
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
import type { WhyQuery, WhyResource } from "../core/why/why.ts";
import type { StoredEvent } from "../store/store.ts";
import { listAlerts } from "./alerts.ts";
import { AuditLog } from "./audit-log.ts";
import { Cleaning } from "./cleaning.ts";
import { Deliveries, typeFilter } from "./deliveries.ts";
import { Environments } from "./environments.ts";
import { EventTypes } from "./event-types.ts";
import { findEvent } from "./find-by-reference.ts";
import { KeyTable } from "./key-table.ts";
import { Keys } from "./keys.ts";
import { LocalAdmin } from "./local-admin.ts";
import { Publishing } from "./publishing.ts";
import { Purges } from "./purges.ts";
import { Replays } from "./replays.ts";
import { SecretRotations } from "./secret-rotations.ts";
import type { ServiceParts } from "./service-parts.ts";
import type { SourceRequests } from "./source-requests.ts";
import type { Sources } from "./sources.ts";
import { Statistics } from "./statistics.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Tenants } from "./tenants.ts";

/** What a tunnel takes in either direction. */
export const TUNNEL_BODY_BYTES = 10 * 1024 * 1024;

/** The use-cases over a store, for every scope. */
export class UseCases {
  readonly parts: ServiceParts;
  readonly publishing: Publishing;
  readonly subscriptions: Subscriptions;
  readonly rotation: SecretRotations;
  readonly deliveries: Deliveries;
  readonly replays: Replays;
  readonly purges: Purges;
  readonly cleaning: Cleaning;
  /** Who may come in; to be loaded by whoever lets somebody in. */
  readonly keyTable: KeyTable;
  readonly keys: Keys;
  readonly tenants: Tenants;
  readonly auditLog: AuditLog;
  readonly statistics: Statistics;
  readonly eventTypes: EventTypes;
  readonly environments: Environments;
  #sources: Promise<Sources> | undefined;
  #sourceRequests: Promise<SourceRequests> | undefined;

  constructor(parts: ServiceParts) {
    this.parts = parts;
    this.publishing = new Publishing(parts);
    this.subscriptions = new Subscriptions(parts);
    this.rotation = new SecretRotations(parts);
    this.deliveries = new Deliveries(parts);
    this.cleaning = new Cleaning(parts);
    this.replays = new Replays(parts, this.cleaning);
    this.purges = new Purges(parts, this.cleaning);
    this.keyTable = new KeyTable(parts.store.admin, parts.now);
    this.keys = new Keys(parts, this.keyTable);
    this.tenants = new Tenants(parts, this.keyTable, this.cleaning);
    this.auditLog = new AuditLog(parts);
    this.statistics = new Statistics(parts);
    this.eventTypes = new EventTypes(parts);
    this.environments = new Environments(parts);
  }

  /** Loaded when somebody asks for them: with them come the records of all schemes. */
  sources(): Promise<Sources> {
    this.#sources ??= import("./sources.ts").then((module) => new module.Sources(this.parts, this.cleaning));
    return this.#sources;
  }

  sourceRequests(): Promise<SourceRequests> {
    this.#sourceRequests ??= Promise.all([import("./source-requests.ts"), this.sources()]).then(
      ([module, sources]) => new module.SourceRequests(this.parts, sources),
    );
    return this.#sourceRequests;
  }

  /** `actor`: who the audit says it was. */
  in(scope: Scope, actor: Actor = LOCAL_CALLER): HooksService {
    return new LocalService(this, scope, actor);
  }

  for(caller: Caller = LOCAL_CALLER): AdminService {
    return new LocalAdmin(this, caller);
  }
}

/** HooksService over a store, bound to one scope: every call goes to its use-case with the scope put in. */
class LocalService implements HooksService {
  readonly #cases: UseCases;
  readonly #scope: Scope;
  readonly #actor: Actor;

  constructor(cases: UseCases, scope: Scope, actor: Actor) {
    this.#cases = cases;
    this.#scope = scope;
    this.#actor = actor;
  }

  publish(event: EventInput): Promise<PublishReceipt> {
    return this.#cases.publishing.publish(this.#scope, event);
  }

  publishBatch(events: readonly EventInput[], options: BatchOptions = {}): Promise<BatchReceipt> {
    return this.#cases.publishing.publishBatch(this.#scope, events, options);
  }

  async listEvents(query: EventQuery = {}): Promise<Page<EventResource>> {
    const { store, now } = this.#cases.parts;
    const limit = checkLimit(query.limit);
    const before = parseCursor(query.cursor);
    const filter = { ...typeFilter(query.type, "type"), ...parseRange(query, now()) };
    const rows = await store.listEvents(this.#scope, filter, limit + 1, before);
    return toPage(rows, limit, toEventResource);
  }

  async getEvent(id: string): Promise<EventDetail> {
    const event = await findEvent(this.#cases.parts.store, this.#scope, id);
    const deliveries = await this.#cases.deliveries.deliveriesOf(this.#scope, event);
    return { ...toEventResource(event), deliveries, metadata: event.metadata ?? null, data: event.data };
  }

  replayEvent(id: string, options: EventReplayRequest = {}): Promise<ReplayReceipt> {
    return this.#cases.deliveries.replayEvent(this.#scope, id, options, this.#actor);
  }

  createSubscription(input: SubscriptionInput): Promise<SubscriptionWithSecret> {
    return this.#cases.subscriptions.create(this.#scope, input, this.#actor);
  }

  listSubscriptions(query: SubscriptionQuery = {}): Promise<Page<SubscriptionResource>> {
    return this.#cases.subscriptions.list(this.#scope, query);
  }

  getSubscription(id: string): Promise<SubscriptionResource> {
    return this.#cases.subscriptions.get(this.#scope, id);
  }

  updateSubscription(id: string, patch: Partial<SubscriptionInput>): Promise<SubscriptionResource> {
    return this.#cases.subscriptions.update(this.#scope, id, patch, this.#actor);
  }

  replaceSubscription(id: string, input: SubscriptionInput): Promise<SubscriptionResource> {
    return this.#cases.subscriptions.replace(this.#scope, id, input, this.#actor);
  }

  deleteSubscription(id: string): Promise<void> {
    return this.#cases.subscriptions.delete(this.#scope, id, this.#actor);
  }

  enableSubscription(id: string): Promise<SubscriptionResource> {
    return this.#cases.subscriptions.enable(this.#scope, id, this.#actor);
  }

  disableSubscription(id: string): Promise<SubscriptionResource> {
    return this.#cases.subscriptions.disable(this.#scope, id, this.#actor);
  }

  pauseSubscription(id: string): Promise<SubscriptionResource> {
    return this.#cases.subscriptions.pause(this.#scope, id, this.#actor);
  }

  resumeSubscription(id: string): Promise<SubscriptionResource> {
    return this.#cases.subscriptions.resume(this.#scope, id, this.#actor);
  }

  testSubscription(
    id: string,
    options: { type?: string | undefined; data?: Uint8Array | undefined } = {},
  ): Promise<TestResult> {
    return this.#cases.subscriptions.test(this.#scope, id, options);
  }

  rotateSecret(
    id: string,
    options: { grace?: string | undefined; secret?: string | undefined } = {},
  ): Promise<SubscriptionWithSecret> {
    return this.#cases.rotation.rotateOne(this.#scope, id, options, this.#actor);
  }

  rotateSecrets(rotation: SecretsRotation = {}): Promise<SecretsRotated> {
    return this.#cases.rotation.rotate(this.#scope, rotation, this.#actor);
  }

  listDeliveries(query: DeliveryQuery = {}): Promise<Page<DeliveryResource>> {
    return this.#cases.deliveries.list(this.#scope, query);
  }

  getDelivery(id: string): Promise<DeliveryDetail> {
    return this.#cases.deliveries.get(this.#scope, id);
  }

  retryDelivery(id: string): Promise<DeliveryResource> {
    return this.#cases.deliveries.retry(this.#scope, id, this.#actor);
  }

  cancelDelivery(id: string): Promise<DeliveryResource> {
    return this.#cases.deliveries.cancel(this.#scope, id, this.#actor);
  }

  replay(request: ReplayRequest): Promise<ReplayStarted> {
    return this.#cases.replays.start(this.#scope, request, this.#actor);
  }

  listReplays(query: PageQuery = {}): Promise<Page<ReplayResource>> {
    return this.#cases.replays.list(this.#scope, query);
  }

  getReplay(id: string): Promise<ReplayResource> {
    return this.#cases.replays.get(this.#scope, id);
  }

  cancelReplay(id: string): Promise<ReplayResource> {
    return this.#cases.replays.cancel(this.#scope, id, this.#actor);
  }

  listDeadLetters(query: DeadLetterQuery = {}): Promise<Page<DeliveryResource>> {
    return this.#cases.replays.deadLetters(this.#scope, query);
  }

  purgeEvents(request: EventPurge): Promise<PurgeStarted> {
    return this.#cases.purges.start(this.#scope, request, this.#actor);
  }

  listPurges(query: PageQuery = {}): Promise<Page<PurgeResource>> {
    return this.#cases.purges.list(this.#scope, query);
  }

  getPurge(id: string): Promise<PurgeResource> {
    return this.#cases.purges.get(this.#scope, id);
  }

  cancelPurge(id: string): Promise<PurgeResource> {
    return this.#cases.purges.cancel(this.#scope, id, this.#actor);
  }

  purgeDeadLetters({ dry_run, ...filter }: PurgeRequest): Promise<PurgeReceipt> {
    return this.#cases.replays.purge(this.#scope, filter, dry_run === true, this.#actor);
  }

  stats(query: StatsQuery = {}): Promise<StatsResource> {
    return this.#cases.statistics.read(this.#scope, query);
  }

  subscriptionStats(id: string, query: StatsQuery = {}): Promise<StatsResource> {
    return this.#cases.statistics.ofSubscription(this.#scope, id, query);
  }

  subscriptionHealth(id: string): Promise<SubscriptionHealth> {
    return this.#cases.statistics.health(this.#scope, id);
  }

  async tryFilter(trial: FilterTrial): Promise<FilterTrialResult> {
    const { tryFilter } = await import("./filter-trials.ts");
    return tryFilter(this.#cases.parts, this.#scope, trial);
  }

  listEventTypes(query: EventTypeQuery = {}): Promise<Page<EventTypeSummary>> {
    return this.#cases.eventTypes.list(this.#scope, query);
  }

  getEventType(name: string): Promise<EventTypeResource> {
    return this.#cases.eventTypes.get(this.#scope, name);
  }

  createEventType(input: EventTypeInput): Promise<EventTypeResource> {
    return this.#cases.eventTypes.create(this.#scope, input, this.#actor);
  }

  updateEventType(name: string, patch: EventTypePatch): Promise<EventTypeResource> {
    return this.#cases.eventTypes.update(this.#scope, name, patch, this.#actor);
  }

  deleteEventType(name: string): Promise<void> {
    return this.#cases.eventTypes.delete(this.#scope, name, this.#actor);
  }

  deleteEventTypeVersion(name: string, version: string): Promise<EventTypeResource> {
    return this.#cases.eventTypes.deleteVersion(this.#scope, name, version, this.#actor);
  }

  async importEventTypes(input: EventTypeImport): Promise<EventTypeImportResult> {
    // Packs and formats are much, and seldom needed.
    const { importEventTypes } = await import("./event-type-imports.ts");
    return importEventTypes(this.#cases.eventTypes, this.#scope, input, this.#actor);
  }

  getEnvironment(): Promise<EnvironmentResource> {
    return this.#cases.environments.get(this.#scope);
  }

  updateEnvironment(patch: EnvironmentPatch): Promise<EnvironmentResource> {
    return this.#cases.environments.update(this.#scope, patch, this.#actor);
  }

  async applySetup(request: SetupRequest): Promise<SetupResult> {
    const { applySetup } = await import("./setup/applying.ts");
    return applySetup(this.#cases, this.#scope, request, this.#actor);
  }

  async exportSetup(): Promise<SetupExport> {
    const { exportSetup } = await import("./setup/exporting.ts");
    return exportSetup(this.#cases.parts, this.#scope);
  }

  listAlerts(query: AlertQuery = {}): Promise<Page<AlertResource>> {
    return listAlerts(this.#cases.parts.store.alerts, this.#scope, query);
  }

  async why(query: WhyQuery): Promise<WhyResource> {
    const { explainEvent } = await import("./explaining.ts");
    return explainEvent(this.#cases.parts, this.#scope, query);
  }

  async createSource(input: SourceInput): Promise<SourceWithSecret> {
    return (await this.#cases.sources()).create(this.#scope, input, this.#actor);
  }

  async listSources(query: SourceQuery = {}): Promise<Page<SourceResource>> {
    return (await this.#cases.sources()).list(this.#scope, query);
  }

  async getSource(name: string): Promise<SourceResource> {
    return (await this.#cases.sources()).get(this.#scope, name);
  }

  async updateSource(name: string, patch: SourcePatch): Promise<SourceResource> {
    return (await this.#cases.sources()).update(this.#scope, name, patch, this.#actor);
  }

  async deleteSource(name: string): Promise<void> {
    return (await this.#cases.sources()).delete(this.#scope, name, this.#actor);
  }

  async rotateSourceSecret(
    name: string,
    options: { secret?: string | undefined; grace?: string | undefined } = {},
  ): Promise<SourceWithSecret> {
    return (await this.#cases.sources()).rotateSecret(this.#scope, name, options, this.#actor);
  }

  async listSourceRequests(name: string, query: SourceRequestQuery = {}): Promise<Page<SourceRequestResource>> {
    return (await this.#cases.sourceRequests()).list(this.#scope, name, query);
  }

  async getSourceRequest(name: string, id: string): Promise<SourceRequestDetail> {
    return (await this.#cases.sourceRequests()).get(this.#scope, name, id);
  }

  async meta(): Promise<Meta> {
    const { sources } = await this.#cases.parts.egress();
    return {
      version: this.#cases.parts.version,
      egress_addresses: sources === undefined ? null : sourceTexts(sources),
      limits: {
        event_bytes: EVENT_MAX_BYTES,
        batch_events: BATCH_MAX_EVENTS,
        batch_bytes: BATCH_MAX_BYTES,
        json_depth: JSON_MAX_DEPTH,
        tunnel_body_bytes: TUNNEL_BODY_BYTES,
        subscriptions: this.#cases.parts.maxSubscriptions,
        backlog: this.#cases.parts.backlog?.most ?? null,
      },
    };
  }
}

function toEventResource(event: StoredEvent): EventResource {
  return {
    id: event.id,
    type: event.type,
    timestamp: toIso(event.timestamp),
    version: event.version ?? null,
    tenant: event.scope.tenant,
    environment: event.scope.environment,
    delivery_count: event.deliveryCount,
    created_at: toIso(event.createdAt),
  };
}
