import dgram from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { decode, encode, RECURSION_AVAILABLE, RECURSION_DESIRED } from "dns-packet";

/** Names under this one are looked up in vain, and slowly. */
export const SLOW = "slow.example";
/** How long until a look-up of one fails. */
const FAILS_AFTER_MS = 10_000;
const SERVFAIL = 2;

export interface SlowNames {
  /** For `--dns`. */
  server: string;
  stop(): Promise<void>;
}

/** A name server in the bench's own process: 127.0.0.1 at once, but for those that are slow. */
export async function startSlowNames(): Promise<SlowNames> {
  const socket = dgram.createSocket("udp4");
  const ended = new AbortController();
  socket.on("message", async (message, { port, address }) => {
    const { id = 0, questions = [] } = decode(message);
    const [question] = questions;
    if (question === undefined) return;
    const isSlow = question.name.toLowerCase().endsWith(SLOW);
    if (isSlow) await sleep(FAILS_AFTER_MS, undefined, { signal: ended.signal, ref: false }).catch(() => {});
    if (ended.signal.aborted) return;
    const flags = RECURSION_DESIRED | RECURSION_AVAILABLE | (isSlow ? SERVFAIL : 0);
    const { name, type } = question;
    const answers = isSlow || type !== "A" ? [] : [{ name, type, ttl: 60, data: "127.0.0.1" } as const];
    socket.send(encode({ type: "response", id, flags, questions: [question], answers }), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    server: `127.0.0.1:${socket.address().port}`,
    stop: async () => {
      ended.abort();
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}
