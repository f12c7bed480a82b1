import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from "fastify";
import { type TSchema, Type } from "typebox";
import type { AdminService } from "../core/admin-service.ts";
import { HooksError, invalid } from "../core/errors.ts";
import { EVENT_MAX_BYTES } from "../core/event.ts";
import type { HooksService } from "../core/hooks-service.ts";
import type { Actor, Caller, Principal } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import { type Authenticate, addNames, admit, namesInHeaders } from "./admission.ts";
import { type BodyParser, refuseBody } from "./body.ts";
import type { BodyBudget, HeldBody } from "./body-budget.ts";
import type { Clients } from "./client.ts";
import type { CursorSeal } from "./cursor-seal.ts";
import { bodyFormatOf } from "./doors.ts";
import { type Access, namedReach, scopeOf } from "./principal.ts";
import { type Call, type NamedScope, type Route, TextAnswer } from "./route.ts";
import { NO_QUERY } from "./schemas/query.ts";
import { ref } from "./schemas/words.ts";
import type { Tail } from "./tail.ts";
import { type Check, compileCheck } from "./validation.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Null on routes that need no key. */
    principal: Principal | null;
    /** The room that is kept for its body; null: none. */
    heldBody: HeldBody | null;
  }
  interface FastifyContextConfig {
    access: Access;
    parseBody: BodyParser;
    /** For the message when the body is too large. */
    sizeField: string;
    maxBytes: number;
  }
}

export interface RouteContext {
  authenticate: Authenticate;
  serviceFor(scope: Scope, actor: Actor): HooksService;
  adminFor(caller: Caller): AdminService;
  defaultEnvironment: string;
  isDraining(): boolean;
  bodies: BodyBudget;
  clients: Clients;
  tail: Tail;
  cursors: CursorSeal;
  /** Calls `end` when the key ends that somebody was let in with; answers how to stop that. */
  keepAdmitted(caller: Caller, end: () => void): () => void;
}

export const JSON_TYPE = "application/json; charset=utf-8";

/** Puts a route of ours into the framework: role, schemas, limits and the answer. */
export function registerRoute(app: FastifyInstance, definition: Route, context: RouteContext): void {
  const { answer, body } = definition;
  const { properties = {} } = (definition.query ?? {}) as { properties?: object };
  const cursorIn = definition.cursorIn ?? ("cursor" in properties ? "query" : undefined);
  const handle = cursorIn === undefined ? definition.handle : pagedHandler(definition, cursorIn, context.cursors);
  app.route({
    method: definition.method,
    url: definition.path,
    config: {
      access: definition.access,
      parseBody: body?.parse ?? refuseBody,
      sizeField: body?.sizeField ?? "body",
      maxBytes: body?.maxBytes ?? EVENT_MAX_BYTES,
    },
    bodyLimit: body?.maxBytes ?? EVENT_MAX_BYTES,
    onRequest: checksBefore(definition, context),
    schema: schemaOf(definition),
    validatorCompiler: ({ schema, httpPart }) => validatorOf(schema as TSchema, httpPart, body),
    handler: async (request, reply) => {
      let value: unknown;
      try {
        value = await handle(callOf(request, context));
      } finally {
        releaseBody(request, context.bodies);
      }
      reply.code(answer.status);
      if (answer.status === 204) return reply.send();
      if (value instanceof TextAnswer) {
        // The framework reads away what nobody gets: of a stream that does not end by itself there is no end.
        if (request.method === "HEAD" && typeof value.text !== "string") value.text.destroy();
        return reply.header("content-type", value.type).send(value.text);
      }
      reply.header("content-type", JSON_TYPE);
      return reply.send(Buffer.isBuffer(value) ? value : JSON.stringify(value));
    },
  });
}

/** Of a list: nobody outside sees a cursor, or makes one. */
function pagedHandler({ handle, path }: Route, cursorIn: "query" | "body", cursors: CursorSeal): Route["handle"] {
  return async (call) => {
    const part = call[cursorIn] as { cursor?: string };
    const given = part.cursor === undefined ? part : { ...part, cursor: cursors.open(part.cursor, path) };
    const value = (await handle({ ...call, [cursorIn]: given })) as { next_cursor?: string | null };
    return typeof value.next_cursor === "string"
      ? { ...value, next_cursor: cursors.seal(value.next_cursor, path) }
      : value;
  };
}

/** From now on this application takes no route that does not say who may use it, however it is registered. */
export function refuseUndeclared(app: FastifyInstance): void {
  app.addHook("onRoute", ({ method, url, config }) => {
    if (config?.access === undefined) throw new TypeError(`${method} ${url} does not say who may use it`);
  });
}

/** To be called when nothing of its body is needed any more; a second time does nothing. */
export function releaseBody(request: FastifyRequest, bodies: BodyBudget): void {
  if (request.heldBody !== null) bodies.giveBack(request.heldBody);
  request.heldBody = null;
}

