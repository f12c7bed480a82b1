// /in/NAME: third parties' requests, which have no key of ours. Bytes and headers are kept as they came.

import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { HeaderPairs } from "../core/attempt.ts";
import { HooksError } from "../core/errors.ts";
import { SOURCE_MAX_BODY_BYTES } from "../core/sources/source.ts";
import type { Inbound, InboundAnswer, InboundRequest } from "../service/inbound.ts";
import type { OpenedSource } from "../service/source-directory.ts";
import { releaseBody, stopping } from "./before-body.ts";
import { refuseBody } from "./body.ts";
import type { BodyBudget } from "./body-budget.ts";
import type { Clients } from "./client.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whose URL was called; null on every other route. */
    source: OpenedSource | null;
  }
  interface FastifyContextConfig {
    /** The body is whatever it is, and is not read here. */
    takesAnyBody?: boolean;
  }
}

export interface InboundContext {
  /** Undefined where no daemon runs. */
  inbound: Pick<Inbound, "find" | "admit" | "receive"> | undefined;
  bodies: BodyBudget;
  clients: Clients;
  publicUrl: URL | undefined;
  isDraining(): boolean;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

export function registerInbound(app: FastifyInstance, context: InboundContext): void {
  app.decorateRequest("source", null);
  for (const url of ["/in/:source", "/in/:source/*"]) {
    app.route({
      method: METHODS,
      url,
      exposeHeadRoute: false,
      config: {
        access: "open",
        takesAnyBody: true,
        parseBody: refuseBody,
        sizeField: "body",
        maxBytes: SOURCE_MAX_BODY_BYTES,
      },
      schema: { hide: true },
      bodyLimit: SOURCE_MAX_BODY_BYTES,
      onRequest: (request) => admit(request, context),
      handler: async (request, reply) => {
        const answer = await context
          .inbound!.receive(request.source!, inboundRequest(request, context))
          .finally(() => releaseBody(request, context.bodies));
        write(answer, reply);
      },
    });
  }
}

/** Before a body is read. */
async function admit(request: FastifyRequest, { inbound, bodies, isDraining }: InboundContext): Promise<void> {
  if (isDraining()) throw stopping();
  const name = nameIn(request.raw);
  const source = name === undefined ? undefined : await inbound?.find(name);
  // The same for what is not there and what is switched off.
  if (source === undefined) throw new HooksError("not_found", "there is nothing at this address");
  inbound!.admit(source);
  request.source = source;
  // The framework refuses kinds that are not well formed; what is kept is the raw list, which stays as it is.
  if (request.raw.headers["content-type"] !== undefined)
    request.raw.headers["content-type"] = "application/octet-stream";
  request.heldBody = bodies.take(request.raw, SOURCE_MAX_BODY_BYTES) ?? null;
}

const TARGET = /^\/in\/([a-z0-9-]{1,64})((?:\/[^?]*)?)(?:\?(.*))?$/s;

function targetOf({ url = "" }: IncomingMessage): string {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
}

/** Written plainly: a name in percent escapes is another URL, which nobody was given. */
function nameIn(request: IncomingMessage): string | undefined {
  return TARGET.exec(targetOf(request))?.[1];
}

function inboundRequest({ raw, body }: FastifyRequest, { clients, publicUrl }: InboundContext): InboundRequest {
  const target = targetOf(raw);
  const [, , path = "", query = ""] = TARGET.exec(target) ?? [];
  const client = clients.of(raw);
  const origin =
    publicUrl === undefined
      ? `${client.isSecure ? "https" : "http"}://${client.host ?? raw.headers.host ?? "localhost"}`
      : publicUrl.href.replace(/\/$/, "");
  return {
    method: raw.method ?? "GET",
    path: path === "" ? "/" : printable(path),
    query: printable(query),
    headers: pairsOf(raw.rawHeaders),
    body: body instanceof Uint8Array ? body : new Uint8Array(0),
    from: client.address ?? "unknown",
    url: `${origin}${target}`,
  };
}

/** What no URL has by rights is escaped, so that it goes over the wire again. */
function printable(text: string): string {
  return text.replace(/[^\x21\x22\x24-\x7e]/g, (character) =>
    [...Buffer.from(character, "latin1")]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );
}

function pairsOf(raw: readonly string[]): HeaderPairs {
  const pairs: HeaderPairs = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([raw[at]!, raw[at + 1]!]);
  return pairs;
}

/** As it is: nothing is added to what a program answered but what every answer of ours has. */
function write({ status, headers, body }: InboundAnswer, reply: FastifyReply): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const own = Object.entries(reply.getHeaders()).filter(([name]) => !given.has(name));
  const { raw } = reply;
  reply.hijack();
  const all = [...own, ...headers, ...(NO_BODY.has(status) ? [] : [["content-length", String(bytes.length)]])];
  raw.writeHead(status, all.flat() as string[]);
  raw.end(NO_BODY.has(status) ? undefined : bytes);
}
