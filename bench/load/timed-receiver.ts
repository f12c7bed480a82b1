import { createServer, type Server, type Socket } from "node:net";
import { clockMs } from "./clock.ts";
import { Messages } from "./http-messages.ts";

export interface Arrival {
  path: string;
  eventId: string;
  /** Ms of clock.ts. */
  at: number;
}

/** What a request is answered: 202 at once, 202 after so many ms, or nothing at all. */
export type Reply = "at once" | "never" | number;

/** Accepted, as a server says it to a publisher who posts straight to this. */
const ANSWER = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
/** Of a webhook, and of an event that was never one. */
const IDS = ["\r\nwebhook-id: ", '{"id":"'];

/** A receiver in the bench's own process, for what must be timed by one clock: it tells of each request as it comes. */
export class TimedReceiver {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly url: string;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  static async start(onArrival: (arrival: Arrival) => Reply): Promise<TimedReceiver> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {});
      const messages = new Messages((message) => {
        const head = message.toString("latin1", 0, Math.min(message.length, 1_024));
        const path = head.slice(head.indexOf(" ") + 1, head.indexOf(" HTTP/"));
        const reply = onArrival({ path, eventId: idIn(head), at: clockMs() });
        if (reply === "at once") socket.write(ANSWER);
        else if (reply !== "never") setTimeout(() => socket.write(ANSWER), reply);
      });
      socket.on("data", (chunk) => messages.feed(chunk));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TimedReceiver(server, sockets);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function idIn(head: string): string {
  for (const before of IDS) {
    const at = head.indexOf(before);
    if (at !== -1) return /^[\w-]*/.exec(head.slice(at + before.length))![0];
  }
  return "";
}
