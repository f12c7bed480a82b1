// Writing to a socket past its stream, which costs more than the system's call.

import { writeSync } from "node:fs";
import type { Socket } from "node:net";

/** Node knows it on every system with file descriptors. */
export function fdOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle: { fd: number } };
  return handle.fd;
}

/** Nothing may wait in the socket's stream. */
export function writeNow(socket: Socket, fd: number, bytes: Uint8Array): void {
  let written = 0;
  try {
    written = writeSync(fd, bytes);
  } catch {
    // Its buffer is full, or it is gone: the socket knows what to do in either case.
  }
  if (written < bytes.length) socket.write(bytes.subarray(written));
}
