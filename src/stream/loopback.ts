/** True for names and addresses that can only mean this computer. `host` as in URL.hostname: lower case, IPv6 in []. */
export function isLoopbackHost(host: string): boolean {
  if (isLocalhostName(host)) return true;
  if (/^127(\.\d{1,3}){3}$/.test(host)) return true;
  // URL prints an IPv4-mapped address as two groups of hexadecimal digits.
  return host === "[::1]" || /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/.test(host);
}

/** RFC 6761: `localhost` and all names below it are this computer, whatever a name server says. */
export function isLocalhostName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}
