import { hash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Webhook } from "standardwebhooks";
import { clock, within } from "./clock.ts";
import { isSuccess, key, type ReceivedRequest } from "./history.ts";
import { JsonLines } from "./ledger.ts";

/** What to answer, and after how long; `hang`: never. */
export type Answer = { status: number; afterMs: number } | "hang";

const DATA = ',"data":';

/** `before`: complete requests for this pair so far. */
export type Answering = (pair: { subscription: string; eventId: string; before: number }) => Answer;

/**
 * The receiver of every subscription of a campaign, each at `/NAME`. It answers as it is told, verifies every signature
 * with a library that is not ours, and writes down every request: those that were cut off as well.
 */
export class StubReceiver {
  readonly requests: ReceivedRequest[] = [];
  /** Pairs that were answered 2xx. */
  readonly delivered = new Set<string>();
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();
  readonly #verifiers = new Map<string, Webhook>();
  readonly #counts = new Map<string, number>();
  readonly #lines: JsonLines;
  #answering: Answering = () => ({ status: 204, afterMs: 0 });
  #watchers = new Set<() => void>();

  static async open(path: string): Promise<StubReceiver> {
    const receiver = new StubReceiver(path);
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  private constructor(path: string) {
    this.#lines = new JsonLines(path);
    this.#server = http.createServer((message, response) => this.#receive(message, response));
    this.#server.keepAliveTimeout = 0; // it never hangs up first
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.#changed();
      });
    });
  }

  /** Where a subscription's requests go. */
  urlOf(subscription: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${subscription}`;
  }

  knows(subscription: string, secret: string): void {
    this.#verifiers.set(subscription, new Webhook(secret));
  }

  /** From the next request on. */
  answers(answering: Answering): void {
    this.#answering = answering;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Resolves as soon as it is true, which is looked at after every request and connection; false when it is late. */
  async until(condition: () => boolean, limitMs: number): Promise<boolean> {
    if (condition()) return true;
    let look = (): void => {};
    const met = new Promise<void>((resolve) => {
      look = () => {
        if (condition()) resolve();
      };
    });
    this.#watchers.add(look);
    const isMet = await within(limitMs, met);
    this.#watchers.delete(look);
    return isMet;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
    this.#lines.close();
  }

  #receive(message: http.IncomingMessage, response: http.ServerResponse): void {
    const subscription = (message.url ?? "/").slice(1);
    const eventId = String(message.headers["webhook-id"]);
    const request: ReceivedRequest = {
      subscription,
      eventId,
      bodyHash: undefined,
      dataHash: undefined,
      timestamp: Number(message.headers["webhook-timestamp"]),
      isSigned: undefined,
      startedAt: clock(),
      endedAt: Number.POSITIVE_INFINITY,
      answer: undefined,
    };
    this.requests.push(request);
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("error", () => {});
    message.on("end", () => {
      const body = Buffer.concat(chunks);
      request.bodyHash = hash("sha256", body);
      request.dataHash = hash("sha256", dataOf(body));
      request.isSigned = this.#isSigned(subscription, body, message.headers);
      const pair = key(subscription, eventId);
      const before = this.#counts.get(pair) ?? 0;
      this.#counts.set(pair, before + 1);
      const answer = this.#answering({ subscription, eventId, before });
      if (answer === "hang") return;
      const send = (): void => {
        if (response.destroyed || request.endedAt !== Number.POSITIVE_INFINITY) return;
        request.answer = answer.status;
        request.endedAt = clock();
        if (isSuccess(request)) this.delivered.add(pair);
        response.writeHead(answer.status).end();
      };
      if (answer.afterMs === 0) send();
      else setTimeout(send, answer.afterMs);
    });
    response.on("close", () => {
      // Without an answer this is the daemon's end, or its patience's.
      if (request.endedAt === Number.POSITIVE_INFINITY) request.endedAt = clock();
      this.#lines.add(request);
      this.#changed();
    });
  }

  #isSigned(subscription: string, body: Buffer, headers: http.IncomingHttpHeaders): boolean {
    try {
      this.#verifiers.get(subscription)!.verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }
}

/** Of the envelope `{"type":…,"timestamp":…,"data":…}`, byte for byte. */
function dataOf(body: Buffer): Buffer {
  const at = body.indexOf(DATA);
  return at === -1 ? Buffer.alloc(0) : body.subarray(at + DATA.length, -1);
}
