import type { IncomingMessage } from "node:http";
import type { ConnectionOptions } from "node:tls";
import { type ClientOptions, WebSocket as ClientSocket, type RawData } from "ws";
import { ERROR_CODES, type ErrorCode, HooksError } from "../core/errors.ts";
import { notSignedIn } from "../core/not-signed-in.ts";
import { textOf } from "./message-text.ts";
import type { ClientFrame, DeliveryFrame, HelloFrame, ReadyFrame, ServerFrame } from "./protocol.ts";
import { CLIENT_MAX_FRAME_BYTES, encodeFrame, LISTEN_SUBPROTOCOL, parseServerFrame } from "./protocol.ts";
import type { RedialTiming } from "./redial.ts";

/** Where to dial. */
export interface ListenEndpoint {
  /** Base URL of the server, http(s). */
  url: string;
  /** Goes into the header `authorization`. */
  key: string;
  /** Further headers of the upgrade request: `hooks-environment` and the like. */
  headers?: Readonly<Record<string, string>>;
  /** PEM: this one and no other is believed, whatever name it is for. */
  certificate?: string | undefined;
}

/** How a connection ended. */
export interface ConnectionEnd {
  /** For people. */
  reason: string;
  /** How long its session was open; 0 when it never was. */
  upMs: number;
  /** Its session was open. */
  wasReady: boolean;
  /** Ended from this side, without a fault of the other. */
  abandoned: boolean;
  /** The server said no. */
  refusal: Refusal | undefined;
}

export interface Refusal {
  error: HooksError;
  /** Nothing will change it. Otherwise it may be a proxy's whim, if the server was there before. */
  final: boolean;
}

export interface TunnelConnectionHandlers {
  onReady(ready: ReadyFrame): void;
  onDelivery(delivery: DeliveryFrame): void;
  /** One that is not the end; a fatal one is the connection's refusal. */
  onProblem(problem: { code: string; message: string }): void;
  onDraining(): void;
}

const REFUSAL_MAX_BYTES = 16 * 1024;

/** One connection of a listener, from the dial to its end. */
export class TunnelConnection {
  /** Resolves when it has ended; never rejects. */
  readonly end: Promise<ConnectionEnd>;
  readonly #socket: ClientSocket;
  readonly #endpoint: ListenEndpoint;
  readonly #handlers: TunnelConnectionHandlers;
  readonly #silence: NodeJS.Timeout;
  readonly #resolve: (end: ConnectionEnd) => void;
  #leave: NodeJS.Timeout | undefined;
  #readyAt: number | undefined;
  #reason: string | undefined;
  #abandoned = false;
  #refusal: Refusal | undefined;

