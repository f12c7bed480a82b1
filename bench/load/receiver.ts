// A receiver in a process of its own: as little HTTP as answers 204 to every request, so that the sender is measured and
// not this. About 8.5 µs of CPU a request, as nginx with `return 204`, and a shorter answer (docs/benchmarks.md).

import { createServer, type OnReadOpts, Socket } from "node:net";
import { Messages } from "./http-messages.ts";
import { writeNow } from "./past-stream.ts";
import { RequestCounter } from "./request-counter.ts";

const ANSWER = Buffer.from("HTTP/1.1 204 No Content\r\n\r\n");

/** What is behind a server and behind a connection: Node's own, and without a type. */
interface Handle {
  fd: number;
  onconnection: (error: number, connection: Handle) => void;
}

const server = createServer();
const counter = new RequestCounter(server);

// One buffer for all: what is read is looked at before the next is read.
const buffer = Buffer.allocUnsafe(64 * 1024);

server.once("listening", () => {
  // Only a socket that one builds oneself can read into a given buffer, without a stream's queue and a new buffer for
  // each chunk: a fifth of what a request costs here.
  const { _handle: handle } = server as unknown as { _handle: Handle };
  handle.onconnection = (error, connection) => {
    if (error === 0) accept(connection);
  };
});

function accept(connection: Handle): void {
  const messages = new Messages(() => {
    counter.add();
    writeNow(socket, connection.fd, ANSWER);
  });
  const onread: OnReadOpts = {
    buffer,
    callback: (size, bytes) => {
      messages.feed((bytes as Buffer).subarray(0, size));
      return true;
    },
  };
  const options = { handle: connection, onread, readable: true, writable: true };
  const socket = new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.resume();
}
