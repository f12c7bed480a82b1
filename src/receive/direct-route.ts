import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type BeforeBody, checkBeforeBody, releaseBody } from "./before-body.ts";
import { callOf } from "./call.ts";
import type { Doors } from "./doors.ts";
import type { Failures } from "./failures.ts";
import { COMMON_HEADERS } from "./http-error.ts";
import { JSON_TYPE, jsonOf } from "./register-route.ts";
import { maxBytesOf, type Route } from "./route.ts";
import type { RouteContext } from "./route-context.ts";
import { type Check, compileCheck } from "./validation.ts";

interface DirectContext extends RouteContext {
  doors: Doors;
  failures: Failures;
  /** False: the server stops, and the framework knows how. */
  isOpen(): boolean;
}

/**
 * Puts busy routes before the framework, whose router, hooks and replies cost a tenth of what the main thread does for an
 * event that is published alone. The checks, their order and the answers are those of the other way, which takes every
 * request that is not quite ordinary: with a query, without a length, too large, or empty.
 */
export function answerDirectly(server: Server, routes: readonly Route[], context: DirectContext): void {
  const busy = routes.filter(({ isBusy }) => isBusy === true).map((route) => new DirectRoute(route, context));
  const framework = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const route = context.isOpen() ? busy.find((one) => one.takes(request)) : undefined;
    if (route !== undefined) route.answer(request, response);
    else for (const listener of framework) listener.call(server, request, response);
  });
}

class DirectRoute {
  readonly #definition: Route;
  readonly #context: DirectContext;
  readonly #check: Check;
  readonly #maxBytes: number;

  constructor(definition: Route, context: DirectContext) {
    const { id, body } = definition;
    if (body === undefined) throw new TypeError(`${id} takes no body`);
    this.#definition = definition;
    this.#context = context;
    this.#check = compileCheck(body.checked ?? body.schema, "body");
    this.#maxBytes = maxBytesOf(definition);
  }

  takes({ url, method, headers }: IncomingMessage): boolean {
    if (url !== this.#definition.path || method !== this.#definition.method) return false;
    const length = Number(headers["content-length"]);
    return 0 < length && length <= this.#maxBytes && headers["transfer-encoding"] === undefined;
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { doors, failures, bodies } = this.#context;
    let before: BeforeBody;
    try {
      doors.check(request);
      before = checkBeforeBody(request, this.#definition, this.#context);
    } catch (error) {
      failures.answer(error, request, response);
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => void this.#finish(request, before, chunks, response));
    // It was cut off, and nobody is there to be told.
    request.on("error", () => releaseBody(before, bodies));
  }

  async #finish(
    raw: IncomingMessage,
    before: BeforeBody,
    chunks: readonly Buffer[],
    response: ServerResponse,
  ): Promise<void> {
    const { answer } = this.#definition;
    try {
      const json = jsonOf(await this.#handle(raw, before, chunks));
      response.writeHead(answer.status, {
        ...COMMON_HEADERS,
        "content-type": JSON_TYPE,
        "content-length": Buffer.byteLength(json),
      });
      response.end(json);
    } catch (error) {
      this.#context.failures.answer(error, raw, response);
    }
  }

  async #handle(raw: IncomingMessage, before: BeforeBody, chunks: readonly Buffer[]): Promise<unknown> {
    const { body: taken, handle } = this.#definition;
    try {
      const body = taken!.parse(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), "json");
      const fault = this.#check(body);
      if (fault !== undefined) throw fault;
      const asked = { params: undefined, query: undefined, body, raw, principal: before.principal };
      return await handle(callOf(asked, this.#context));
    } finally {
      releaseBody(before, this.#context.bodies);
    }
  }
}
