import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { verify } from "../src/index.ts";

/** One request, as the receiver saw and answered it. */
export interface Receipt {
  /** The header `webhook-id`: what a receiver recognises a repetition by. */
  eventId: string;
  /** 1 for the first request with this id. */
  attempt: number;
  /** What it answered. */
  status: number;
  /** Our own `verify` found a valid signature, and found none once the body was changed by one byte. */
  verified: boolean;
}

/** A small web server of a subscriber, as somebody would write it with the library. Listens on the loopback only. */
export class DemoReceiver {
  readonly name: string;
  readonly receipts: Receipt[] = [];
  /** The subscription's; to be set before the first request. */
  secret = "";
  readonly #server: Server;
  readonly #failures: number;
  readonly #onReceipt: (receipt: Receipt) => void;

  /** @param options.failures how many requests of each event are answered 500 before the first 200 */
  constructor(options: { name: string; failures: number; onReceipt: (receipt: Receipt) => void }) {
    this.name = options.name;
    this.#failures = options.failures;
    this.#onReceipt = options.onReceipt;
    this.#server = createServer((request, response) => {
      this.#receive(request).then(
        (status) => response.writeHead(status).end(status === 200 ? "thank you" : "try again later"),
        () => response.destroy(),
      );
    });
  }

  /** Resolves to the URL to subscribe. */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${this.name}`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #receive(request: IncomingMessage): Promise<number> {
    const body = await bodyOf(request);
    const eventId = String(request.headers["webhook-id"]);
    const attempt = 1 + this.receipts.filter((receipt) => receipt.eventId === eventId).length;
    const status = attempt > this.#failures ? 200 : 500;
    const headers = pairs(request.rawHeaders);
    const isValid = (bytes: Uint8Array): boolean =>
      verify("standard-webhooks", { headers, body: bytes }, this.secret).valid;

    const receipt = { eventId, attempt, status, verified: isValid(body) && !isValid(changed(body)) };
    this.receipts.push(receipt);
    this.#onReceipt(receipt);
    return status;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""]] : [],
  );
}

/** The same bytes but for the last one. */
function changed(body: Uint8Array): Uint8Array {
  const other = Uint8Array.from(body);
  const last = other.length - 1;
  other[last] = (other[last] ?? 0) ^ 1;
  return other;
}
