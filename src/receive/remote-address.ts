import type { IncomingMessage } from "node:http";

/** Where a request came from, for the audit. */
export function remoteAddressOf({ socket }: IncomingMessage): string {
  const address = socket.remoteAddress ?? "unknown";
  // IPv4 that was taken by a socket of both families.
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
