import type Database from "better-sqlite3";
import { HooksError, isHooksError } from "../../src/core/errors.ts";
import type { HooksService } from "../../src/core/hooks-service.ts";
import type { Retention } from "../../src/core/retention.ts";
import type { DispatcherOptions } from "../../src/deliver/dispatcher.ts";
import type { DispatchRates } from "../../src/deliver/limits.ts";
import type { DispatchPort } from "../../src/service/service-parts.ts";
import type { TunnelSessions } from "../../src/service/tunnel-sessions.ts";
import type { Store } from "../../src/store/store.ts";
import { Checks } from "./checks.ts";
import { Disk } from "./disk.ts";
import { HistoryChecks } from "./history-checks.ts";
import { Ledger, type SubscriptionTale } from "./ledger.ts";
import { Listeners } from "./listeners.ts";
import { MachineClock } from "./machine-clock.ts";
import { Neighbours } from "./neighbours.ts";
import { Network } from "./network.ts";
import { CALM_MS } from "./plan.ts";
import { Random } from "./random.ts";
import { type CallOutcome, SimulatedDaemon } from "./simulated-daemon.ts";
import { openHistory } from "./store-history.ts";
import { type Owner, VirtualTime } from "./virtual-time.ts";

/** Lines of the history that are kept when the whole is not asked for. */
const KEPT_LINES = 400;
/** A client's patience with a call. */
const CALL_TIMEOUT_MS = 30_000;

/** Parts that are broken on purpose, to show that the checks notice. */
export interface Mutant {
  wrapStore?(store: Store, world: World): Store;
  wrapDispatch?(dispatch: DispatchPort, world: World): DispatchPort;
  dispatcherOptions?(options: DispatcherOptions, world: World): DispatcherOptions;
}

export interface WorldOptions {
  /** Attempts in flight at once, of a process. */
  concurrency: number;
  rates: DispatchRates;
  /** How long what is over is kept. */
  retention: Retention;
  /** Of a valid Retry-After. */
  longestAskMs: number;
  /** Keep the whole history, not only its end. */
  isTraced: boolean;
  mutant?: Mutant | undefined;
}

export interface Violation {
  property: string;
  message: string;
  at: number;
}

interface Hazard {
  point: string;
  /** Passes until it strikes. */
  left: number;
}

/** One machine with its clock and disk, the process that runs on it, those who use it, and what is known of it all. */
export class World {
  readonly random: Random;
  readonly time: VirtualTime;
  readonly ledger = new Ledger();
  readonly checks: Checks;
  readonly disk: Disk;
  readonly network: Network;
  readonly listeners: Listeners;
  readonly clock: MachineClock;
  readonly neighbours: Neighbours;
  readonly database: Database.Database;
  readonly options: WorldOptions;
  readonly sometimes = new Map<string, number>();
  readonly history: string[] = [];
  violation: Violation | undefined;
  /** The one that clients reach; undefined while there is none. */
  daemon: SimulatedDaemon | undefined;
  /** Somebody asked for deliveries to be sent again, or to be cancelled. */
  hasReplayed = false;
  hasCancelled = false;
  /** Two daemons worked at once for a while. */
  hasTakenOver = false;
  /** When the faults had stopped: who had something to be sent, and since or from when it was due (virtual ms). */
  waitingAtCalm: { subscription: SubscriptionTale; due: number }[] = [];
  /** Faults of the disk that a process met. */
  faultsSeen = 0;
  readonly #processes = new Map<Owner, SimulatedDaemon>();
  readonly #byWorker = new Map<string, SimulatedDaemon>();
  #hazard: Hazard | undefined;
  #onSend: (() => void) | undefined;
  #daemons = 0;
  #hash = 0;

