// Who is at the other end of a request: the peer of the connection, or whom a proxy that is trusted names in
// X-Forwarded-For, -Proto and -Host or in Forwarded (RFC 7239). From anybody else those headers say nothing.

import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { TLSSocket } from "node:tls";
import type { TrustedProxies } from "../core/door-settings.ts";
import { invalid } from "../core/errors.ts";

export interface Client {
  /** IPv4 or IPv6, without brackets and port; undefined when the connection is gone already. */
  address: string | undefined;
  /** It came by https, to us or to the proxy. */
  isSecure: boolean;
  /** Host by which the proxy was called; undefined: no proxy said. */
  host: string | undefined;
}

/** What one hop, or all of them together, say of a request. */
interface Told {
  address: string | undefined;
  proto: string | undefined;
  host: string | undefined;
}

/** Knows the client of a request. */
export class Clients {
  readonly #hops: number;
  readonly #networks: BlockList | undefined;

  /** `undefined`: no proxy is trusted, and no header is looked at. */
  constructor(trusted: TrustedProxies | undefined) {
    this.#hops = trusted?.kind === "hops" ? trusted.hops : 0;
    if (trusted?.kind !== "networks") return;
    this.#networks = new BlockList();
    for (const { address, prefix, family } of trusted.networks) this.#networks.addSubnet(address, prefix, family);
  }

  /** Whether any proxy is trusted. */
  get hasProxies(): boolean {
    return this.#networks !== undefined || this.#hops !== 0;
  }

  /** Whether what this peer says of others is believed. */
  isProxy(address: string | undefined): boolean {
    return this.#isTrusted(plainAddress(address), 0);
  }

  /**
   * @throws HooksError `invalid_request` when a trusted proxy sends what cannot be read, or two headers that name
   *   different clients: one of the two was passed on from somebody who may say anything.
   */
  of(request: IncomingMessage): Client {
    const { socket, headers } = request;
    const peer = plainAddress(socket.remoteAddress);
    const isSecure = socket instanceof TLSSocket;
    if (!this.#isTrusted(peer, 0)) return { address: peer, isSecure, host: undefined };
    const standard = headers.forwarded === undefined ? undefined : this.#standard(peer, headers.forwarded);
    const usual = this.#usual(peer, headers);
    const told = usual ?? standard;
    if (usual?.address !== undefined && standard !== undefined && usual.address !== standard.address) {
      throw invalid("forwarded", "Forwarded and X-Forwarded-For name different clients", TWO_HEADERS);
    }
    const proto = told?.proto?.toLowerCase();
    return {
      address: told?.address ?? peer,
      isSecure: proto === undefined ? isSecure : proto === "https" || proto === "wss",
      host: told?.host?.toLowerCase(),
    };
  }

  /** For the log: of a request whose headers cannot be read, the peer. */
  addressOf(request: IncomingMessage): string | undefined {
    try {
      return this.of(request).address;
    } catch {
      return plainAddress(request.socket.remoteAddress);
    }
  }

  /** `depth`: how many proxies are between this one and us. */
  #isTrusted(address: string | undefined, depth: number): boolean {
    if (this.#networks === undefined) return depth < this.#hops;
    if (address === undefined) return false;
    return this.#networks.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  }

  #usual(peer: string | undefined, headers: IncomingMessage["headers"]): Told | undefined {
    const addresses = listOf(headers["x-forwarded-for"]);
    const protos = listOf(headers["x-forwarded-proto"]);
    const hosts = listOf(headers["x-forwarded-host"]);
    if (addresses.length === 0 && protos.length === 0 && hosts.length === 0) return undefined;
    const { address, depth } = this.#walk(peer, addresses);
    // Most proxies set the other two anew; those that append keep them in step with the addresses.
    const at = (list: readonly string[]): string | undefined => list[Math.max(0, list.length - Math.max(1, depth))];
    return { address: addresses.length === 0 ? undefined : address, proto: at(protos), host: at(hosts) };
  }

  #standard(peer: string | undefined, text: string): Told {
    const elements = parseForwarded(text);
    const { address, depth } = this.#walk(
      peer,
      elements.map((element) => element.get("for") ?? ""),
    );
    const element = elements[elements.length - Math.max(1, depth)];
    return { address, proto: element?.get("proto"), host: element?.get("host") };
  }

  /** From the nearest backwards, as long as whoever says it is trusted. */
  #walk(peer: string | undefined, said: readonly string[]): { address: string | undefined; depth: number } {
    let address = peer;
    let depth = 0;
    while (this.#isTrusted(address, depth) && depth < said.length) {
      depth += 1;
      const next = addressIn(said[said.length - depth]!);
      // `unknown`, `_hidden`: the proxy is the nearest that is known.
      if (next === undefined) break;
      address = next;
    }
    return { address, depth };
  }
}

const TWO_HEADERS = "let the proxy set one of them and remove the other from what it is sent";

/** IPv4 in IPv6 as IPv4, without a zone. */
export function plainAddress(address: string | undefined): string | undefined {
  const withoutZone = address?.includes("%") === true ? address.split("%", 1)[0] : address;
  return withoutZone?.startsWith("::ffff:") === true && withoutZone.includes(".")
    ? withoutZone.slice("::ffff:".length)
    : withoutZone;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`; undefined: no address. */
function addressIn(text: string): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/i.exec(text);
  const address = plainAddress((match?.[1] ?? match?.[2] ?? text).toLowerCase());
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}

function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(",") : (header ?? "");
  return text === "" ? [] : text.split(",").map((entry) => entry.trim());
}

const TOKEN = /[!#$%&'*+.^_`|~\w-]+/y;
/** Addresses with ":" should be quoted, and often are not. */
const VALUE = /"((?:[^"\\]|\\.)*)"|([^\s;,"=]+)/y;
const SEPARATOR = /[ \t]*([;,])[ \t]*|[ \t]*$/y;

/** RFC 7239, 4: elements with commas, each `name=value` pairs with semicolons; a value may be quoted. */
function parseForwarded(text: string): Map<string, string>[] {
  const elements = [new Map<string, string>()];
  for (let at = 0; at < text.length; ) {
    const name = match(TOKEN, text, at)?.[0].toLowerCase();
    const value =
      name === undefined || text[at + name.length] !== "=" ? null : match(VALUE, text, at + name.length + 1);
    const end = value === null ? null : match(SEPARATOR, text, at + name!.length + 1 + value[0].length);
    // Half a quoted value of somebody far away would swallow what the proxy appends to it.
    if (name === undefined || value === null || end === null || elements.at(-1)!.has(name)) {
      throw invalid("forwarded", "Forwarded cannot be read (RFC 7239)", TWO_HEADERS);
    }
    elements.at(-1)!.set(name, value[1]?.replace(/\\(.)/g, "$1") ?? value[2]!);
    if (end[1] === ",") elements.push(new Map());
    at += name.length + 1 + value[0].length + end[0].length;
  }
  return elements;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
