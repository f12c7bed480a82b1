import type { DeliveryDetail, DeliveryResource } from "../core/delivery.ts";
import type { BatchReceipt, EventDetail, EventInput, EventResource, PublishReceipt, RawJson } from "../core/event.ts";
import type {
  DeliveryQuery,
  EventQuery,
  EventTypeResource,
  HooksService,
  Meta,
  Page,
  ReplayReceipt,
  ReplayRequest,
  SubscriptionQuery,
  TestResult,
} from "../core/hooks-service.ts";
import { decodeEvent, encodeBatch, encodeEventInput, encodeWithRaw } from "../core/raw-json.ts";
import type { SubscriptionInput, SubscriptionResource, SubscriptionWithSecret } from "../core/subscription.ts";
import { JsonRequests } from "./json-requests.ts";
import { segment } from "./path-segment.ts";
import type { ConnectionOptions } from "./server-connection.ts";

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
    return this.#requests.send({ method: "POST", path: "/v1/events", body, repeatable: event.id !== undefined });
  }

  publishBatch(events: readonly EventInput[], options: { atomic?: boolean } = {}): Promise<BatchReceipt> {
    return this.#requests.send({
      method: "POST",
      path: "/v1/events/batch",
      query: { atomic: options.atomic === true ? "true" : undefined },
      body: encodeBatch(events),
      repeatable: events.every((event) => event.id !== undefined),
    });
  }

  listEvents(query: EventQuery = {}): Promise<Page<EventResource>> {
    return this.#requests.get("/v1/events", { ...query });
  }

  async getEvent(id: string): Promise<EventDetail> {
    const bytes = await this.#requests.bytes({ method: "GET", path: `/v1/events/${segment(id)}` });
    return this.#requests.parse(bytes, decodeEvent);
  }

  replayEvent(id: string, options: { subscriptions?: string[] | undefined } = {}): Promise<ReplayReceipt> {
    return this.#requests.post(`/v1/events/${segment(id)}/replay`, { subscriptions: options.subscriptions });
  }

  createSubscription(input: SubscriptionInput): Promise<SubscriptionWithSecret> {
    return this.#requests.post("/v1/subscriptions", input);
  }

  listSubscriptions(query: SubscriptionQuery = {}): Promise<Page<SubscriptionResource>> {
    return this.#requests.get("/v1/subscriptions", { ...query });
  }

  getSubscription(id: string): Promise<SubscriptionResource> {
    return this.#requests.get(subscriptionPath(id));
  }

  updateSubscription(id: string, patch: Partial<SubscriptionInput>): Promise<SubscriptionResource> {
    return this.#requests.send({ method: "PATCH", path: subscriptionPath(id), body: toJson(patch) });
  }

  replaceSubscription(id: string, input: SubscriptionInput): Promise<SubscriptionResource> {
    return this.#requests.send({ method: "PUT", path: subscriptionPath(id), body: toJson(input) });
  }

  async deleteSubscription(id: string): Promise<void> {
    // Asked twice, the second time would find nothing.
    await this.#requests.bytes({ method: "DELETE", path: subscriptionPath(id), repeatable: false });
  }

  enableSubscription(id: string): Promise<SubscriptionResource> {
    return this.#act(`${subscriptionPath(id)}/enable`);
  }

  disableSubscription(id: string): Promise<SubscriptionResource> {
    return this.#act(`${subscriptionPath(id)}/disable`);
  }

  pauseSubscription(id: string): Promise<SubscriptionResource> {
    return this.#act(`${subscriptionPath(id)}/pause`);
  }

  resumeSubscription(id: string): Promise<SubscriptionResource> {
    return this.#act(`${subscriptionPath(id)}/resume`);
  }

  testSubscription(
    id: string,
    options: { type?: string | undefined; data?: RawJson | undefined } = {},
  ): Promise<TestResult> {
    return this.#requests.send({
      method: "POST",
      path: `${subscriptionPath(id)}/test`,
      body: encodeWithRaw({ type: options.type }, "data", options.data),
      timeoutMs: TEST_TIMEOUT_MS,
    });
  }

  rotateSecret(
    id: string,
    options: { grace?: string | undefined; secret?: string | undefined } = {},
  ): Promise<SubscriptionWithSecret> {
    return this.#requests.post(`${subscriptionPath(id)}/rotate-secret`, options);
  }

  listDeliveries(query: DeliveryQuery = {}): Promise<Page<DeliveryResource>> {
    return this.#requests.get("/v1/deliveries", { ...query });
  }

  getDelivery(id: string): Promise<DeliveryDetail> {
    return this.#requests.get(`/v1/deliveries/${segment(id)}`);
  }

  retryDelivery(id: string): Promise<DeliveryResource> {
    return this.#requests.send({ method: "POST", path: `/v1/deliveries/${segment(id)}/retry` });
  }

  cancelDelivery(id: string): Promise<DeliveryResource> {
    return this.#requests.send({ method: "POST", path: `/v1/deliveries/${segment(id)}/cancel` });
  }

  replay({ dry_run, ...filter }: ReplayRequest): Promise<ReplayReceipt> {
    return this.#requests.post("/v1/replays", { filter, dry_run });
  }

  listEventTypes(): Promise<Page<EventTypeResource>> {
    return this.#requests.get("/v1/event-types");
  }

  meta(): Promise<Meta> {
    return this.#requests.get("/v1/meta");
  }

  /** A change without a body that leaves the same state when it is made twice. */
  #act<Answer>(path: string): Promise<Answer> {
    return this.#requests.send({ method: "POST", path, repeatable: true });
  }
}

function subscriptionPath(id: string): string {
  return `/v1/subscriptions/${segment(id)}`;
}

function toJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
