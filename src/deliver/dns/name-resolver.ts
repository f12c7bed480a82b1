import { isIP } from "node:net";
import path from "node:path";
import { hostKey, parseHostsFile } from "../../core/hosts-file.ts";
import { fixedAnswer, isLocalhost, type NameAnswer } from "../../core/name-answer.ts";
import type { NameServer } from "../../core/setting-rules.ts";
import { ChangingFile } from "./changing-file.ts";
import { LookupTurns, type Pace, type Turn } from "./lookup-turns.ts";
import { NameServers } from "./name-servers.ts";

export interface NameResolverOptions {
  /** Default: the system's name servers. */
  dns?: NameServer | undefined;
  /** Default: the system's hosts file. */
  hostsFile?: string | undefined;
  /** How long a name may be looked up, once it is its turn. Default: 2 s. */
  lookupMs?: number | undefined;
}

const LOOKUP_MS = 2_000;
/** Names remembered at most; beyond it the one looked up longest ago is forgotten. */
const MAX_KNOWN = 10_000;
/** A look-up that took no longer is quick, whatever it came to. */
const QUICK_MS = 500;
const LOOPBACK = fixedAnswer(["127.0.0.1", "::1"]);
const HOSTS_FILE =
  process.platform === "win32"
    ? path.join(process.env["SystemRoot"] ?? "C:\\Windows", "System32\\drivers\\etc\\hosts")
    : "/etc/hosts";

interface Known {
  answer: NameAnswer;
  /** On the clock of `performance.now()`. */
  expiresAt: number;
  pace: Pace;
}

interface Lookup extends Turn {
  readonly waiters: Set<Waiter>;
  isStarted: boolean;
}

type Waiter = (answer: NameAnswer) => void;

/**
 * Host names → addresses: of the hosts file, else of the name servers, kept for their TTL (5 to 60 s). However many
 * attempts wait for a name, it is looked up once; however many names are slow, the others do not wait for them.
 */
export class NameResolver {
  readonly #servers: NameServers;
  readonly #hostsFile: ChangingFile;
  #hosts = new Map<string, string[]>();
  /** The last looked up at the end. Those that have expired still tell the pace. */
  readonly #known = new Map<string, Known>();
  readonly #lookups = new Map<string, Lookup>();
  readonly #turns = new LookupTurns();

  constructor({ dns, hostsFile = HOSTS_FILE, lookupMs = LOOKUP_MS }: NameResolverOptions = {}) {
    this.#servers = new NameServers(dns, lookupMs);
    this.#hostsFile = new ChangingFile(hostsFile);
  }

  /** Names remembered, and look-ups running or waiting for their turn. */
  get size(): { known: number; lookups: number } {
    return { known: this.#known.size, lookups: this.#lookups.size };
  }

  /** The answer without asking anybody: undefined when `lookUp` has to. */
  atHand(host: string): NameAnswer | undefined {
    const name = hostKey(host);
    if (name === "localhost") return LOOPBACK;
    if (this.#hostsFile.hasChanged()) this.#hosts = parseHostsFile(this.#hostsFile.text(), (text) => isIP(text) !== 0);
    const listed = this.#hosts.get(name);
    if (listed !== undefined) return fixedAnswer(listed);
    if (isLocalhost(name)) return LOOPBACK;
    const known = this.#known.get(name);
    return known !== undefined && performance.now() < known.expiresAt ? known.answer : undefined;
  }

  /**
   * Asks the name servers. Calls `done` once, later; bounded by nothing as long as the look-up waits for its turn.
   *
   * @returns what to call when the answer is not wanted any more.
   */
  lookUp(host: string, done: Waiter): () => void {
    const name = hostKey(host);
    const lookup = this.#lookups.get(name) ?? this.#begin(name);
    lookup.waiters.add(done);
    return () => {
      lookup.waiters.delete(done);
      if (lookup.waiters.size !== 0 || lookup.isStarted) return;
      this.#turns.leave(lookup);
      this.#lookups.delete(name);
    };
  }

  /** The answer, at hand or asked for; a failure once `withinMs` have passed. */
  find(host: string, withinMs: number): Promise<NameAnswer> {
    const answer = this.atHand(host);
    if (answer !== undefined) return Promise.resolve(answer);
    return new Promise((resolve) => {
      const leave = this.lookUp(host, (found) => {
        clearTimeout(timer);
        resolve(found);
      });
      const timer = setTimeout(() => {
        leave();
        resolve({ kind: "failed", code: "ETIMEOUT", keepMs: 0 });
      }, withinMs);
    });
  }

  close(): void {
    for (const lookup of this.#lookups.values()) this.#turns.leave(lookup);
    this.#lookups.clear();
    this.#servers.close();
  }

  #begin(name: string): Lookup {
    const lookup: Lookup = {
      pace: this.#known.get(name)?.pace ?? "unknown",
      waiters: new Set(),
      isStarted: false,
      start: () => {
        lookup.isStarted = true;
        const startedAt = performance.now();
        void this.#servers.ask(name).then((answer) => this.#answered(name, lookup, answer, startedAt));
      },
    };
    this.#lookups.set(name, lookup);
    this.#turns.wait(lookup);
    return lookup;
  }

  #answered(name: string, lookup: Lookup, answer: NameAnswer, startedAt: number): void {
    const now = performance.now();
    this.#lookups.delete(name);
    this.#known.delete(name);
    const pace = now - startedAt <= QUICK_MS ? "quick" : "slow";
    this.#known.set(name, { answer, expiresAt: now + answer.keepMs, pace });
    if (MAX_KNOWN < this.#known.size) {
      const [oldest = ""] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#turns.end(lookup);
    for (const waiter of lookup.waiters) waiter(answer);
  }
}
