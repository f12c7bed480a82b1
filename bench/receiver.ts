// A receiver in a process of its own: as little HTTP as answers 204 to every request, so that it measures the sender and
// not itself. Prints its port; over IPC it answers "count" with the number of requests so far.

import { createServer } from "node:net";

const ANSWER = Buffer.from("HTTP/1.1 204 No Content\r\n\r\n");
const LENGTH = "\r\ncontent-length: ";

let requests = 0;

const server = createServer({ noDelay: true }, (socket) => {
  /** What is left of a request that came in pieces. */
  let rest: Buffer | undefined;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    let bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    rest = undefined;
    while (0 < bytes.length) {
      const end = endOfRequest(bytes);
      if (bytes.length < end) {
        rest = bytes;
        return;
      }
      requests += 1;
      socket.write(ANSWER);
      bytes = bytes.subarray(end);
    }
  });
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : undefined });
});
process.on("message", () => process.send?.({ requests }));
process.on("disconnect", () => process.exit());

/** Where the request that begins these bytes ends; Infinity while its headers are incomplete. */
function endOfRequest(bytes: Buffer): number {
  const headersEnd = bytes.indexOf("\r\n\r\n");
  if (headersEnd === -1) return Number.POSITIVE_INFINITY;
  const lengthAt = bytes.indexOf(LENGTH);
  if (lengthAt === -1 || headersEnd < lengthAt) return headersEnd + 4;
  return (
    headersEnd +
    4 +
    Number.parseInt(bytes.toString("latin1", lengthAt + LENGTH.length, lengthAt + LENGTH.length + 12), 10)
  );
}