/** Key, role, kind and room for the body, and that events are still taken: all before the first byte of it is read. */
function checksBefore(
  { access, body }: Route,
  { authenticate, isDraining, bodies }: RouteContext,
): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      if (access !== "open") request.principal = admit(request.raw, access, authenticate);
      const format = bodyFormatOf(request.raw);
      if (format === "ndjson" && body?.ndjson !== true) {
        throw new HooksError("unsupported_media_type", "Content-Type must be application/json here", {
          field: "content-type",
        });
      }
      checkEscapes(request.raw.url ?? "");
      if (access === "publisher" && isDraining()) throw stopping();
      request.heldBody = bodies.take(request.raw, body?.maxBytes ?? EVENT_MAX_BYTES) ?? null;
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

export function stopping(): HooksError {
  return new HooksError("unavailable", "the server is stopping; nothing was stored", {
    hint: "try again in a few seconds",
    retryAfterMs: 5_000,
  });
}

/** The framework leaves what it cannot decode in a query as it stands. */
function checkEscapes(url: string): void {
  const query = url.indexOf("?");
  if (query === -1 || !url.includes("%", query)) return;
  try {
    decodeURIComponent(url.slice(query));
  } catch {
    throw invalid("query", "the query has an invalid percent escape");
  }
}

/** No accessors: V8 makes a hidden class of its own for each object literal that has one, and that outlives the request. */
function callOf(request: FastifyRequest, context: RouteContext): Call<unknown, unknown, unknown> {
  return {
    params: request.params,
    query: request.query,
    body: request.body,
    request: request.raw,
    caller: () => callerOf(request, context),
    service: (named) => context.serviceFor(namedScope(request, context, named), callerOf(request, context)),
    scope: (named) => namedScope(request, context, named),
    admin: () => context.adminFor(callerOf(request, context)),
    named: (given) => namedReach(addNames(namesInHeaders(request.raw), given)),
    tail(filter) {
      const caller = callerOf(request, context);
      const scope = namedScope(request, context);
      const stream = context.tail.open(scope, filter);
      stream.once(
        "close",
        context.keepAdmitted(caller, () => stream.push(null)),
      );
      return stream;
    },
  };
}

/** The tenant and environment that the key, the headers and `named` together mean. */
function namedScope(request: FastifyRequest, { defaultEnvironment }: RouteContext, named: NamedScope = {}): Scope {
  return scopeOf(principalOf(request), addNames(namesInHeaders(request.raw), named), defaultEnvironment);
}

/** Who asks, and from where: what a trusted proxy says, else the peer of the connection. */
function callerOf(request: FastifyRequest, { clients }: RouteContext): Caller {
  return { ...principalOf(request), from: clients.of(request.raw).address ?? "unknown" };
}

function principalOf({ principal }: FastifyRequest): Principal {
  if (principal === null) throw new HooksError("internal", "a route that is open asked for data");
  return principal;
}

/** In the framework's form: true, or what is wrong. */
type Validator = (value: unknown) => true | { error: HooksError };

function validatorOf(schema: TSchema, httpPart: string | undefined, body: Route["body"]): Validator {
  switch (httpPart) {
    case "params": {
      const check = compileCheck(schema, "params");
      // A text that can be no id names nothing.
      return (value) => (check(value) === undefined ? true : { error: noSuchId() });
    }
    case "querystring":
      return toValidator(compileCheck(schema, "query"));
    default: {
      const check = compileCheck(body?.checked ?? schema, "body");
      // The framework hands over null for a body that is missing.
      const ifMissing = body?.optional === true ? undefined : noBody();
      return toValidator((value) => (value === null ? ifMissing : check(value)));
    }
  }
}

function toValidator(check: Check): Validator {
  return (value) => {
    const error = check(value);
    return error === undefined ? true : { error };
  };
}

function noSuchId(): HooksError {
  return new HooksError("not_found", "there is nothing of this id", { field: "id" });
}

function noBody(): HooksError {
  return invalid("body", "the body is missing: it must be a JSON object");
}

/** The route as the OpenAPI document shows it. */
function schemaOf({ access, id, summary, tag, params, query, body, answer }: Route): object {
  const content = (schema: object, types: readonly string[] = ["application/json"]) =>
    Object.fromEntries(types.map((type) => [type, { schema }]));
  const error = (description: string) => ({ description, content: content(ref("Error")) });
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(access === "open"
      ? { security: [] }
      : { security: [{ key: [] }], description: access === "any" ? "Any key." : `Needs a key of role ${access}.` }),
    ...(params === undefined ? {} : { params }),
    querystring: query ?? NO_QUERY,
    ...(body === undefined ? {} : { body: body.schema }),
    ...(body?.ndjson === true ? { consumes: ["application/json", "application/x-ndjson"] } : {}),
    response: {
      [answer.status]:
        answer.schema === undefined
          ? {
              description: answer.description,
              ...(answer.texts !== undefined ? { content: content(Type.String(), answer.texts) } : {}),
              ...(answer.status === 200 && answer.texts === undefined ? { content: content(Type.Unknown()) } : {}),
            }
          : { description: answer.description, content: content(answer.schema) },
      "4xx": error("what was wrong with the request"),
      "5xx": error("what went wrong here"),
    },
  };
}
