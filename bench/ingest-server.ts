// `node bench/ingest-server.ts hooks FOLDER | bare`: the server that the ingest benchmark publishes to, in a process of
// its own. `hooks` is the whole daemon on a store in FOLDER; `bare` is the least that takes the same requests: Node's
// HTTP server that reads and parses each body and stores nothing. Sends { url, token }; ends with its parent.

import { createServer } from "node:http";
import path from "node:path";
import { startDaemon } from "../src/daemon.ts";

const [kind, folder] = process.argv.slice(2);

process.on("disconnect", () => process.exit());
process.send?.(kind === "hooks" ? await startHooks(folder!) : await startBare());

async function startHooks(dataDirectory: string): Promise<{ url: string; token: string }> {
  const { url, token } = await startDaemon({
    storePath: path.join(dataDirectory, "hooks.db"),
    dataDirectory,
    host: "127.0.0.1",
    port: 0,
  });
  return { url, token };
}

function startBare(): Promise<{ url: string; token: string }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { events?: unknown[] };
      const answer = JSON.stringify(
        body.events === undefined
          ? { id: "evt", deliveries: 0 }
          : { results: body.events.map(() => ({ id: "evt", deliveries: 0 })) },
      );
      response
        .writeHead(202, { "content-type": "application/json", "content-length": Buffer.byteLength(answer) })
        .end(answer);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`, token: "none" });
    });
  });
}
