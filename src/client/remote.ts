import type { DeliveryDetail, DeliveryResource } from "../core/delivery.ts";
import { HooksError, invalid } from "../core/errors.ts";
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
import { notOfHooks } from "./error-answer.ts";
import { type ConnectionOptions, ServerConnection, type ServerRequest } from "./server-connection.ts";

/** A subscription's test waits for its receiver, whose time-out is at most 300 s. */
const TEST_TIMEOUT_MS = 310_000;

/** HooksService over the HTTP API of a server: the same values and the same errors as over a local store. */
export class RemoteService implements HooksService {
  readonly #server: URL;
  readonly #connection: ServerConnection;

  /** Nothing is sent yet. @throws HooksError `usage` for a server that a key must not be sent to. */
  constructor(options: ConnectionOptions) {
    this.#server = options.server;
    this.#connection = new ServerConnection(options);
  }

  /** Lets the kept-alive connections go. */
  close(): void {
    this.#connection.close();
  }

  publish(event: EventInput): Promise<PublishReceipt> {
    const body = encodeEventInput(event);
    // With an id, a second arrival stores nothing.
    return this.#send({ method: "POST", path: "/v1/events", body, repeatable: event.id !== undefined });
  }

  publishBatch(events: readonly EventInput[], options: { atomic?: boolean } = {}): Promise<BatchReceipt> {
    return this.#send({
      method: "POST",
      path: "/v1/events/batch",
      query: { atomic: options.atomic === true ? "true" : undefined },
      body: encodeBatch(events),
      repeatable: events.every((event) => event.id !== undefined),
    });
  }

  listEvents(query: EventQuery = {}): Promise<Page<EventResource>> {
    return this.#get("/v1/events", { ...query });
  }

  async getEvent(id: string): Promise<EventDetail> {
    const bytes = await this.#connection.request({ method: "GET", path: `/v1/events/${segment(id)}` });
    try {
      return decodeEvent(bytes);
    } catch (error) {
      throw notOfHooks(this.#server, error);
    }
  }

  replayEvent(id: string, options: { subscriptions?: string[] | undefined } = {}): Promise<ReplayReceipt> {
    return this.#post(`/v1/events/${segment(id)}/replay`, { subscriptions: options.subscriptions });
  }

  createSubscription(input: SubscriptionInput): Promise<SubscriptionWithSecret> {
    return this.#post("/v1/subscriptions", input);
  }

  listSubscriptions(query: SubscriptionQuery = {}): Promise<Page<SubscriptionResource>> {
    return this.#get("/v1/subscriptions", { ...query });
  }

  getSubscription(id: string): Promise<SubscriptionResource> {
    return this.#get(subscriptionPath(id));
  }

  updateSubscription(id: string, patch: Partial<SubscriptionInput>): Promise<SubscriptionResource> {
    return this.#send({ method: "PATCH", path: subscriptionPath(id), body: toJson(patch) });
  }

  replaceSubscription(id: string, input: SubscriptionInput): Promise<SubscriptionResource> {
    return this.#send({ method: "PUT", path: subscriptionPath(id), body: toJson(input) });
  }

  async deleteSubscription(id: string): Promise<void> {
    // Asked twice, the second time would find nothing.
    await this.#connection.request({ method: "DELETE", path: subscriptionPath(id), repeatable: false });
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
    return this.#send({
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
    return this.#post(`${subscriptionPath(id)}/rotate-secret`, options);
  }

  listDeliveries(query: DeliveryQuery = {}): Promise<Page<DeliveryResource>> {
    return this.#get("/v1/deliveries", { ...query });
  }

  getDelivery(id: string): Promise<DeliveryDetail> {
    return this.#get(`/v1/deliveries/${segment(id)}`);
  }

  retryDelivery(id: string): Promise<DeliveryResource> {
    return this.#send({ method: "POST", path: `/v1/deliveries/${segment(id)}/retry` });
  }

  cancelDelivery(id: string): Promise<DeliveryResource> {
    return this.#send({ method: "POST", path: `/v1/deliveries/${segment(id)}/cancel` });
  }

  replay({ dry_run, ...filter }: ReplayRequest): Promise<ReplayReceipt> {
    return this.#post("/v1/replays", { filter, dry_run });
  }

  listEventTypes(): Promise<Page<EventTypeResource>> {
    return this.#get("/v1/event-types");
  }

  meta(): Promise<Meta> {
    return this.#get("/v1/meta");
  }

  #get<Answer>(path: string, query: Record<string, string | number | boolean | undefined> = {}): Promise<Answer> {
    const texts = Object.entries(query).map(([name, value]) => [name, value === undefined ? undefined : String(value)]);
    return this.#send({ method: "GET", path, query: Object.fromEntries(texts) as Record<string, string | undefined> });
  }

  #post<Answer>(path: string, body: object): Promise<Answer> {
    return this.#send({ method: "POST", path, body: toJson(body) });
  }

  /** A change without a body that leaves the same state when it is made twice. */
  #act<Answer>(path: string): Promise<Answer> {
    return this.#send({ method: "POST", path, repeatable: true });
  }

  async #send<Answer>(request: ServerRequest): Promise<Answer> {
    const bytes = await this.#connection.request(request);
    try {
      return JSON.parse(bytes.toString("utf8")) as Answer;
    } catch (error) {
      throw notOfHooks(this.#server, error);
    }
  }
}

function subscriptionPath(id: string): string {
  return `/v1/subscriptions/${segment(id)}`;
}

function segment(id: string): string {
  if (id === "") throw invalid("id", "id must not be empty");
  try {
    return encodeURIComponent(id);
  } catch (error) {
    throw new HooksError("not_found", "there is no such id", { field: "id", cause: error });
  }
}

function toJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
