import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { HttpSender } from "../../src/deliver/http-sender.ts";
import { DEVELOPMENT, localRules } from "../support/egress.ts";

const WAITING = 0;
const ANSWER = 1;
const ANSWERED = 2;

/**
 * A receiver in a thread of its own: says that a request has come, waits until this thread stands still, answers (or
 * does not), and says so in shared memory, which is seen by a thread that stands still.
 */
const RECEIVER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const state = new Int32Array(workerData);
  const done = () => { Atomics.store(state, 0, ${ANSWERED}); Atomics.notify(state, 0); };
  const server = require("node:http").createServer((request, response) => {
    request.resume().on("end", () => {
      parentPort.postMessage("request");
      Atomics.wait(state, 0, ${WAITING});
      if (request.url === "/silent") done();
      else response.end("ok", done);
    });
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

/** What becomes of a request when this thread stands still until the receiver is done and the deadline has passed. */
async function resultOfStandingStill(path: string, timeoutMs: number): Promise<unknown> {
  const memory = new SharedArrayBuffer(4);
  const state = new Int32Array(memory);
  const receiver = new Worker(RECEIVER, { eval: true, workerData: memory });
  onTestFinished(() => void receiver.terminate());
  const [port] = (await once(receiver, "message")) as [number];
  const sender = new HttpSender({ egress: localRules() });
  onTestFinished(() => sender.close());
  const startedAt = performance.now();
  const url = `http://127.0.0.1:${port}${path}`;
  const result = sender.post({ url, headers: [], body: Buffer.from("{}"), timeoutMs, rules: DEVELOPMENT });
  await once(receiver, "message");

  Atomics.store(state, 0, ANSWER);
  Atomics.notify(state, 0);
  Atomics.wait(state, 0, ANSWER, 30_000);
  const rest = startedAt + timeoutMs + 100 - performance.now();
  if (0 < rest) Atomics.wait(state, 0, ANSWERED, rest);
  return result;
}

it("takes an answer that came in time, however late it is read", async () => {
  // Long enough for the request to arrive on a machine that is busy.
  expect(await resultOfStandingStill("/", 3_000)).toMatchObject({ kind: "answered", status: 200 });
});

it("gives up what was not answered meanwhile", async () => {
  expect(await resultOfStandingStill("/silent", 500)).toMatchObject({ kind: "error", code: "timeout" });
});
