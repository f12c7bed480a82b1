import type { Socket } from "node:net";

/** To write to it past its stream. Node knows it on every system with file descriptors. */
export function fdOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle: { fd: number } };
  return handle.fd;
}
