import net from "node:net";
import tls from "node:tls";
import type { AttemptPhase } from "../core/attempt.ts";
import type { Refusal } from "../core/egress/policy.ts";
import type { SourceAddresses } from "../core/egress/source-addresses.ts";
import type { NameAnswer } from "../core/name-answer.ts";
import { NameResolver, type NameResolverOptions } from "./dns/name-resolver.ts";
import { firstConnected } from "./first-connected.ts";
import { addressOf, shortageOf } from "./send-errors.ts";
import { dialledFrom } from "./source-address.ts";

// The one place where a connection to a receiver is opened. Nothing else in the program dials one, and no proxy of the
// environment is asked: whatever may not be reached is refused here.

/** Where to: the parts of an URL as undici hands them over. */
export interface DialTarget {
  protocol: string;
  /** An IPv6 address may come with or without brackets. */
  hostname: string;
  /** "" means the protocol's own. */
  port: string;
}

/** Who may be reached: asked of every address that a name has, of the peer once connected, and before each reuse. */
export interface AddressRule {
  /** Equal for equal rules. */
  readonly key: string;
  refusalOf(host: string, address: string, port: number): Refusal | undefined;
}

/** How far a connection is, for whoever waits for it. */
export interface Dialling {
  /** Under which rules it is opened. */
  readonly policy: AddressRule;
  /** Name, or address without brackets. */
  readonly host: string;
  readonly port: number;
  phase: AttemptPhase;
  /** Of the peer, once it is known. */
  remoteAddress: string | undefined;
  socket: net.Socket | undefined;
  /** What this machine is short of, while the connection waits for it: `EMFILE` … */
  shortage: string | undefined;
  /** Ends the dialling; undefined when none is going on. */
  stop: (() => void) | undefined;
}

export interface DialOptions extends NameResolverOptions {
  /** Certificates (PEM) that are trusted beside the system's own. */
  extraCa?: string | undefined;
  /** An address was not dialled, or left as soon as it was reached. For the operator alone: it names the address. */
  onBlocked?: ((blocked: Blocked) => void) | undefined;
  /** Which addresses of this machine it is dialled from. An address of a family that has none here is not dialled. */
  sources?: SourceAddresses | undefined;
  /** Opens TCP. Default: the system's. */
  dial?: ((address: string, port: number) => net.Socket) | undefined;
  /** A connection has to wait because this machine is short of something; called each time that it is tried again. */
  onShortage?: ((code: string) => void) | undefined;
}

export interface Blocked {
  host: string;
  port: number;
  address: string;
  rule: Refusal["rule"];
}

/** undici's form: an error, or the socket when it is ready for the request. Called exactly once. */
export type DialCallback = (...outcome: [error: Error, socket: null] | [error: null, socket: net.Socket]) => void;

const SHORTAGE_PAUSE_MS = 250;

export class Dialler {
  readonly #options: DialOptions;
  readonly #resolver: NameResolver;
  #context: tls.SecureContext | undefined;

  constructor(options: DialOptions = {}) {
    this.#options = options;
    this.#resolver = new NameResolver(options);
  }

  /** Opens a connection and keeps `dialling` current. Bounded by nothing: `dialling.stop` ends it. */
  connect(target: DialTarget, dialling: Dialling, callback: DialCallback): void {
    new Dial(target, dialling, callback, {
      resolver: this.#resolver,
      dial: this.#options.dial,
      sources: this.#options.sources,
      mayReach: (address) => this.#mayReach(address, dialling),
      onShortage: (code) => this.#options.onShortage?.(code),
      openTls: (socket, host) => this.#openTls(socket, host),
    }).begin();
  }

  /** Whether this connection may carry a request: its peer may be reached. */
  mayUse(dialling: Dialling): boolean {
    return dialling.remoteAddress === undefined || this.#mayReach(dialling.remoteAddress, dialling);
  }

  /** What a name comes to now; nobody is dialled. Takes `withinMs` at most. */
  lookUp(host: string, withinMs: number): Promise<NameAnswer> {
    return this.#resolver.find(host, withinMs);
  }

  /** Ends look-ups. What is being dialled is ended by its own `stop`. */
  close(): void {
    this.#resolver.close();
  }

  #mayReach(address: string, { policy, host, port }: Dialling): boolean {
    const refusal = policy.refusalOf(host, address, port);
    if (refusal === undefined) return true;
    this.#options.onBlocked?.({ host, port, address, rule: refusal.rule });
    return false;
  }

  #openTls(socket: net.Socket, host: string): tls.TLSSocket {
    // One context for all: building it reads every root certificate, and one for each connection that fails its
    // certificate check is how clients have leaked before.
    const { extraCa } = this.#options;
    this.#context ??= tls.createSecureContext({
      minVersion: "TLSv1.2",
      ...(extraCa === undefined ? {} : { ca: [...tls.getCACertificates("default"), extraCa] }),
    });
    return tls.connect({
      socket,
      // What the certificate must be for, in either case.
      host,
      // A name only: RFC 6066, 3 allows no address in SNI.
      ...(net.isIP(host) === 0 ? { servername: host.replace(/\.$/, "") } : {}),
      secureContext: this.#context,
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch it off.
      rejectUnauthorized: true,
      ALPNProtocols: ["http/1.1"],
    });
  }
}

