import { createHash } from "node:crypto";
import http from "node:http";
import { clock, sleep } from "./clock.ts";
import { isAccepted, type SentEvent } from "./history.ts";
import type { Ledger } from "./ledger.ts";
import { Seeded } from "./seeded.ts";

/** A daemon that takes requests. */
export interface Target {
  url: string;
  token: string;
  /** Resolves when its process is gone. */
  gone: Promise<unknown>;
}

export interface ClientsOptions {
  ledger: Ledger;
  /** The daemon that runs; waits for the next when none does. */
  target(): Promise<Target>;
  seed: number;
  clients: number;
  events: number;
  /** Largest padding of an event's data, bytes. Default 2,000. */
  padding?: number;
  /** Names of the events begin with it: several runs on one store need several. Default `e`. */
  prefix?: string;
  /** Default: the API. */
  door?: Door;
}

/** An event as it is published, and what is expected of it. */
export interface MadeEvent extends SentEvent {
  /** By which it is stored. */
  id: string;
  /** JSON text. */
  request: Buffer;
}

/** A way in: what goes there, and how whoever sends it shows who he is. */
export interface Door {
  path: string;
  make(name: string, seed: number, padding: number): MadeEvent;
  /** `token`: of the daemon that runs. */
  headers(event: MadeEvent, token: string): Record<string, string>;
}

/** The API, which answers 202. */
const API: Door = {
  path: "/v1/events",
  make: (name, seed, padding) => makeEvent(name, seed, padding),
  headers: (_event, token) => ({ authorization: `Bearer ${token}` }),
};

const FIRST_TIMESTAMP = Date.UTC(2026, 0, 1);
const TYPES = ["order.created", "order.paid", "invoice.paid"];
/** A daemon that hung up and has not ended: it is asked again after this. */
const AGAIN_MS = 50;

/**
 * Publishers as they should be: each event has an id of its own, and is sent again with the same id until it is
 * accepted. What is sent and what comes back goes into the ledger.
 */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #agent = new http.Agent({ keepAlive: true });
  #next = 0;
  #isStopped = false;

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  /** Resolves when every event is accepted, or when they were stopped. @throws Error for an answer that nobody expects. */
  async run(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.#options.clients }, () => this.#client()));
    } finally {
      this.#agent.destroy();
    }
  }

  /** What is being tried is the last. */
  stop(): void {
    this.#isStopped = true;
  }

  async #client(): Promise<void> {
    const { ledger, events, seed, padding = 2_000, prefix = "e", door = API } = this.#options;
    while (this.#next < events && !this.#isStopped) {
      const event = door.make(`${prefix}-${this.#next++}`, seed, padding);
      ledger.sent(event.id, { dataHash: event.dataHash, bodyHash: event.bodyHash });
      while (!this.#isStopped && !(await this.#try(event)));
    }
  }

  /** True when it is accepted. */
  async #try(event: MadeEvent): Promise<boolean> {
    const { ledger, target, door = API } = this.#options;
    const { gone, ...daemon } = await target();
    const { status, retryAfter, text } = await tryOnce(event, daemon, door, ledger, this.#agent);
    if (isAccepted({ status })) return true;
    if (status !== undefined && status !== 503 && status !== 429) {
      throw new Error(`${event.id} was answered ${status}: ${text}`);
    }
    await Promise.race([gone, sleep(status === undefined ? AGAIN_MS : Number(retryAfter) * 1_000)]);
    return false;
  }
}

/** Publishes new events one by one until one is not accepted; answers what came instead. */
export async function publishUntilRefused(
  target: Target,
  ledger: Ledger,
  { seed, prefix, padding = 0 }: { seed: number; prefix: string; padding?: number },
): Promise<Answered> {
  for (let n = 0; ; n++) {
    const event = makeEvent(`${prefix}-${n}`, seed, padding);
    ledger.sent(event.id, { dataHash: event.dataHash, bodyHash: event.bodyHash });
    const answer = await tryOnce(event, target, API, ledger);
    if (answer.status !== 202) return answer;
  }
}

async function tryOnce(
  event: MadeEvent,
  { url, token }: Pick<Target, "url" | "token">,
  door: Door,
  ledger: Ledger,
  agent?: http.Agent,
): Promise<Answered> {
  const { id, request } = event;
  const startedAt = clock();
  const answer = await ask(url + door.path, token, { body: request, agent, headers: door.headers(event, token) });
  const { status, retryAfter, text } = answer;
  const deliveries = status === 202 ? (JSON.parse(text) as { deliveries: number }).deliveries : undefined;
  ledger.answered({ id, startedAt, endedAt: clock(), status, deliveries, retryAfter });
  return answer;
}

export interface Answered {
  /** Undefined: none came. */
  status: number | undefined;
  retryAfter: string | undefined;
  text: string;
}

export interface AskOptions {
  body?: Buffer;
  agent?: http.Agent | undefined;
  gate?: Promise<unknown> | undefined;
  /** Who asks. Default: whoever has the token. */
  headers?: Record<string, string>;
}

/** One request to a daemon: POST with a body, GET without. The body is announced, and sent when `gate` opens. */
export function ask(
  url: string,
  token: string,
  { body, agent, gate, headers = { authorization: `Bearer ${token}` } }: AskOptions = {},
): Promise<Answered> {
  return new Promise((resolve) => {
    const none = (): void => resolve({ status: undefined, retryAfter: undefined, text: "" });
    const ofBody = body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
    const request = http.request(url, {
      method: body === undefined ? "GET" : "POST",
      agent,
      headers: { ...ofBody, ...headers },
    });
    request.on("error", none);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", none);
      // Half an answer is none.
      response.on("close", none);
      response.on("end", () =>
        resolve({ status: response.statusCode, retryAfter: response.headers["retry-after"], text }),
      );
    });
    if (gate === undefined) {
      request.end(body);
      return;
    }
    request.flushHeaders();
    void gate.then(() => request.end(body));
  });
}

/** The same for the same id and seed: what would be spoilt if anybody parsed it and printed it again stands in it. */
export function makeEvent(id: string, seed: number, padding: number, givenType?: string): MadeEvent {
  const n = Number(id.slice(id.lastIndexOf("-") + 1));
  const random = new Seeded(seed + n);
  const type = givenType ?? random.pick(TYPES);
  const timestamp = new Date(FIRST_TIMESTAMP + n).toISOString();
  const filler = "x".repeat(random.whole(0, padding));
  const data = `{"n":${n},"big":9007199254740993,"price":1.10,"z":"é\\u00e9\u2028","a":{},"filler":"${filler}"}`;
  const request = Buffer.from(`{"id":"${id}","type":"${type}","timestamp":"${timestamp}","data":${data}}`);
  const body = `{"type":"${type}","timestamp":"${timestamp}","data":${data}}`;
  return { id, request, dataHash: hash(data), bodyHash: hash(body) };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