  constructor(endpoint: ListenEndpoint, hello: HelloFrame, timing: RedialTiming, handlers: TunnelConnectionHandlers) {
    this.#endpoint = endpoint;
    this.#handlers = handlers;
    const { promise, resolve } = Promise.withResolvers<ConnectionEnd>();
    this.end = promise;
    this.#resolve = resolve;
    this.#socket = new ClientSocket(listenUrl(endpoint.url), [LISTEN_SUBPROTOCOL], {
      headers: { ...endpoint.headers, authorization: `Bearer ${endpoint.key}` },
      perMessageDeflate: false,
      maxPayload: CLIENT_MAX_FRAME_BYTES,
      handshakeTimeout: timing.handshakeMs,
      followRedirects: false,
      ...pinnedTo(endpoint.certificate),
    });
    this.#silence = setTimeout(
      () => this.#drop(`the server was silent for ${timing.silentMs / 1000} s`),
      timing.silentMs,
    );
    this.#socket.on("open", () => this.send(hello));
    this.#socket.on("message", (data, isBinary) => this.#onMessage(data, isBinary));
    this.#socket.on("ping", () => this.#silence.refresh());
    this.#socket.on("error", (error) => {
      this.#reason ??= describe(error);
    });
    this.#socket.on("unexpected-response", (_request, response) => void this.#onResponse(response));
    this.#socket.on("close", (code, reason) => this.#onClose(code, reason.toString()));
  }

  get isReady(): boolean {
    return this.#readyAt !== undefined;
  }

  /** Does nothing once the connection is lost. */
  send(frame: ClientFrame): void {
    if (this.#socket.readyState === ClientSocket.OPEN) this.#socket.send(encodeFrame(frame));
  }

  /** Closes in good order; `afterMs` lets the server do it first. */
  leave(afterMs: number): void {
    clearTimeout(this.#leave);
    this.#abandoned = true;
    this.#leave = setTimeout(() => {
      this.#socket.close(1000);
      this.#leave = setTimeout(() => this.#socket.terminate(), 1_000);
    }, afterMs);
  }

  /** Ends at once, as one does with a connection that is thought to be dead. */
  abandon(reason: string): void {
    this.#abandoned = true;
    this.#drop(reason);
  }

  #drop(reason: string): void {
    this.#reason ??= reason;
    this.#socket.terminate();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#silence.refresh();
    const parsed = isBinary ? { problem: "frames must be text" } : parseServerFrame(textOf(data));
    if ("frame" in parsed) {
      this.#onFrame(parsed.frame);
      return;
    }
    const message = `the server sent what ${LISTEN_SUBPROTOCOL} does not know: ${parsed.problem}`;
    this.#reason ??= message;
    this.#handlers.onProblem({ code: "protocol", message });
    this.#socket.close(1008, "not understood");
  }

  #onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "ready":
        this.#readyAt = performance.now();
        this.#handlers.onReady(frame);
        break;
      case "delivery":
        this.#handlers.onDelivery(frame);
        break;
      case "drain":
        this.#handlers.onDraining();
        break;
      case "problem":
        if (frame.fatal) this.#refusal = { error: refusalOf(frame.code, frame.message), final: true };
        else this.#handlers.onProblem({ code: frame.code, message: frame.message });
        break;
    }
  }

  /** The server answered the upgrade with an ordinary response. */
  async #onResponse(response: IncomingMessage): Promise<void> {
    const status = response.statusCode ?? 0;
    const { code, message, hint } = await readRefusal(response);
    this.#reason = message ?? `the server answered ${status}`;
    // 5xx and 429 pass by themselves. Everything else says that this is no place to listen.
    if (status < 500 && status !== 429) {
      const error =
        status === 401
          ? notSignedIn(this.#endpoint.url, this.#endpoint.key === "" ? undefined : this.#reason)
          : refusalOf(code ?? codeOf(status), this.#reason, hint);
      this.#refusal = { error, final: status === 401 || status === 403 };
    }
    this.#socket.terminate();
    response.destroy();
    this.#onClose(1006, "");
  }

  #onClose(code: number, reason: string): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#leave);
    this.#resolve({
      reason: this.#reason ?? (reason === "" ? `the connection was closed (${code})` : reason),
      upMs: this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt,
      wasReady: this.isReady,
      abandoned: this.#abandoned,
      refusal: this.#refusal,
    });
  }
}

/** A daemon on this machine is dialled by its address, which its certificate does not name. */
function pinnedTo(certificate: string | undefined): ClientOptions {
  if (certificate === undefined) return {};
  const pinned: ConnectionOptions = {
    ca: certificate,
    allowPartialTrustChain: true,
    checkServerIdentity: () => undefined,
  };
  // They go to tls.connect as they are; the package's types know an older form of them.
  return pinned as object;
}

/** `https://relay.example/hooks` → `wss://relay.example/hooks/v1/listen` */
function listenUrl(base: string): URL {
  const url = new URL(base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/listen`;
  return url;
}

/** Of an error in the form of the HTTP API; anything else has none of it. */
async function readRefusal(response: IncomingMessage): Promise<{ code?: string; message?: string; hint?: string }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (REFUSAL_MAX_BYTES < bytes) return {};
    }
    const { error } = JSON.parse(Buffer.concat(chunks).toString()) as { error?: Record<string, unknown> };
    return {
      ...(typeof error?.["code"] === "string" ? { code: error["code"] } : {}),
      ...(typeof error?.["message"] === "string" ? { message: error["message"] } : {}),
      ...(typeof error?.["hint"] === "string" ? { hint: error["hint"] } : {}),
    };
  } catch {
    return {};
  }
}

function codeOf(status: number): ErrorCode {
  return status === 403 ? "forbidden" : "unreachable";
}

function refusalOf(code: string, message: string, hint?: string): HooksError {
  return new HooksError(ERROR_CODES.find((known) => known === code) ?? "failed", message, { hint });
}

/** Node reports a name with several addresses as an AggregateError without a message. */
function describe(error: Error & { code?: string }): string {
  return error.message === "" ? (error.code ?? error.name) : error.message;
}
