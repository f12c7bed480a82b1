// Every way in which a request can fail, in the one error form.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { HooksError, isHooksError } from "../core/errors.ts";
import type { IdSource } from "../core/ids.ts";
import { COMMON_HEADERS, type ErrorAnswer, STATUS_OF_CODE, StatusOverride, toErrorAnswer } from "./http-error.ts";

/** Where our own faults go; a pino logger fits. */
export interface FaultLog {
  error(fields: Record<string, unknown>, message: string): void;
}

const REASONS: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

export class Failures {
  readonly #newId: IdSource;
  readonly #log: FaultLog | undefined;

  readonly #addressOf: (request: IncomingMessage) => string | undefined;

  /** @param addressOf whose request it was */
  constructor(
    newId: IdSource,
    log: FaultLog | undefined,
    addressOf: (request: IncomingMessage) => string | undefined = ({ socket }) => socket.remoteAddress,
  ) {
    this.#newId = newId;
    this.#log = log;
    this.#addressOf = addressOf;
  }

  /** Answers a request that the framework carries. */
  reply(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const override = error instanceof StatusOverride ? error : undefined;
    const known = override?.error ?? toKnown(error, request);
    const answer = this.#answerTo(known, request.raw, override?.status);
    // The framework closes the connection when a body was not read. What is left of it is read away instead, within
    // the request's time limit: a client that still writes would see a reset and never the answer.
    reply.removeHeader("connection");
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  }

  /** Answers a request that goes past the framework; what is left of its body is read away. */
  answer(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const { status, headers, body } = this.#answerTo(toOurs(error), request);
    response.writeHead(status, { ...COMMON_HEADERS, ...headers, "content-length": Buffer.byteLength(body) }).end(body);
  }

  /** Answers on a bare socket, and hangs up: an upgrade that comes to nothing, text that is not HTTP. */
  refuse(socket: Duplex, error: unknown, request?: IncomingMessage): void {
    const { status, headers, body } = this.#answerTo(toOurs(error), request);
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const lines = Object.entries({
      ...headers,
      connection: "close",
      "content-length": String(Buffer.byteLength(body)),
    });
    const head = [
      `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}`,
      ...lines.map(([name, value]) => `${name}: ${value}`),
    ];
    socket.on("error", () => socket.destroy());
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
  }

  /** What Node could not read as a request. */
  malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === "ECONNRESET" || error.code === "EPIPE") socket.destroy();
    else this.refuse(socket, toMalformed(error.code));
  }

  #answerTo(error: HooksError, request: IncomingMessage | undefined, status?: number): ErrorAnswer {
    const requestId = this.#newId("req");
    this.#report(error, requestId, request);
    return toErrorAnswer(error, requestId, status);
  }

  #report(error: HooksError, requestId: string, request: IncomingMessage | undefined): void {
    if (STATUS_OF_CODE[error.code] < 500 || error.code === "unavailable") return;
    // The path alone: a query may hold what somebody took for a place to put a key.
    const path = request?.url?.split("?", 1)[0];
    this.#log?.error(
      {
        err: error.cause ?? error,
        code: error.code,
        request_id: requestId,
        method: request?.method,
        path,
        client: request === undefined ? undefined : this.#addressOf(request),
      },
      error.message,
    );
  }
}

function toMalformed(code: string | undefined): HooksError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new HooksError("headers_too_large", "the request line and headers must be at most 16 KiB");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new HooksError("request_timeout", "the request did not come in time");
    default:
      return new HooksError("invalid_request", "this is not a valid HTTP/1.1 request");
  }
}

/** Anything that is not ours is a bug. */
function toOurs(error: unknown): HooksError {
  return isHooksError(error) ? error : new HooksError("internal", "internal error", { cause: error });
}

/** The framework's own errors as ours. */
function toKnown(error: unknown, request: FastifyRequest): HooksError {
  if (isHooksError(error)) return error;
  const { sizeField, maxBytes } = request.routeOptions.config;
  switch ((error as Partial<FastifyError>).code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE": {
      const length = request.headers["content-length"];
      const got = length === undefined ? "more" : length;
      return new HooksError("too_large", `the body must be at most ${maxBytes} bytes, got ${got}`, {
        field: sizeField,
      });
    }
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new HooksError("unsupported_media_type", "Content-Type must be application/json (in UTF-8)", {
        field: "content-type",
      });
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new HooksError("invalid_request", "the body is not as long as Content-Length says", {
        field: "content-length",
      });
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new HooksError("not_found", "nothing has an id as long as this", { field: "id" });
    case "FST_ERR_BAD_URL":
      return new HooksError("invalid_request", "the path has an invalid percent escape", { field: "path" });
    case "ECONNRESET":
      return new HooksError("invalid_request", "the request was cut off");
    default:
      return toOurs(error);
  }
}

/** 404, or 405 (and `Allow`) when the path exists for other methods. */
export function notFound(request: FastifyRequest, reply: FastifyReply, known: readonly KnownPath[]): HooksError {
  const path = request.url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").split("?", 1)[0]!;
  const methods = new Set(known.filter(({ pattern }) => pattern.test(path)).flatMap((one) => one.methods));
  if (methods.size === 0) {
    return new HooksError("not_found", `there is nothing at ${path}`, {
      hint: "GET /openapi.json lists what there is",
    });
  }
  const allowed = [...methods].join(", ");
  reply.header("allow", allowed);
  return new HooksError("method_not_allowed", `${request.method} is not possible here, only ${allowed}`);
}

export interface KnownPath {
  pattern: RegExp;
  methods: string[];
}

/** `/v1/events/:id` matches any one segment for `:id`. */
export function knownPath(path: string, method: string): KnownPath {
  const pattern = path.replace(/[.]/g, "\\.").replace(/:[a-z]+/g, "[^/]+");
  return { pattern: new RegExp(`^${pattern}$`), methods: method === "GET" ? ["GET", "HEAD"] : [method] };
}
