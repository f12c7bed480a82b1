// A request line without a version is HTTP/0.9. Node's parser takes it for the beginning of a request and waits for
// headers that cannot come, until the time-out. So the first bytes of a connection are looked at before the server
// gets it, once: a listener that stayed would take every later byte off the parser's fast path.

import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * @param event with which a connection is ready for HTTP: `secureConnection` after a TLS handshake.
 * @param refuse answers what is no HTTP/1.1, and hangs up.
 * @param firstByteMs how long a connection may say nothing.
 * @returns cuts the connections that have said nothing yet: the server does not know them.
 */
export function checkFirstLines(
  server: Server,
  event: "connection" | "secureConnection",
  refuse: (socket: Socket) => void,
  firstByteMs: number,
): () => void {
  const accept = server.listeners(event) as ((this: Server, socket: Socket) => void)[];
  const silent = new Set<Socket>();
  server.removeAllListeners(event);
  server.on(event, (socket: Socket) => {
    const drop = () => socket.destroy();
    const forget = () => silent.delete(socket);
    silent.add(socket);
    // The server's sockets stay open when the other end has said all: one that said nothing has no answer to wait for.
    socket.setTimeout(firstByteMs, drop).on("error", drop).on("end", drop).once("close", forget);
    socket.once("data", (chunk: Buffer) => {
      socket.pause().setTimeout(0).off("timeout", drop).off("end", drop).off("close", forget);
      forget();
      if (isWithoutVersion(chunk)) {
        refuse(socket);
        return;
      }
      socket.off("error", drop).unshift(chunk);
      for (const listener of accept) listener.call(server, socket);
      socket.resume();
    });
  });
  return () => {
    for (const socket of silent) socket.destroy();
  };
}

/** `GET /path` and the end of the line. A line that is not whole yet is left to the server. */
function isWithoutVersion(chunk: Buffer): boolean {
  const end = chunk.indexOf("\n");
  return end !== -1 && /^[A-Z]+ +[^ \r\n]+ *\r?$/.test(chunk.toString("latin1", 0, end));
}
