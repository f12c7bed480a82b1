import type { FastifyInstance } from "fastify";
import { type TSchema, Type } from "typebox";
import { HooksError, invalid } from "../core/errors.ts";
import type { Principal } from "../core/key.ts";
import { checkBeforeBody, releaseBody } from "./before-body.ts";
import { type BodyParser, refuseBody } from "./body.ts";
import type { HeldBody } from "./body-budget.ts";
import { callOf } from "./call.ts";
import type { CursorSeal } from "./cursor-seal.ts";
import type { Access } from "./principal.ts";
import { maxBytesOf, type Route, TextAnswer } from "./route.ts";
import type { RouteContext } from "./route-context.ts";
import { NO_QUERY } from "./schemas/query.ts";
import { ref } from "./schemas/words.ts";
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
      maxBytes: maxBytesOf(definition),
    },
    bodyLimit: maxBytesOf(definition),
    onRequest(request, _reply, done) {
      try {
        Object.assign(request, checkBeforeBody(request.raw, definition, context));
        done();
      } catch (error) {
        done(error as Error);
      }
    },
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
      return reply.send(jsonOf(value));
    },
  });
}

/** What `Route.handle` resolved with, when it is no TextAnswer. */
export function jsonOf(value: unknown): Buffer | string {
  return Buffer.isBuffer(value) ? value : JSON.stringify(value);
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
