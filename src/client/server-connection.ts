import type { Agent, IncomingMessage, RequestOptions } from "node:http";
import { HooksError } from "../core/errors.ts";
import type { NamedReach } from "../core/key.ts";
import { toErrorOfAnswer } from "./error-answer.ts";
import { checkServerUrl } from "./server-url.ts";
import { toUnreachable } from "./unreachable.ts";

export interface ConnectionOptions {
  server: URL;
  apiKey: string | undefined;
  /** Sent as `Hooks-Tenant` and `Hooks-Environment` when somebody named them, else left to the key. */
  tenant?: string | undefined;
  environment?: string | undefined;
  /** `hooks/0.1.0` */
  userAgent: string;
  /** PEM: the one certificate that a daemon on this machine may show, whatever name it is for. */
  certificate?: string | undefined;
  /** For one call from start to end, in ms; default 30,000. */
  timeoutMs?: number | undefined;
}

export interface ServerRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From `/v1`; segments are encoded. */
  path: string;
  query?: Record<string, string | undefined>;
  /** JSON. */
  body?: Uint8Array | undefined;
  timeoutMs?: number;
  /** Instead of the connection's tenant and environment. */
  named?: NamedReach | undefined;
  /** Asking twice does no more than asking once. Default: true for all but POST. */
  repeatable?: boolean;
  /** Gives the request up. */
  signal?: AbortSignal | undefined;
}

export interface ServerAnswer {
  /** 200–299 */
  status: number;
  body: Buffer;
}

export interface StreamRequest {
  path: string;
  query: Record<string, string | undefined>;
  /** Media type. */
  accept: string;
  signal: AbortSignal;
  /** The server is there and sends. */
  onOpen(): void;
}

const TIMEOUT_MS = 30_000;
/** Far above any answer; a server that never ends must not fill the memory. */
const ANSWER_MAX_BYTES = 64 * 1024 * 1024;

/** One server, kept-alive connections to it, and what goes wrong on the way as errors of ours. */
export class ServerConnection {
  readonly #options: ConnectionOptions;
  readonly #basePath: string;
  #agent: Agent | undefined;
  #isClosed = false;

  /** @throws HooksError `usage` (field `--server`) for a URL that a key must not be sent to. */
  constructor(options: ConnectionOptions) {
    checkServerUrl(options.server, options.apiKey !== undefined);
    this.#options = options;
    this.#basePath = options.server.pathname.replace(/\/+$/, "");
  }

  /**
   * Status and body of an answer that is a 2xx.
   * @throws HooksError what the server said; `unreachable` when it said nothing that hooks would say.
   */
  async request(request: ServerRequest): Promise<ServerAnswer> {
    const { server } = this.#options;
    const repeatable = request.repeatable ?? request.method !== "POST";
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(request);
      } catch (error) {
        if (error instanceof HooksError) throw error;
        // A kept-alive connection that the server had just given up: it never saw the request, or asking again is safe.
        if (error instanceof StaleConnection && repeatable && attempt === 1 && !this.#isClosed) continue;
        throw toUnreachable(server, error instanceof StaleConnection ? error.cause : error);
      }
    }
  }

  /**
   * The text of an answer as it comes, for as long as it does.
   * @throws HooksError what the server said; `unreachable` when there is none, or it hung up
   */
  async *stream({ path, query, accept, signal, onOpen }: StreamRequest): AsyncGenerator<string> {
    const { server } = this.#options;
    try {
      const request = { method: "GET" as const, path, query, headers: { accept } };
      const answer = await this.#send(request, signal);
      if (answer.statusCode !== 200) {
        await readAnswer(answer, this.#options);
        throw new HooksError(
          "unreachable",
          `${server.origin} answered ${answer.statusCode ?? 0} to a request for a stream`,
        );
      }
      onOpen();
      answer.setEncoding("utf8");
      yield* answer as AsyncIterable<string>;
      throw new HooksError("unreachable", `${server.origin} ended the connection`);
    } catch (error) {
      throw error instanceof HooksError ? error : toUnreachable(server, error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#agent?.destroy();
  }

  async #once({ timeoutMs, signal, ...request }: ServerRequest): Promise<ServerAnswer> {
    const timeout = AbortSignal.timeout(timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS);
    const until = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    return readAnswer(await this.#send(request, until), this.#options);
  }

  /** Resolves with the head of the answer. */
  async #send(
    {
      method,
      path,
      query,
      body,
      named,
      headers,
    }: Pick<ServerRequest, "method" | "path" | "query" | "body" | "named"> & {
      headers?: Record<string, string>;
    },
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { server, certificate } = this.#options;
    const isTls = server.protocol === "https:";
    // Loaded when the first request goes out: commands that work on a local store never pay for it.
    const http = isTls ? await import("node:https") : await import("node:http");
    this.#agent ??= new http.Agent({ keepAlive: true });
    const pinned =
      certificate === undefined
        ? {}
        : { ca: certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
    const options: RequestOptions = {
      method,
      agent: this.#agent,
      hostname: server.hostname.replace(/^\[|\]$/g, ""),
      port: server.port === "" ? undefined : server.port,
      path: `${this.#basePath}${path}${toQuery(query)}`,
      headers: { ...this.#headers(body, named), ...headers },
      signal,
      ...pinned,
    };
    return new Promise((resolve, reject) => {
      const request = http.request(options, resolve);
      request.on("error", (error: NodeJS.ErrnoException) => {
        const isCut = error.code === "ECONNRESET" || error.code === "EPIPE";
        reject(request.reusedSocket && isCut ? new StaleConnection(error) : error);
      });
      request.end(body);
    });
  }

  #headers(body: Uint8Array | undefined, named: NamedReach = this.#options): Record<string, string | number> {
    const { apiKey, userAgent } = this.#options;
    const { tenant, environment } = named;
    return {
      accept: "application/json",
      "user-agent": userAgent,
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(tenant === undefined ? {} : { "hooks-tenant": tenant }),
      ...(environment === undefined ? {} : { "hooks-environment": environment }),
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": body.byteLength }),
    };
  }
}

class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

async function readAnswer(answer: IncomingMessage, { server, apiKey }: ConnectionOptions): Promise<ServerAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (ANSWER_MAX_BYTES < size) throw new HooksError("unreachable", `${server.origin} answered more than 64 MiB`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks, size);
  const status = answer.statusCode ?? 0;
  if (status < 200 || 299 < status) {
    throw toErrorOfAnswer(server, apiKey !== undefined, { status, headers: answer.headers, body });
  }
  return { status, body };
}

function toQuery(query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