  constructor(seed: number, template: Buffer, options: WorldOptions) {
    this.options = options;
    this.random = new Random(seed);
    this.time = new VirtualTime(this.random.fork("time"), (owner, error) =>
      this.violate("no uncaught exceptions", `${owner.name}: ${error instanceof Error ? error.stack : String(error)}`),
    );
    this.checks = new Checks(this);
    this.disk = new Disk(this.random.fork("disk"));
    this.network = new Network(this);
    this.listeners = new Listeners(this);
    this.clock = new MachineClock(this);
    this.neighbours = new Neighbours(this.time);
    this.database = openHistory(template, new HistoryChecks(this));
  }

  // ---- what is known ---------------------------------------------------------------------------------------------

  note(line: string): void {
    const text = `${clockText(this.time.now)} ${line}`;
    this.#hash = rollingHash(this.#hash, text);
    this.history.push(text);
    if (!this.options.isTraced && 2 * KEPT_LINES < this.history.length) this.history.splice(0, KEPT_LINES);
  }

  /** Of every line of the history. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  count(what: string): void {
    this.sometimes.set(what, (this.sometimes.get(what) ?? 0) + 1);
  }

  /** The first one ends the run. */
  violate(property: string, message: string): void {
    if (this.violation !== undefined) return;
    this.violation = { property, message, at: this.time.now };
    this.note(`VIOLATED ${property}: ${message}`);
  }

  processOf(owner: Owner): SimulatedDaemon {
    const process = this.#processes.get(owner);
    if (process === undefined) throw new Error(`${owner.name} is no process and writes`);
    return process;
  }

  daemonOf(worker: string | undefined): SimulatedDaemon | undefined {
    return worker === undefined ? undefined : this.#byWorker.get(worker);
  }

