// On which addresses the server listens. `localhost` is both loopback addresses, on one port: programs disagree on which
// of the two the name means, and a second program on the other one would get what was meant for us.

import type { Server } from "node:http";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";

export interface ListenAddress {
  host: string;
  /** 0: any that is free on all of the addresses. */
  port: number;
}

export interface Listening {
  /** Without a protocol, as a caller on this machine reaches it: `127.0.0.1:4680`. */
  authority: string;
  /** Takes no more connections; resolves when those of the further addresses have ended. */
  close(): Promise<void>;
}

/** How often a port is drawn that turns out to be taken on the second address. */
const PORT_TRIES = 20;

/**
 * The first address is the server's own; connections to further ones are handed to it, so that all of its limits hold
 * for them. Where a machine has no IPv6, the first one is all there is.
 * @throws the system's error (`EADDRINUSE`, `EACCES` …), with `address` and `port` of the one that failed.
 */
export async function listenOn(server: Server, { host, port }: ListenAddress): Promise<Listening> {
  if (host !== "localhost") {
    await opened(server, host, port);
    return { authority: authorityOf(server), close: async () => {} };
  }
  for (let tries = 1; ; tries++) {
    const second = await openSecond(server, port);
    try {
      await opened(server, "127.0.0.1", second === undefined ? port : (second.address() as AddressInfo).port);
      return {
        authority: authorityOf(server),
        close: async () => (second === undefined ? undefined : await closed(second)),
      };
    } catch (error) {
      if (second !== undefined) await closed(second);
      const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (port !== 0 || !isTaken || PORT_TRIES <= tries) throw error;
    }
  }
}

/** Undefined where there is no IPv6. */
async function openSecond(server: Server, port: number): Promise<NetServer | undefined> {
  const second = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) =>
    server.emit("connection", socket),
  );
  try {
    await opened(second, "::1", port);
    return second;
  } catch (error) {
    if (["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw error;
  }
}

function opened(server: NetServer | Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      server.off("listening", onListening);
      reject(error);
    };
    const onListening = (): void => {
      server.off("error", onError);
      resolve();
    };
    server.once("error", onError).once("listening", onListening);
    server.listen({ host, port });
  });
}

function closed(server: NetServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A wildcard by its loopback address. */
function authorityOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  if (address === "0.0.0.0") return `127.0.0.1:${port}`;
  if (address === "::") return `[::1]:${port}`;
  return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
}
