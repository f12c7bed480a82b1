import { invalid } from "../errors.ts";
import { isBelow, isHostName } from "./host-name.ts";
import type { IpAddress } from "./ip-address.ts";
import { contains, formatNetwork, type Network, readNetwork } from "./network.ts";

/** One line of a list of who may, or may not, be sent to: a network or a name, and the port if only that one is meant. */
export type NetEntry = {
  /** As it is shown: the canonical form. */
  text: string;
  port: number | undefined;
} & ({ kind: "network"; network: Network } | { kind: "name"; name: string; isBelowOnly: boolean });

export type NetList = readonly NetEntry[];

const MAX_ENTRIES = 100;
const FORMS =
  "expected a network, an address or a name, with a port or without: 10.1.0.0/16, 10.1.2.3:8080, [fd00::5]:8080, billing.internal";
/** What is wider than the widest private networks would switch the guard off. Bits. */
const LEAST_PREFIX: Readonly<Record<4 | 6, number>> = { 4: 8, 6: 7 };

/**
 * Reads a list: `CIDR[:PORT]` or `NAME[:PORT]`, `*.NAME` for what is below a name.
 *
 * @param use an allowance may not be everything; a denial may.
 * @param name of the field, flag or variable.
 * @throws HooksError `invalid_request` naming the entry
 */
export function parseNetList(texts: unknown, use: "allow" | "deny", name: string): NetEntry[] {
  if (!Array.isArray(texts)) throw invalid(name, `${name} must be a list of networks and names`, '["10.1.0.0/16"]');
  if (MAX_ENTRIES < texts.length) throw invalid(name, `${name} must be at most ${MAX_ENTRIES} entries`);
  const entries = texts.map((text, at) => parseNetEntry(text, use, texts.length === 1 ? name : `${name}[${at}]`));
  return [...new Map(entries.map((entry) => [entry.text, entry])).values()];
}

/** @throws HooksError `invalid_request` naming `name` */
export function parseNetEntry(text: unknown, use: "allow" | "deny", name: string): NetEntry {
  if (typeof text !== "string" || 300 < text.length) throw invalid(name, `${name} must be a network or a name`, FORMS);
  const { rest, port } = splitPort(text);
  if (rest === undefined || (port !== undefined && !(1 <= port && port <= 65_535))) throw wrong(text, name);
  const network = readNetwork(rest);
  if (!("fault" in network)) {
    if (use === "allow" && network.prefix < LEAST_PREFIX[network.family]) {
      throw invalid(
        name,
        `${name}: ${text} is too wide for an allowance: at least /${LEAST_PREFIX[4]} (IPv4) or /${LEAST_PREFIX[6]} (IPv6)`,
        "name the networks that are meant",
      );
    }
    return { kind: "network", network, port, text: textOf(formatNetwork(network), port) };
  }
  if (network.fault === "host_bits") {
    throw invalid(name, `${name}: ${text} has bits behind its prefix`, `${network.meant} is the network that it is in`);
  }
  const isBelowOnly = rest.startsWith("*.");
  const domain = (isBelowOnly ? rest.slice(2) : rest).toLowerCase().replace(/\.$/, "");
  if (!isHostName(domain)) throw wrong(text, name);
  return { kind: "name", name: domain, isBelowOnly, port, text: textOf(isBelowOnly ? `*.${domain}` : domain, port) };
}

/** Whether an entry names this host. Allowances are exact; a denial also covers what is below its name. */
export function namesHost(entry: NetEntry, host: string, port: number, use: "allow" | "deny"): boolean {
  if (entry.kind !== "name" || (entry.port !== undefined && entry.port !== port)) return false;
  if (entry.isBelowOnly) return host !== entry.name && isBelow(host, entry.name);
  return use === "deny" ? isBelow(host, entry.name) : host === entry.name;
}

export function holdsAddress(entry: NetEntry, address: IpAddress, port: number): boolean {
  return (
    entry.kind === "network" && (entry.port === undefined || entry.port === port) && contains(entry.network, address)
  );
}

/** An IPv6 address has colons of its own: then a port needs brackets or a prefix before it. */
function splitPort(text: string): { rest: string | undefined; port?: number | undefined } {
  const bracketed = /^\[([^[\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const match = bracketed ?? /^(.*:.*:.*\/\d{1,3}|[^:]*):(\d{1,5})$/.exec(text);
  if (match === null) return { rest: text };
  if (bracketed !== null && !bracketed[1]!.includes(":")) return { rest: undefined };
  return { rest: match[1], port: match[2] === undefined ? undefined : Number(match[2]) };
}

function textOf(what: string, port: number | undefined): string {
  if (port === undefined) return what;
  return what.includes(":") ? `[${what}]:${port}` : `${what}:${port}`;
}

function wrong(text: string, name: string) {
  return invalid(name, `${name}: ${JSON.stringify(text)} is no network and no name`, FORMS);
}
