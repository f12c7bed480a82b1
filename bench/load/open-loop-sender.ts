// The thread that sends at times fixed in advance (open-loop.ts): it sleeps to the next one more exactly than a timer of
// the event loop, and writes straight to the socket, so that a busy event loop there delays nothing here.

import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { clockMs } from "./clock.ts";

export interface SenderData {
  /** Sockets of open connections, used in turn. */
  fds: readonly number[];
  /** Whole requests, used in turn; the digits at `idAt` are written anew for each. */
  requests: readonly { bytes: Uint8Array; idAt: number }[];
  idDigits: number;
  intervalMs: number;
  /** When to send each (ms of clock.ts): filled in here before the first is sent. */
  due: Float64Array;
  /** When it was. */
  sent: Float64Array;
}

const { fds, requests, idDigits, intervalMs, due, sent } = workerData as SenderData;
const templates = requests.map(({ bytes, idAt }) => ({ bytes: Buffer.from(bytes), idAt }));
const never = new Int32Array(new SharedArrayBuffer(4));

const startsAt = clockMs() + 100;
for (let n = 0; n < due.length; n++) due[n] = startsAt + n * intervalMs;
for (let n = 0; n < due.length; n++) {
  const { bytes, idAt } = templates[n % templates.length]!;
  bytes.write(String(n).padStart(idDigits, "0"), idAt, "latin1");
  const waitMs = due[n]! - clockMs();
  if (0 < waitMs) Atomics.wait(never, 0, 0, waitMs);
  sent[n] = clockMs();
  for (let at = 0; at < bytes.length; ) at += writeSync(fds[n % fds.length]!, bytes, at);
}
parentPort!.postMessage("sent");
