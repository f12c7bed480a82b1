import { HooksError, isHooksError, toHooksError } from "../../src/core/errors.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import { formatId } from "../../src/core/ids.ts";
import { BUILT_IN_PROFILES } from "../../src/core/profiles/registry.ts";
import type { Transport } from "../../src/core/subscription.ts";
import { MAX_SUBSCRIPTIONS_DEFAULT } from "../../src/core/subscription.ts";
import { ClockWatch } from "../../src/deliver/clock-watch.ts";
import { Dispatcher, type DispatcherOptions } from "../../src/deliver/dispatcher.ts";
import { ShiftedStore } from "../../src/deliver/shifted-store.ts";
import { startDelivering } from "../../src/deliver/start-delivering.ts";
import { SteadyClock } from "../../src/deliver/steady-clock.ts";
import type { DeliveryTransport } from "../../src/deliver/transport.ts";
import { EventCatalogue } from "../../src/service/event-catalogue.ts";
import { UseCases } from "../../src/service/local-service.ts";
import { RetentionSweep } from "../../src/service/retention-sweep.ts";
import { SecretStores } from "../../src/service/secret-stores.ts";
import type { ServiceParts } from "../../src/service/service-parts.ts";
import { SourceDirectory } from "../../src/service/source-directory.ts";
import { SubscriptionDirectory } from "../../src/service/subscription-directory.ts";
import { TunnelSessions } from "../../src/service/tunnel-sessions.ts";
import { Vault } from "../../src/service/vault.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { WriteQueue } from "../../src/store/sqlite/write-queue.ts";
import { type Guard, Writer } from "../../src/store/sqlite/writer.ts";
import { publicNames } from "../support/egress.ts";
import type { ExpectedBreaker } from "./expected-breaker.ts";
import { FaultyChannel } from "./faulty-channel.ts";
import type { SubscriptionTale } from "./ledger.ts";
import type { Random } from "./random.ts";
import { guardStore } from "./store-guard.ts";
import { Owner } from "./virtual-time.ts";
import type { World } from "./world.ts";

export const SCOPE = { tenant: "default", environment: "development" };
const PASSING = new Set(["store_busy", "store_full", "unavailable"]);
const LOOK_EVERY_MS = 1_000;
/** As the inline channel has it. */
const MAX_ROWS = 200;
/** The database is in memory: there is no log to copy, and no file that could be taken away. */
const NO_GUARD: Guard = {
  beforeCommit: () => {},
  committed: () => {},
  rolledBack: () => {},
  cutLog: () => 0,
  checkpoint: () => {},
  probe: () => {},
  look: () => {},
  close: () => {},
};

/** How a call from outside ended; `lost`: the connection broke, so nobody knows. */
export type CallOutcome<T> = { kind: "ok"; value: T } | { kind: "error"; error: HooksError } | { kind: "lost" };

interface PendingCall {
  settle(outcome: CallOutcome<never>): void;
}

/**
 * One process: the sources' store, service and dispatcher, wired as daemon.ts wires them, with the simulated disk below
 * and the simulated network beyond. `isOutsider`: a command that works on the store file beside the daemon.
 */
export class SimulatedDaemon {
  readonly name: string;
  readonly owner: Owner;
  /** Boot id. */
  readonly worker: string;
  readonly isOutsider: boolean;
  inFlight = 0;
  readonly inFlightOf = new Map<SubscriptionTale, number>();
  /** When its requests started, virtual ms with sleep; retries by host. */
  readonly starts = { all: [] as number[], retries: new Map<string, number[]>() };
  /** What it must have made of the breakers. */
  readonly breakers = new Map<SubscriptionTale, ExpectedBreaker>();
  /** When it was last stopped by SIGSTOP, virtual ms: without sleep, and with it. */
  pausedAt = { now: 0, elapsed: 0 };
  /** Since when it knows that the machine is awake, virtual ms with sleep. */
  awakeSince = 0;
  isReady = false;
  isDraining = false;
  /** Another process took its leases, believing it dead. */
  isDeposed = false;
  /** It was told that the disk failed. */
  isDoomed = false;
  readonly #world: World;
  readonly #random: Random;
  readonly #calls = new Set<PendingCall>();
  #channel: FaultyChannel | undefined;
  #service: HooksService | undefined;
  #dispatcher: Dispatcher | undefined;
  #clockWatch: ClockWatch | undefined;
  #sessions: TunnelSessions | undefined;
  #retention: RetentionSweep | undefined;
  #clockFrom = 0;
  #isLooking = false;
  #looksAgain = false;

  constructor(world: World, name: string, isOutsider = false) {
    this.#world = world;
    this.name = name;
    this.owner = new Owner(name);
    this.worker = `boot-${name}`;
    this.isOutsider = isOutsider;
    this.#random = world.random.fork(name);
  }

