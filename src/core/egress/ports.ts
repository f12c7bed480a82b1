/** Ports of services that take a request's lines for commands of theirs: https://fetch.spec.whatwg.org/#bad-port */
const BAD_PORTS: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** Of data stores and of what administers machines: a POST may be all that it takes. */
const SERVICE_PORTS: ReadonlySet<number> = new Set([
  1433, 1521, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5672, 5984, 5985, 5986, 6379, 6380, 8500, 9042, 9200, 9300,
  10250, 10255, 11211, 27017,
]);

/**
 * Why nothing is sent to a port; undefined: it may be.
 *
 * @param isOwnMachine it is the developer's own, where the first list protects nobody.
 */
export function refusedPort(port: number, isOwnMachine: boolean): string | undefined {
  if (port === 0) return "port 0 is none";
  if (SERVICE_PORTS.has(port)) return `port ${port} belongs to a data store or to what administers machines`;
  if (BAD_PORTS.has(port) && !isOwnMachine) return `port ${port} belongs to another protocol`;
  return undefined;
}
