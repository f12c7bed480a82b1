import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { Static, TSchema } from "typebox";
import type { AdminService } from "../core/admin-service.ts";
import { EVENT_MAX_BYTES } from "../core/event.ts";
import type { HooksService } from "../core/hooks-service.ts";
import type { Caller } from "../core/key.ts";
import type { Scope } from "../core/scope.ts";
import type { BodyParser } from "./body.ts";
import type { Access } from "./principal.ts";
import type { TailFilter } from "./tail.ts";

/** Names that a body or a query may give besides the headers. */
export interface NamedScope {
  tenant?: string | undefined;
  environment?: string | undefined;
}

/** One request, checked: host, origin, key, role and schemas have been passed. */
export interface Call<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  request: IncomingMessage;
  /** Whose key it came with. On a route that is open there is none: asking for it is a fault. */
  caller(): Caller;
  /**
   * The service of the tenant and environment that the key, the headers and `named` together mean.
   * @throws HooksError `invalid_request`, `forbidden`.
   */
  service(named?: NamedScope): HooksService;
  /** That tenant and environment, for which `service` makes a service at each call. @throws as `service` does */
  scope(named?: NamedScope): Scope;
  /** Keys, tenants and audit, as far as the key reaches. */
  admin(): AdminService;
  /**
   * What the headers and `given` name of the key's reach.
   * @throws HooksError `invalid_request` for two names that differ.
   */
  named(given: NamedScope): NamedScope;
  /** What happens in that tenant and environment from now on, for as long as the key is good. */
  tail(filter: TailFilter): Readable;
}

/** An answer that is no JSON. */
export class TextAnswer {
  /** Content-Type. */
  readonly type: string;
  /** A stream goes on until it ends, or nobody reads it any more. */
  readonly text: string | Readable;

  constructor(type: string, text: string | Readable) {
    this.type = type;
    this.text = text;
  }
}

/** What a route takes as its body. */
export interface RouteBody<Body extends TSchema> {
  schema: Body;
  /** What is checked instead of `schema`, when the parts are checked one by one. */
  checked?: TSchema;
  parse: BodyParser;
  /** Default 1 MiB. */
  maxBytes?: number;
  /** What is too large when it is: default `body`. */
  sizeField?: string;
  /** An empty body is taken as none. */
  optional?: boolean;
  /** Default application/json only. */
  ndjson?: boolean;
}

/** Everything there is to say of a route; the OpenAPI document says the same. */
export interface Route<
  Params extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Body extends TSchema = TSchema,
> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/v1/events/:id` */
  path: string;
  /** Who may use it. Every route says so: there is no default. */
  access: Access;
  /** Name of the operation in the document. */
  id: string;
  summary: string;
  tag: string;
  params?: Params;
  /** Left out: takes no query parameters. */
  query?: Query;
  /** Left out: takes no body. */
  body?: RouteBody<Body>;
  /** In which part of the request a cursor may stand; left out: in the query, if that takes one. */
  cursorIn?: "body";
  /** The answer when all went well; `schema` undefined: no content. `texts`: its kinds, when it is a TextAnswer. */
  answer: { status: number; description: string; schema?: TSchema; texts?: readonly string[] };
  /**
   * Asked so much more often than others that it is answered past the framework (direct-route.ts). It takes a body of JSON,
   * and neither params nor a query.
   */
  isBusy?: true;
  /** Resolves with the answer's value, or with its JSON as bytes, or with a TextAnswer. */
  handle(call: Call<Static<Params>, Static<Query>, Static<Body>>): Promise<unknown>;
}

/** What its body may have at most. */
export function maxBytesOf({ body }: Pick<Route, "body">): number {
  return body?.maxBytes ?? EVENT_MAX_BYTES;
}

/** Keeps the types of a route's parts together while they are written down, and forgets them for the table. */
export function route<Params extends TSchema, Query extends TSchema, Body extends TSchema>(
  definition: Route<Params, Query, Body>,
): Route {
  return definition as unknown as Route;
}