  /** Opens the store and begins to deliver. */
  start(onReady: () => void, onFailed: (error: unknown) => void): void {
    const { time } = this.#world;
    time.schedule(this.owner, 0, () => {
      this.#start().then(
        () => {
          this.isReady = true;
          time.schedule(time.world, 0, onReady);
        },
        (error: unknown) => {
          if (this.owner.isAlive) time.schedule(time.world, 0, () => onFailed(error));
        },
      );
    });
  }

  /** A request to the service from outside. `done` is called once, whatever becomes of the process. */
  call<T>(action: (service: HooksService) => Promise<T>, done: (outcome: CallOutcome<T>) => void): void {
    this.#ask(() => action(this.#service!), done);
  }

  /** A listener's own. */
  callSessions<T>(action: (sessions: TunnelSessions) => Promise<T>, done: (outcome: CallOutcome<T>) => void): void {
    this.#ask(() => action(this.#sessions!), done);
  }

  #ask<T>(action: () => Promise<T>, done: (outcome: CallOutcome<T>) => void): void {
    const { time } = this.#world;
    const call: PendingCall = {
      settle: (outcome: CallOutcome<T>) => {
        if (this.#calls.delete(call)) time.schedule(time.world, 0, () => done(outcome));
      },
    };
    this.#calls.add(call);
    const settle = call.settle as (outcome: CallOutcome<T>) => void;
    time.schedule(this.owner, 0, () => {
      if (this.isDraining) {
        settle({ kind: "error", error: new HooksError("unavailable", "stopping") });
        return;
      }
      action().then(
        (value) => settle({ kind: "ok", value }),
        (error: unknown) => {
          if (!isHooksError(error) && this.owner.isAlive) this.#world.violate("no internal errors", String(error));
          settle({ kind: "error", error: toHooksError(error) });
        },
      );
    });
  }

  /** SIGTERM, as daemon.ts takes it. */
  stop(drainMs: number, onStopped: () => void): void {
    const { time } = this.#world;
    time.schedule(this.owner, 0, () => {
      // The first signal counts; a process that stood still may find two.
      if (this.isDraining) return;
      this.isDraining = true;
      void this.#retention!.stop();
      void this.#dispatcher!.stop({ drainMs }).then(() => this.#whenQuiet(onStopped, false));
    });
  }

  /** Who waits for an answer gets it first, and what is being written is written: as the server and the store close. */
  #whenQuiet(onStopped: () => void, wasQuiet: boolean): void {
    const { time } = this.#world;
    const isQuiet = this.#calls.size === 0 && this.#channel!.isIdle;
    if (isQuiet && wasQuiet) time.schedule(time.world, 0, onStopped);
    else time.schedule(this.owner, 10, () => this.#whenQuiet(onStopped, isQuiet));
  }

  /** What its timer would do every minute. */
  sweep(): void {
    this.#world.time.schedule(this.owner, 0, () => {
      if (this.isReady && !this.isDraining) void this.#retention!.sweep().catch((error: unknown) => this.#fault(error));
    });
  }

  /** A listener came, or is gone. */
  roomChanged(subscriptionRowId: number): void {
    this.#world.time.schedule(this.owner, 0, () => this.#dispatcher?.roomChanged(subscriptionRowId));
  }

  /** What its timer would call every second. */
  lookAtClock(): void {
    const { time } = this.#world;
    const { elapsed } = time;
    if (this.#clockWatch === undefined) return;
    // What was set while a look went on is found by the next one, a second later.
    if (this.#isLooking) {
      this.#looksAgain = true;
      return;
    }
    this.#isLooking = true;
    void this.#clockWatch.look().then(() => {
      this.#isLooking = false;
      if (!this.owner.isAlive || this.isDeposed || this.isDoomed) return;
      this.#world.clock.seen(this.#clockFrom, elapsed);
      if (this.awakeSince < this.#world.clock.wokenAt) this.awakeSince = elapsed;
      if (!this.#looksAgain) return;
      this.#looksAgain = false;
      time.schedule(this.owner, LOOK_EVERY_MS, () => this.lookAtClock());
    });
  }

  /** Whether the machine slept, and it has not noticed yet. */
  get isDrowsy(): boolean {
    return this.awakeSince < this.#world.clock.wokenAt;
  }

  /** From here on nothing of it touches anything. */
  kill(): void {
    if (!this.owner.isAlive) return;
    this.owner.isAlive = false;
    this.#world.neighbours.left(this);
    this.#world.listeners.cut(this);
    this.owner.deferred = [];
    this.isReady = false;
    for (const call of [...this.#calls]) call.settle({ kind: "lost" });
  }

  async #start(): Promise<void> {
    const world = this.#world;
    const { time, database, options } = world;
    const onFatal = (error: Error): void => world.fatal(this, error);
    const onFault = (error: unknown): void => this.#fault(error);
    const writer = new Writer(database, NO_GUARD);
    const queue = new WriteQueue(writer, MAX_ROWS, (error) => onFatal(error as Error));
    const channel = new FaultyChannel(world, this, queue, onFatal);
    this.#channel = channel;
    const sqlite = new SqliteStore("sim", database, channel, undefined);
    const store = guardStore(world, this, options.mutant?.wrapStore?.(sqlite, world) ?? sqlite);
    const random = (size: number): Uint8Array => this.#random.bytes(size);
    const place = { env: { HOOKS_MASTER_KEY: "ab".repeat(32) }, dataDirectory: "/nowhere", random };
    const secrets = new SecretStores(new Vault(place, store));
    const directory = new SubscriptionDirectory(store, secrets);
    const now = (): number => time.wall();
    const parts: ServiceParts = {
      store,
      directory,
      catalogue: new EventCatalogue(store.catalogue),
      sources: new SourceDirectory(store.sources, secrets),
      secrets,
      profiles: BUILT_IN_PROFILES,
      now,
      newId: (prefix) => formatId(prefix, this.#newUuid()),
      random,
      retention: options.retention,
      maxSubscriptions: MAX_SUBSCRIPTIONS_DEFAULT,
      backlog: undefined,
      version: "0.0.0-sim",
      send: () => Promise.resolve({ kind: "not_sent" }),
      egress: publicNames,
      dispatch: undefined,
    };
    const cases = new UseCases(parts);
    this.#service = cases.in(SCOPE);
    this.#sessions = new TunnelSessions(parts);
    await directory.load();
    if (this.isOutsider) return;
    this.#clockFrom = time.elapsed;
    this.awakeSince = time.elapsed;
    const clock = new SteadyClock({
      wall: () => time.wall(),
      running: () => time.now,
      sinceBoot: () => time.elapsed,
    });
    const dispatched = new ShiftedStore(store, () => clock.offsetMs);
    const dispatcher = this.#buildDispatcher(clock, dispatched, directory, onFatal);
    directory.onChange(() => dispatcher.subscriptionsChanged());
    parts.dispatch = options.mutant?.wrapDispatch?.(dispatcher, world) ?? dispatcher;
    this.#dispatcher = dispatcher;
    const clockWatch = new ClockWatch({
      clock,
      wallNow: now,
      worker: this.worker,
      store,
      dispatched,
      onNews: () => dispatcher.wake(),
      onFatal: onFault,
    });
    this.#clockWatch = clockWatch;
    // Nor does it look every minute for what is old: `sweep` is called now and then.
    this.#retention = new RetentionSweep({
      store,
      defaults: parts.retention,
      now,
      elapsed: () => time.now,
      onDeleted: () => {},
      onFault,
    });
    const onChange = ({ configChanged }: { configChanged: boolean }): void => {
      if (configChanged) directory.reload().catch(onFault);
      dispatcher.wake();
    };
    await startDelivering({ store, clockWatch, dispatcher, onChange }, []);
    // A look every second of a day would be most of the run: `lookAtClock` is called when there is something to see.
    await clockWatch.stop();
  }

  #fault(error: unknown): void {
    if (!PASSING.has(toHooksError(error).code)) this.#world.fatal(this, error as Error);
  }

  #buildDispatcher(
    clock: SteadyClock,
    store: ShiftedStore,
    directory: SubscriptionDirectory,
    onFatal: (error: Error) => void,
  ): Dispatcher {
    const world = this.#world;
    const http = world.network.transportOf(this);
    const settings: DispatcherOptions = {
      store,
      subscriptions: directory,
      transports: { http, tunnel: world.listeners.transportOf(this) } satisfies Record<Transport, DeliveryTransport>,
      worker: this.worker,
      now: () => clock.now(),
      wallNow: () => world.time.wall(),
      random: () => this.#random.next(),
      concurrency: world.options.concurrency,
      rates: world.options.rates,
      userAgent: "hooks/0.0.0-sim",
      onDisabled: () => void directory.reload().catch(onFatal),
      onFatal,
    };
    return new Dispatcher(world.options.mutant?.dispatcherOptions?.(settings, world) ?? settings);
  }

  /** UUIDv7. */
  #newUuid(): Uint8Array {
    const uuid = this.#random.bytes(16);
    const view = new DataView(uuid.buffer);
    view.setUint16(0, Math.floor(this.#world.time.wall() / 2 ** 32));
    view.setUint32(2, this.#world.time.wall() % 2 ** 32);
    uuid[6] = 0x70 | (uuid[6]! & 0x0f);
    uuid[8] = 0x80 | (uuid[8]! & 0x3f);
    return uuid;
  }
}
