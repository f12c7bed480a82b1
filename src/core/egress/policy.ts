import { isLocalhost } from "../name-answer.ts";
import { DEFAULT_ENVIRONMENT } from "../scope.ts";
import { specialName } from "./host-name.ts";
import { type IpAddress, parseIp } from "./ip-address.ts";
import { holdsAddress, type NetEntry, type NetList, namesHost } from "./net-list.ts";
import { formatNetwork } from "./network.ts";
import { leadsTo, type OwnName } from "./own-names.ts";
import { refusedPort } from "./ports.ts";
import { carriedV4, isLoopback, isSomebodysOwn, specialUse } from "./special-addresses.ts";
import type { TargetUrl } from "./target-url.ts";

/** What a server's operator decides, for all receivers. */
export interface ServerRules {
  /** What may be reached although it is not public. */
  allow: NetList;
  /** What may not be reached, whatever else allows it. */
  deny: NetList;
  /** Nobody but this machine reaches the program: then `development` may reach this machine. */
  isLoopbackOnly: boolean;
  /** By which others reach it. Left out: by none. */
  ownNames?: readonly OwnName[] | undefined;
}

/** What belongs to one receiver. Its lists only narrow. */
export interface ReceiverRules {
  environment: string;
  /** When there are any: nothing else may be reached. */
  allow: NetList;
  deny: NetList;
}

/** Why something may not be reached. */
export interface Refusal {
  rule: "https" | "port" | "name" | "address" | "denied" | "not_allowed" | "own";
  /** For people; goes on after the name of what is refused: `must be https in production`. */
  what: string;
  /** For whoever may change it. */
  hint?: string | undefined;
}

/** Where this program listens itself. */
export interface OwnDoor {
  port: number;
  addresses: readonly IpAddress[];
}

const MAX_VERDICTS = 10_000;

/**
 * What one receiver may be sent to: the server's rules and its own. It never changes; what is equal has one key. Deny
 * beats every allowance, and nothing that it does not know is allowed.
 */
export class EgressPolicy {
  /** The canonical text of all that it decides by: connections are pooled under it. */
  readonly key: string;
  readonly #server: ServerRules;
  readonly #receiver: ReceiverRules;
  readonly #ownDoor: () => OwnDoor | undefined;
  readonly #needsHttps: boolean;
  readonly #isOwnMachine: boolean;
  /** No list has a name or a port: then a verdict is the same for all of them. */
  readonly #isByAddressAlone: boolean;
  /** So that no attempt pays for what an earlier one found out. Null: may be reached. */
  readonly #verdicts = new Map<string, Refusal | null>();

  constructor(server: ServerRules, receiver: ReceiverRules, ownDoor: () => OwnDoor | undefined) {
    this.#server = server;
    this.#receiver = receiver;
    this.#ownDoor = ownDoor;
    this.#needsHttps = receiver.environment !== DEFAULT_ENVIRONMENT;
    this.#isOwnMachine = server.isLoopbackOnly && !this.#needsHttps;
    const lists = [server.allow, server.deny, receiver.allow, receiver.deny];
    this.#isByAddressAlone = lists.flat().every((entry) => entry.kind === "network" && entry.port === undefined);
    this.key = policyKey(server, receiver);
  }

