import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import swagger from "@fastify/swagger";
import { type FastifyInstance, fastify } from "fastify";
import type { AdminService } from "../core/admin-service.ts";
import { HooksError } from "../core/errors.ts";
import { EVENT_MAX_BYTES } from "../core/event.ts";
import type { HooksService } from "../core/hooks-service.ts";
import type { IdSource } from "../core/ids.ts";
import type { Actor, Caller, Principal } from "../core/key.ts";
import { DEFAULT_ENVIRONMENT, type Scope } from "../core/scope.ts";
import { type Authenticate, admit, namesInHeaders } from "./admission.ts";
import { BodyBudget } from "./body-budget.ts";
import { type AllowedHosts, bodyFormatOf, checkDoors } from "./doors.ts";
import { Failures, type FaultLog, knownPath, notFound } from "./failures.ts";
import { checkFirstLines } from "./first-line.ts";
import { openApiOptions } from "./openapi.ts";
import { scopeOf } from "./principal.ts";
import type { Readiness } from "./readiness.ts";
import { refuseUndeclared, registerRoute, releaseBody, stopping } from "./register-route.ts";
import type { Route } from "./route.ts";
import { AUDIT_ROUTES } from "./routes/audit.ts";
import { DELIVERY_ROUTES } from "./routes/deliveries.ts";
import { BATCH_ROUTE } from "./routes/event-batch.ts";
import { EVENT_ROUTES } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { KEY_ROUTES } from "./routes/keys.ts";
import { META_ROUTES } from "./routes/meta.ts";
import { SUBSCRIPTION_ACTION_ROUTES } from "./routes/subscription-actions.ts";
import { SUBSCRIPTION_ROUTES } from "./routes/subscriptions.ts";
import { TENANT_ROUTES } from "./routes/tenants.ts";
import { SHARED_SCHEMAS } from "./schemas/shared.ts";

export interface ServerOptions {
  serviceFor(scope: Scope, actor: Actor): HooksService;
  adminFor(caller: Caller): AdminService;
  authenticate: Authenticate;
  /** For requests that name none and whose key is bound to none. Default `development`. */
  defaultEnvironment?: string | undefined;
  /** Names for `Host` besides loopback names and the address that is dialled. */
  allowedHosts: AllowedHosts;
  readiness(): Promise<Readiness>;
  /** Of the program. */
  version: string;
  newId: IdSource;
  /** Our own faults, with their cause. */
  log?: FaultLog | undefined;
  /** Bytes of request bodies that are held at once; what is beyond is answered 503. Default 64 MiB. */
  bodyBudgetBytes?: number | undefined;
  /** Default: headers 15 s, the whole request 30 s, looked at every 5 s. */
  timeouts?: { headersMs: number; requestMs: number; checkMs: number } | undefined;
}

export interface Admitted {
  scope: Scope;
  principal: Principal;
}

