// `node bench/load/bare-relay.ts RECEIVER_URL`: the least that can be called a relay: takes an event over HTTP, answers
// 202, signs it and posts it on with undici. Stores nothing and tries once: what is left of hooks' latency without its
// promise. Sends { port } to its parent.

import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { Pool } from "undici";
import { KEY } from "./payload.ts";

const pool = new Pool(process.argv[2]!, { connections: 64 });
const HEADERS = { "content-type": "application/json" };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const { id } = JSON.parse(body.toString()) as { id: string };
    response.writeHead(202, { ...HEADERS, "content-length": 2 }).end("{}");
    const signature = createHmac("sha256", KEY).update(`${id}.`).update(body).digest("base64");
    const headers = { ...HEADERS, "webhook-id": id, "webhook-signature": `v1,${signature}` };
    pool.request({ path: "/", method: "POST", headers, body }).then(({ body: answer }) => answer.dump(), fail);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : undefined });
});
process.on("disconnect", () => process.exit());

function fail(error: Error): void {
  console.error(error);
  process.exit(1);
}
