import { formatIp, type IpAddress, parseIp } from "./ip-address.ts";

/** All addresses that begin with the same bits: RFC 4632, RFC 4291 2.3. */
export interface Network {
  family: 4 | 6;
  /** Its first address. */
  base: bigint;
  /** How many leading bits count. */
  prefix: number;
}

/** What is wrong with the text of a network. */
export type NetworkFault = { fault: "shape" } | { fault: "host_bits"; meant: string };

/** `10.0.0.0/8`, `fd00::/8`; one address is a network of its own. Bits behind the prefix must be 0. */
export function readNetwork(text: string): Network | NetworkFault {
  const match = /^([^/]+?)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text);
  const address = match === null ? undefined : parseIp(match[1]!);
  if (match === null || address === undefined) return { fault: "shape" };
  const bits = bitsOf(address.family);
  const prefix = Number(match[2] ?? bits);
  if (bits < prefix) return { fault: "shape" };
  const network = { family: address.family, base: firstOf(address, prefix), prefix };
  return network.base === address.value ? network : { fault: "host_bits", meant: formatNetwork(network) };
}

/** For constants. */
export function network(text: string): Network {
  const read = readNetwork(text);
  if ("fault" in read) throw new Error(`${text} is not a network`);
  return read;
}

export function formatNetwork({ family, base, prefix }: Network): string {
  const address = formatIp({ family, value: base });
  return prefix === bitsOf(family) ? address : `${address}/${prefix}`;
}

export function contains({ family, base, prefix }: Network, address: IpAddress): boolean {
  return address.family === family && firstOf(address, prefix) === base;
}

function firstOf({ family, value }: IpAddress, prefix: number): bigint {
  const behind = BigInt(bitsOf(family) - prefix);
  return (value >> behind) << behind;
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}
