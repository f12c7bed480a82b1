import { type IpAddress, lowV4, parseIp } from "./ip-address.ts";
import { contains, type Network, network } from "./network.ts";

// Which addresses are nobody's public ones: IANA's special-purpose registries (RFC 6890 and its updates), and what
// clouds put at addresses that look public.

/** Network → what it is, for people. */
const SPECIAL_V4: readonly (readonly [Network, string])[] = [
  [network("0.0.0.0/8"), "this host"],
  [network("10.0.0.0/8"), "a private network"],
  [network("100.64.0.0/10"), "shared address space"],
  [network("127.0.0.0/8"), "loopback"],
  // Azure's WireServer: hands out credentials, and is in no private range.
  [network("168.63.129.16"), "a cloud's metadata service"],
  [network("169.254.0.0/16"), "link-local, where clouds serve credentials"],
  [network("172.16.0.0/12"), "a private network"],
  [network("192.0.0.0/24"), "reserved for protocols"],
  [network("192.0.2.0/24"), "for documentation"],
  [network("192.88.99.0/24"), "the old 6to4 relay"],
  [network("192.168.0.0/16"), "a private network"],
  [network("198.18.0.0/15"), "for benchmarks"],
  [network("198.51.100.0/24"), "for documentation"],
  [network("203.0.113.0/24"), "for documentation"],
  [network("224.0.0.0/4"), "multicast"],
  [network("240.0.0.0/4"), "reserved"],
];

/** All that is allocated of IPv6: what is outside of it is nobody's. */
const GLOBAL_V6 = network("2000::/3");
const SPECIAL_V6: readonly (readonly [Network, string])[] = [
  [network("2001::/23"), "reserved for protocols (Teredo among them)"],
  [network("2001:db8::/32"), "for documentation"],
  [network("2002::/16"), "6to4, which carries an IPv4 address"],
  [network("3fff::/20"), "for documentation"],
];
/** Outside of it; only to say what one is. */
const KNOWN_V6: readonly (readonly [Network, string])[] = [
  [network("::"), "this host"],
  [network("::1"), "loopback"],
  [network("::ffff:0:0/96"), "an IPv4 address in IPv6's clothes"],
  [network("64:ff9b::/96"), "NAT64, which carries an IPv4 address"],
  [network("64:ff9b:1::/48"), "NAT64, which carries an IPv4 address"],
  [network("fc00::/7"), "a private network"],
  [network("fe80::/10"), "link-local"],
  [network("ff00::/8"), "multicast"],
];

const LOOPBACK = [network("127.0.0.0/8"), network("::1")];
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map(network);
/** Those that lie inside of `PRIVATE`. */
const METADATA = ["100.100.100.200", "fd00:ec2::/32", "fd20:ce::/64"].map(network);

/** What an address is that is not public, with its network; undefined: a public one. */
export function specialUse(address: IpAddress): { what: string; network: Network } | undefined {
  const tables = address.family === 4 ? [SPECIAL_V4] : [SPECIAL_V6, KNOWN_V6];
  for (const table of tables) {
    for (const [special, what] of table) if (contains(special, address)) return { what, network: special };
  }
  if (address.family === 4 || contains(GLOBAL_V6, address)) return undefined;
  return { what: "not allocated", network: { family: 6, base: address.value, prefix: 128 } };
}

/** This machine itself. An IPv6 form that carries 127.0.0.1 is none: nothing needs it. */
export function isLoopback(address: IpAddress): boolean {
  return LOOPBACK.some((one) => contains(one, address));
}

/**
 * Whether what is bound to this name or address can be reached from this machine only: then no key is needed, and
 * `development` may reach loopback. Of `::1` the one spelling; another is taken for an address that others reach.
 */
export function isLoopbackHost(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  const address = parseIp(host);
  return address?.family === 4 && isLoopback(address);
}

/** Of a network that is somebody's own (or this machine), and no address at which a cloud hands out credentials. */
export function isSomebodysOwn(address: IpAddress): boolean {
  if (METADATA.some((one) => contains(one, address))) return false;
  return isLoopback(address) || PRIVATE.some((one) => contains(one, address));
}

const V4_COMPATIBLE = network("::/96");
const V4_MAPPED = network("::ffff:0:0/96");
const SIIT = network("::ffff:0:0:0/96");
const NAT64 = network("64:ff9b::/96");
const NAT64_LOCAL = network("64:ff9b:1::/48");
const SIX_TO_FOUR = network("2002::/16");
const TEREDO = network("2001::/32");

/** The IPv4 addresses that a packet to this IPv6 address may end at: what is denied is denied in these clothes too. */
export function carriedV4(address: IpAddress): readonly IpAddress[] {
  if (address.family === 4) return [];
  const { value } = address;
  if ([V4_COMPATIBLE, V4_MAPPED, SIIT, NAT64].some((one) => contains(one, address))) return [lowV4(value)];
  if (contains(SIX_TO_FOUR, address)) return [lowV4(value >> 80n)];
  // RFC 4380, 4: the server's address, and the client's with its bits turned over.
  if (contains(TEREDO, address)) return [lowV4(value >> 64n), lowV4(~value)];
  // RFC 6052, 2.2: the bits from 64 to 71 are left out; with a longer prefix of its own it is the last 32.
  if (contains(NAT64_LOCAL, address)) {
    const split = (((value >> 64n) & 0xffffn) << 16n) | ((value >> 40n) & 0xffffn);
    return [lowV4(split), lowV4(value)];
  }
  return [];
}