interface DialParts {
  resolver: NameResolver;
  dial: DialOptions["dial"];
  sources: DialOptions["sources"];
  mayReach(address: string): boolean;
  onShortage(code: string): void;
  openTls(socket: net.Socket, host: string): tls.TLSSocket;
}

/** One connection on its way: the name, its addresses, TCP, TLS. Each step's end begins the next. */
class Dial {
  readonly #host: string;
  readonly #port: number;
  readonly #isTls: boolean;
  readonly #dialling: Dialling;
  readonly #callback: DialCallback;
  readonly #parts: DialParts;
  #isOver = false;
  #stopStep: () => void = () => {};

  constructor(target: DialTarget, dialling: Dialling, callback: DialCallback, parts: DialParts) {
    this.#isTls = target.protocol === "https:";
    this.#host = withoutBrackets(target.hostname);
    this.#port = Number(target.port || (this.#isTls ? 443 : 80));
    this.#dialling = dialling;
    this.#callback = callback;
    this.#parts = parts;
    dialling.remoteAddress = undefined;
    dialling.shortage = undefined;
    dialling.stop = () => this.#closed();
  }

  begin(): void {
    if (net.isIP(this.#host) !== 0) {
      this.#dial([this.#host]);
      return;
    }
    this.#dialling.phase = "dns";
    const { resolver } = this.#parts;
    const answer = resolver.atHand(this.#host);
    if (answer !== undefined) this.#resolved(answer);
    else this.#stopStep = resolver.lookUp(this.#host, (found) => this.#resolved(found));
  }

  #resolved(answer: NameAnswer): void {
    if (answer.kind === "addresses") this.#dial(answer.addresses);
    else this.#failed(failure(answer.code));
  }

  #dial(addresses: readonly string[]): void {
    this.#dialling.phase = "connect";
    // All of them, also those that it would not come to: a name with an address of its own and one of ours is a trap.
    if (!addresses.every((address) => this.#parts.mayReach(address))) {
      this.#fail(failure("ERR_EGRESS_BLOCKED"));
      return;
    }
    const { dial, sources } = this.#parts;
    const reachable =
      sources === undefined ? addresses : addresses.filter((one) => dialledFrom(sources, one) !== undefined);
    if (reachable.length === 0) {
      this.#fail(failure("ERR_NO_SOURCE_ADDRESS"));
      return;
    }
    this.#stopStep = firstConnected({
      addresses: reachable,
      port: this.#port,
      localAddressFor: (address) => dialledFrom(sources, address),
      dial,
      onConnected: (socket) => this.#connected(socket),
      onFailed: (error) => this.#failed(error),
    });
  }

  #connected(socket: net.Socket): void {
    this.#stopStep = () => socket.destroy();
    this.#dialling.shortage = undefined;
    this.#dialling.socket = socket;
    if (!this.#parts.mayReach(socket.remoteAddress ?? "")) {
      this.#fail(failure("ERR_EGRESS_BLOCKED"));
      return;
    }
    this.#dialling.remoteAddress = socket.remoteAddress;
    if (this.#isTls) this.#secure(socket);
    else this.#ready(socket);
  }

  #secure(tcp: net.Socket): void {
    this.#dialling.phase = "tls";
    const socket = this.#parts.openTls(tcp, this.#host);
    this.#dialling.socket = socket;
    this.#stopStep = () => {
      socket.destroy();
      tcp.destroy();
    };
    socket.once("secureConnect", () => this.#ready(socket));
    // It stays for the life of the socket, as that of TCP does.
    socket.on("error", (error) => this.#fail(error));
    socket.once("close", () => this.#closed());
  }

  #ready(socket: net.Socket): void {
    if (!this.#end()) return;
    this.#dialling.phase = "write";
    this.#callback(null, socket);
  }

  /** As long as it is only this machine that lacks something, it is tried again. */
  #failed(error: Error): void {
    this.#dialling.remoteAddress ??= addressOf(error);
    const code = shortageOf(error);
    if (code === undefined) {
      this.#fail(error);
      return;
    }
    this.#dialling.shortage = code;
    const timer = setTimeout(() => this.begin(), SHORTAGE_PAUSE_MS);
    this.#stopStep = () => clearTimeout(timer);
    this.#parts.onShortage(code);
  }

  #closed(): void {
    this.#fail(failure("ECONNABORTED"));
  }

  #fail(error: Error): void {
    if (!this.#end()) return;
    this.#stopStep();
    this.#callback(error, null);
  }

  /** False: it had ended before. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#dialling.stop = undefined;
    return true;
  }
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
