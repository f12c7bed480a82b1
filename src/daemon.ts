// The one file that knows everybody: it opens the store, builds receive, deliver and stream, connects them by
// callbacks, and stops them in reverse order. Clock and randomness of the whole program start here.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { uptime } from "node:os";
import type { AlertRule } from "./core/alert-rule.ts";
import type { SendResult } from "./core/attempt.ts";
import { publicUrlText, type TrustedProxies } from "./core/door-settings.ts";
import { formatDuration } from "./core/duration.ts";
import type { EgressRules } from "./core/egress/egress-rules.ts";
import type { NetList } from "./core/egress/net-list.ts";
import { type SourceAddresses, sourceTexts } from "./core/egress/source-addresses.ts";
import { isLoopbackHost } from "./core/egress/special-addresses.ts";
import { HooksError, isPassing, toHooksError } from "./core/errors.ts";
import type { HealthThresholds } from "./core/health.ts";
import type { HooksService } from "./core/hooks-service.ts";
import { type Actor, LOCAL_OWNER } from "./core/key.ts";
import { loopMark } from "./core/loop-mark.ts";
import type { NameAnswer } from "./core/name-answer.ts";
import type { Profiles } from "./core/profiles/registry.ts";
import type { Retention } from "./core/retention.ts";
import { DEFAULT_ENVIRONMENT, type Scope } from "./core/scope.ts";
import type { NameServer } from "./core/setting-rules.ts";
import type { RateLimit } from "./core/subscription.ts";
import type { TraceSettings } from "./core/trace-settings.ts";
import { VERSION } from "./core/version.ts";
import { daemonRules, hopHeaders, nameServerText, netTexts, ownDoor } from "./daemon-egress.ts";
import { createDaemonLog, type DaemonLog, type LogOptions } from "./daemon-log.ts";
import { createDaemonSources } from "./daemon-sources.ts";
import { attemptNews, tellingObserver } from "./daemon-tail.ts";
import { createTelemetry } from "./daemon-telemetry.ts";
import type { AttemptRecorded } from "./deliver/attempt-recorded.ts";
import { ClockWatch } from "./deliver/clock-watch.ts";
import type { DeliverOnceOptions } from "./deliver/deliver-once.ts";
import { Dispatcher } from "./deliver/dispatcher.ts";
import { NameResolver } from "./deliver/dns/name-resolver.ts";
import { HttpSender } from "./deliver/http-sender.ts";
import type { DispatchRates } from "./deliver/limits.ts";
import { type DispatchStore, ShiftedStore } from "./deliver/shifted-store.ts";
import { checkSourceAddresses } from "./deliver/source-address.ts";
import { startDelivering } from "./deliver/start-delivering.ts";
import { SteadyClock } from "./deliver/steady-clock.ts";
import { createServer, type ReceiveServer } from "./receive/server.ts";
import { Tail } from "./receive/tail.ts";
import { dateWarning, readTlsFiles, type TlsFiles, type TlsIdentity } from "./receive/tls-files.ts";
import { TlsWatch } from "./receive/tls-watch.ts";
import { AgeRotation } from "./service/age-rotation.ts";
import { ensureBootstrapKey, namesBootstrapKey } from "./service/bootstrap-key.ts";
import { HandshakeWatch } from "./service/handshake-watch.ts";
import { JobRunner } from "./service/job-runner.ts";
import { KeptAdmissions } from "./service/kept-admissions.ts";
import { ensureLocalToken, readLocalToken, tokenMatcher } from "./service/local-token.ts";
import type { KeyChangeReceipt } from "./service/master-key-change.ts";
import { newId } from "./service/new-id.ts";
import { type LocalHooks, openLocalService } from "./service/open-local.ts";
import { ReEnabler } from "./service/re-enable.ts";
import { RetentionSweep } from "./service/retention-sweep.ts";
import type { OneOffRequest } from "./service/service-parts.ts";
import { StoreReadiness } from "./service/store-readiness.ts";
import { TEST_RATE } from "./service/test-limit.ts";
import { TunnelSessions } from "./service/tunnel-sessions.ts";
import {
  acquireDaemonLock,
  isDaemonLocked,
  readDaemonFile,
  removeDaemonFile,
  writeDaemonFile,
} from "./store/sqlite/daemon-lock.ts";
import { takeDaemonLock } from "./store/sqlite/take-daemon-lock.ts";
import { type ListenerReplay, ListenServer } from "./stream/listen-server.ts";

