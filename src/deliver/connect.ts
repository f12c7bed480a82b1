import net from "node:net";
import tls from "node:tls";
import type { AttemptPhase } from "../core/attempt.ts";

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

/** How far a connection is, for whoever waits for it. */
export interface Dialling {
  phase: AttemptPhase;
  /** Of the peer, once it is known. */
  remoteAddress: string | undefined;
  socket: net.Socket | undefined;
}

export interface DialOptions {
  /** Certificates (PEM) that are trusted beside the system's own. */
  extraCa?: string | undefined;
}

/** undici's form: an error, or the socket when it is ready for the request. Called exactly once. */
export type DialCallback = (...outcome: [error: Error, socket: null] | [error: null, socket: net.Socket]) => void;

export class Dialler {
  readonly #options: DialOptions;
  #context: tls.SecureContext | undefined;

  constructor(options: DialOptions = {}) {
    this.#options = options;
  }

  /** Opens a connection and keeps `dialling` current. Bounded by nothing: destroying `dialling.socket` ends it. */
  connect(target: DialTarget, dialling: Dialling, callback: DialCallback): void {
    const host = withoutBrackets(target.hostname);
    const isTls = target.protocol === "https:";
    dialling.phase = net.isIP(host) === 0 ? "dns" : "connect";
    dialling.remoteAddress = undefined;
    const socket = isTls ? this.#openTls(host, Number(target.port || 443)) : openTcp(host, Number(target.port || 80));
    dialling.socket = socket;

    let isAnswered = false;
    const fail = (error: Error) => {
      if (isAnswered) return;
      isAnswered = true;
      dialling.remoteAddress ??= addressOf(error);
      callback(error, null);
    };
    socket.on("lookup", (error) => {
      if (!error && dialling.phase === "dns") dialling.phase = "connect";
    });
    socket.once("connect", () => {
      dialling.phase = isTls ? "tls" : "write";
      dialling.remoteAddress = socket.remoteAddress;
    });
    socket.once(isTls ? "secureConnect" : "connect", () => {
      if (isAnswered) return;
      isAnswered = true;
      dialling.phase = "write";
      callback(null, socket);
    });
    // Both stay for the life of the socket: an error that comes after everything is over must not end the process.
    socket.on("error", fail);
    socket.once("close", () => fail(Object.assign(new Error("closed"), { code: "ECONNABORTED" })));
  }

  #openTls(host: string, port: number): net.Socket {
    // One context for all: building it reads every root certificate, and one for each connection that fails its
    // certificate check is how clients have leaked before.
    const { extraCa } = this.#options;
    this.#context ??= tls.createSecureContext({
      minVersion: "TLSv1.2",
      ...(extraCa === undefined ? {} : { ca: [...tls.getCACertificates("default"), extraCa] }),
    });
    return tls.connect({
      host,
      port,
      // A name only: RFC 6066, 3 allows no address in SNI. The certificate is checked against `host` in either case.
      ...(net.isIP(host) === 0 ? { servername: host.replace(/\.$/, "") } : {}),
      secureContext: this.#context,
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch it off.
      rejectUnauthorized: true,
      ALPNProtocols: ["http/1.1"],
      ...SOCKET_OPTIONS,
    });
  }
}

const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

function openTcp(host: string, port: number): net.Socket {
  return net.connect({ host, port, ...SOCKET_OPTIONS });
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
}

/** The address that an attempt failed at; of several, the first. */
function addressOf(error: Error): string | undefined {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  if (typeof first !== "object" || first === null || !("address" in first)) return undefined;
  return typeof first.address === "string" ? first.address : undefined;
}
