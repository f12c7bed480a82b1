// `node bench/load/slow-clients.ts PORT HEADS BODIES`: so many connections that send a byte of their head a second, and so
// many that sent a whole head and send a byte of their body a second. One that the server closes is opened anew. Sends
// { ready: true } when all are open; at the message "end" it sends SlowClients and ends.
// The machine is the daemon's too: bytes go straight to the sockets, those of some ms at once, which costs less than a
// timer and a stream for each would.

import { writeSync } from "node:fs";
import { connect } from "node:net";
import { clockMs } from "./clock.ts";
import { fdOf } from "./past-stream.ts";
import type { SlowClients, SlowKind } from "./slow-clients-facts.ts";

const BYTE_MS = 1_000;
const TICK_MS = 5;
const HEAD = "POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ";
const BODY_BYTES = 100_000;

/** What is still to be sent, and where. */
interface Drip {
  fd: number;
  text: Buffer;
  at: number;
}

const [port, heads, bodies] = process.argv.slice(2).map(Number) as [number, number, number];
const token = process.env["HOOKS_TOKEN"] ?? "";
const facts: SlowClients = { head: { closed: 0, longestMs: 0 }, body: { closed: 0, longestMs: 0 } };
const WHOLE_HEAD = `${HEAD}${token}\r\ncontent-type: application/json\r\ncontent-length: ${BODY_BYTES}\r\n\r\n`;
const TEXTS: Record<SlowKind, Buffer> = {
  head: Buffer.from(`${HEAD}${"x".repeat(400)}`),
  body: Buffer.from(`${WHOLE_HEAD}{"type":"${"x".repeat(BODY_BYTES)}`),
};
/** Heads begin as a real one: what is no HTTP from its first byte is closed sooner. */
const FIRST: Record<SlowKind, number> = { head: 5, body: WHOLE_HEAD.length + 1 };
/** Each second of a connection has its turn at the same of them. */
const turns = Array.from({ length: BYTE_MS / TICK_MS }, () => new Set<Drip>());
let turn = 0;
let open = 0;
/** Once all are open; those that are closed and opened anew tell nothing. */
let isReady = false;

function start(kind: SlowKind): void {
  const socket = connect({ port, host: "127.0.0.1" });
  const text = TEXTS[kind];
  let mine: Set<Drip> | undefined;
  let drip: Drip | undefined;
  let openedAt = 0;
  socket.on("connect", () => {
    openedAt = clockMs();
    open += 1;
    if (!isReady && open === heads + bodies) {
      isReady = true;
      process.send?.({ ready: true });
    }
    drip = { fd: fdOf(socket), text, at: FIRST[kind] };
    socket.write(text.subarray(0, drip.at));
    mine = turns[turn]!.add(drip);
  });
  // An answer (408) is read, so that the connection can end.
  socket.resume();
  socket.on("error", () => {});
  socket.on("end", () => mine?.delete(drip!));
  socket.on("close", () => {
    mine?.delete(drip!);
    if (openedAt !== 0) {
      facts[kind].closed += 1;
      facts[kind].longestMs = Math.max(facts[kind].longestMs, clockMs() - openedAt);
      open -= 1;
    }
    setTimeout(() => start(kind), BYTE_MS * Math.random());
  });
}

setInterval(() => {
  turn = (turn + 1) % turns.length;
  for (const drip of turns[turn]!) {
    try {
      drip.at += writeSync(drip.fd, drip.text, drip.at, 1);
    } catch {
      // The server has closed it; the socket will say so.
      turns[turn]!.delete(drip);
    }
  }
}, TICK_MS);

for (let n = 0; n < heads; n++) setTimeout(() => start("head"), (n / heads) * BYTE_MS);
for (let n = 0; n < bodies; n++) setTimeout(() => start("body"), (n / bodies) * BYTE_MS);
process.on("message", () => process.send?.(facts, () => process.exit()));
process.on("disconnect", () => process.exit());
