// `node bench/load/slow-clients.ts PORT HEADS BODIES`: so many connections that send a byte of their head a second, and so
// many that sent a whole head and send a byte of their body a second. One that the server closes is opened anew. Sends
// { ready: true } when all are open; at the message "end" it sends SlowClients and ends.

import { connect } from "node:net";
import { clockMs } from "./clock.ts";
import type { SlowClients, SlowKind } from "./slow-clients-facts.ts";

const BYTE_MS = 1_000;
const HEAD = "POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ";
const BODY_BYTES = 100_000;

const [port, heads, bodies] = process.argv.slice(2).map(Number) as [number, number, number];
const token = process.env["HOOKS_TOKEN"] ?? "";
const facts: SlowClients = { head: { closed: 0, longestMs: 0 }, body: { closed: 0, longestMs: 0 } };
let open = 0;
/** Once all are open; those that are closed and opened anew tell nothing. */
let isReady = false;

function start(kind: SlowKind): void {
  const socket = connect({ port, host: "127.0.0.1" });
  let drip: NodeJS.Timeout | undefined;
  let openedAt = 0;
  socket.on("connect", () => {
    openedAt = clockMs();
    open += 1;
    if (!isReady && open === heads + bodies) {
      isReady = true;
      process.send?.({ ready: true });
    }
    const whole = `${HEAD}${token}\r\ncontent-type: application/json\r\ncontent-length: ${BODY_BYTES}\r\n\r\n`;
    // Heads begin as a real one: what is no HTTP from its first byte is closed sooner.
    const text = kind === "head" ? `${HEAD}${"x".repeat(400)}` : `${whole}{"type":"${"x".repeat(BODY_BYTES)}`;
    let at = kind === "head" ? 5 : whole.length + 1;
    socket.write(text.slice(0, at));
    drip = setInterval(() => socket.write(text[at++]!), BYTE_MS);
  });
  // An answer (408) is read, so that the connection can end.
  socket.resume();
  socket.on("error", () => {});
  socket.on("close", () => {
    clearInterval(drip);
    if (openedAt !== 0) {
      facts[kind].closed += 1;
      facts[kind].longestMs = Math.max(facts[kind].longestMs, clockMs() - openedAt);
      open -= 1;
    }
    setTimeout(() => start(kind), BYTE_MS * Math.random());
  });
}

for (let n = 0; n < heads; n++) setTimeout(() => start("head"), (n / heads) * BYTE_MS);
for (let n = 0; n < bodies; n++) setTimeout(() => start("body"), (n / bodies) * BYTE_MS);
process.on("message", () => process.send?.(facts, () => process.exit()));
process.on("disconnect", () => process.exit());
