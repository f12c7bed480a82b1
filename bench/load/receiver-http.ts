// An ordinary receiver in a process of its own: Node's HTTP server, which reads each body and answers 204. (receiver.ts
// is the lightest one possible.)

import { createServer } from "node:http";
import { RequestCounter } from "./request-counter.ts";

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    counter.add();
    response.writeHead(204).end();
  });
});
const counter = new RequestCounter(server);
