// Names of hosts, in the form in which they are compared: lower case, ASCII, no dot at the end.

const LABEL = /^[a-z0-9_-]{1,63}$/;
/** The last label of what every URL parser takes for an IPv4 address: https://url.spec.whatwg.org/#ends-in-a-number-checker */
const NUMBER = /^(\d+|0x[\da-f]*)$/;

/** Names that mean something only inside of somebody's network, or nothing: RFC 6761, RFC 6762, RFC 8375, and custom. */
const SPECIAL_SUFFIXES = [
  "localhost",
  "local",
  "localdomain",
  "internal",
  "intranet",
  "private",
  "home.arpa",
  "home",
  "lan",
  "corp",
  "onion",
  "alt",
  "test",
  "invalid",
  "example",
  "svc",
  "cluster.local",
  "consul",
];

export function isHostName(name: string): boolean {
  const labels = name.split(".");
  return name.length <= 253 && labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? "");
}

/** Why a name is nobody's public one; undefined: it may be. */
export function specialName(name: string): string | undefined {
  const suffix = SPECIAL_SUFFIXES.find((one) => isBelow(name, one));
  if (suffix !== undefined) return `names of .${suffix} are not public`;
  return name.includes(".") ? undefined : "a name without a dot is not public";
}

/** The name itself, or one below it. */
export function isBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