export const DEFAULT_PORT = 4680;
export const DEFAULT_CONCURRENCY = 256;
export const DEFAULT_DRAIN_MS = 10_000;
const EXPIRY_SWEEP_MS = 60_000;
const CROWDED_EVERY_MS = 60_000;
/** How long whoever sets up a receiver waits for its name, ms. */
const LOOK_UP_MS = 2_000;
/** What may still be answered once the store has failed; the process is to end within a second. */
const BROKEN_GRACE_MS = 300;

export interface DaemonOptions {
  storePath: string;
  dataDirectory: string;
  /** `localhost` is both loopback addresses. One that others can reach needs an API key. */
  host: string;
  /** Who named `host`, for an error about it. Default `--host`. */
  hostName?: string | undefined;
  /** 0: any free one. */
  port: number;
  /** Of requests that name none. Default `development`. */
  environment?: string | undefined;
  /** Attempts in flight at once, over all subscriptions. Default 256. */
  concurrency?: number | undefined;
  /** How many attempts may be made; undefined or left out: no limit. */
  rates?: DispatchRates | undefined;
  /** Of each tenant and environment. Default 10,000. */
  maxSubscriptions?: number | undefined;
  /** Deliveries that may wait before no event is taken any more. Left out: no limit. */
  maxBacklog?: number | undefined;
  /** Where a subscription's states of health begin. Left out: the defaults. */
  healthThresholds?: HealthThresholds | undefined;
  /** Which a subscription may have. Left out: those of the program. */
  profiles?: Profiles | undefined;
  /** How long what is over is kept where an environment says nothing else. Left out: the defaults. */
  retention?: Retention | undefined;
  /** How long after one probe of a disabled subscription the next follows. Default: an hour. */
  probeEveryMs?: number | undefined;
  /** Name server for receivers' names. Default: the system's. */
  dns?: NameServer | undefined;
  /** Which addresses of this machine requests to receivers come from. Default: the system chooses. */
  sources?: SourceAddresses | undefined;
  /** What may be sent to although it is not public. Default: nothing. */
  allowNet?: NetList | undefined;
  /** What may not be sent to, whatever allows it. Default: nothing. */
  denyNet?: NetList | undefined;
  /** Where spans go. Default: nobody traces. */
  traces?: TraceSettings | undefined;
  /** When somebody is to be told that something is wrong. Default: never. */
  alerts?: readonly AlertRule[] | undefined;
  /** Go on with a store that lacks its newest changes. */
  acceptLoss?: boolean | undefined;
  /** It runs in a command that somebody will end before long: whoever used it may take its place then. */
  endsWithCommand?: boolean | undefined;
  /** Names beside the loopback ones that a request's Host may have. */
  allowedHosts?: readonly string[] | undefined;
  /** By which others reach it. */
  publicUrl?: URL | undefined;
  /** Proxies whose word about a request's client is taken. */
  trustedProxies?: TrustedProxies | undefined;
  /** With them it speaks https only. */
  tls?: TlsFiles | undefined;
  /** Requests that may be made with a key that has no limit of its own. */
  keyRate?: RateLimit | undefined;
  /** Default: nothing is logged. */
  log?: LogOptions | undefined;
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Of listeners' connections. Default: a ping each 15 s, and who is silent for 35 s is gone. */
  listenKeepAlive?: { pingMs: number; silentMs: number } | undefined;
  /** Ends the wait for a command that sends from the store. */
  signal?: AbortSignal | undefined;
  /** The daemon cannot go on (an fsync failed): the process must end. Called once. */
  onFatal?: ((error: Error) => void) | undefined;
}

