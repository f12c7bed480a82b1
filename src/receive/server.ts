import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import swagger from "@fastify/swagger";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { AdminService } from "../core/admin-service.ts";
import type { TrustedProxies } from "../core/door-settings.ts";
import { isLoopbackHost } from "../core/egress/special-addresses.ts";
import { HooksError } from "../core/errors.ts";
import { EVENT_MAX_BYTES } from "../core/event.ts";
import type { HooksService } from "../core/hooks-service.ts";
import type { IdSource } from "../core/ids.ts";
import type { Actor, Caller } from "../core/key.ts";
import { DEFAULT_ENVIRONMENT, type Scope } from "../core/scope.ts";
import type { RateLimit } from "../core/subscription.ts";
import { type Authenticate, admit, namesInHeaders } from "./admission.ts";
import { releaseBody, stopping } from "./before-body.ts";
import { BodyBudget } from "./body-budget.ts";
import { CONNECTION_LIMITS, ConnectionGate, type ConnectionLimits, guardConnections } from "./connection-gate.ts";
import { CursorSeal } from "./cursor-seal.ts";
import { answerDirectly } from "./direct-route.ts";
import { type AllowedHosts, bodyFormatOf, Doors } from "./doors.ts";
import { Failures, type FaultLog, knownPath, notFound } from "./failures.ts";
import { checkFirstLines } from "./first-line.ts";
import { COMMON_HEADERS } from "./http-error.ts";
import { type InboundContext, registerInbound } from "./inbound.ts";
import { KeyRates } from "./key-rates.ts";
import { type ListenAddress, type Listening, listenOn } from "./listening.ts";
import { openApiOptions } from "./openapi.ts";
import { scopeOf } from "./principal.ts";
import type { Readiness } from "./readiness.ts";
import { refuseUndeclared, registerRoute } from "./register-route.ts";
import type { Route } from "./route.ts";
import { ALERT_ROUTES } from "./routes/alerts.ts";
import { AUDIT_ROUTES } from "./routes/audit.ts";
import { DELIVERY_ROUTES } from "./routes/deliveries.ts";
import { BATCH_ROUTE } from "./routes/event-batch.ts";
import { EVENT_TYPE_ROUTES } from "./routes/event-types.ts";
import { EVENT_ROUTES } from "./routes/events.ts";
import { EXPLAIN_ROUTES } from "./routes/explain.ts";
import { healthRoutes } from "./routes/health.ts";
import { KEY_ROUTES } from "./routes/keys.ts";
import { META_ROUTES } from "./routes/meta.ts";
import { type MetricsPage, metricsRoutes } from "./routes/metrics.ts";
import { PURGE_ROUTES } from "./routes/purges.ts";
import { REPLAY_ROUTES } from "./routes/replays.ts";
import { SETUP_ROUTES } from "./routes/setup.ts";
import { SOURCE_ROUTES } from "./routes/sources.ts";
import { STATISTICS_ROUTES } from "./routes/statistics.ts";
import { SUBSCRIPTION_ACTION_ROUTES } from "./routes/subscription-actions.ts";
import { SUBSCRIPTION_ROUTES } from "./routes/subscriptions.ts";
import { TAIL_ROUTE } from "./routes/tail.ts";
import { TENANT_ROUTES } from "./routes/tenants.ts";
import { SHARED_SCHEMAS } from "./schemas/shared.ts";
import { Tail } from "./tail.ts";
import type { TlsIdentity } from "./tls-files.ts";

