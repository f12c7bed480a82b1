import type { BatchOptions, BatchReceipt, EventDetail, EventInput, PublishReceipt } from "../core/event.ts";
import type { FilterTrial, FilterTrialResult } from "../core/filter/filter-trial.ts";
import type { TestResult } from "../core/hooks-service.ts";
import { type Form, objectOf, record, text } from "./answer-form.ts";
import { toEventInput, toJsonBytes } from "./event-input.ts";
import { JsonRequests } from "./json-requests.ts";
import { connectionOf, inWordsOfLibrary, type ServerOptions } from "./library-options.ts";
import type { EventExtras } from "./published-events.ts";
import { RemoteService } from "./remote.ts";
import { RemoteAdmin } from "./remote-admin.ts";

/** An event to publish; `data` is any JSON value. */
export interface ClientEvent extends EventExtras {
  type: string;
  data: unknown;
  /** Version of the event type. */
  version?: string | undefined;
}

/** An event with its deliveries; data and metadata parsed. */
export interface ClientEventDetail extends Omit<EventDetail, "data" | "metadata"> {
  data: unknown;
  metadata: Record<string, unknown> | null;
}

export interface ClientFilterTrial extends Omit<FilterTrial, "data" | "metadata"> {
  data?: unknown;
  metadata?: object | undefined;
}

export interface Health {
  status: string;
}

export interface Readiness {
  status: string;
  checks: Record<string, string>;
}

/** What differs from the service itself: JSON values in the place of bytes. */
interface Own {
  /** Resolves once the event is on the server's disk. For many events, retries and batches: `createPublisher`. */
  publish(event: ClientEvent): Promise<PublishReceipt>;
  /** One bad event does not spoil the rest, unless `atomic`: then nothing is stored and the first error is thrown. With
   * `dry_run` nothing is stored, and the answer is what would be. */
  publishBatch(events: readonly ClientEvent[], options?: BatchOptions): Promise<BatchReceipt>;
  getEvent(id: string): Promise<ClientEventDetail>;
  testSubscription(id: string, options?: { type?: string | undefined; data?: unknown }): Promise<TestResult>;
  /** What a filter says of an event. */
  tryFilter(trial: ClientFilterTrial): Promise<FilterTrialResult>;
  /** Whether the process lives. */
  health(): Promise<Health>;
  /** Whether events are taken and delivered. @throws HooksError `unavailable`, which says what is missing */
  readiness(): Promise<Readiness>;
  /** The OpenAPI document of the server. */
  openApi(): Promise<Record<string, unknown>>;
  /** Lets the connections go. */
  close(): void;
}

/** Every call of the API. What is asked and answered has the types that the server itself is written with. */
export type Client = Own & Omit<RemoteService, keyof Own> & Omit<RemoteAdmin, keyof Own>;

const HEALTH: Form = objectOf<Health>({ status: text });
const READINESS: Form = objectOf<Readiness>({ status: text, checks: record });

/**
 * A client of the server of HOOKS_SERVER with the key of HOOKS_API_KEY, unless the options name others.
 *
 *     const client = createClient({ server: "https://hooks.example.com", apiKey: process.env.HOOKS_API_KEY });
 *     const { data } = await client.listSubscriptions({ event: "invoice.paid" });
 *
 * Each method rejects with a HooksError: `code` is one of a closed list, `field` names what is wrong, `hint` what to do.
 * @throws TypeError for an option that is none; HooksError `usage` for a server that a key must not be sent to in clear
 *   text
 */
export function createClient(options: ServerOptions = {}): Client {
  try {
    const connection = connectionOf(options);
    // Keys, tenants and audit are named in each call: the headers name nothing.
    const { tenant: _tenant, environment: _environment, ...anywhere } = connection;
    const service = new RemoteService(connection);
    const admin = new RemoteAdmin(anywhere);
    const requests = new JsonRequests(connection);
    const closers = [service, admin, requests];
    const own: Own = {
      publish: (event) => service.publish(inputOf(event)),
      publishBatch: (events, rules) => service.publishBatch(events.map(inputOf), rules),
      getEvent: async (id) => parsed(await service.getEvent(id)),
      testSubscription: (id, { type, data } = {}) =>
        service.testSubscription(id, { type, data: bytesOf(data, "data") }),
      tryFilter: ({ data, metadata, ...trial }) =>
        service.tryFilter({ ...trial, data: bytesOf(data, "data"), metadata: bytesOf(metadata, "metadata") }),
      health: () => requests.get(HEALTH, "/healthz"),
      readiness: () => requests.get(READINESS, "/readyz"),
      openApi: () => requests.get(objectOf<{ openapi: string }>({ openapi: text }), "/openapi.json"),
      close: () => {
        for (const closer of closers) closer.close();
      },
    };
    return { ...methodsOf(service), ...methodsOf(admin), ...methodsOf(own) } as unknown as Client;
  } catch (error) {
    throw inWordsOfLibrary(error);
  }
}

type Method = (...given: unknown[]) => unknown;

/** The methods of an object, bound to it; what goes wrong is told in the words of this library. */
function methodsOf(target: object): Record<string, Method> {
  const holder =
    Object.getPrototypeOf(target) === Object.prototype ? target : (Object.getPrototypeOf(target) as object);
  const names = Object.getOwnPropertyNames(holder).filter((name) => name !== "constructor");
  const methods = names.flatMap((name): [string, Method][] => {
    const method: unknown = Reflect.get(target, name);
    return typeof method === "function" ? [[name, inOurWords(target, method as Method)]] : [];
  });
  return Object.fromEntries(methods);
}

function inOurWords(target: object, method: Method): Method {
  return (...given) => {
    try {
      const answer = method.apply(target, given);
      return answer instanceof Promise
        ? answer.catch((error: unknown) => Promise.reject(inWordsOfLibrary(error) as Error))
        : answer;
    } catch (error) {
      // Whoever calls a method that answers a promise looks for faults there only.
      return Promise.reject(inWordsOfLibrary(error) as Error);
    }
  };
}

function bytesOf(value: unknown, field: string): Uint8Array | undefined {
  return value === undefined ? undefined : toJsonBytes(value, field);
}

function inputOf({ type, data, ...extras }: ClientEvent): EventInput {
  return toEventInput(type, data, extras);
}

function parsed(detail: EventDetail): ClientEventDetail {
  const { data, metadata, ...rest } = detail;
  return {
    ...rest,
    metadata: metadata === null ? null : (parse(metadata) as Record<string, unknown>),
    data: parse(data),
  };
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString("utf8"));
}
