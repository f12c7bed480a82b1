// How many connections there may be, at all and from one address: one that says nothing still costs a file and memory,
// and nobody has shown a key yet.

import type { Server } from "node:http";
import { isIP, type Socket } from "node:net";
import { plainAddress } from "./client.ts";

export interface ConnectionLimits {
  total: number;
  /** From one IPv4 address, or one IPv6 network of 64 bits. */
  perAddress: number;
}

/** Far above any fleet of publishers, and below where a process runs out of files unnoticed. */
export const CONNECTION_LIMITS: ConnectionLimits = { total: 10_000, perAddress: 1_000 };

export type ConnectionRefusal = "total" | "address";

/** Counts connections; whoever asks it is told whether one more may come in. */
export class ConnectionGate {
  readonly #limits: ConnectionLimits;
  readonly #isExempt: (address: string) => boolean;
  readonly #byAddress = new Map<string, number>();
  readonly #sockets = new Set<Socket>();

  /** @param isExempt addresses that speak for many, such as a proxy's: only the total holds for them. */
  constructor(limits: ConnectionLimits, isExempt: (address: string) => boolean) {
    this.#limits = limits;
    this.#isExempt = isExempt;
  }

  get total(): number {
    return this.#sockets.size;
  }

  /** Undefined: it is in, and counted until it is closed. */
  admit(socket: Socket): ConnectionRefusal | undefined {
    if (this.#limits.total <= this.#sockets.size) return "total";
    const address = plainAddress(socket.remoteAddress) ?? "";
    const key = this.#isExempt(address) ? undefined : networkOf(address);
    const others = key === undefined ? 0 : (this.#byAddress.get(key) ?? 0);
    if (this.#limits.perAddress <= others) return "address";
    this.#sockets.add(socket);
    if (key !== undefined) this.#byAddress.set(key, others + 1);
    socket.once("close", () => this.#leave(socket, key));
    return undefined;
  }

  /** Every connection that is in, whatever it is at: also in the middle of a TLS handshake. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #leave(socket: Socket, key: string | undefined): void {
    this.#sockets.delete(socket);
    if (key === undefined) return;
    const left = (this.#byAddress.get(key) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(key);
    else this.#byAddress.set(key, left);
  }
}

/** Puts the gate before whatever the server does with a connection. */
export function guardConnections(
  server: Server,
  gate: ConnectionGate,
  refuse: (socket: Socket, why: ConnectionRefusal) => void,
): void {
  const accept = server.listeners("connection") as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const refusal = gate.admit(socket);
    if (refusal !== undefined) refuse(socket, refusal);
    else for (const listener of accept) listener.call(server, socket);
  });
}

/** A household or a machine has a whole /64 of IPv6, and as many addresses as it likes. */
function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const first = groups(head);
  if (tail !== undefined)
    first.push(...Array<string>(8 - first.length - groups(tail).length).fill("0"), ...groups(tail));
  return first.slice(0, 4).join(":");
}
