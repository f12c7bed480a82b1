import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { ask, Clients, type ClientsOptions, type Door, type Target } from "./clients.ts";
import { clock, sleep } from "./clock.ts";
import { DaemonProcess, environmentOf, PROGRAM, type StartOptions } from "./daemon-process.ts";
import { acceptedIds, type History, key, type Life, type Rest, type SubscriptionPlan } from "./history.ts";
import { Ledger } from "./ledger.ts";
import { senderSecret, sourceDoor } from "./source-door.ts";
import { readStoredContent, storePathIn } from "./stored-content.ts";
import { StubReceiver } from "./stub-receiver.ts";

const run = promisify(execFile);
/** Killed, its connections close at once; a receiver that still has some of them has not got all that was sent. */
const QUIET_MS = 30_000;
const POLL_MS = 50;

/** A subscription to be made, and what is expected of it. */
export interface PlannedSubscription {
  name: string;
  concurrency: number;
  /** Pattern of the types that it takes. Default `*`. */
  takes?: string;
  /** Default: ten attempts, 100 ms apart and longer each time. */
  retry?: readonly string[];
  timeout?: string;
  rate?: { flag: string; count: number; perMs: number };
  /** Default true. */
  takesAll?: boolean;
  /** Paused as soon as it is there: what it takes waits. Default false. */
  isPaused?: boolean;
  /** Whether it is sent to as before however often it fails. Default false. */
  mayFail?: boolean;
  /** How often one delivery goes through its schedule: once, and once for each replay. Default 1. */
  rounds?: number;
}

export interface WorldOptions {
  /** A folder of its own, made anew. */
  folder: string;
  subscriptions: readonly PlannedSubscription[];
  /** Of the daemon: attempts in flight at once. */
  concurrency?: number;
  /** Where the store alone is, on a disk of its own. Default: with everything else. */
  storeFolder?: string;
  /** How soon a change of a subscription must be in force. Default 1,000. */
  changeWithinMs?: number;
}

/** A daemon in a folder of its own, its clients and its receivers, and everything that is written down about them. */
export class World {
  readonly folder: string;
  readonly storePath: string;
  readonly ledger: Ledger;
  readonly receiver: StubReceiver;
  readonly concurrency: number;
  /** Processes so far, the last one perhaps still running. */
  readonly daemons: DaemonProcess[] = [];
  /** Name → id. */
  readonly ids = new Map<string, string>();
  readonly #changes = new Map<string, { kind: "disabled" | "enabled" | "deleted"; at: number }[]>();
  readonly #changeWithinMs: number;
  readonly #planned: PlannedSubscription[] = [];
  readonly #erased = new Set<string>();
  #target = Promise.withResolvers<Target>();

  static async open(options: WorldOptions): Promise<World> {
    rmSync(options.folder, { recursive: true, force: true });
    mkdirSync(options.folder, { recursive: true });
    const receiver = await StubReceiver.open(path.join(options.folder, "received.ndjson"));
    const world = new World(options, receiver);
    for (const planned of options.subscriptions) await world.subscribe(planned);
    return world;
  }

  private constructor(options: WorldOptions, receiver: StubReceiver) {
    const { folder, concurrency = 32, storeFolder = folder, changeWithinMs = 1_000 } = options;
    this.folder = folder;
    this.storePath = storePathIn(storeFolder);
    this.concurrency = concurrency;
    this.#changeWithinMs = changeWithinMs;
    this.ledger = new Ledger(path.join(folder, "ledger.ndjson"));
    this.receiver = receiver;
  }