export interface ServerOptions {
  serviceFor(scope: Scope, actor: Actor): HooksService;
  adminFor(caller: Caller): AdminService;
  authenticate: Authenticate;
  /** Requests that may be made with a key that has no limit of its own. Default: no limit. */
  keyRate?: RateLimit | undefined;
  /** For requests that name none and whose key is bound to none. Default `development`. */
  defaultEnvironment?: string | undefined;
  /** Names for `Host` besides loopback names and the address that is dialled. */
  allowedHosts: AllowedHosts;
  /** By which others reach it: its host is one of ours, and the OpenAPI document names it. */
  publicUrl?: URL | undefined;
  /** Proxies whose word about the client is taken. Default: none. */
  trustedProxies?: TrustedProxies | undefined;
  /** What this server's deliveries are marked with, if they are. */
  loopMark?: string | undefined;
  /** With it the server speaks https only. */
  tls?: TlsIdentity | undefined;
  readiness(): Promise<Readiness>;
  metrics: MetricsPage;
  /** Of the program. */
  version: string;
  newId: IdSource;
  /** Our own faults, with their cause. */
  log?: FaultLog | undefined;
  /** Bytes of request bodies that are held at once; what is beyond is answered 503. Default 64 MiB. */
  bodyBudgetBytes?: number | undefined;
  /** Default: headers 15 s, the whole request 30 s, looked at every 5 s. */
  timeouts?: { headersMs: number; requestMs: number; checkMs: number } | undefined;
  /** Default: 10,000, and 1,000 from one address that is neither this machine nor a trusted proxy. */
  connections?: ConnectionLimits | undefined;
  /** A connection was refused; for the log, which must bound how often it says so. */
  onCrowded?: ((why: "total" | "address", address: string | undefined) => void) | undefined;
  /** What happens, for whoever listens. Default: nothing. */
  tail?: Tail | undefined;
  /** Calls back when the key ends that somebody was let in with. Default: never. */
  keepAdmitted?: ((caller: Caller, end: () => void) => () => void) | undefined;
  /** Takes third parties' requests. Default: there is no source. */
  inbound?: InboundContext["inbound"];
  /** Seals the cursors of lists. Default: one of this process, with which they end. */
  cursorSecret?: string | undefined;
  /** How long a body may come slowly while others want its room. Default: 5 s. */
  slowBodyMs?: number | undefined;
}

export interface Admitted {
  scope: Scope;
  caller: Caller;
}

/** The HTTP side of the daemon. */
export interface ReceiveServer {
  readonly app: FastifyInstance;
  readonly routes: readonly Pick<Route, "method" | "path" | "access" | "id">[];
  /** `localhost`: both loopback addresses. Resolves with the URL to use. @throws the system's error (`EADDRINUSE` …). */
  listen(address: ListenAddress): Promise<string>;
  /** For connections that come from now on. */
  useCertificate(identity: TlsIdentity): void;
  /** Host, origin, key and role of a WebSocket upgrade. @throws HooksError. */
  admitUpgrade(request: IncomingMessage): Promise<Admitted>;
  /** Answers an upgrade that comes to nothing, and hangs up. */
  refuseUpgrade(socket: Duplex, error: unknown, request?: IncomingMessage): void;
  /** From now on publishing is answered 503; everything that was accepted before is finished. */
  beginDrain(): void;
  /** Takes no new connections, waits for the requests in flight at most `graceMs` (default 5 s), cuts the rest. */
  close(graceMs?: number): Promise<void>;
}

/** What one must have to speak TLS with us. */
const MIN_TLS = "TLSv1.2";
const TLS_HANDSHAKE_MS = 10_000;
/**
 * Those whose time is over are looked for this often, which costs next to nothing: all that ended in five seconds, closed
 * at once, would hold the loop for 0.1 ms each.
 */
const CHECK_MS = 100;
const DEFAULT_TIMEOUTS = { headersMs: 15_000, requestMs: 30_000, checkMs: CHECK_MS };
const MAX_HEADER_BYTES = 16 * 1024;
/** Six batches of the largest size, or tens of thousands of ordinary events. */
const BODY_BUDGET_BYTES = 64 * 1024 * 1024;
const SLOW_BODY_MS = 5_000;
/** Longer than load balancers keep a connection to us (60 s as a rule): who closes it first must be them. */
const KEEP_ALIVE_MS = 72_000;
/** Nothing comes and nothing is taken for longer than any request works (a subscription's test may take 300 s). */
const DEAD_MS = 330_000;
const CLOSE_GRACE_MS = 5_000;

