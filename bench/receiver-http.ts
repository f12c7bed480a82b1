// An ordinary receiver in a process of its own: Node's HTTP server, which reads each body and answers 204. Prints its
// port. (receiver.ts is the lightest one possible.)

import { createServer } from "node:http";

const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(204).end());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : undefined });
});
process.on("disconnect", () => process.exit());