  /** Waits for what is left of the last daemon to be over, and starts the next; does not wait for that to be ready. */
  async spawn(options: StartOptions = {}): Promise<DaemonProcess> {
    await this.daemons.at(-1)?.ended;
    if (!(await this.receiver.until(() => this.receiver.connections === 0, QUIET_MS))) {
      throw new Error("connections of a dead daemon stay open");
    }
    const args = ["--concurrency", String(this.concurrency), ...(options.args ?? [])];
    const daemon = new DaemonProcess(this.folder, { ...options, args, env: { ...options.env, ...this.#storeEnv } });
    this.daemons.push(daemon);
    void daemon.ready.then((url) => {
      if (url === undefined) return;
      const token = readFileSync(path.join(this.folder, "token"), "utf8").trim();
      this.#target.resolve({ url, token, gone: daemon.ended });
      void daemon.ended.then(() => {
        this.#target = Promise.withResolvers();
      });
    });
    return daemon;
  }

  /** Starts one that must come up. */
  async start(options: StartOptions = {}): Promise<DaemonProcess> {
    const daemon = await this.spawn(options);
    if ((await daemon.ready) === undefined) {
      const log = readFileSync(path.join(this.folder, "daemon.log"), "utf8");
      throw new Error(`the daemon ended before it was ready, see ${this.folder}/daemon.log:\n${log.slice(-2_000)}`);
    }
    return daemon;
  }

  /** The daemon that takes requests, as soon as there is one. */
  target(): Promise<Target> {
    return this.#target.promise;
  }

  clients(options: Omit<ClientsOptions, "ledger" | "target">): Clients {
    return new Clients({ ...options, ledger: this.ledger, target: () => this.target() });
  }

  get #storeEnv(): Record<string, string> {
    return { HOOKS_STORE: this.storePath };
  }

  /** Runs a command of hooks on this store. */
  async hooks(...args: string[]): Promise<string> {
    const { stdout } = await run(process.execPath, [PROGRAM, ...args], {
      cwd: this.folder,
      env: { ...environmentOf(this.folder), ...this.#storeEnv },
    });
    return stdout;
  }

  /** Makes a subscription by its command, daemon or not. */
  async subscribe(planned: PlannedSubscription): Promise<void> {
    const { name, concurrency, takes = "*", retry = DEFAULT_RETRY, timeout = "10s", rate } = planned;
    const flags = ["--url", this.receiver.urlOf(name), "--event", takes, "--name", name];
    flags.push("--concurrency", String(concurrency), "--retry", retry.join(","), "--timeout", timeout);
    if (rate !== undefined) flags.push("--rate", rate.flag);
    if (planned.mayFail === true) flags.push("--no-breaker", "--auto-disable", "off");
    this.#created(planned, await this.hooks("sub", "create", ...flags, "--json"));
    if (planned.isPaused === true) await this.hooks("sub", "pause", this.ids.get(name)!);
  }

  /** Makes a source, and answers the way in for what its sender sends. */
  async openSource(name: string): Promise<Door> {
    const secret = senderSecret();
    await this.hooks("source", "create", name, "--scheme", "standard-webhooks", "--secret", secret);
    return sourceDoor(name, secret);
  }

  /** Asks the daemon that runs. @throws Error for any other answer than 200, 201 or 202 */
  async api(where: string, body?: object): Promise<unknown> {
    const { url, token } = await this.target();
    const { status, text } = await ask(
      `${url}${where}`,
      token,
      body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) },
    );
    if (status === undefined || 300 <= status) throw new Error(`${where} was answered ${status}: ${text}`);
    return JSON.parse(text) as unknown;
  }

  /** A purge that has come to its end was to erase these. */
  erased(ids: Iterable<string>): void {
    for (const id of ids) this.#erased.add(id);
  }

  /** Makes one over HTTP: when it is answered the daemon knows it. */
  async subscribeOverHttp(name: string, concurrency: number): Promise<void> {
    const { url, token } = await this.target();
    const retry = { strategy: "list", delays: DEFAULT_RETRY };
    const wanted = { name, url: this.receiver.urlOf(name), events: ["*"], concurrency, retry };
    const { status, text } = await ask(`${url}/v1/subscriptions`, token, { body: Buffer.from(JSON.stringify(wanted)) });
    if (status !== 201) throw new Error(`a subscription was answered ${status}: ${text}`);
    this.#created({ name, concurrency }, text);
  }

  /** Disables, enables or deletes a subscription by its command. */
  async change(name: string, kind: "disabled" | "enabled" | "deleted"): Promise<void> {
    const id = this.ids.get(name)!;
    const beganAt = clock();
    if (kind === "deleted") await this.hooks("sub", "delete", id, "--yes");
    else await this.hooks("sub", kind === "disabled" ? "disable" : "enable", id);
    const changes = this.#changes.get(name) ?? [];
    // It may be in force at any moment of the command: taken for the one that forgives nothing which it should not.
    changes.push({ kind, at: kind === "enabled" ? beganAt : clock() });
    this.#changes.set(name, changes);
  }

  /** Pairs that are accepted, must be delivered to everybody, and were not yet. */
  get outstanding(): number {
    let count = 0;
    for (const { name, takesAll = true } of this.#planned) {
      if (!takesAll) continue;
      for (const id of this.ledger.accepted) if (!this.receiver.delivered.has(key(name, id))) count += 1;
    }
    return count;
  }

  /** Resolves when everything that is accepted was delivered, and the daemon has nothing more to do; false when late. */
  async delivered(limitMs: number): Promise<boolean> {
    const startedAt = clock();
    if (!(await this.#everyPair(limitMs))) return false;
    // A crash may leave work that is none: what was answered and not recorded is sent again.
    while (await this.#hasWork()) {
      if (limitMs < clock() - startedAt) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  async #hasWork(): Promise<boolean> {
    for (const status of ["pending", "sending", "retrying"]) {
      for (const filter of this.#working) {
        const { data } = (await this.api(`/v1/deliveries?status=${status}&limit=1${filter}`)) as { data: unknown[] };
        if (data.length !== 0) return true;
      }
    }
    return false;
  }

  /** Filters of the deliveries that are to come to their end: all of them, where nobody is paused. */
  get #working(): string[] {
    if (this.#planned.every(({ isPaused }) => isPaused !== true)) return [""];
    const working = this.#planned.filter(({ isPaused }) => isPaused !== true);
    return working.map(({ name }) => `&subscription=${this.ids.get(name)!}`);
  }

  async #everyPair(limitMs: number): Promise<boolean> {
    const names = this.#planned.filter(({ takesAll = true }) => takesAll).map(({ name }) => name);
    // Looked at after every request: only what was missing the last time may have come since.
    let missing = [...acceptedIds(this.ledger)].flatMap((id) => names.map((name) => key(name, id)));
    return this.receiver.until(() => {
      while (0 < missing.length && this.receiver.delivered.has(missing.at(-1)!)) missing.pop();
      if (0 < missing.length) return false;
      missing = [...this.ledger.accepted].flatMap((id) => names.map((name) => key(name, id)));
      missing = missing.filter((pair) => !this.receiver.delivered.has(pair));
      return missing.length === 0;
    }, limitMs);
  }

  /** Everything that happened. Every daemon must have ended. */
  async history(rest?: Rest): Promise<History> {
    const stored = await readStoredContent(this.storePath);
    const names = new Map([...this.ids].map(([name, id]) => [id, name]));
    return {
      events: this.ledger.events,
      tries: this.ledger.tries,
      requests: this.receiver.requests,
      subscriptions: this.#planned.map((planned) => this.#planOf(planned)),
      lives: this.daemons.map((daemon): Life => daemon.life),
      stored: {
        ...stored,
        deliveries: stored.deliveries.map((one) => ({
          ...one,
          subscription: names.get(one.subscription) ?? one.subscription,
        })),
      },
      concurrency: this.concurrency,
      changeWithinMs: this.#changeWithinMs,
      rest,
      erased: this.#erased,
    };
  }

  /** Size of the store's log now, bytes. */
  get walBytes(): number {
    return statSync(`${this.storePath}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Ends whatever still runs. The folder stays. */
  async close(): Promise<void> {
    for (const daemon of this.daemons) if (!daemon.hasEnded) await daemon.kill();
    await this.receiver.close();
    this.ledger.close();
  }

  #created(planned: PlannedSubscription, json: string): void {
    const { id, secret } = JSON.parse(json) as { id: string; secret: string };
    this.ids.set(planned.name, id);
    this.receiver.knows(planned.name, secret);
    this.#planned.push(planned);
  }

  #planOf(planned: PlannedSubscription): SubscriptionPlan {
    const { name, concurrency, retry = DEFAULT_RETRY, rate, takesAll = true, isPaused, rounds = 1 } = planned;
    const changes = this.#changes.get(name) ?? [];
    return { name, concurrency, maxAttempts: rounds * (retry.length + 1), rate, takesAll, isPaused, changes };
  }
}

const DEFAULT_RETRY = ["100ms", "200ms", "400ms", "800ms", "1s", "1s", "1s", "1s", "1s"];
