import { createServer, type Server, type Socket } from "node:net";
import { Messages } from "./http-messages.ts";

const ANSWER = "HTTP/1.1 204 No Content\r\n\r\n";
const ID = /\r\nwebhook-id: ([\w-]+)/;

/** A receiver in the bench's own process that closes each connection some time after its last answer, at random. */
export class ImpatientReceiver {
  readonly #server: Server;
  readonly #idleMs: number;
  readonly #closing = new Map<Socket, NodeJS.Timeout>();
  readonly #ids = new Set<string>();
  #awaited: { count: number; resolve: () => void } | undefined;
  /** Requests that came whole. */
  handled = 0;
  opened = 0;
  closed = 0;

  private constructor(idleMs: number) {
    this.#idleMs = idleMs;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  /** `idleMs`: longest that an idle connection is kept. */
  static async start(idleMs: number): Promise<ImpatientReceiver> {
    const receiver = new ImpatientReceiver(idleMs);
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
  }

  /** Events that came. */
  get arrived(): number {
    return this.#ids.size;
  }

  /** Resolves when so many events have come. One at a time may wait. */
  reaches(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = { count, resolve };
      this.#tell();
    });
  }

  async stop(): Promise<void> {
    for (const [socket, timer] of this.#closing) {
      clearTimeout(timer);
      socket.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.opened += 1;
    const close = (): void => {
      this.closed += 1;
      socket.destroy();
    };
    const messages = new Messages((message) => {
      this.handled += 1;
      this.#ids.add(ID.exec(message.toString("latin1"))?.[1] ?? "");
      socket.write(ANSWER);
      clearTimeout(this.#closing.get(socket));
      this.#closing.set(socket, setTimeout(close, Math.random() * this.#idleMs));
      this.#tell();
    });
    socket.on("data", (chunk) => messages.feed(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(this.#closing.get(socket));
      this.#closing.delete(socket);
    });
  }

  #tell(): void {
    if (this.#awaited === undefined || this.#ids.size < this.#awaited.count) return;
    this.#awaited.resolve();
    this.#awaited = undefined;
  }
}