  /** What can be said of a URL before its name is resolved. */
  refusalOfUrl(target: TargetUrl): Refusal | undefined {
    const { protocol, host, address, port } = target;
    if (protocol === "http:" && this.#needsHttps) {
      const { environment } = this.#receiver;
      return {
        rule: "https",
        what: `must be https in ${environment}`,
        hint: `use https, or create it in ${DEFAULT_ENVIRONMENT}`,
      };
    }
    if (this.#server.ownNames?.some((name) => leadsTo(name, target)) === true) return OWN;
    const isOwn = this.#isOwnMachine && (address === undefined ? isLocalhost(host) : isLoopback(address));
    const wrongPort = refusedPort(port, isOwn);
    if (wrongPort !== undefined)
      return { rule: "port", what: `may not be sent to: ${wrongPort}`, hint: "let it listen on another port" };
    return address === undefined ? this.#refusalOfName(host, port) : this.refusalOf(host, host, port);
  }

  /**
   * Whether an address may be reached for a host.
   *
   * @param host as in the URL: a name, or the address itself.
   * @param address as a name server or a socket says it.
   */
  refusalOf(host: string, address: string, port: number): Refusal | undefined {
    const key = this.#isByAddressAlone ? address : `${address} ${port} ${host}`;
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      verdict = this.#judge(host, address, port) ?? null;
      if (MAX_VERDICTS <= this.#verdicts.size) this.#verdicts.clear();
      this.#verdicts.set(key, verdict);
    }
    return verdict ?? this.#refusalOfOwnDoor(address, port);
  }

  #refusalOfName(host: string, port: number): Refusal | undefined {
    const denied = this.#denial((entry) => namesHost(entry, host, port, "deny"));
    if (denied !== undefined) return denied;
    const isAllowed = this.#server.allow.some((entry) => namesHost(entry, host, port, "allow"));
    const special = specialName(host);
    if (special !== undefined && !isAllowed && !(this.#isOwnMachine && isLocalhost(host))) {
      return {
        rule: "name",
        what: `may not be sent to: ${special}`,
        hint: isLocalhost(host) ? LOOPBACK_HINT : allowHint(host),
      };
    }
    const { allow } = this.#receiver;
    // Whether one of its addresses is in a network of the list is known once it is resolved.
    const mayBe =
      allow.length === 0 || allow.some((entry) => entry.kind === "network" || namesHost(entry, host, port, "allow"));
    return mayBe ? undefined : NOT_LISTED;
  }

  #judge(host: string, text: string, port: number): Refusal | undefined {
    const address = parseIp(text);
    if (address === undefined) return { rule: "address", what: "may not be sent to: its address is none" };
    const forms = [address, ...carriedV4(address)];
    const denied = this.#denial((entry) => forms.some((form) => holdsAddress(entry, form, port)));
    if (denied !== undefined) return denied;
    const special = specialUse(address);
    if (special !== undefined && !this.#isException(host, address, port)) {
      const what = `may not be sent to: its address is ${special.what} (${formatNetwork(special.network)})`;
      return { rule: "address", what, hint: isLoopback(address) ? LOOPBACK_HINT : allowHint(text) };
    }
    const { allow } = this.#receiver;
    const isListed = allow.some((entry) => holdsAddress(entry, address, port) || namesHost(entry, host, port, "allow"));
    return allow.length === 0 || isListed ? undefined : NOT_LISTED;
  }

  /** Whether an address that is not public may be reached all the same. */
  #isException(host: string, address: IpAddress, port: number): boolean {
    if (this.#isOwnMachine && isLoopback(address)) return true;
    const { allow } = this.#server;
    // A name that is trusted may lie in a network of somebody's own, but not where a cloud hands out credentials.
    if (isSomebodysOwn(address) && allow.some((entry) => namesHost(entry, host, port, "allow"))) return true;
    if (!allow.some((entry) => holdsAddress(entry, address, port))) return false;
    // What carries an IPv4 address goes there, so that one must be allowed too.
    return carriedV4(address).every(
      (carried) => specialUse(carried) === undefined || this.#isException(host, carried, port),
    );
  }

  #denial(matches: (entry: NetEntry) => boolean): Refusal | undefined {
    if (this.#server.deny.some(matches))
      return { rule: "denied", what: "may not be sent to: this server denies it (--deny-net)" };
    if (this.#receiver.deny.some(matches)) return { rule: "denied", what: "may not be sent to: it is in deny_net" };
    return undefined;
  }

  /** Never from memory: the port is known only once the program listens. */
  #refusalOfOwnDoor(text: string, port: number): Refusal | undefined {
    const door = this.#ownDoor();
    if (door === undefined || door.port !== port) return undefined;
    const address = parseIp(text);
    const isIt = address !== undefined && (isLoopback(address) || door.addresses.some((own) => isSame(own, address)));
    return isIt ? OWN : undefined;
  }
}

const LOOPBACK_HINT =
  "this machine may be reached in development only, by a daemon that only this machine reaches; " +
  "else its operator may allow it: hooks serve --allow-net 127.0.0.1";
const OWN: Refusal = { rule: "own", what: "may not be sent to: hooks itself listens there" };
const NOT_LISTED: Refusal = { rule: "not_allowed", what: "may not be sent to: it is not in allow_net" };

/** What the operator of a server can do about a refusal. */
export function allowHint(target: string): string {
  return `the operator of the server may allow it: hooks serve --allow-net ${target}`;
}

function isSame(one: IpAddress, other: IpAddress): boolean {
  return one.family === other.family && one.value === other.value;
}

function policyKey(server: ServerRules, receiver: ReceiverRules): string {
  const list = (entries: NetList): string =>
    entries
      .map((entry) => entry.text)
      .toSorted()
      .join();
  return [
    receiver.environment,
    server.isLoopbackOnly ? "loopback-only" : "reachable",
    `allow=${list(server.allow)}`,
    `deny=${list(server.deny)}`,
    `only=${list(receiver.allow)}`,
    `not=${list(receiver.deny)}`,
  ].join(" ");
}
