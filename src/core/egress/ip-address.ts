/** An IP address as a number: 32 bits of IPv4, 128 of IPv6. */
export interface IpAddress {
  family: 4 | 6;
  value: bigint;
}

const OCTET = "(0|[1-9]\\d{0,2})";
const DOTTED = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);
const GROUP = /^[\da-f]{1,4}$/i;

/**
 * Four decimal numbers, or RFC 4291's text of an IPv6 address. Nothing that only some readers take: no octal or
 * hexadecimal parts, no short forms, no zone.
 */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

/** As WHATWG's URL and RFC 5952 write it; of IPv4 in an IPv6 address the groups, not the dots. */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, n) => ((value >> BigInt(112 - 16 * n)) & 0xffffn).toString(16)).join(
    ":",
  );
  return new URL(`http://[${groups}]/`).hostname.slice(1, -1);
}

/** The IPv4 address in the lowest 32 bits. */
export function lowV4(value: bigint): IpAddress {
  return { family: 4, value: value & 0xffff_ffffn };
}

function parseV4(text: string): IpAddress | undefined {
  const octets = DOTTED.exec(text)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => 255 < octet)) return undefined;
  return { family: 4, value: octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) };
}

function parseV6(text: string): IpAddress | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const v4 = dotted === null ? undefined : parseV4(dotted[2]!);
  if (dotted !== null && v4 === undefined) return undefined;
  const hex =
    v4 === undefined ? text : `${dotted![1]}${(v4.value >> 16n).toString(16)}:${(v4.value & 0xffffn).toString(16)}`;
  const [head = "", tail, ...more] = hex.split("::");
  if (0 < more.length) return undefined;
  const first = groupsOf(head);
  const last = groupsOf(tail ?? "");
  const missing = 8 - first.length - last.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...first, ...Array.from({ length: missing }, () => "0"), ...last];
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return { family: 6, value: groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n) };
}

function groupsOf(part: string): string[] {
  return part === "" ? [] : part.split(":");
}