/** The HTTP side of the daemon. */
export interface ReceiveServer {
  readonly app: FastifyInstance;
  readonly routes: readonly Pick<Route, "method" | "path" | "access" | "id">[];
  /** Resolves with the URL to use. @throws the system's error (`EADDRINUSE`, `EACCES` …). */
  listen(address: { host: string; port: number }): Promise<string>;
  /** Host, origin, key and role of a WebSocket upgrade. @throws HooksError. */
  admitUpgrade(request: IncomingMessage): Promise<Admitted>;
  /** Answers an upgrade that comes to nothing, and hangs up. */
  refuseUpgrade(socket: Duplex, error: unknown, request?: IncomingMessage): void;
  /** From now on publishing is answered 503; everything that was accepted before is finished. */
  beginDrain(): void;
  /** Takes no new connections, waits for the requests in flight at most `graceMs` (default 5 s), cuts the rest. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_TIMEOUTS = { headersMs: 15_000, requestMs: 30_000, checkMs: 5_000 };
const MAX_HEADER_BYTES = 16 * 1024;
/** Six batches of the largest size, or tens of thousands of ordinary events. */
const BODY_BUDGET_BYTES = 64 * 1024 * 1024;
/** Far above any fleet of publishers, and below where a process runs out of files unnoticed. */
const MAX_CONNECTIONS = 10_000;
const CLOSE_GRACE_MS = 5_000;

export async function createServer(options: ServerOptions): Promise<ReceiveServer> {
  const defaultEnvironment = options.defaultEnvironment ?? DEFAULT_ENVIRONMENT;
  const failures = new Failures(options.newId, options.log);
  const bodies = new BodyBudget(options.bodyBudgetBytes ?? BODY_BUDGET_BYTES);
  let state: "open" | "draining" | "closing" = "open";

  const app = createApp(options, failures, bodies);
  const { headersMs } = options.timeouts ?? DEFAULT_TIMEOUTS;
  const cutSilent = checkFirstLines(
    app.server,
    (socket) => failures.malformed(new Error("HTTP/0.9"), socket),
    headersMs,
  );
  refuseUndeclared(app);
  await app.register(swagger, openApiOptions(options.version));
  for (const schema of SHARED_SCHEMAS) app.addSchema(schema);

  app.addHook("onRequest", (request, reply, done) => {
    reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
    if (state !== "open") reply.raw.shouldKeepAlive = false;
    try {
      if (state === "closing") throw stopping();
      checkDoors(request.raw, options.allowedHosts);
      // Before a body is read for nobody.
      if (request.is404) throw notFound(request, reply, knownPaths);
      done();
    } catch (error) {
      done(error as Error);
    }
  });

  const routes = [
    ...EVENT_ROUTES,
    BATCH_ROUTE,
    ...SUBSCRIPTION_ROUTES,
    ...SUBSCRIPTION_ACTION_ROUTES,
    ...DELIVERY_ROUTES,
    ...KEY_ROUTES,
    ...TENANT_ROUTES,
    ...AUDIT_ROUTES,
    ...META_ROUTES,
    ...healthRoutes(
      async () => (state === "open" ? options.readiness() : { ready: false, checks: { server: "stopping" } }),
      onceBuilt(() => Buffer.from(JSON.stringify(app.swagger()))),
    ),
  ] satisfies readonly Route[];
  const context = {
    authenticate: options.authenticate,
    serviceFor: options.serviceFor,
    adminFor: options.adminFor,
    defaultEnvironment,
    isDraining: () => state !== "open",
    bodies,
  };
  const knownPaths = routes.map((route) => knownPath(route.path, route.method));
  for (const route of routes) registerRoute(app, route, context);
  await app.ready();

  return {
    app,
    routes,
    async listen({ host, port }) {
      // For "localhost" the framework would open a second server on ::1 that knows none of the limits set here.
      await app.listen({ host: host === "localhost" ? "127.0.0.1" : host, port });
      return urlOf(app.server.address() as AddressInfo);
    },
    async admitUpgrade(request) {
      if (state !== "open") throw stopping();
      checkDoors(request, options.allowedHosts);
      checkIsListen(request);
      const principal = admit(request, "listener", options.authenticate);
      return { principal, scope: scopeOf(principal, namesInHeaders(request), defaultEnvironment) };
    },
    refuseUpgrade: (socket, error, request) => failures.refuse(socket, error, request),
    beginDrain() {
      if (state === "open") state = "draining";
    },
    async close(graceMs = CLOSE_GRACE_MS) {
      state = "closing";
      const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
      cutSilent();
      try {
        await app.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function createApp(
  { timeouts = DEFAULT_TIMEOUTS }: ServerOptions,
  failures: Failures,
  bodies: BodyBudget,
): FastifyInstance {
  const app: FastifyInstance = fastify({
    // One wide line a happening is the daemon's to write; a line a request would cost more than the request.
    logger: false,
    // An id is made for errors only: they are what somebody asks about.
    genReqId: () => "",
    bodyLimit: EVENT_MAX_BYTES,
    requestTimeout: timeouts.requestMs,
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 2_048 },
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: timeouts.checkMs,
      insecureHTTPParser: false,
      // Answered in our form by the host check.
      requireHostHeader: false,
    },
    frameworkErrors: (error, request, reply) => {
      failures.reply(error, request, reply);
    },
    clientErrorHandler: (error, socket) => failures.malformed(error, socket),
  });
  const server = app.server as Server;
  server.maxConnections = MAX_CONNECTIONS;
  // Node drops what is over 2,000 headers in silence, a second Authorization with it: none is dropped, the doors count.
  server.maxHeadersCount = 0;

  // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1); Node would answer 417 in a form of its own.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));

  app.decorateRequest("principal", null);
  app.decorateRequest("heldBytes", 0);
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error, request, reply) => {
    // What fails before its handler, or is cut off while it is read.
    releaseBody(request, bodies);
    return failures.reply(error, request, reply);
  });
  app.removeAllContentTypeParsers();
  // Kind and size were checked before; an empty body of whatever kind is none.
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    try {
      const format = bodyFormatOf(request.raw);
      done(null, bytes.length === 0 ? undefined : request.routeOptions.config.parseBody(bytes, format ?? "json"));
    } catch (error) {
      done(error as Error);
    }
  });
  return app;
}

function checkIsListen(request: IncomingMessage): void {
  const path = request.url?.split("?", 1)[0];
  if (path !== "/v1/listen") throw new HooksError("not_found", `there is no WebSocket at ${path ?? "/"}`);
  if (request.method !== "GET" || request.headers.upgrade?.toLowerCase() !== "websocket") {
    throw new HooksError("upgrade_required", "this is a WebSocket: connect with subprotocol hooks.listen.v1");
  }
}

/** As a caller on this machine reaches it: a wildcard by its loopback address. */
function urlOf({ address, port, family }: AddressInfo): string {
  if (address === "0.0.0.0") return `http://127.0.0.1:${port}`;
  if (address === "::") return `http://[::1]:${port}`;
  return family === "IPv6" ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

function onceBuilt<T>(build: () => T): () => T {
  let built: T | undefined;
  return () => {
    built ??= build();
    return built;
  };
}
