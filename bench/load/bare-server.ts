// The least that takes the publisher's requests, in a process of its own: Node's HTTP server, which reads and parses each
// body, answers as hooks does, and stores nothing. Sends { port } to its parent; ends with it.

import { createServer } from "node:http";

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { events?: unknown[] };
    const receipt = { id: "evt", deliveries: 0 };
    const answer = JSON.stringify(body.events === undefined ? receipt : { results: body.events.map(() => receipt) });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(answer) };
    response.writeHead(202, headers).end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : undefined });
});
process.on("disconnect", () => process.exit());
