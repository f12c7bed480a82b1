/**
 * A hosts file (hosts(5)): each line an address and the names that it has, `#` begins a comment. Lines that are none
 * are passed over, as the system does.
 *
 * @param isAddress whether a text is an IP address.
 * @returns name in lower case, without a dot at the end → its addresses, in the order of the file.
 */
export function parseHostsFile(text: string, isAddress: (text: string) => boolean): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!isAddress(address)) continue;
    for (const name of names) {
      const key = hostKey(name);
      const known = hosts.get(key);
      if (known === undefined) hosts.set(key, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
}

/** The form in which host names are compared: DNS knows no case, and `a.example.` is `a.example` said in full. */
export function hostKey(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