export interface Daemon {
  url: string;
  token: string;
  storePath: string;
  serviceFor(scope: Scope, actor?: Actor): HooksService;
  /** Reads certificate and key again, changed or not; undefined without TLS. What cannot be used is logged. */
  renewCertificate: (() => void) | undefined;
  /**
   * Refuses new publishes, finishes what is in flight for at most `drainMs`, gives leases back, closes. Only the first
   * call counts; later ones wait for the same end.
   */
  stop(options?: { drainMs?: number }): Promise<void>;
}

/** @throws HooksError `daemon_running` naming the other one's process; `usage`, `store_…` */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  // Without a store there is no key: refused before there is a file, a port or a line of log.
  if (!existsSync(options.storePath) && !namesBootstrapKey(options.env ?? process.env)) checkHost(options, false);
  const certificate = options.tls === undefined ? undefined : readTlsFiles(options.tls);
  const { sources } = options;
  if (sources !== undefined) await checkSourceAddresses(sources, "--local-address");
  const log = createDaemonLog(options.log ?? { level: "silent", format: "json", write: () => {} });
  const lock = await takeDaemonLock(options.storePath, {
    onWait: () => log.info("waiting", { for: "a command that sends from this store by itself" }),
    signal: options.signal,
  });
  // Stopped in reverse order; what could not be built is not there to be stopped.
  const closers: (() => Promise<void> | void)[] = [() => lock.release()];
  const closeAll = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    let isBroken = false;
    const onFatal = (error: Error): void => {
      // Everything that waits for the store hears of it.
      if (isBroken) return;
      isBroken = true;
      log.error("fatal", { error: error.message });
      (
        options.onFatal ??
        ((cause: Error) => {
          throw cause;
        })
      )(error);
    };
    /** A full disk or a lock passes, and so does what waits for it; only what cannot pass ends the process. */
    const onFault = (error: unknown): void => {
      if (isPassing(error)) log.warn("store", { error: error.message });
      else onFatal(error instanceof Error ? error : toHooksError(error));
    };
    const egress = daemonRules(options);
    const sender = new HttpSender({
      now: Date.now,
      egress,
      dns: options.dns,
      sources,
      onBlocked: (blocked) => log.warn("egress.blocked", blocked),
      onShortage: (code) => log.warn("shortage", { code }),
    });
    closers.push(() => sender.close());
    const local = await openLocalService({
      storePath: options.storePath,
      dataDirectory: options.dataDirectory,
      mode: "thread",
      now: Date.now,
      env: options.env ?? process.env,
      version: VERSION,
      acceptLoss: options.acceptLoss === true,
      healthThresholds: options.healthThresholds,
      retention: options.retention,
      profiles: options.profiles,
      testRate: TEST_RATE,
      maxSubscriptions: options.maxSubscriptions,
      maxBacklog: options.maxBacklog,
      send: (request) => sender.post(request),
      egress: async () => ({ rules: egress, sources, lookUp: (host) => sender.lookUp(host, LOOK_UP_MS) }),
      onFatal,
      onNote: (note) => log.warn("store", { note }),
      onSecretStore: (news) => (news.state === "ok" ? log.info : log.warn)("secret_store", news),
    });
    closers.push(() => local.close());
    const { parts, keyTable } = local.cases;
    await keyTable.load();
    const bootstrap = await ensureBootstrapKey(options.env ?? process.env, parts, keyTable);
    checkHost(options, keyTable.hasValid());
    if (bootstrap === "revoked") log.warn("key", { note: "the bootstrap key was revoked, and stays so" });
    if (bootstrap === "made") log.info("key", { note: "an admin key of everything was made from the bootstrap key" });
    logFacts(local, log);
    const { allow_net, deny_net } = netTexts(egress);
    const local_address = sources === undefined ? [] : sourceTexts(sources);
    if ([allow_net, deny_net, local_address].some((list) => 0 < list.length)) {
      log.info("egress", { allow_net, deny_net, local_address });
    }
    // At the start a wrong master key is a clear refusal; once it runs, one secret that does not open stops nobody else.
    await local.checkSecrets();
    const keyToSet = await local.settleSecrets();
    if (keyToSet !== undefined) log.warn("master_key", { note: keyNote(keyToSet) });
    await Promise.all([local.directory.load(), local.cases.parts.catalogue.load()]);
    for (const note of profileNotes(local)) log.warn("profile", { note });

    let ownUrl: string | undefined;
    const sessions = new TunnelSessions(local.cases.parts);
    const tunnel = new ListenServer({
      sessions,
      now: Date.now,
      onRoom: (subscriptionRowId) => dispatcher.roomChanged(subscriptionRowId),
      onReplay: (replay) => replayFor(local, replay),
      onNews: (news) => log.listener(news),
      publicUrl: options.publicUrl === undefined ? undefined : publicUrlText(options.publicUrl),
      keepAlive: options.listenKeepAlive,
      url: () => ownUrl,
    });
    const admissions = new KeptAdmissions(keyTable);
    closers.push(() => admissions.stop());
    const bootId = newId("ses");
    const clock = new SteadyClock({
      wall: Date.now,
      running: () => performance.now(),
      sinceBoot: () => uptime() * 1_000,
    });
    const dispatched = new ShiftedStore(local.store, () => clock.offsetMs);
    const telemetry = createTelemetry({
      local,
      log,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      inFlight: () => dispatcher.inFlight,
      listeners: () => tunnel.connected,
      version: VERSION,
      alerts: options.alerts ?? [],
      traces: options.traces,
      wake: (subscriptionRowId) => dispatcher.wake(subscriptionRowId),
      onFault,
    });
    closers.push(() => telemetry.stop());
    local.cases.parts.tracing = telemetry.tracing;
    const tail = new Tail();
    local.cases.parts.observer = tellingObserver(tail, telemetry.observer);
    const inboundSources = await createDaemonSources({
      local,
      tunnel,
      log,
      onOutcome: (scope, outcome) => telemetry.sourceRequest(scope, outcome),
      onFault,
    });
    closers.push(() => inboundSources.close());
    const token = ensureLocalToken(options.dataDirectory, randomBytes);
    // What only this machine reaches, nothing comes back to: it sends what profiles say, to the byte.
    const mark = egress.server.isLoopbackOnly ? undefined : loopMark(token);
    const dispatcher = buildDispatcher(local, sender, inboundSources.transport, {
      bootId,
      now: () => clock.now(),
      store: dispatched,
      concurrency: options.concurrency,
      rates: options.rates,
      log,
      hopHeaders: hopHeaders(mark, telemetry.traceHeaders),
      onAttempt: (record) => {
        telemetry.attempt(record);
        if (tail.hasReaders) tail.tell(attemptNews(record, local.directory.nameOf(record.subscriptionId)));
      },
      onFatal,
    });
    const isLoopback = isLoopbackHost(options.host);
    const isToken = tokenMatcher(token);
    const readiness = new StoreReadiness(local.store, () => performance.now());
    const server = await createServer({
      serviceFor: local.serviceFor,
      adminFor: local.adminFor,
      cursorSecret: token,
      // Where others can reach it, the token is nothing to come in with.
      authenticate: (given) => (isLoopback && isToken(given) ? LOCAL_OWNER : keyTable.find(given)),
      defaultEnvironment: options.environment ?? DEFAULT_ENVIRONMENT,
      allowedHosts: options.allowedHosts ?? [],
      publicUrl: options.publicUrl,
      trustedProxies: options.trustedProxies,
      loopMark: mark,
      tls: certificate,
      keyRate: options.keyRate,
      onCrowded: atMostOnceIn(CROWDED_EVERY_MS, (why, address) => log.warn("connections.refused", { why, address })),
      readiness: async () => {
        const store = await readiness.state();
        if (local.secretStore === undefined) return { ready: store === "ok", checks: { store } };
        const secrets = local.directory.lacksSecrets() ? "missing" : local.secretStore.isFailing ? "failing" : "ok";
        // While they are all at hand, deliveries go on without the store they came from.
        return { ready: store === "ok" && secrets !== "missing", checks: { store, secrets } };
      },
      inbound: inboundSources.inbound,
      metrics: (reach, format) => telemetry.metrics.page(reach, format),
      tail,
      keepAdmitted: (caller, end) => admissions.keep(caller, end),
      version: VERSION,
      newId,
      log: { error: (fields, message) => log.error(message, fields) },
    });
    closers.push(() => server.close(isBroken ? BROKEN_GRACE_MS : undefined));
    closers.push(() => tail.close());
    server.app.server.on("upgrade", (request, socket, head) => {
      void server.admitUpgrade(request).then(
        ({ scope, caller }) => {
          // A listener that comes again is told why.
          socket.once(
            "close",
            admissions.keep(caller, () => socket.destroy()),
          );
          tunnel.handleUpgrade(request, socket, head, { scope, actor: caller });
        },
        (error: unknown) => server.refuseUpgrade(socket, error, request),
      );
    });

    const clockWatch = new ClockWatch({
      clock,
      wallNow: Date.now,
      worker: bootId,
      store: local.store,
      dispatched,
      onNews: (news) => {
        log.warn("clock", { set_by_ms: news.stepMs, slept_ms: news.sleptMs });
        dispatcher.wake();
      },
      onFatal: onFault,
    });
    await telemetry.start();
    const onChange = ({ configChanged }: { configChanged: boolean }): void => {
      if (configChanged) parts.retentionSweep?.wake();
      if (configChanged) void Promise.all([keyTable.reload(), local.reload()]).catch(onFault);
      dispatcher.wake();
    };
    await startDelivering({ store: local.store, clockWatch, dispatcher, onChange }, closers);
    const reEnabler = new ReEnabler({
      parts: local.cases.parts,
      intervalMs: options.probeEveryMs,
      onProbed: ({ id, name }, { status, error }, enabled) =>
        log.subscription({ kind: "probed", id, name, status, error, enabled }),
      onFault,
    });
    closers.push(() => reEnabler.stop());
    const handshakes = new HandshakeWatch({
      parts: local.cases.parts,
      onAsked: ({ id, name }, { state, why }) => log.subscription({ kind: "handshake", id, name, state, why }),
      onFault,
    });
    closers.push(() => handshakes.stop());
    const replayRunner = new JobRunner({
      store: local.store.replays,
      jobs: local.cases.replays,
      now: Date.now,
      elapsed: () => performance.now(),
      onFault,
    });
    closers.push(() => replayRunner.stop());
    parts.replayRunner = replayRunner;
    // What a predecessor began.
    replayRunner.wake();
    const purgeRunner = new JobRunner({
      store: local.store.purges,
      jobs: local.cases.purges,
      now: Date.now,
      elapsed: () => performance.now(),
      onFault,
    });
    closers.push(() => purgeRunner.stop());
    parts.purgeRunner = purgeRunner;
    purgeRunner.wake();
    const cleaningRunner = new JobRunner({
      store: local.cases.cleaning,
      jobs: local.cases.cleaning,
      now: Date.now,
      elapsed: () => performance.now(),
      onFault,
    });
    closers.push(() => cleaningRunner.stop());
    parts.cleaningRunner = cleaningRunner;
    cleaningRunner.wake();
    closers.push(
      local.store.watch(() => {
        replayRunner.wake();
        purgeRunner.wake();
        cleaningRunner.wake();
      }),
    );
    const retentionSweep = new RetentionSweep({
      store: local.store,
      defaults: parts.retention,
      now: Date.now,
      elapsed: () => performance.now(),
      onDeleted: (deleted) => log.info("retention", { ...deleted }),
      onFault,
    });
    closers.push(() => retentionSweep.stop());
    parts.retentionSweep = retentionSweep;
    retentionSweep.start();
    const ageRotation = new AgeRotation({
      directory: local.directory,
      rotation: local.cases.rotation,
      now: Date.now,
      onRotated: ({ id, name }, graceMs) =>
        log.subscription({ kind: "rotated", id, name, grace: formatDuration(graceMs) }),
      onFault,
    });
    closers.push(() => ageRotation.stop());
    const sweep = setInterval(() => {
      void sessions.tidy(tunnel.whileUnheard).catch(onFault);
      void local.store.admin.eraseDeleted().catch(onFault);
      void local.store.sources.eraseDeleted().catch(onFault);
      cleaningRunner.wake();
      void local.store.statistics.age(Date.now()).catch(onFault);
    }, EXPIRY_SWEEP_MS);
    closers.push(() => clearInterval(sweep));

    const url = await listen(server, options);
    ownUrl = url;
    const startedAt = Date.now();
    const announce = (leaf: string | undefined): void =>
      writeDaemonFile(options.storePath, {
        pid: process.pid,
        url,
        bootId,
        startedAt,
        certificate: leaf,
        egress: {
          allowNet: allow_net,
          denyNet: deny_net,
          isLoopbackOnly: egress.server.isLoopbackOnly,
          dns: options.dns === undefined ? null : nameServerText(options.dns),
          sources: sources === undefined ? undefined : local_address.join(","),
          publicUrl: options.publicUrl?.href,
          allowedHosts: options.allowedHosts === undefined ? undefined : [...options.allowedHosts],
        },
        endsWithCommand: options.endsWithCommand === true ? true : undefined,
        takesKeysOnly: isLoopback ? undefined : true,
      });
    egress.setOwnDoor(ownDoor(url, options.host));
    announce(certificate?.leaf);
    closers.push(() => removeDaemonFile(options.storePath));
    const renewal =
      options.tls === undefined
        ? undefined
        : watchCertificate(options.tls, log, (identity) => {
            server.useCertificate(identity);
            announce(identity.leaf);
          });
    if (certificate !== undefined) warnOfDates(certificate, log);
    closers.push(() => renewal?.stop());
    log.started({ url, store: options.storePath, boot: bootId });

    const stop = async (drainMs: number): Promise<void> => {
      server.beginDrain();
      await Promise.all([tunnel.close(drainMs), dispatcher.stop({ drainMs })]);
      await closeAll();
      log.info("stopped");
    };
    let stopped: Promise<void> | undefined;
    return {
      url,
      token,
      storePath: options.storePath,
      serviceFor: local.serviceFor,
      renewCertificate: renewal === undefined ? undefined : () => renewal.reload(),
      stop: ({ drainMs = DEFAULT_DRAIN_MS } = {}) => {
        stopped ??= stop(drainMs);
        return stopped;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Who may be sent to, whom is asked for names, and which addresses it is sent from (undefined: the system's choice). */
export interface Egress {
  rules: EgressRules;
  dns: NameServer | undefined;
  sources?: SourceAddresses | undefined;
}

export interface LocalSender {
  stop(): Promise<void>;
}

/**
 * The delivering side alone, in this process, for a command that waits for a result. Undefined when a daemon runs on
 * this store: that one sends.
 */
export async function startLocalSender(local: LocalHooks, egress: Egress): Promise<LocalSender | undefined> {
  if (egress.sources !== undefined) await checkSourceAddresses(egress.sources, "local_address");
  const lock = acquireDaemonLock(local.storePath);
  if (lock === undefined) return undefined;
  const log = createDaemonLog({ level: "silent", format: "json", write: () => {} });
  const sender = new HttpSender({ ...egress, now: Date.now, egress: egress.rules });
  const nobody = { send: async (): Promise<SendResult> => ({ kind: "not_sent" }), room: () => 0 };
  await Promise.all([local.directory.load(), local.cases.parts.catalogue.load()]);
  const dispatcher = buildDispatcher(local, sender, nobody, {
    bootId: newId("ses"),
    now: Date.now,
    store: local.store,
    concurrency: undefined,
    rates: undefined,
    log,
    onAttempt: undefined,
    onFatal: (error) => {
      throw error;
    },
  });
  await dispatcher.start();
  const handshakes = new HandshakeWatch({
    parts: { ...local.cases.parts, send: (request) => sender.post(request) },
    // It is asked again by whoever sends next.
    onFault: () => {},
  });
  return {
    stop: async () => {
      handshakes.stop();
      await dispatcher.stop({ drainMs: DEFAULT_DRAIN_MS });
      await sender.close();
      lock.release();
    },
  };
}

/** One request outside of any delivery: a subscription's test, `trigger --to`. */
export async function sendOnce(request: OneOffRequest, egress: Egress): Promise<SendResult> {
  if (egress.sources !== undefined) await checkSourceAddresses(egress.sources, "local_address");
  const sender = new HttpSender({ ...egress, now: Date.now, egress: egress.rules });
  const { signal } = request;
  const breakOff = (): void => void sender.close();
  if (signal?.aborted === true) breakOff();
  signal?.addEventListener("abort", breakOff);
  try {
    return await sender.post(request);
  } finally {
    signal?.removeEventListener("abort", breakOff);
    await sender.close();
  }
}

/** What a name comes to now; nobody is sent to. */
export async function lookUpOnce(host: string, dns: NameServer | undefined): Promise<NameAnswer> {
  const resolver = new NameResolver({ dns });
  try {
    return await resolver.find(host, LOOK_UP_MS);
  } finally {
    resolver.close();
  }
}

export interface RunningDaemon {
  pid: number;
  url: string;
  token: string;
  /** Of an https server, PEM: the one that this machine's own commands may meet there, whatever name it is for. */
  certificate: string | undefined;
  /** It runs in a command, and ends with it. */
  endsWithCommand: boolean;
  /** `token` is nothing to come in with. */
  takesKeysOnly: boolean;
}

/** The daemon that runs on this store now; what a dead one left behind is not one. */
export async function findDaemon(storePath: string, dataDirectory: string): Promise<RunningDaemon | undefined> {
  const file = readDaemonFile(storePath);
  if (file === undefined || !isDaemonLocked(storePath)) return undefined;
  const token = readLocalToken(dataDirectory);
  if (token === undefined) return undefined;
  const { pid, url, certificate, endsWithCommand = false, takesKeysOnly = false } = file;
  return { pid, url, token, certificate, endsWithCommand, takesKeysOnly };
}

function buildDispatcher(
  local: LocalHooks,
  http: HttpSender,
  tunnel: ConstructorParameters<typeof Dispatcher>[0]["transports"]["tunnel"],
  {
    bootId,
    now,
    store,
    concurrency,
    rates,
    log,
    onAttempt,
    hopHeaders: more,
    onFatal,
  }: {
    bootId: string;
    now(): number;
    store: DispatchStore;
    concurrency: number | undefined;
    rates: DispatchRates | undefined;
    log: DaemonLog;
    onAttempt: ((record: AttemptRecorded) => void) | undefined;
    hopHeaders?: DeliverOnceOptions["hopHeaders"];
    onFatal(error: Error): void;
  },
): Dispatcher {
  const dispatcher = new Dispatcher({
    store,
    subscriptions: local.directory,
    transports: { http, tunnel },
    worker: bootId,
    now,
    wallNow: Date.now,
    random: Math.random,
    concurrency: concurrency ?? DEFAULT_CONCURRENCY,
    rates,
    userAgent: `hooks/${VERSION}`,
    profiles: local.cases.parts.profiles,
    convert: (event, subscription) => local.cases.parts.catalogue.asWanted(event, subscription),
    onAttempt,
    hopHeaders: more,
    onFault: (error, { id, event }) => log.fault(error, { id, eventId: event.id }),
    onDisabled: (subscriptionRowId, reason) => {
      const { id = "", name = "" } = local.directory.get(subscriptionRowId) ?? {};
      log.subscription({ kind: "disabled", id, name, reason });
      void local.directory.reload().catch(onFatal);
    },
    onFatal,
  });
  local.directory.onChange(() => dispatcher.subscriptionsChanged());
  local.attach(dispatcher);
  return dispatcher;
}

/** A listener pressed "replay": to its own session only. */
async function replayFor(local: LocalHooks, replay: ListenerReplay): Promise<void> {
  const { subscription, actor, deliveryId, eventId } = replay;
  const service = local.serviceFor(subscription.scope, actor);
  if (deliveryId !== undefined) {
    const delivery = await service.getDelivery(deliveryId);
    if (delivery.subscription !== subscription.id) {
      throw new HooksError("not_found", `no delivery ${JSON.stringify(deliveryId)} of this session`, {
        field: "delivery_id",
      });
    }
    await service.retryDelivery(delivery.id);
  }
  if (eventId !== undefined) await service.replayEvent(eventId, { subscriptions: [subscription.id] });
}

function keyNote({ fingerprint, place }: KeyChangeReceipt): string {
  return `the master key was changed, and ${place} still holds the old one: set the new one (fingerprint ${fingerprint}) before the next start`;
}

/** Whose deliveries wait because no file of this process defines their profile. */
function* profileNotes({ directory, cases }: LocalHooks): Iterable<string> {
  for (const { id, profile } of directory.lacksProfile(cases.parts.profiles)) {
    yield `profile "${profile}" of ${id} is not defined here: its deliveries wait (give its file with --profiles)`;
  }
}

/** What a commit's survival hangs on, said at every start (reliability.md R07). */
function logFacts({ storeFacts, storePath }: LocalHooks, log: DaemonLog): void {
  if (storeFacts === undefined) return;
  const { sqliteVersion, journalMode, synchronous, fileSystem } = storeFacts;
  log.info("store.opened", { sqlite: sqliteVersion, journalMode, synchronous, fileSystem: fileSystem?.name });
  if (fileSystem?.kind !== "user_space") return;
  const note = `${storePath} is on a file system of another program (${fileSystem.name}): a commit is as safe as that makes it`;
  log.warn("store", { note });
}

async function listen(server: ReceiveServer, { host, port }: DaemonOptions): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new HooksError("conflict", `port ${port} of ${host} is in use by another program`, {
        field: "--port",
        hint: "hooks serve --port 0 takes a free one",
      });
    }
    throw new HooksError("usage", `cannot listen on ${host}, port ${port} (${code})`, {
      field: "--host",
      cause: error,
    });
  }
}