export async function createServer(options: ServerOptions): Promise<ReceiveServer> {
  const defaultEnvironment = options.defaultEnvironment ?? DEFAULT_ENVIRONMENT;
  const doors = new Doors(options);
  const failures = new Failures(options.newId, options.log, (request) => doors.clients.addressOf(request));
  const bodies = new BodyBudget({
    limitBytes: options.bodyBudgetBytes ?? BODY_BUDGET_BYTES,
    slowAfterMs: options.slowBodyMs ?? SLOW_BODY_MS,
    onSlow: (request) => failures.refuse(request.socket, tooSlow()),
  });
  const authenticate = new KeyRates(options.keyRate, () => performance.now()).limiting(options.authenticate);
  let state: "open" | "draining" | "closing" = "open";

  const app = createApp(options, failures, bodies);
  const { headersMs } = options.timeouts ?? DEFAULT_TIMEOUTS;
  const cutSilent = checkFirstLines(
    app.server,
    options.tls === undefined ? "connection" : "secureConnection",
    (socket) => failures.malformed(new Error("HTTP/0.9"), socket),
    headersMs,
  );
  // Everybody behind a proxy, and everything on this machine, comes from one address.
  const gate = new ConnectionGate(
    options.connections ?? CONNECTION_LIMITS,
    (address) => isLoopbackHost(address) || doors.clients.isProxy(address),
  );
  guardConnections(app.server, gate, (socket, why) => {
    options.onCrowded?.(why, socket.remoteAddress);
    if (options.tls === undefined) failures.refuse(socket, crowded(why));
    else socket.destroy();
  });
  refuseUndeclared(app);
  await app.register(swagger, openApiOptions(options.version, options.publicUrl));
  for (const schema of SHARED_SCHEMAS) app.addSchema(schema);

  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(COMMON_HEADERS);
    if (state !== "open") reply.raw.shouldKeepAlive = false;
    try {
      if (state === "closing") throw stopping();
      doors.check(request.raw);
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
    ...REPLAY_ROUTES,
    ...PURGE_ROUTES,
    ...STATISTICS_ROUTES,
    ...KEY_ROUTES,
    ...TENANT_ROUTES,
    ...AUDIT_ROUTES,
    ...EXPLAIN_ROUTES,
    ...EVENT_TYPE_ROUTES,
    ...SETUP_ROUTES,
    ...SOURCE_ROUTES,
    ...ALERT_ROUTES,
    ...META_ROUTES,
    TAIL_ROUTE,
    ...metricsRoutes(options.metrics),
    ...healthRoutes(
      async () => (state === "open" ? options.readiness() : { ready: false, checks: { server: "stopping" } }),
      onceBuilt(() => Buffer.from(JSON.stringify(app.swagger()))),
    ),
  ] satisfies readonly Route[];
  const context = {
    authenticate,
    serviceFor: options.serviceFor,
    adminFor: options.adminFor,
    defaultEnvironment,
    isDraining: () => state !== "open",
    bodies,
    clients: doors.clients,
    tail: options.tail ?? new Tail(),
    cursors: new CursorSeal(options.cursorSecret ?? randomBytes(32)),
    keepAdmitted: options.keepAdmitted ?? (() => () => {}),
  };
  const knownPaths = routes.map((route) => knownPath(route.path, route.method));
  for (const route of routes) registerRoute(app, route, context);
  registerInbound(app, { ...context, inbound: options.inbound, publicUrl: options.publicUrl });
  await app.ready();
  answerDirectly(app.server, routes, { ...context, doors, failures, isOpen: () => state === "open" });
  let listening: Listening | undefined;

  return {
    app,
    routes,
    async listen(address) {
      listening = await listenOn(app.server, address);
      return `${options.tls === undefined ? "http" : "https"}://${listening.authority}`;
    },
    useCertificate(identity) {
      (app.server as unknown as TlsServer).setSecureContext(tlsOptions(identity));
    },
    async admitUpgrade(request) {
      if (state !== "open") throw stopping();
      doors.checkUpgrade(request);
      checkIsListen(request);
      const principal = admit(request, "listener", authenticate);
      const caller = { ...principal, from: doors.clients.of(request).address ?? "unknown" };
      return { caller, scope: scopeOf(principal, namesInHeaders(request), defaultEnvironment) };
    },
    refuseUpgrade: (socket, error, request) => failures.refuse(socket, error, request),
    beginDrain() {
      if (state === "open") state = "draining";
    },
    async close(graceMs = CLOSE_GRACE_MS) {
      state = "closing";
      const timer = setTimeout(() => gate.cutAll(), graceMs);
      cutSilent();
      try {
        await Promise.all([listening?.close(), app.close()]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function createApp(
  { timeouts = DEFAULT_TIMEOUTS, tls }: ServerOptions,
  failures: Failures,
  bodies: BodyBudget,
): FastifyInstance {
  const http = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeouts.headersMs,
    connectionsCheckingInterval: timeouts.checkMs,
    insecureHTTPParser: false,
    // Answered in our form by the host check.
    requireHostHeader: false,
    // Any other upgrade that a client offers (`h2c`) may be ignored (RFC 9110, 7.8). Before Node 24.9 all are taken.
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === "websocket",
  };
  const options = {
    // One wide line a happening is the daemon's to write; a line a request would cost more than the request.
    logger: false,
    // An id is made for errors only: they are what somebody asks about.
    genReqId: () => "",
    bodyLimit: EVENT_MAX_BYTES,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: DEAD_MS,
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 2_048 },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      failures.reply(error, request, reply);
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => failures.malformed(error, socket),
  } as const;
  const app: FastifyInstance =
    tls === undefined
      ? fastify({ ...options, http })
      : (fastify({
          ...options,
          https: { ...http, ...tlsOptions(tls), handshakeTimeout: TLS_HANDSHAKE_MS },
        }) as unknown as FastifyInstance);
  const server = app.server as Server;
  // Node drops what is over 2,000 headers in silence, a second Authorization with it: none is dropped, the doors count.
  server.maxHeadersCount = 0;

  // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1); Node would answer 417 in a form of its own.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));

  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    failures.refuse(socket, new HooksError("invalid_request", "CONNECT is not possible: this is no proxy"), request);
  });

  app.decorateRequest("principal", null);
  app.decorateRequest("heldBody", null);
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error, request, reply) => {
    // What fails before its handler, or is cut off while it is read.
    releaseBody(request, bodies);
    return failures.reply(error, request, reply);
  });
  app.removeAllContentTypeParsers();
  // Kind and size were checked before; an empty body of whatever kind is none.
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    if (request.routeOptions.config.takesAnyBody === true) {
      done(null, bytes);
      return;
    }
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

function tlsOptions({ cert, key }: TlsIdentity): { cert: string; key: string; minVersion: typeof MIN_TLS } {
  return { cert, key, minVersion: MIN_TLS };
}

function crowded(why: "total" | "address"): HooksError {
  const whose = why === "total" ? "there are too many connections" : "there are too many connections from your address";
  return new HooksError("unavailable", `${whose}; nothing was stored`, {
    hint: "use connections again (keep-alive) instead of opening new ones",
    retryAfterMs: 5_000,
  });
}

function tooSlow(): HooksError {
  return new HooksError("request_timeout", "the body came too slowly while others waited; nothing was stored");
}

function onceBuilt<T>(build: () => T): () => T {
  let built: T | undefined;
  return () => {
    built ??= build();
    return built;
  };
}