  living(): SimulatedDaemon[] {
    return [...this.#processes.values()].filter((process) => process.owner.isAlive);
  }

  // ---- processes -------------------------------------------------------------------------------------------------

  newProcess(isOutsider = false): SimulatedDaemon {
    const process = new SimulatedDaemon(this, `${isOutsider ? "cli" : "d"}${++this.#daemons}`, isOutsider);
    this.#processes.set(process.owner, process);
    this.#byWorker.set(process.worker, process);
    this.neighbours.joined(process);
    return process;
  }

  /** Starts a daemon, and again when it does not start or ends by a fault. */
  supervise(): void {
    const daemon = this.newProcess();
    this.daemon = daemon;
    this.note(`${daemon.name} starts`);
    daemon.start(
      () => {
        this.note(`${daemon.name} is ready`);
        this.time.schedule(daemon.owner, 1_000, () => daemon.lookAtClock());
        for (const one of this.ledger.subscriptions) one.settledAt ??= this.time.now;
      },
      (error) => {
        this.count("daemon did not start");
        if (!isPassing(error) && !daemon.isDoomed) this.violate("no internal errors", `start: ${String(error)}`);
        this.crash(daemon, `could not start: ${String(error)}`, 1_000);
      },
    );
  }

  /** kill -9; the supervisor starts the next one after a while. */
  crash(daemon: SimulatedDaemon, why: string, downMs: number): void {
    if (!daemon.owner.isAlive) return;
    this.note(`${daemon.name} dies: ${why}`);
    daemon.kill();
    if (this.daemon !== daemon) return;
    this.daemon = undefined;
    this.time.schedule(this.time.world, downMs, () => this.supervise());
  }

  /** What daemon.ts does when the store or the dispatcher cannot go on: the process ends within a second. */
  fatal(daemon: SimulatedDaemon, error: Error): void {
    if (!daemon.owner.isAlive || daemon.isDoomed) return;
    daemon.isDoomed = true;
    const code = isHooksError(error) ? error.code : undefined;
    if (code !== "store_unusable" && !(this.disk.isReadingBusy && code === "store_busy")) {
      this.violate("no internal errors", `${daemon.name}: ${error.stack}`);
    }
    this.count("ended by a fatal error");
    this.time.schedule(this.time.world, this.random.fork(`fatal${this.#daemons}`).int(0, 1_000), () =>
      this.crash(daemon, error.message, 1_000),
    );
  }

  /** The next time that a process passes this point for the `n`-th time, it is killed there. */
  arm(point: string, n: number): void {
    this.#hazard = { point, left: n };
  }

  disarm(): void {
    this.#hazard = undefined;
    this.#onSend = undefined;
  }

  /** True when it is killed here. */
  passes(process: SimulatedDaemon, point: string): boolean {
    const hazard = this.#hazard;
    if (hazard?.point !== point || process !== this.daemon || 0 < --hazard.left) return false;
    this.#hazard = undefined;
    if (point.includes("sweep")) this.count("crash in the middle of a deletion");
    this.count(
      point.startsWith("after ")
        ? "crash between commit and answer"
        : point.startsWith("before ") && point !== "before record"
          ? "crash before a commit"
          : "crash between send and record",
    );
    this.crash(process, point, 200);
    return true;
  }

  /** Calls back when the next request is under way. */
  whenSending(happen: () => void): void {
    this.#onSend = happen;
  }

  /** A request is under way. */
  sent(): void {
    const happen = this.#onSend;
    this.#onSend = undefined;
    if (happen !== undefined) this.time.schedule(this.time.world, 0, happen);
  }

  /** Who has something to be sent now that everything works again. */
  noteWaiting(): void {
    const wall = this.time.wall();
    for (const subscription of this.ledger.subscriptions) {
      if (!subscription.isEnabled || subscription.isPaused || subscription.isDeleted) continue;
      const waits = subscription.rows.filter(({ state }) => state === "pending" || state === "retrying");
      const first = Math.min(...waits.map(({ claimableAt }) => claimableAt ?? Number.POSITIVE_INFINITY));
      if (first < wall + CALM_MS) {
        this.waitingAtCalm.push({ subscription, due: this.time.now + Math.max(0, first - wall) });
      }
    }
  }

  // ---- clients ---------------------------------------------------------------------------------------------------

  /** Asks the daemon, if there is one. `done` is called in any case, after `timeoutMs` at the latest. */
  call<T>(
    action: (service: HooksService) => Promise<T>,
    done: (outcome: CallOutcome<T>) => void,
    timeoutMs = CALL_TIMEOUT_MS,
  ): void {
    this.#ask((daemon, once) => daemon.call(action, once), done, timeoutMs);
  }

  /** The same of its listeners' sessions. */
  listen<T>(action: (sessions: TunnelSessions) => Promise<T>, done: (outcome: CallOutcome<T>) => void): void {
    this.#ask((daemon, once) => daemon.callSessions(action, once), done, CALL_TIMEOUT_MS);
  }

  #ask<T>(
    ask: (daemon: SimulatedDaemon, once: (outcome: CallOutcome<T>) => void) => void,
    done: (outcome: CallOutcome<T>) => void,
    timeoutMs: number,
  ): void {
    const { daemon, time } = this;
    if (daemon?.isReady !== true) {
      time.schedule(time.world, 1, () =>
        done({ kind: "error", error: new HooksError("unavailable", "no daemon answers") }),
      );
      return;
    }
    let isDone = false;
    const once = (outcome: CallOutcome<T>): void => {
      timeout.run = undefined;
      if (!isDone) done(outcome);
      isDone = true;
    };
    const timeout = time.schedule(time.world, timeoutMs, () => once({ kind: "lost" }));
    ask(daemon, once);
  }
}

function isPassing(error: unknown): boolean {
  return isHooksError(error) && ["store_busy", "store_full", "store_unusable", "unavailable"].includes(error.code);
}

function clockText(ms: number): string {
  const part = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, "0");
  return `${part(ms / 3_600_000, 2)}:${part((ms / 60_000) % 60, 2)}:${part((ms / 1_000) % 60, 2)}.${part(ms % 1_000, 3)}`;
}

/** FNV-1a. */
function rollingHash(hash: number, text: string): number {
  let next = hash === 0 ? 2_166_136_261 : hash;
  for (let at = 0; at < text.length; at++) next = Math.imul(next ^ text.charCodeAt(at), 16_777_619);
  return next;
}