/** @throws HooksError `usage` for an address that others can reach while nobody could show them a key */
function checkHost({ host, hostName = "--host" }: DaemonOptions, hasKey: boolean): void {
  if (hasKey || isLoopbackHost(host)) return;
  throw new HooksError("usage", `${hostName} ${host} can be reached by others, and there is no API key yet`, {
    field: hostName,
    hint: "make one first: hooks key create ops --role admin (in a container: HOOKS_BOOTSTRAP_KEY)",
  });
}

function watchCertificate(files: TlsFiles, log: DaemonLog, use: (identity: TlsIdentity) => void): TlsWatch {
  return new TlsWatch({
    files,
    onRenewed: (identity) => {
      use(identity);
      log.info("tls.renewed", { subject: identity.subject, valid_to: new Date(identity.validTo).toISOString() });
      warnOfDates(identity, log);
    },
    onFault: (error) => log.error("tls.not_renewed", { error: error.message }),
  });
}

function warnOfDates(identity: TlsIdentity, log: DaemonLog): void {
  const note = dateWarning(identity, Date.now());
  if (note !== undefined) log.warn("tls", { note });
}

/** What can happen ten thousand times a second is said now and then. */
function atMostOnceIn<Args extends unknown[]>(ms: number, say: (...args: Args) => void): (...args: Args) => void {
  let next = 0;
  return (...args) => {
    if (performance.now() < next) return;
    next = performance.now() + ms;
    say(...args);
  };
}
